import type { DepthUpdate } from '../feed/depth-update.js';
import type { Feed } from '../feed/feed.js';
import type { TradeTick } from '../feed/trade-tick.js';
import type { Recorder } from './recorder.js';
import type { RecordedLevel } from './recording-file.js';

/**
 * Records a symbol of a feed, whatever its data source is. Receive times are whole milliseconds,
 * exchange times those of the source. To be called before the feed starts: a recording begins with
 * a whole book.
 *
 * @returns Takes the recorder off again; closing it is its owner's.
 */
export function recordFeed(feed: Feed, recorder: Recorder, symbol: string): () => void {
  const onTrade = (trade: TradeTick): void => {
    if (trade.symbol === symbol) recorder.trade(exchTsNs(trade), localTsNs(trade), trade);
  };
  const onDepth = (update: DepthUpdate): void => {
    if (update.symbol !== symbol) return;
    const levels: RecordedLevel[] = [
      ...update.bids.map(({ price, qty }) => ({ side: 'buy' as const, price, qty })),
      ...update.asks.map(({ price, qty }) => ({ side: 'sell' as const, price, qty })),
    ];
    recorder.depth(exchTsNs(update), localTsNs(update), levels, update.snapshot);
  };
  feed.on('trade', onTrade).on('depth', onDepth);
  return () => {
    feed.off('trade', onTrade).off('depth', onDepth);
  };
}

function exchTsNs({ timestampNs, timestampMs }: TradeTick | DepthUpdate): bigint {
  return timestampNs ?? BigInt(timestampMs) * 1_000_000n;
}

function localTsNs({ receivedMs }: TradeTick | DepthUpdate): bigint {
  return BigInt(Math.floor(receivedMs)) * 1_000_000n;
}
