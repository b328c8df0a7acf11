import { CommandError } from '../models/record-layout.js';
import type { ClientOrder } from './client-order.js';
import type { CancelOutcome, DenyRule, OrderOutcome } from './order-outcome.js';

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
      return { status: 'expired', order };
    default:
      return { status: 'canceled', order };
  }
}

/** The rule that an order broke when the bot did not send it. */
export function denyRuleOf(status: number): DenyRule {
  if (status === CommandError.ConnectorDown) return 'connector_down';
  return status === CommandError.SendFailed ? 'queue_full' : 'refused';
}
