import { namedOrders, ownerOf } from './journal.js';
import type { Violation } from './rules/rule.js';
import type { Story } from './story.js';

const LINES_MOST = 400;

/** A violation with both histories of its order, and what was done to the world meanwhile. */
export function report(rule: string, violation: Violation, story: Story): string {
  const { orderId, text } = violation;
  const name = orderId === undefined ? '' : ` order ${String(orderId)}`;
  const { seed, isDirect } = story.plan;
  const mode = isDirect ? ' --direct' : '';
  return [
    `rule ${rule}, seed ${String(seed)}${isDirect ? ' in direct mode' : ''},${name}: ${text}`,
    ...history(story, orderId),
    `again: npm run test:orders -- --seed ${String(seed)}${mode}`,
  ].join('\n');
}

/** What client and venue have to say of one order, or of all, in the order of time. */
export function history(story: Story, orderId: bigint | undefined): string[] {
  const lines: { atUs: number; text: string }[] = [];
  const add = (atUs: number, text: string): void => void lines.push({ atUs, text });
  const isMeant = (id: bigint | undefined): boolean => orderId === undefined || id === orderId;
  const isOurs = (linkId: string): boolean => {
    const owner = ownerOf(linkId);
    return owner?.botId === story.botId && isMeant(owner.orderId);
  };
  for (const call of story.calls) {
    if (orderId !== undefined && !call.orderIds.includes(orderId)) continue;
    const which = orderId === undefined ? ` ${call.orderIds.join(', ')}` : '';
    add(call.atUs, `client  ${call.what}${which}`);
    const { outcome } = call;
    if (outcome === undefined) continue;
    if (outcome.thrown !== '') add(outcome.atUs, `client  ${call.what} threw ${outcome.thrown}`);
    for (const { status, code, reason, order } of outcome.results)
      if (isMeant(order.orderId))
        add(outcome.atUs, `client  ${call.what}${which === '' ? '' : ` ${String(order.orderId)}`} came back: ${status} ${code} ${reason} (${order.state}${order.unconfirmed ? ', unconfirmed' : ''})`); // prettier-ignore
  }
  for (const { kind, atUs, text, order, orderId: id, fill, run } of story.reported) {
    const which = order?.orderId ?? id;
    if (which !== undefined && !isMeant(which)) continue;
    const filled = fill === undefined ? '' : `, fill ${String(fill.qty)} at ${String(fill.price)}`;
    const mark = which === undefined || orderId !== undefined ? '' : `${String(which)} `;
    add(atUs, `client  [${String(run)}] ${kind} ${mark}${text}${filled}${order?.unconfirmed === true ? ' (unconfirmed)' : ''}`); // prettier-ignore
  }
  for (const operation of ['create', 'amend', 'cancel'])
    for (const { linkId, request, fields, code } of namedOrders(story.journal, operation))
      if (isOurs(linkId))
        add(request.atUs, `venue   received ${operation} ${String(ownerOf(linkId)?.orderId)}: ${brief(fields)} -> ${code === null ? 'not executed' : String(code)}`); // prettier-ignore
  for (const life of story.journal.orders) {
    if (!isOurs(life.orderLinkId)) continue;
    for (const { atUs, status, price, qty, filledQty, reason } of life.steps)
      add(atUs, `venue   ${String(ownerOf(life.orderLinkId)?.orderId)} is ${status} ${price} x ${qty}, filled ${filledQty} ${reason}`); // prettier-ignore
  }
  for (const { atUs, text } of story.deeds) add(atUs, `world   ${text}`);
  lines.sort((a, b) => a.atUs - b.atUs);
  const startUs = lines[0]?.atUs ?? 0;
  const reported = lines.map(
    ({ atUs, text }) => `  ${((atUs - startUs) / 1000).toFixed(1).padStart(9)} ms  ${text}`,
  );
  return reported.length <= LINES_MOST
    ? reported
    : [...reported.slice(0, LINES_MOST / 2), '  …', ...reported.slice(-LINES_MOST / 2)];
}

function brief(fields: Readonly<Record<string, unknown>>): string {
  const rest = Object.entries(fields).filter(
    ([name]) => name !== 'category' && name !== 'orderLinkId',
  );
  return JSON.stringify(Object.fromEntries(rest));
}
