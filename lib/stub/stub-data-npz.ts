import { invalid } from '../models/invalid.js';
import { checkKeys, knownKeys } from '../models/known-keys.js';
import { EventRows } from '../npz/event-rows.js';
import { writeNpz } from '../npz/npz-file.js';
import type { StubData } from './stub-data.js';

/** Times that stub data has none of, for `saveStubNpz`. */
export interface NpzOptions {
  /** Unix ns of the start of the data. Default 1 700 000 000 s. */
  readonly startTsNs?: bigint;
  /** From exchange to local time, ns. Default 100 µs. */
  readonly feedLatencyNs?: number;
}

const NPZ_KEYS = knownKeys<NpzOptions>({ startTsNs: true, feedLatencyNs: true });

/**
 * Writes the feeds of one instrument as the `.npz` that hftbacktest's backtester and the replay
 * connector read: the same made-up market for the stub, for backtests and for paper trading.
 *
 * @param asset - Index of the instrument in the data, default 0.
 * @throws HftError `ERR_INVALID_ARGUMENT` when the data has no such instrument.
 */
export function saveStubNpz(
  path: string,
  data: StubData,
  asset = 0,
  options: NpzOptions = {},
): void {
  checkKeys(options, NPZ_KEYS, '');
  if (data.instruments[asset] === undefined)
    invalid('asset', asset, 'is no instrument of the data');
  const { startTsNs = 1_700_000_000_000_000_000n, feedLatencyNs = 100_000 } = options;
  const rows = new EventRows();
  for (const feed of data.feeds) {
    if (feed.asset !== asset) continue;
    const exchTsNs = startTsNs + BigInt(feed.atNs);
    const localTsNs = exchTsNs + BigInt(feedLatencyNs);
    for (const [side, price, qty] of feed.depth)
      rows.add('depth', side, exchTsNs, localTsNs, price, qty);
    if (feed.trade !== null) {
      const [side, price, qty] = feed.trade;
      rows.add('trade', side, exchTsNs, localTsNs, price, qty);
    }
  }
  writeNpz(path, rows.bytes);
}
