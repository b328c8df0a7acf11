import { resolveInstruments, type InstrumentInput } from '../models/bot-options.js';
import { HftError } from '../models/hft-error.js';
import { checkKeys } from '../models/known-keys.js';
import type { InstrumentSpec } from '../models/live-instrument.js';
import { Random } from './random.js';
import type { StubData, StubFeed } from './stub-data.js';
import { StubMarket } from './stub-market.js';
import {
  resolveStubOptions,
  STUB_KEYS,
  type ResolvedStubOptions,
  type StubOptions,
} from './stub-options.js';

/** The feeds of a stub, by time: a whole book per instrument first, then step by step. */
export function* stubFeeds(
  instruments: readonly InstrumentSpec[],
  options: ResolvedStubOptions,
): Generator<StubFeed, void> {
  if (options.replay !== undefined) {
    yield* options.replay.feeds;
    return;
  }
  const markets = instruments.map(
    (instrument, asset) => new StubMarket(instrument, options, new Random(options.seed, asset + 1)),
  );
  for (const [asset, market] of markets.entries()) {
    yield { atNs: 0, asset, snapshot: true, trade: null, depth: market.snapshot() };
  }
  for (let step = 1; step <= options.maxFeeds; step += 1) {
    for (const [asset, market] of markets.entries()) {
      const { trade, depth } = market.step();
      if (trade === null && depth.length === 0) continue;
      const atNs = Math.round(step * options.stepIntervalNs);
      yield { atNs, asset, snapshot: false, trade, depth };
    }
  }
}

/**
 * Makes stub data without a bot, to save it or to compare with.
 *
 * @throws HftError `ERR_INVALID_ARGUMENT`, also for `maxFeeds: Infinity`.
 */
export function generateStubData(
  instruments: readonly InstrumentInput[],
  options: StubOptions = {},
): StubData {
  const specs = resolveInstruments(instruments);
  const resolved = resolveStubOptions(checkKeys(options, STUB_KEYS, 'stub'));
  if (resolved.maxFeeds === Infinity) {
    throw new HftError('ERR_INVALID_ARGUMENT', 'stub.maxFeeds: Infinity makes endless data.');
  }
  return { instruments: specs.map(describeInstrument), feeds: [...stubFeeds(specs, resolved)] };
}

export function describeInstrument(spec: InstrumentSpec): StubData['instruments'][number] {
  return { symbol: spec.symbol, tickSize: spec.tickSize, lotSize: spec.lotSize };
}

/** @throws HftError `ERR_INVALID_ARGUMENT` when data was made for other instruments. */
export function checkReplay(instruments: readonly InstrumentSpec[], data: StubData): void {
  for (const [asset, recorded] of data.instruments.entries()) {
    const given = instruments[asset];
    if (given?.symbol === recorded.symbol && given.tickSize === recorded.tickSize) continue;
    throw new HftError(
      'ERR_INVALID_ARGUMENT',
      `stub.replay: instrument ${String(asset)} of the data is ${recorded.symbol} with tick size ${String(recorded.tickSize)}.`,
      { remedy: 'Give the bot the same instruments in the same order.' },
    );
  }
}
