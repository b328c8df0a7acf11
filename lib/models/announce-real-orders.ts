import { ordersText, type OrdersKind } from './orders-kind.js';

const said = new Set<string>();
let announcer: typeof announceRealOrders | undefined;

/**
 * Says on standard error that a connector's orders are real, once per connector and environment:
 * whatever made them so, and whether or not anybody listens to logs and events.
 *
 * @param because - What made them real, when it is known here.
 */
export function announceRealOrders(
  connector: string,
  orders: OrdersKind,
  environment: string,
  because = '',
): void {
  if (orders !== 'real') return;
  const key = `${connector}\n${environment}`;
  if (said.has(key)) return;
  said.add(key);
  if (announcer !== undefined) {
    announcer(connector, orders, environment, because);
    return;
  }
  const why = because === '' ? '' : `, because of ${because}`;
  process.stderr.write(
    `hftbacktest-live: REAL ORDERS: connector ${connector} is ${ordersText(orders, environment)}${why}: ` +
      'what this program sends trades with the money of the account\n',
  );
}

/**
 * For a thread that blocks: another one says it. What such a thread writes to standard error may wait
 * until it ends, and what others have said it cannot know.
 */
export function announceBy(other: typeof announceRealOrders): void {
  announcer = other;
}
