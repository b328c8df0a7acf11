export type { ClientOrder, RejectReason } from './client-order.js';
export type { OrderRefusal, OrderUpdate } from './order-update.js';
export type {
  CancelOutcome,
  Denied,
  DenyRule,
  ModifyOutcome,
  OrderOutcome,
  Rejected,
  Unknown,
} from './order-outcome.js';
export type { Fill, OrderState } from './order-state.js';
export type { DesiredQuote, QuoteOptions, SendQuoteOptions } from './desired-quote.js';
export { planQuotes, type QuotePlan, type QuoteStep, type WorkingOrder } from './plan-quotes.js';
