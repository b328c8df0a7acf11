import { knownKeys } from '../models/known-keys.js';
import type { ConnectorKind } from './connector-kinds.js';
import type { ConnectorRestart } from './connector-process-options.js';

/** A value of a config file. */
export type ConfigValue =
  | string
  | number
  | bigint
  | boolean
  | readonly ConfigValue[]
  | { readonly [key: string]: ConfigValue };

/** A connector that a bot starts for itself. */
export interface OwnedConnectorOptions {
  readonly kind: ConnectorKind;
  /**
   * Name on the machine. Default `<kind>-<pid>-<random>`: two programs never meet; with `direct` the kind,
   * for it has no name on the machine. Instruments name it by this name, or without one by its kind.
   */
  readonly name?: string;
  /** Symbols on its command line. Default for `sim` without a config: those of the instruments. */
  readonly symbols?: readonly string[];
  /** Config file. Default for `bybit`: the variable `BYBIT_CONNECTOR_CONFIG_FILE`. */
  readonly configFile?: string;
  /**
   * The config file's contents instead: written to a temporary file that only this user can read, and
   * removed at the end. No secrets: those go by `env`.
   */
  readonly config?: Readonly<Record<string, ConfigValue>>;
  /** Recordings, for `replay`. */
  readonly files?: readonly string[];
  /** Further options of its command line, for instance `['--speed', '20']`. No secrets. */
  readonly args?: readonly string[];
  /** Added to this process's environment; keys go here (or are there already). */
  readonly env?: Readonly<Record<string, string>>;
  /**
   * Orders are filled here against the venue's live book and never reach it. Default: the variable
   * `CONNECTOR_PAPER_TRADING`, else `paper_trading` of the config, else `true`; real orders need `false`.
   * `sim` and `replay` have no venue. `health.connectorProcess.orders` says what holds.
   */
  readonly paper?: boolean;
  /**
   * Runs it on the bot's own thread instead of in a process of its own: no shared memory and no second
   * process between the venue and the strategy, and no other thread on the way of a frame or an order. It serves
   * this bot only, lives and dies with it, and stands still while a handler runs. The options of a process (`restart`, `binary`, `readyTimeoutMs`,
   * `stopTimeoutMs`, `onLog`) are refused with it. Default false.
   */
  readonly direct?: boolean;
  /** How it is started again when it dies. Default 0.5 s, doubled up to 8 s, 5 times; `false`: never. */
  readonly restart?: ConnectorRestart | false;
  /** Path of the binary; found by `findConnector` when not given. */
  readonly binary?: string;
  /** How long it may take until it is ready, default 15 000. */
  readonly readyTimeoutMs?: number;
  /** How long it may take to end before it is killed, default 5 000. */
  readonly stopTimeoutMs?: number;
  /** Lines of its log, without secrets. Default: only the last ones are kept, for errors and health. */
  readonly onLog?: (line: string) => void;
}

/** The names of {@link OwnedConnectorOptions}. */
export const OWNED_KEYS = knownKeys<OwnedConnectorOptions>({
  kind: true,
  name: true,
  symbols: true,
  configFile: true,
  config: true,
  files: true,
  args: true,
  env: true,
  paper: true,
  direct: true,
  restart: true,
  binary: true,
  readyTimeoutMs: true,
  stopTimeoutMs: true,
  onLog: true,
});
