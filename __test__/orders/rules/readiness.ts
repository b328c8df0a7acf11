import { CLOCKS_US, KEY_REFUSED, type Rule } from './rule.js';

/** In calm, after the world has had its time. */
export const readiness: Rule = {
  name: 'readiness',
  says: 'a client is ready in the end, and only with its account at the venue',
  check({ plan, view, viewJournal, reported }) {
    // A client that does not answer is another rule.
    if (view === undefined) return [];
    if (!view.isReady && view.why === KEY_REFUSED) return [];
    // While an order cannot be read the account is not known, and registrations wait for it.
    const isUnread = reported.some(
      ({ kind, text }) => kind === 'notice' && text.startsWith('3212 '),
    );
    if (!view.isReady && plan.lasting.length > 0 && isUnread) return [];
    if (!view.isReady) return [{ orderId: undefined, text: `not ready: ${view.why}` }];
    // A low-level bot has no such word: it holds books, and is refused orders.
    if (plan.kind !== 'client') return [];
    const isKnown = viewJournal.logins.some(
      ({ socket, fromUs, untilUs }) =>
        socket === 'private' &&
        fromUs <= view.atUs + CLOCKS_US &&
        (untilUs === null || untilUs >= view.atUs),
    );
    const text = 'says that it is ready, and the venue has no connection of its account';
    return isKnown ? [] : [{ orderId: undefined, text }];
  },
};
