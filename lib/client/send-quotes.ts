import { HftError } from '../models/hft-error.js';
import type { InstrumentSpec } from '../models/live-instrument.js';
import { planOptions, type DesiredQuote, type SendQuoteOptions } from '../orders/desired-quote.js';
import type { CancelOutcome, ModifyOutcome, OrderOutcome } from '../orders/order-outcome.js';
import { planQuotes } from '../orders/plan-quotes.js';
import type { OrderManager } from './order-manager.js';

/** What `client.quote` sent, and what became of it. */
export interface QuoteOutcomes {
  readonly submits: readonly OrderOutcome[];
  readonly modifies: readonly ModifyOutcome[];
  readonly cancels: readonly CancelOutcome[];
  /** Why steps were not sent: the connector is down, the queue is full, … The next call tries again. */
  readonly denied: readonly HftError[];
  /** Desired quotes that waited for answers when it was called. */
  readonly waiting: number;
  /** True when the working orders were the desired quotes already, with nothing under way. */
  readonly settled: boolean;
}

/** Plans and sends; see `LiveClient.quote`. */
export async function sendQuotes(
  orders: OrderManager,
  asset: number,
  instrument: InstrumentSpec,
  canModify: boolean,
  desired: readonly DesiredQuote[],
  options: SendQuoteOptions,
): Promise<QuoteOutcomes> {
  const how = planOptions(options, options.modify ?? canModify);
  const plan = planQuotes(desired, orders.working(asset), instrument, how);
  const { timeInForce = 'GTX' } = options;
  const submits: OrderOutcome[] = [];
  const modifies: ModifyOutcome[] = [];
  const cancels: CancelOutcome[] = [];
  const denied: HftError[] = [];
  // Each is sent in this turn, before any answer can come.
  const sent = plan.steps.map(async (step) => {
    try {
      if (step.type === 'cancel') cancels.push(await orders.cancel(step.orderId));
      else if (step.type === 'modify') {
        const { orderId, price, qty } = step;
        modifies.push(await orders.modify(orderId, { price, qty }));
      } else {
        const { side, price, qty } = step;
        submits.push(await orders.submit(asset, { side, price, qty, timeInForce }));
      }
    } catch (error) {
      if (!HftError.is(error)) throw error;
      denied.push(error);
    }
  });
  await Promise.all(sent);
  const { waiting, settled } = plan;
  return { submits, modifies, cancels, denied, waiting, settled };
}
