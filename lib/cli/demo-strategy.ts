/**
 * The market maker of the demo: one quote per side at or inside the best prices, leaning against
 * its position. Runs in the worker of `runLive`; what the terminal shows leaves it as log values.
 *
 * @packageDocumentation
 */
import { ordersText } from '../models/orders-kind.js';
import { isFinalStatus } from '../models/order-status.js';
import type { Side } from '../models/side.js';
import { tickToPrice } from '../models/ticks.js';
import type { Strategy, StrategyEvent } from '../strategy/strategy.js';
import type { StrategyContext } from '../strategy/strategy-context.js';
import { CandleHistory } from '../server/history/candle-history.js';
import type { DemoPageState, DemoState } from './demo-state.js';

export interface DemoStrategyOptions {
  /** Quantity of one quote. */
  readonly qty: number;
  /** Largest position either way. */
  readonly maxPosition: number;
  readonly levels: number;
  /** Quotes are looked at again at most this often, ms. */
  readonly requoteMs: number;
  /** It may trade where orders are real, and where it is not known. */
  readonly realOrders: boolean;
  /** Its bot is read-only. */
  readonly readOnly: boolean;
}

interface Quote {
  readonly id: bigint;
  readonly tick: number;
  /** When it was sent, Unix ms. */
  readonly createdMs: number;
  leavesQty: number;
  /** A cancel is on its way. */
  cancelling: boolean;
  /** The connector has answered. */
  open: boolean;
}

/** Trades in a report: as many as the page shows and the highest terminal takes. */
const TAPE = 60;
/** Seconds of candles in a report: the newest, and those that a late report would miss. */
const CANDLES = 5;
/** A quote this far inside the other side will not be filled any more. */
const STRANDED_TICKS = 20;

class DemoStrategy implements Strategy {
  readonly timerMs = 100;
  readonly #options: DemoStrategyOptions;
  readonly #requoteNs: bigint;
  readonly #quotes: Record<Side, Quote | undefined> = { buy: undefined, sell: undefined };
  readonly #tape: DemoState['tape'][number][] = [];
  readonly #ownFills: DemoState['tape'][number][] = [];
  #linkLosses = 0;
  readonly #candles = new CandleHistory(CANDLES);
  #fresh: DemoPageState['fills'][number][] = [];
  #expired = 0;
  #rejected = 0;
  #lastQuoteNs = 0n;
  #cash = 0;
  #held = 0;
  #fills = 0;
  readonly #refusals = new Set<string>();

  constructor(options: DemoStrategyOptions) {
    this.#options = options;
    this.#requoteNs = BigInt(Math.round(options.requoteMs * 1e6));
  }

