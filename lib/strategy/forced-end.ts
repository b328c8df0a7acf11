import { asError } from '../models/as-error.js';
import { HftError } from '../models/hft-error.js';
import { describeOrdersLeft } from '../models/order-left.js';
import type { OrdersOnBoard } from './order-board.js';

/** What may be open of a run that could not be asked any more, in words. */
export function describeOnBoard({ orders, unnamed }: OrdersOnBoard): string {
  const count = orders.length + unnamed;
  if (count === 0) return 'no own order is known to be open';
  const more = unnamed === 0 ? '' : `; of ${String(unnamed)} more nothing is known`;
  const what = `${String(count)} order${count === 1 ? '' : 's'} may be open at the venue`;
  return `${what}: ${describeOrdersLeft(orders)}${more}`;
}

/** The error with the orders that may be open, in its message too. */
export function withOrdersLeft(error: unknown, left: OrdersOnBoard): HftError {
  const { message, stack } = asError(error);
  const known = HftError.is(error) ? error : undefined;
  const remedy = known?.remedy ?? '';
  const isSaid = remedy !== '' && message.includes(remedy);
  const said = isSaid ? message.slice(0, message.lastIndexOf(remedy)).trimEnd() : message;
  const end = `${said}${/[.!?]$/.test(said) ? '' : '.'} ${sentence(describeOnBoard(left))}`;
  const look = 'Look at the account, and cancel there what must not stay.';
  const named = left.orders.length + left.unnamed > 0;
  const listed = new HftError(known?.code ?? 'ERR_CUSTOM', end, {
    remedy: [remedy, named ? look : ''].filter((text) => text !== '').join(' '),
    ordersLeft: left.orders,
    ...(known?.cause === undefined ? {} : { cause: known.cause }),
  });
  if (stack !== undefined) listed.stack = stack;
  return listed;
}

function sentence(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;
}
