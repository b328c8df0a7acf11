import {
  checkInstrument,
  LiveInstrument,
  type InstrumentSpec,
  type PlainInstrument,
} from './live-instrument.js';
import { HftError } from './hft-error.js';
import { checkBoolean, checkWhole } from './arguments.js';
import { invalid } from './invalid.js';
import { knownKeys, type NamesOf } from './known-keys.js';
import {
  ordersToCode,
  resolveRequiredEnvironment,
  resolveRequiredOrders,
  type RequiredOrders,
} from './orders-kind.js';
import type { WaitOptions, WaitStrategy } from './wait-options.js';

/** An instrument as the builder makes it, as `build()` returns it, or as a plain object. */
export type InstrumentInput = LiveInstrument | PlainInstrument;

/** What every bot needs to know. */
export interface BotOptions {
  /** At least one; their order gives the asset numbers. */
  readonly instruments: readonly InstrumentInput[];
  /** Id on the wire, unique among the bots of a connector. Default 0n: a random one. */
  readonly botId?: bigint;
  /** How to wait for shared memory. Default `adaptive`. */
  readonly wait?: WaitOptions | WaitStrategy;
  /** After how long without a sign of life a connector counts as lost, ms. Default 3000. */
  readonly heartbeatTimeoutMs?: number;
  /**
   * Orders and changes of orders are refused with `ERR_BOOK_NOT_LIVE` while the book of their
   * instrument is not live (see `BookState`); cancels never. Default true.
   */
  readonly requireLiveBook?: boolean;
  /**
   * How long after it was asked for an order or a change may still be sent, ms: a bot or connector
   * that was stopped, or had no time, refuses it after that (reject 3123, `ERR_TOO_LATE`) and never
   * sends it late. Cancellations are never too late. Monotonic clock. `Infinity`: for ever. Default
   * 5000; of a client the order's own time-out. hftbacktest's own connector does not heed it.
   */
  readonly orderDeadlineMs?: number;
  /**
   * The bot is read-only: its orders and changes are denied (`ERR_READ_ONLY`), and no connector
   * gives it orders of bots that are gone. Default false.
   */
  readonly readOnly?: boolean;
  /** Records that one wait can hand over, 128 bytes each. Default 8192. */
  readonly batchRecords?: number;
  /**
   * What orders must become at every connector: `real`, `paper` or `simulated`. Orders that would
   * become anything else (`unknown` too) are refused with `ERR_ORDERS_MISMATCH`, and the stub is not
   * taken in the place of a connector. Default: whatever.
   */
  readonly requireOrders?: RequiredOrders;
  /** The environment that every connector must be for, `testnet` for instance. Default: whichever. */
  readonly requireEnvironment?: string;
}

/** The names of {@link BotOptions}. */
export const BOT_NAMES: NamesOf<BotOptions> = {
  instruments: true,
  botId: true,
  wait: true,
  heartbeatTimeoutMs: true,
  batchRecords: true,
  requireLiveBook: true,
  orderDeadlineMs: true,
  readOnly: true,
  requireOrders: true,
  requireEnvironment: true,
};
export const BOT_KEYS = knownKeys(BOT_NAMES);

const INSTRUMENTS_MAX = 1024;

/**
 * The checked instruments of a bot.
 *
 * @throws HftError `ERR_INVALID_ARGUMENT`: none, too many, wrong values, or one twice.
 */
export function resolveInstruments(inputs: readonly InstrumentInput[]): readonly InstrumentSpec[] {
  if (!Array.isArray(inputs) || inputs.length === 0 || inputs.length > INSTRUMENTS_MAX) {
    throw new HftError(
      'ERR_INVALID_ARGUMENT',
      `instruments: must be a list of 1 to ${String(INSTRUMENTS_MAX)}.`,
      {
        remedy:
          "For example [new LiveInstrument('BTCUSDT').connector('bybit').tickSize(0.1).lotSize(0.001)].",
      },
    );
  }
  const seen = new Set<string>();
  const instruments = inputs.map((input: InstrumentInput) => {
    const spec = input instanceof LiveInstrument ? input.build() : checkInstrument(input);
    const key = `${spec.connector}\n${spec.symbol}`;
    if (seen.has(key)) {
      throw new HftError(
        'ERR_INVALID_ARGUMENT',
        `instruments: ${spec.symbol} on connector ${spec.connector} is given twice.`,
      );
    }
    seen.add(key);
    return spec;
  });
  return Object.freeze(instruments);
}

/** @throws HftError `ERR_INVALID_ARGUMENT` unless every instrument has a range of interest. */
export function requireRoi(instruments: readonly InstrumentSpec[]): void {
  for (const { symbol, roi } of instruments) {
    if (roi === undefined) {
      throw new HftError(
        'ERR_INVALID_ARGUMENT',
        `instrument ${symbol}: the ROI vector bot needs a range of interest.`,
        { remedy: 'Call .roi(lb, ub) with the prices to keep, or use the hash map bot.' },
      );
    }
  }
}

export function resolveHeartbeatNs(timeoutMs = 3000): number {
  if (typeof timeoutMs !== 'number' || !(timeoutMs >= 10) || timeoutMs > 3_600_000) {
    invalid('heartbeatTimeoutMs', timeoutMs, 'must be from 10 to 3600000');
  }
  return Math.round(timeoutMs * 1e6);
}

/** As the addon takes it: 0 is for ever. */
export function resolveOrderDeadlineNs(deadlineMs = 5000): number {
  if (deadlineMs === Infinity) return 0;
  if (typeof deadlineMs !== 'number' || !(deadlineMs >= 1) || deadlineMs > 600_000) {
    invalid('orderDeadlineMs', deadlineMs, 'must be from 1 to 600000, or Infinity');
  }
  return Math.round(deadlineMs * 1e6);
}

export function resolveReadOnly(readOnly = false): boolean {
  return checkBoolean(readOnly, 'readOnly');
}

export function resolveBatchRecords(count = 8192): number {
  return checkWhole(count, 'batchRecords', 16, 2 ** 20);
}

export function resolveRequireLiveBook(required = true): boolean {
  return checkBoolean(required, 'requireLiveBook');
}

/**
 * What is demanded of connectors, as the addon takes it.
 *
 * @throws HftError `ERR_INVALID_ARGUMENT` for what cannot be demanded.
 */
export function resolveRequirement(
  options: Pick<BotOptions, 'requireOrders' | 'requireEnvironment'>,
): { readonly requireOrders?: number; readonly requireEnvironment?: string } {
  const orders = resolveRequiredOrders(options.requireOrders);
  const environment = resolveRequiredEnvironment(options.requireEnvironment);
  return {
    ...(orders === undefined ? {} : { requireOrders: ordersToCode(orders) }),
    ...(environment === undefined ? {} : { requireEnvironment: environment }),
  };
}

const U64_END = 1n << 64n;

export function resolveBotId(botId = 0n): bigint {
  if (typeof botId !== 'bigint' || botId < 0n || botId >= U64_END) {
    invalid('botId', botId, 'must be a bigint of 64 bits unsigned');
  }
  return botId;
}
