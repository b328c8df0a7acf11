import type { NativeDirectConnector } from '../native/addon.js';
import type { AssignedConnector } from './assign-connector.js';
import { connectorCommand } from './connector-command.js';
import type { TemporaryConfig } from './temporary-config.js';

/** A connector on the thread of its bot: what the addon needs to open it, with what lies on disk for it. */
export class DirectConnector {
  readonly native: NativeDirectConnector;
  readonly #config: TemporaryConfig | undefined;

  /** @throws HftError `ERR_INVALID_ARGUMENT` as {@link connectorCommand}. */
  constructor(assigned: Omit<AssignedConnector, 'instruments'>) {
    const { words, env, config } = connectorCommand(assigned);
    this.#config = config;
    this.native = {
      words: [...words],
      env: Object.entries(env).flatMap(([name, value]) =>
        value === undefined ? [] : [name, value],
      ),
    };
  }

  /** Removes what lies on disk; the connector has read it when its bot is made. Idempotent. */
  remove(): void {
    this.#config?.remove();
  }
}
