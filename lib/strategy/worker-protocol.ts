import type { MessagePort } from 'node:worker_threads';
import type { ConnectionHealth } from '../models/connection-health.js';
import type { announceRealOrders } from '../models/announce-real-orders.js';
import { errorText } from '../models/error-text.js';
import type { HftErrorCode } from '../models/hft-error.js';
import { HftError } from '../models/hft-error.js';
import type { CreateOptions } from '../bot/create.js';
import type { StrategySummary } from './strategy-summary.js';

/** Memory between the thread of a strategy and who watches its run. */
export interface WatchMemory {
  /** A ring, see `ringOn`. */
  readonly ring: SharedArrayBuffer;
  /** One word: how often somebody began to watch, 0 while nobody does. */
  readonly wanted: SharedArrayBuffer;
}

/** What the main thread gives the worker. */
export interface StrategyTask {
  readonly strategyUrl: string;
  readonly strategyOptions: unknown;
  readonly bot: CreateOptions;
  readonly loop: {
    readonly maxBatch?: number;
    readonly waitMs?: number;
    readonly startWaitMs?: number;
    readonly stopWaitMs?: number;
    readonly durationMs?: number;
    readonly connectTimeoutMs?: number;
    readonly progressMs?: number;
  };
  /** Id of the `NativePort` whose `stop()` ends the bot's waits; null on the stub. */
  readonly portId: number | null;
  readonly stop: SharedArrayBuffer;
  /** Memory of the `OrderBoard`; null on the stub, whose orders end with it. */
  readonly board: SharedArrayBuffer | null;
  /** Where the records go that somebody on the main thread wants to see, too. */
  readonly watch: WatchMemory;
  readonly messages: MessagePort;
}

/** What the worker reports while it runs. */
export type StrategyMessage =
  | {
      readonly type: 'log';
      readonly text: string;
      readonly values: Readonly<Record<string, unknown>> | undefined;
    }
  /** The loop begins: `durationMs` runs from now on. */
  | {
      readonly type: 'began';
      readonly botId: bigint;
      readonly links: readonly ConnectionHealth[];
    }
  /** The ring of `watch` has records, and its reader slept. */
  | { readonly type: 'records' }
  | { readonly type: 'progress'; readonly summary: StrategySummary }
  /** For `announceRealOrders` of the main thread. */
  | {
      readonly type: 'realOrders';
      readonly said: Parameters<typeof announceRealOrders>;
    };

/** How the worker ends. Errors lose their class and code on the way between threads. */
export type StrategyOutcome =
  | { readonly ok: true; readonly summary: StrategySummary }
  | { readonly ok: false; readonly error: PortableError };

/**
 * How the outcome is reported. Marked, because others write to the thread's port too: Node itself while it
 * watches files (`--watch`), and strategies.
 */
export interface OutcomeMessage {
  readonly mark: typeof OUTCOME_MARK;
  readonly outcome: StrategyOutcome;
}

export const OUTCOME_MARK = 'hftbacktest-live/strategy-outcome';

/** True for the message with the outcome, false for anything else that came. */
export function isOutcomeMessage(message: unknown): message is OutcomeMessage {
  if (typeof message !== 'object' || message === null || !('mark' in message)) return false;
  return message.mark === OUTCOME_MARK && 'outcome' in message;
}

export interface PortableError {
  readonly code: HftErrorCode;
  readonly message: string;
  readonly remedy: string;
  readonly stack: string;
}

export function packError(error: unknown): PortableError {
  const stack = error instanceof Error ? (error.stack ?? '') : '';
  if (HftError.is(error)) {
    const { code, message, remedy } = error;
    return { code, message, remedy, stack };
  }
  const message = errorText(error);
  return { code: 'ERR_CUSTOM', message, remedy: '', stack };
}

export function unpackError(packed: PortableError): HftError {
  const { code, message, remedy, stack } = packed;
  // `HftError` ends both as sentences.
  const end = [remedy, `${remedy}.`].find((each) => remedy !== '' && message.endsWith(each));
  const what = end === undefined ? message : message.slice(0, -end.length).trimEnd();
  const error = new HftError(code, what, { remedy });
  if (stack !== '') error.stack = stack;
  return error;
}
