import type { Candle } from '../history/candle-history.js';
import type { MidPoint } from '../history/mid-history.js';
import type { LiveView } from '../live-view.js';

/** Lists of a view that grow at one end: only entries that are new or have changed are sent. */
export const GROWING = ['trades', 'fills', 'log'] as const satisfies readonly (keyof LiveView)[];

/** What the server sends over the page's WebSocket. */
export type PageMessage =
  /** The past of the instrument. Sent before each whole view. */
  | {
      readonly type: 'history';
      readonly candles: readonly Candle[];
      readonly mids: readonly MidPoint[];
    }
  | { readonly type: 'view'; readonly view: LiveView }
  | {
      readonly type: 'change';
      /** The fields that differ from the message before; `null` stands for `undefined`. */
      readonly change: Partial<LiveView>;
      /** Of the lists that grow, entries that are new or have changed, by their `id`. */
      readonly added?: Partial<Pick<LiveView, (typeof GROWING)[number]>>;
      /** Candles that are new or have changed. */
      readonly candles?: readonly Candle[];
    };
