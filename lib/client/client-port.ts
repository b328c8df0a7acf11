import type { NativePort } from '../native/addon.js';

/**
 * What the client asks of the thing that carries out its commands: the addon's port, the stub's,
 * or a fake in tests.
 */
export type ClientPort = Omit<NativePort, 'id'>;
