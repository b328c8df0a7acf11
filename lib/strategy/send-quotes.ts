import type { Bot } from '../models/bot.js';
import { HftError } from '../models/hft-error.js';
import type { InstrumentSpec } from '../models/live-instrument.js';
import type { OrderResponse } from '../models/order-response.js';
import { isFinalStatus } from '../models/order-status.js';
import { withoutNoise } from '../models/ticks.js';
import { canRest } from '../orders/can-rest.js';
import { planOptions, type DesiredQuote, type SendQuoteOptions } from '../orders/desired-quote.js';
import { planQuotes, type QuotePlan, type WorkingOrder } from '../orders/plan-quotes.js';
import type { StrategyContext } from './strategy-context.js';

/** What `ctx.quote` sent. */
export interface QuoteResult {
  /** Ids of new orders. */
  readonly submitted: readonly bigint[];
  /** Orders that are to be changed. */
  readonly modified: readonly bigint[];
  /** Orders that are to be cancelled. */
  readonly canceled: readonly bigint[];
  /** Why steps were not sent: the book is not live, the connector is down, … The next call tries again. */
  readonly denied: readonly HftError[];
  /** Desired quotes that wait for answers. */
  readonly waiting: number;
  /** True when the working orders were the desired quotes already, with nothing under way. */
  readonly settled: boolean;
}

const PENDING: Readonly<Record<string, WorkingOrder['pending']>> = {
  new: 'submit',
  canceled: 'cancel',
  replaced: 'modify',
};

/** An order of a bot as a plan takes it; `undefined` for one that has ended or cannot rest. */
function workingOrder(order: OrderResponse, lotSize: number): WorkingOrder | undefined {
  const { orderId, side, price, qty, leavesQty, status, pending } = order;
  if (!canRest(order) || isFinalStatus(status)) return undefined;
  return {
    orderId,
    side,
    price,
    leavesQty,
    filledQty: withoutNoise(qty - leavesQty, lotSize),
    pending: pending === 'none' ? 'none' : (PENDING[pending] ?? 'unknown'),
  };
}

/** Plans and sends; see `StrategyContext.quote`. */
export function sendQuotes(
  ctx: StrategyContext,
  bot: Bot,
  asset: number,
  desired: readonly DesiredQuote[],
  options: SendQuoteOptions,
): QuoteResult {
  const instrument = bot.instruments[asset] as InstrumentSpec;
  const working: WorkingOrder[] = [];
  for (const order of bot.orders(asset).values()) {
    const open = workingOrder(order, instrument.lotSize);
    if (open !== undefined) working.push(open);
  }
  const plan = (modify: boolean): QuotePlan =>
    planQuotes(desired, working, instrument, planOptions(options, modify));
  let made = plan(options.modify ?? true);
  // Only asked where it matters: hftbacktest's own connectors cannot change orders.
  if (
    options.modify === undefined &&
    made.steps.some(({ type }) => type === 'modify') &&
    bot.links().find(({ connector }) => connector === instrument.connector)?.controlChannel !== true
  )
    made = plan(false);
  const result = {
    submitted: [] as bigint[],
    modified: [] as bigint[],
    canceled: [] as bigint[],
    denied: [] as HftError[],
  };
  for (const step of made.steps) {
    try {
      if (step.type === 'cancel') {
        ctx.cancel(step.orderId);
        result.canceled.push(step.orderId);
      } else if (step.type === 'modify') {
        ctx.modify(step.orderId, { price: step.price, qty: step.qty });
        result.modified.push(step.orderId);
      } else {
        const { side, price, qty } = step;
        const { timeInForce = 'GTX' } = options;
        result.submitted.push(ctx.submit({ instrument: asset, side, price, qty, timeInForce }));
      }
    } catch (error) {
      if (!HftError.is(error)) throw error;
      result.denied.push(error);
    }
  }
  const { waiting, settled } = made;
  return { ...result, waiting, settled };
}
