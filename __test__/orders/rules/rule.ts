import type { Story } from '../story.js';

/** Something that must never be. */
export interface Violation {
  readonly orderId: bigint | undefined;
  readonly text: string;
}

/** One thing that holds for every story. */
export interface Rule {
  readonly name: string;
  /** What must hold, as the name of a test. */
  readonly says: string;
  readonly check: (story: Story) => readonly Violation[];
}

/** How far the clocks of two processes of this machine may be apart. */
export const CLOCKS_US = 2_000;

/** How long a request may be on its way: processes of a busy machine wait for their turn. */
export const WAY_MS = 700;

/** Why a client is not ready whose key the venue refuses: it is tried again after two minutes. */
export const KEY_REFUSED = 'the key is refused';
