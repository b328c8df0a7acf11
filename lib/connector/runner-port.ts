import type { RunnerChannel, RunnerEvent } from './runner-event.js';
import type { ConnectorProcessState } from './connector-process.js';

/** Condition of a runner and its child process, made now. */
export interface RunnerHealth {
  readonly state: ConnectorProcessState;
  readonly processAlive: boolean;
  /** `undefined` while no process runs. */
  readonly pid: number | undefined;
  /** Times the process was started again after its death. */
  readonly restarts: number;
  /** Events that wait to be taken. */
  readonly queueSize: number;
  /** Errors so far: reported by the connector, invalid lines, deaths of the process. */
  readonly errorCount: number;
  /** Lines that were not of the protocol and were left out. */
  readonly invalidLines: number;
  /** Trades that went unread because the queue was full. */
  readonly dropped: number;
  /** Depth updates merged into others because the queue was full; the book stays right. */
  readonly conflated: number;
  /** Trades and depth updates received since the start. */
  readonly events: number;
  /** When the last line came, Unix ms; `undefined` before the first. */
  readonly lastEventMs: number | undefined;
  /** What is subscribed, by channel. */
  readonly subscriptions: Readonly<Record<RunnerChannel, readonly string[]>>;
}

/** The steps in which a symbol is asked for. What is not given is the venue's own. */
export interface RunnerSizes {
  /** Step of prices. */
  readonly tickSize?: number;
  /** Step of quantities. */
  readonly lotSize?: number;
}

/** The face of a runner: what a `ConnectorWrapper` over it needs, and what a test can replace. */
export interface RunnerPort {
  /**
   * Starts the process and waits until it is ready. Calling again while it starts or runs returns
   * the same promise; after it has failed it starts anew.
   *
   * @throws HftError `ERR_CONNECTOR_NOT_FOUND` (no binary), `ERR_CONNECTOR_EXITED`, `ERR_TIMEOUT`,
   * `ERR_CLOSED` after `stop()`.
   */
  start(): Promise<void>;
  /** Ends the process: in order first, by force when it does not end. Idempotent, never throws. */
  stop(): Promise<void>;
  /**
   * Remembered, and sent again after a restart; may be called before `start()`. Idempotent.
   *
   * @param sizes - The connector refuses those that the venue's or the recording's values do not fit
   * into, by an `error` event.
   */
  subscribe(channel: RunnerChannel, symbol: string, sizes?: RunnerSizes): void;
  /** Forgets a subscription; does nothing when there is none. */
  unsubscribe(channel: RunnerChannel, symbol: string): void;
  /** The oldest event; waits up to `timeoutMs` for one. `undefined`: none came, or it was stopped. */
  nextEvent(timeoutMs: number): Promise<RunnerEvent | undefined>;
  /** The oldest event that is there, else `undefined`. */
  nextEventNowait(): RunnerEvent | undefined;
  readonly health: RunnerHealth;
}
