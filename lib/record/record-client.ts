import type { BookUpdate } from '../models/book-update.js';
import type { LiveClient } from '../client/live-client.js';
import type { Trade } from '../models/trade.js';
import type { Recorder } from './recorder.js';
import type { RecordedLevel } from './recording-file.js';

/**
 * Records an instrument of a client, with exchange and receive times in ns.
 *
 * @returns Takes the recorder off again; closing it is its owner's.
 */
export function recordClient(client: LiveClient, recorder: Recorder, asset = 0): () => void {
  const onTrade = (trade: Trade): void => {
    if (trade.asset === asset) recorder.trade(trade.exchTsNs, trade.localTsNs, trade);
  };
  let isFirst = true;
  const onBatch = (batch: BookUpdate): void => {
    if (batch.asset !== asset) return;
    // A client that ran before has a book already; after a reset, the batch begins a new one.
    const whole = isFirst && !batch.reset ? client.snapshot(asset, Number.MAX_SAFE_INTEGER) : batch;
    const isBook = isFirst || batch.reset;
    isFirst = false;
    recorder.depth(batch.exchTsNs, batch.localTsNs, levelsOf(whole), isBook);
  };
  client.on('trade', onTrade).on('bookUpdate', onBatch);
  return () => {
    client.off('trade', onTrade).off('bookUpdate', onBatch);
  };
}

function levelsOf({ bids, asks }: Pick<BookUpdate, 'bids' | 'asks'>): RecordedLevel[] {
  return [
    ...bids.map(({ price, qty }) => ({ side: 'buy' as const, price, qty })),
    ...asks.map(({ price, qty }) => ({ side: 'sell' as const, price, qty })),
  ];
}
