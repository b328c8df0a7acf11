import type { HftErrorCode } from '../../../lib/index.js';
import { errorFromNative } from '../../../lib/models/native-error.js';

/** A call that throws it, the bot's number, the test that throws it, or why there is none in the mode. */
export type Cell =
  | (() => unknown)
  | { readonly number: number }
  | { readonly test: string }
  | { readonly none: string };

/** Every code in one mode. */
export type Column = Readonly<Record<HftErrorCode, Cell>>;

export const test = (file: string): Cell => ({ test: file });
export const none = (why: string): Cell => ({ none: why });
export const number = (code: number): Cell => ({ number: code });

/** Why a mode has none, where several say the same. */
export const notHere = {
  feedOnly: none('only feeds have events of others'),
  noFeed: none('it reads no data source by name'),
  noOrders: none('it sends no orders'),
  noStrategy: none('it loads no strategy'),
} as const;

export const instruments = [
  { symbol: 'BTCUSDT', connector: 'stub', tickSize: 0.1, lotSize: 0.001 },
];

/** What the addon throws when it has caught a panic of its own. */
export const panic = (): never => {
  const error = Object.assign(new Error('index out of bounds'), { code: 'Internal' });
  throw errorFromNative(error, 'links');
};
