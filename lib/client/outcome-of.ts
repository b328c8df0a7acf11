import { CommandError } from '../models/record-layout.js';
import type { ClientOrder } from '../orders/client-order.js';
import type { CancelOutcome, DenyRule, OrderOutcome } from '../orders/order-outcome.js';

/** What a submitted order came to, by its state after the first answer. */
export function outcomeOf(order: ClientOrder): OrderOutcome {
  switch (order.state) {
    case 'filled':
      return { status: 'filled', order };
    case 'expired':
      return { status: 'expired', order };
    case 'rejected':
      return {
        status: 'rejected',
        code: order.reject?.code ?? 0,
        text: order.reject?.text ?? '',
        order,
      };
    case 'closed':
      return { status: 'unknown', reason: 'connection_lost', order };
    default:
      return { status: 'accepted', order };
  }
}

/** What a cancel request came to, by the state in which the order ended. */
export function cancelOutcomeOf(order: ClientOrder): CancelOutcome {
  switch (order.state) {
    case 'closed':
      return { status: 'unknown', reason: 'connection_lost', order };
    case 'filled':
      return { status: 'filled', order };
    case 'expired':
    case 'rejected':
    case 'denied':
      return { status: 'expired', order };
    default:
      return { status: 'canceled', order };
  }
}

/** The rule that an order broke when the bot did not send it. */
export function denyRuleOf(status: number): DenyRule {
  if (status === CommandError.ConnectorDown) return 'connector_down';
  if (status === CommandError.BookNotLive) return 'book_not_live';
  if (status === CommandError.OnlyLooks) return 'read_only';
  if (status === CommandError.TooLate) return 'too_late';
  if (status === CommandError.OrdersChanged) return 'orders_changed';
  if (status === CommandError.OrdersNotAsRequired) return 'orders_mismatch';
  return status === CommandError.SendFailed ? 'queue_full' : 'refused';
}
