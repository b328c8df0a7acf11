import { CandleHistory, type Candle } from '../../lib/server/history/candle-history.js';
import { FillHistory } from '../../lib/server/history/fill-history.js';
import { TradeTape } from '../../lib/server/history/trade-tape.js';
import type { LiveView, OrderView } from '../../lib/server/live-view.js';
import { LogTail } from '../../lib/server/log/log-tail.js';
import { FakeSource } from '../server/fake-source.js';

const TICK = 0.5;
const LEVELS = 20;

/** A source that moves: every view has another book, new trades, orders and fills of all instruments. */
export class BusySource extends FakeSource {
  readonly logTail = new LogTail();
  readonly #fills = new FillHistory();
  readonly #tapes: TradeTape[];
  readonly #past: CandleHistory[];
  #random = 1;

  /** @param pastSeconds - So many seconds of candles are there before the start. */
  constructor(instruments: number, pastSeconds = 0) {
    super();
    this.instruments = Array.from({ length: instruments }, (_, index) => `S${index}USDT`);
    this.#tapes = this.instruments.map(() => new TradeTape());
    this.#past = this.instruments.map(() => new CandleHistory());
    for (let ago = pastSeconds; ago > 0; ago -= 1)
      for (const [market, past] of this.#past.entries())
        past.add(this.#price(market), 1, Date.now() - ago * 1000);
  }

  override candles(instrument: number, sinceSecond: number): readonly Candle[] {
    return this.#past[instrument]?.since(sinceSecond) ?? [];
  }

  override view(instrument: number): LiveView {
    const nowMs = Date.now();
    for (const market of this.instruments.keys()) {
      const price = this.#price(market);
      const qty = 1 + Math.floor(this.#next() * 9);
      const side = this.#next() < 0.5 ? 'buy' : 'sell';
      this.#past[market]?.add(price, qty, nowMs);
      this.#tapes[market]?.show({ side, price, qty, tsMs: nowMs });
      if (market % 5 === 0)
        this.#fills.add({ market, side, price, qty, maker: qty > 3, tsMs: nowMs });
    }
    const mid = 100 + instrument + Math.round(this.#next() * 8) * TICK;
    const level = (sign: number) =>
      Array.from(
        { length: LEVELS },
        (_, index) =>
          [mid + sign * (index + 0.5) * 2 * TICK, 1 + Math.floor(this.#next() * 50)] as const,
      );
    return {
      ...super.view(instrument),
      book: {
        ...{ bids: level(-1), asks: level(1) },
        ...{ state: 'live', synced: true, tickSize: TICK, lotSize: 1 },
      },
      trades: this.#tapes[instrument]?.trades ?? [],
      fills: this.#fills.fills,
      orders: this.#orders(),
      positions: this.instruments.map((_, market) => ({
        market,
        qty: Math.floor(this.#next() * 20) - 10,
        mid: 100 + market + this.#next(),
        bookState: 'live',
        realisedPnl: undefined,
        unrealisedPnl: undefined,
      })),
      log: this.logTail.lines(),
      ...this.changes,
    };
  }

  #orders(): OrderView[] {
    return this.instruments.flatMap((_, market) =>
      (['buy', 'sell'] as const).map((side) => ({
        id: String(market * 2 + (side === 'buy' ? 0 : 1)),
        market,
        side,
        price: this.#price(market),
        qty: 5,
        leavesQty: 1 + Math.floor(this.#next() * 5),
        state: 'new',
        createdMs: 1_700_000_000_000 + market,
      })),
    );
  }

  #price(market: number): number {
    return 100 + market + Math.round(this.#next() * 8) * TICK;
  }

  /** A linear congruential generator: the same numbers in every run. */
  #next(): number {
    this.#random = (this.#random * 1_103_515_245 + 12_345) % 2_147_483_648;
    return this.#random / 2_147_483_648;
  }
}
