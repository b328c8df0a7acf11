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
