import type { DepthUpdate } from './depth-update.js';
import type { Feed } from './feed.js';
import type { TradeTick } from './trade-tick.js';

/** What takes trades and changes of books. */
interface FeedConsumer {
  ingestTrade(tick: TradeTick): void;
  ingestDepth(update: DepthUpdate): void;
}

/** Gives a consumer everything of a feed from now on. @returns Lets go of it. */
export function attachConsumer(feed: Feed, consumer: FeedConsumer): () => void {
  const onTrade = (tick: TradeTick): void => {
    consumer.ingestTrade(tick);
  };
  const onDepth = (update: DepthUpdate): void => {
    consumer.ingestDepth(update);
  };
  feed.on('trade', onTrade).on('depth', onDepth);
  return () => {
    feed.off('trade', onTrade).off('depth', onDepth);
  };
}