  onTrade(_ctx: StrategyContext, trade: StrategyEvent): void {
    this.#tape.unshift({
      side: trade.isBuy ? 'buy' : 'sell',
      price: trade.price,
      qty: trade.qty,
      tsMs: trade.exchTsMs,
    });
    this.#tape.length = Math.min(this.#tape.length, TAPE);
    this.#candles.add(trade.price, trade.qty);
  }

  onExecutionReport(_ctx: StrategyContext, order: StrategyEvent): void {
    const side = order.isBuy ? 'buy' : 'sell';
    const quote = this.#quotes[side];
    if (quote?.id !== order.orderId) return;
    const status = order.orderStatus;
    const leavesQty = status === 'filled' ? 0 : order.leavesQty;
    if (status === 'expired') this.#expired += 1;
    if (status === 'rejected') this.#rejected += 1;
    if (status === 'filled' || status === 'partially_filled') {
      const filled = quote.leavesQty - leavesQty;
      const sign = side === 'buy' ? 1 : -1;
      this.#cash -= sign * filled * order.execPrice;
      this.#held += sign * filled;
      this.#fills += 1;
      this.#ownFills.unshift({ side, price: order.execPrice, qty: filled, tsMs: Date.now() });
      this.#ownFills.length = Math.min(this.#ownFills.length, TAPE);
      const { execPrice: price, maker } = order;
      this.#fresh.push({ market: 0, side, price, qty: filled, maker, tsMs: Date.now() });
    }
    quote.leavesQty = leavesQty;
    quote.open = true;
    if (isFinalStatus(status)) this.#quotes[side] = undefined;
  }

  onLink(_ctx: StrategyContext, change: StrategyEvent): void {
    const { linkState } = change;
    if (linkState === 'lost' || linkState === 'venue_down') this.#linkLosses += 1;
  }

  onBatch(ctx: StrategyContext): void {
    const now = ctx.nowNs;
    if (now - this.#lastQuoteNs < this.#requoteNs) return;
    const depth = ctx.depth();
    if (!depth.synced || Number.isNaN(depth.bestBidTick) || Number.isNaN(depth.bestAskTick)) return;
    this.#lastQuoteNs = now;
    if (!this.#mayTrade(ctx)) return;
    this.#quote(ctx, 'buy', depth.bestBidTick, depth.bestAskTick);
    this.#quote(ctx, 'sell', depth.bestAskTick, depth.bestBidTick);
  }

  onTimer(ctx: StrategyContext): void {
    ctx.clearInactiveOrders();
    this.#show(ctx);
  }

  onStop(ctx: StrategyContext): void {
    // Without orders there is nothing to cancel, and a connector that is gone would refuse it.
    if (ctx.orders().size > 0 && this.#mayTrade(ctx)) ctx.cancelAll();
    this.#show(ctx);
  }

  /** A connector that was joined may send orders to a venue: only who asks for that gets it. */
  #mayTrade(ctx: StrategyContext): boolean {
    const { realOrders, readOnly } = this.#options;
    if (realOrders) return true;
    const [link] = ctx.links();
    const { connector = '', orders = 'unknown', environment = '' } = link ?? {};
    const isSafe = orders !== 'real' && orders !== 'unknown';
    if (isSafe && !readOnly) return true;
    if (!readOnly && orders === 'real') {
      // Another connector has come under the name, and a trading bot is given what dead ones left there.
      this.#refuse(ctx, `orders of ${connector} have become REAL (${environment}), so it ends.`);
      ctx.stop();
    } else if (orders === 'real') {
      this.#refuse(
        ctx,
        `orders of ${connector} are REAL (${environment}), so it only shows the market; --real-orders trades on it.`,
      );
    } else if (orders === 'unknown') {
      this.#refuse(
        ctx,
        `where orders of ${connector} go is not known, so it only shows the market; --real-orders trades on it all the same.`,
      );
    } else {
      this.#refuse(
        ctx,
        `where orders of ${connector} go was not known when it joined, so it only shows the market; start it again to trade (${ordersText(orders, environment)}).`,
      );
    }
    return false;
  }

  #refuse(ctx: StrategyContext, why: string): void {
    if (this.#refusals.has(why)) return;
    this.#refusals.add(why);
    ctx.log(`demo: ${why}`);
  }

  #quote(ctx: StrategyContext, side: Side, best: number, other: number): void {
    const inwards = side === 'buy' ? 1 : -1;
    const quote = this.#quotes[side];
    // Also while the position is not known (NaN).
    const full = !(ctx.position() * inwards < this.#options.maxPosition);
    if (quote !== undefined) {
      const behind = (best - quote.tick) * inwards;
      // The market also runs through a quote that the stub's dice do not fill.
      if ((behind > 1 || behind < -STRANDED_TICKS || full) && quote.open && !quote.cancelling) {
        quote.cancelling = true;
        ctx.cancel(quote.id);
      }
      return;
    }
    if (full) return;
    // One tick better than the best while there is room between the sides.
    const tick = (other - best) * inwards > 1 ? best + inwards : best;
    const price = tickToPrice(tick, ctx.depth().tickSize);
    const { qty } = this.#options;
    const id = ctx.submit({ side, price, qty, timeInForce: 'GTX' });
    const createdMs = Date.now();
    this.#quotes[side] = { id, tick, createdMs, leavesQty: qty, cancelling: false, open: false };
  }

  #show(ctx: StrategyContext): void {
    const depth = ctx.depth();
    const { bids, asks } = depth.levels(this.#options.levels);
    const mid = (depth.bestBid + depth.bestAsk) / 2;
    const [link] = ctx.links();
    const state: DemoState = {
      orders: link?.orders ?? 'unknown',
      environment: link?.environment ?? 'unknown',
      bids: bids.map(({ price, qty }) => [price, qty] as const),
      asks: asks.map(({ price, qty }) => [price, qty] as const),
      book: depth.state,
      tape: [...this.#tape],
      ownFills: [...this.#ownFills],
      link: link?.state ?? 'waiting',
      linkLosses: this.#linkLosses,
      quotes: (['sell', 'buy'] as const).flatMap((side) => {
        const quote = this.#quotes[side];
        return quote === undefined
          ? []
          : [
              {
                side,
                price: tickToPrice(quote.tick, depth.tickSize),
                leavesQty: quote.leavesQty,
                cancelling: quote.cancelling,
                createdMs: quote.createdMs,
              },
            ];
      }),
      position: ctx.position(),
      pnl: this.#fills === 0 ? 0 : this.#cash + this.#held * mid,
      page: {
        candles: this.#candles.since(0),
        fills: this.#fresh,
        expired: this.#expired,
        rejected: this.#rejected,
        pid: link?.pid,
        version: link?.version ?? '',
        heartbeatAgeMs: link?.heartbeatAgeMs,
      },
    };
    this.#fresh = [];
    ctx.log('demo', { state });
  }
}

export default function createStrategy(options: DemoStrategyOptions): Strategy {
  return new DemoStrategy(options);
}
