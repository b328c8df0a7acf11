import { checkInstrument, LiveInstrument, type InstrumentSpec } from './live-instrument.js';
import { HftError } from './hft-error.js';
import { invalid } from './arguments.js';
import type { WaitOptions, WaitStrategy } from './wait-options.js';

/** An instrument as the builder makes it, or as `build()` returns it. */
export type InstrumentInput = LiveInstrument | InstrumentSpec;

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
  /** Records that one wait can hand over, 128 bytes each. Default 8192. */
  readonly batchRecords?: number;
}

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
    if (roi === null) {
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

export function resolveBatchRecords(count = 8192): number {
  if (!Number.isInteger(count) || count < 16 || count > 1 << 20) {
    invalid('batchRecords', count, 'must be a whole number from 16 to 1048576');
  }
  return count;
}

const U64_END = 1n << 64n;

export function resolveBotId(botId = 0n): bigint {
  if (typeof botId !== 'bigint' || botId < 0n || botId >= U64_END) {
    invalid('botId', botId, 'must be a bigint of 64 bits unsigned');
  }
  return botId;
}
