import { ordersText, type OrdersKind } from './orders-kind.js';

const said = new Set<string>();

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
  const why = because === '' ? '' : `, because of ${because}`;
  process.stderr.write(
    `hftbacktest-live: REAL ORDERS: connector ${connector} is ${ordersText(orders, environment)}${why}: ` +
      'what this program sends trades with the money of the account\n',
  );
}

/** What was said in this thread, for a thread that starts. */
export function announced(): readonly string[] {
  return [...said];
}

/** What another thread of this process has said already. */
export function noteAnnounced(keys: readonly string[]): void {
  for (const key of keys) said.add(key);
}
