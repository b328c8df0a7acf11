import { knownKeys } from '../models/known-keys.js';

/** How a connector that dies is started again. */
export interface ConnectorRestart {
  /** Pause before the first restart, doubled each time up to `maxDelayMs`. Default 500. */
  readonly delayMs?: number;
  /** Longest pause. Default 8 000. */
  readonly maxDelayMs?: number;
  /** Restarts in a row before giving up, default 5. A run of 30 s resets the count. */
  readonly maxAttempts?: number;
}

/** The names of {@link ConnectorRestart}. */
export const RESTART_KEYS = knownKeys<ConnectorRestart>({
  delayMs: true,
  maxDelayMs: true,
  maxAttempts: true,
});

/** How to run a connector in a child process. */
export interface ConnectorProcessOptions {
  /**
   * Arguments of the connector, for instance `['my-sim', 'sim']`; `--ready-json --with-stdin` is
   * added, or `--stdio` with `lines`. Every user of the machine can read them: no secrets here.
   */
  readonly args: readonly string[];
  /** Path of the binary; found by `findConnector` when not given. */
  readonly binary?: string;
  /**
   * Environment of the process; this process's own when not given. Values whose names say that
   * they are secret (`…_API_KEY`, `…_SECRET`, `…_TOKEN`, …) are taken out of logs, errors and health.
   */
  readonly env?: NodeJS.ProcessEnv;
  /** Working directory of the process; this process's own when not given. */
  readonly cwd?: string;
  /**
   * The connector speaks JSON lines on its standard input and output instead of shared memory:
   * `write()` and `line` events. Default false.
   */
  readonly lines?: boolean;
  /**
   * What the connector must say that it is, when its ready line says it: another one is ended at
   * once. Default: anything is taken.
   */
  readonly mustBe?: { readonly kind: string; readonly name?: string };
  /** How long the connector may take until it is ready, default 15 000. */
  readonly readyTimeoutMs?: number;
  /**
   * How long it may take to end after SIGTERM before it gets SIGKILL, default 12 000. The connector
   * itself waits for cancellations that were asked for, 4 s or half of this time less, unless `env`
   * says otherwise by `CONNECTOR_STOP_WAIT_MS`.
   */
  readonly stopTimeoutMs?: number;
  /** Starts it again when it dies; off when not given. */
  readonly restart?: ConnectorRestart;
}

/** The names of {@link ConnectorProcessOptions.mustBe}. */
export const MUST_BE_KEYS = knownKeys<NonNullable<ConnectorProcessOptions['mustBe']>>({
  kind: true,
  name: true,
});

/** The names of {@link ConnectorProcessOptions}. */
export const PROCESS_KEYS = knownKeys<ConnectorProcessOptions>({
  args: true,
  binary: true,
  env: true,
  cwd: true,
  lines: true,
  readyTimeoutMs: true,
  stopTimeoutMs: true,
  restart: true,
  mustBe: true,
});
