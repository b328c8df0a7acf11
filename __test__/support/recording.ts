import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { gunzipSync } from 'node:zlib';
import { describe } from 'vitest';

import { describeNative } from './native-suite.js';

const NAME = 'binance-usdm-btcusdt-20240808.gz';
const root = path.resolve(import.meta.dirname, '..', '..');

/** A real recording, not part of the repository: in `SHARED_DATA`, or `../shared/data` beside it. */
export const recordingFile = path.join(
  process.env['SHARED_DATA'] ?? path.join(root, '..', 'shared', 'data'),
  NAME,
);

/** `describeNative` for what reads the recording; skipped under a name that says so without it. */
export function describeRecording(title: string, tests: () => void): void {
  if (existsSync(recordingFile)) describeNative(title, tests);
  else describe.skip(`${title} (without the recording ${recordingFile})`, tests);
}

/** What a plain reading of the recording finds. */
export interface Reading {
  readonly trades: number;
  readonly buyVolume: number;
  readonly sellVolume: number;
  readonly bid: number;
  readonly ask: number;
  /** Price to quantity: what the snapshot and the depth messages make. */
  readonly bids: ReadonlyMap<number, number>;
  readonly asks: ReadonlyMap<number, number>;
  /** Whether no best bid and ask came after the last depth message. */
  readonly isDepthNewest: boolean;
}

interface Message {
  readonly e?: 'trade' | 'bookTicker' | 'depthUpdate';
  readonly u: number;
  readonly m: boolean;
  readonly q: string;
  readonly b: never;
  readonly a: never;
}
type Levels = [price: string, qty: string][];

function apply(side: Map<number, number>, levels: Levels): void {
  for (const [price, qty] of levels) {
    if (Number(qty) === 0) side.delete(Number(price));
    else side.set(Number(price), Number(qty));
  }
}

/**
 * Reads the file in the plainest way there is: no streams, no fusing, no connector. The best bid
 * and ask at the end are those of the newest message that has them, by its update number.
 */
export function readRecording(): Reading {
  const bids = new Map<number, number>();
  const asks = new Map<number, number>();
  const waiting: Message[] = [];
  let [trades, buyLots, sellLots, deepId] = [0, 0, 0, 0];
  let top = { u: 0, bid: NaN, ask: NaN };
  const deepen = (message: Message): void => {
    // What is older than the snapshot is part of it.
    if (message.u <= deepId) return;
    deepId = message.u;
    apply(bids, message.b as Levels);
    apply(asks, message.a as Levels);
  };
  const text = gunzipSync(readFileSync(recordingFile)).toString('utf8');
  for (const line of text.trimEnd().split('\n')) {
    const json = JSON.parse(line.slice(line.indexOf(' ') + 1)) as {
      data?: Message;
      lastUpdateId: number;
      bids: Levels;
      asks: Levels;
    };
    const { data } = json;
    if (data === undefined) {
      deepId = json.lastUpdateId;
      apply(bids, json.bids);
      apply(asks, json.asks);
      for (const message of waiting.splice(0)) deepen(message);
    } else if (data.e === 'trade') {
      trades += 1;
      // Whole lots add up exactly. The buyer as maker means that a seller came.
      const lots = Math.round(Number(data.q) * 1_000);
      if (data.m) sellLots += lots;
      else buyLots += lots;
    } else if (data.e === 'bookTicker') {
      top = { u: data.u, bid: Number(data.b), ask: Number(data.a) };
    } else if (deepId === 0) {
      waiting.push(data);
    } else {
      deepen(data);
    }
  }
  const isDepthNewest = deepId > top.u;
  return {
    trades,
    buyVolume: buyLots / 1_000,
    sellVolume: sellLots / 1_000,
    bid: isDepthNewest ? Math.max(...bids.keys()) : top.bid,
    ask: isDepthNewest ? Math.min(...asks.keys()) : top.ask,
    bids,
    asks,
    isDepthNewest,
  };
}
