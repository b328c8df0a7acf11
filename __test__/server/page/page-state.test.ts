import { expect, it } from 'vitest';

import { PageState } from '../../../lib/server/page/frame/page-state.js';
import { ViewText } from '../../../lib/server/view-text.js';
import type { LiveView, LogLine, TradeView } from '../../../lib/server/live-view.js';
import type { PageMessage } from '../../../lib/server/view/page-message.js';
import { FakeSource } from '../fake-source.js';

const trade = (id: number): TradeView => ({ id, side: 'buy', price: id, qty: 1, tsMs: id });
const line = (id: number, tsMs: number, count = 1): LogLine => ({
  ...{ id, tsMs, count, level: 'ok', symbol: '', text: `line ${id}` },
});

/** A page that gets what a server sends. */
function pages(): { send: (changes: Partial<LiveView>) => PageMessage; state: PageState } {
  const text = new ViewText();
  const state = new PageState();
  const source = new FakeSource();
  let isFirst = true;
  return {
    state,
    send: (changes) => {
      source.changes = changes;
      text.take(source.view(0));
      const message = JSON.parse(isFirst ? text.whole : text.change()) as PageMessage;
      isFirst = false;
      if (message.type !== 'history') state.take(message);
      return message;
    },
  };
}

it('has the lists that the server has, which sends only what is new in them', () => {
  const { send, state } = pages();
  send({ trades: [trade(2), trade(1)], log: [line(1, 1), line(2, 2)] });
  const message = send({
    trades: [trade(3), trade(2), trade(1)],
    log: [line(2, 2), line(1, 3, 2)],
  });
  expect(message).toMatchObject({ added: { trades: [trade(3)], log: [line(1, 3, 2)] } });
  expect(message.type === 'change' && Object.keys(message.change)).not.toContain('trades');
  expect(state.view?.trades.map(({ id }) => id)).toEqual([3, 2, 1]);
  expect(state.view?.log.map(({ id, count }) => [id, count])).toEqual([
    [1, 2],
    [2, 1],
  ]);
});

it('forgets what the server forgets: its lists stay as long as they may be', () => {
  const { send, state } = pages();
  for (let newest = 1; newest <= 300; newest += 1) {
    const ids = Array.from({ length: Math.min(40, newest) }, (_, index) => newest - index);
    send({ trades: ids.map(trade) });
  }
  expect(state.view?.trades).toHaveLength(40);
  expect(state.view?.trades[0]?.id).toBe(300);
});
