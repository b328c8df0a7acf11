import { namedOrders, ownerOf } from '../journal.js';
import { idOf } from '../order-ids.js';
import type { Rule, Violation } from './rule.js';

const CLOSE = 1e-12;
const TIF = { GTC: 'GTC', GTX: 'PostOnly', IOC: 'IOC', FOK: 'FOK' } as const;

/** What reaches the venue is what the plan asks for, in figures. */
export const terms: Rule = {
  name: 'terms',
  says: 'no price or quantity reaches the venue other than as asked',
  check(story) {
    const { steps } = story.plan;
    const found: Violation[] = [];
    const add = (orderId: bigint, text: string): void => void found.push({ orderId, text });
    for (const { linkId, fields, request } of namedOrders(story.journal, 'create')) {
      const owner = ownerOf(linkId);
      if (owner?.botId !== story.botId) continue;
      const { orderId } = owner;
      const step = steps.find((s) => s.do === 'submit' && idOf(s.order) === orderId);
      if (step?.do !== 'submit') {
        add(orderId, `was sent at ${String(request.atUs)} and nobody asked for it`);
        continue;
      }
      const { symbol, side, price, qty, timeInForce } = step.terms;
      const wanted = [symbol, side === 'buy' ? 'Buy' : 'Sell', TIF[timeInForce]];
      const got = [fields['symbol'], fields['side'], fields['timeInForce']];
      const isSame =
        wanted.join() === got.join() && same(fields['price'], price) && same(fields['qty'], qty);
      if (!isSame)
        add(orderId, `asked: ${JSON.stringify(step.terms)}; sent: ${JSON.stringify(fields)}`);
    }
    for (const { linkId, fields } of namedOrders(story.journal, 'amend')) {
      const owner = ownerOf(linkId);
      if (owner?.botId !== story.botId) continue;
      const asked = steps.some(
        (s) =>
          s.do === 'modify' &&
          idOf(s.order) === owner.orderId &&
          same(fields['price'], s.price) &&
          same(fields['qty'], s.qty),
      );
      if (!asked) add(owner.orderId, `nobody asked for the change ${JSON.stringify(fields)}`);
    }
    return found;
  },
};

function same(text: unknown, wanted: number): boolean {
  return typeof text === 'string' && Math.abs(Number(text) - wanted) <= CLOSE * wanted;
}
