// Stories made up so that each rule has something to catch.
import { describe, expect, it } from 'vitest';

import type { Journal, VenueOrder, VenueRequest } from './journal.js';
import { judge } from './judge.js';
import { idOf } from './order-ids.js';
import { makePlan, type Plan } from './plan.js';
import { report } from './report.js';
import type { Call, ShownOrder, Story, Reported } from './story.js';

const BOT = 7n;
const ID = idOf(0);
const TERMS = { symbol: 'XRPUSDT', side: 'buy', price: 2.45, qty: 3, timeInForce: 'GTC' } as const;

/** As the connector makes it: prefix, epoch and counter, bot, order. */
function linkOf(orderId: bigint): string {
  const letters = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
  let bits = (1n << 128n) | (BOT << 64n) | orderId;
  let text = '';
  for (let at = 0; at < 31; at += 1) {
    text = (letters[Number(bits & 63n)] ?? '') + text;
    bits >>= 6n;
  }
  return `hbl${text}`;
}

function create(atUs: number, change: object = {}): VenueRequest {
  const args = {
    symbol: 'XRPUSDT', side: 'Buy', timeInForce: 'GTC', price: '2.450', qty: '3.0',
    orderLinkId: linkOf(ID), ...change,
  }; // prettier-ignore
  return { atUs, socket: 'trade', op: 'order.create', args, executed: true, code: 0, codes: [] };
}

function life(change: Partial<VenueOrder> = {}): VenueOrder {
  return {
    orderId: 'x', orderLinkId: linkOf(ID), symbol: 'XRPUSDT', side: 'Buy', foreign: false,
    createdUs: 1_000, endedUs: null, price: '2.4500', qty: '3.0', filledQty: '0', steps: [], ...change,
  }; // prettier-ignore
}

function shown(change: Partial<ShownOrder> = {}): ShownOrder {
  return {
    orderId: ID, symbol: 'XRPUSDT', state: 'new', side: 'buy', price: 2.45, qty: 3, filledQty: 0,
    unconfirmed: false, own: true, ...change,
  }; // prettier-ignore
}

const state = (atUs: number, order: ShownOrder, fill?: Reported['fill']): Reported => ({
  run: 0, atUs, kind: 'state', text: order.state, order, ...(fill === undefined ? {} : { fill }),
}); // prettier-ignore

const filled = (atUs: number, qty: string) => ({
  atUs, status: 'PartiallyFilled', price: '2.4500', qty: '3.0', filledQty: qty,
  fill: { price: '2.4500', qty, maker: true }, reason: '',
}); // prettier-ignore

function cancel(change: Partial<Call> = {}): Call {
  return {
    run: 0, call: 2, what: 'cancel', atUs: 50_000, orderIds: [ID], terms: {}, outcome: undefined, ...change,
  }; // prettier-ignore
}

/** A story in which one order rests, as asked, and the client knows it. */
function story(change: Partial<Story> & { journal?: Journal } = {}): Story {
  const journal = { requests: [create(1_000)], orders: [life()], nowUs: 90_000, ...change.journal };
  const plan: Plan = {
    ...makePlan(1),
    steps: [{ do: 'submit', order: 0, terms: TERMS, atMs: 0 }],
    settleMs: 45_000,
  };
  return {
    plan, botId: BOT, runs: [{ run: 0, startedUs: 0, endedUs: undefined, killed: false }],
    calls: [], reported: [state(2_000, shown())], deeds: [],
    view: { atUs: 80_000, isReady: true, orders: [shown()], positions: {} }, viewJournal: journal, positions: {},
    agreed: true, lastCancelAll: -1, ...change, journal,
  }; // prettier-ignore
}

const broken = (of: Story): string[] => judge(of).map(({ rule }) => rule);
const venue = (orders: VenueOrder[], requests = [create(1_000)]): Journal => ({
  requests,
  orders,
  nowUs: 90_000,
});

describe('the judge of orders', () => {
  it('finds nothing where client and venue agree', () => {
    expect(judge(story())).toEqual([]);
    expect(judge(story({ reported: [state(9_000, shown({ state: 'canceled' }))], view: { atUs: 80_000, isReady: true, orders: [], positions: {} }, journal: venue([life({ endedUs: 8_000 })]) }))).toEqual([]); // prettier-ignore
  });

  it.each([
    ['an event', { reported: [state(5_000, shown({ state: 'closed' }))] }],
    ['a record', { reported: [{ run: 0, atUs: 5_000, kind: 'record', text: '', orderId: ID, status: 'expired' } as const] }],
    ['an outcome', { calls: [cancel({ what: 'submit', outcome: { atUs: 5_000, thrown: '', results: [{ status: 'rejected', code: '', reason: '', order: shown({ state: 'rejected' }) }] } })] }],
    ['an order that came later', { reported: [state(500, shown({ state: 'rejected' }))] }],
  ])('catches an order that is called ended and lives: %s', (_, change) => {
    expect(broken(story(change))).toEqual(['ended-but-lives']);
  }); // prettier-ignore

  it.each([
    ['never came back', undefined],
    ['came back without the order', { atUs: 60_000, thrown: '', results: [] }],
    ['came back as unknown', { atUs: 60_000, thrown: '', results: [{ status: 'unknown', code: '', reason: 'timeout', order: shown({ unconfirmed: true }) }] }],
  ])('catches a cancel that was not sent and %s', (_, outcome) => {
    expect(broken(story({ calls: [cancel({ outcome })] }))).toEqual(['cancel-lost']);
  }); // prettier-ignore

  it('takes a cancel that was sent, refused or thrown for what it is', () => {
    const sent = { ...create(51_000), op: 'order.cancel' };
    expect(judge(story({ calls: [cancel()], journal: venue([life()], [create(1_000), sent]) }))).toEqual([]); // prettier-ignore
    expect(judge(story({ calls: [cancel({ outcome: { atUs: 60_000, thrown: 'ERR_CONNECTOR_DOWN', results: [] } })] }))).toEqual([]); // prettier-ignore
  });

  it('catches a fill that is reported twice, one that never was, and one that is missing', () => {
    const orders = [life({ filledQty: '1', steps: [filled(2_000, '1')] })];
    const fill = { qty: 1, price: 2.45, inferred: false };
    const partly = shown({ state: 'partially_filled', filledQty: 1 });
    const view = { atUs: 80_000, isReady: true, orders: [partly], positions: {} };
    const journal = venue(orders);
    expect(broken(story({ journal, view, reported: [state(3_000, partly, fill)] }))).toEqual([]);
    expect(broken(story({ journal, view, reported: [state(3_000, partly, fill), state(4_000, partly, fill)] }))).toEqual(['fills']); // prettier-ignore
    expect(broken(story({ reported: [state(3_000, partly, fill)], view }))).toEqual(['fills']);
    expect(broken(story({ journal }))).toEqual(['fills']);
  });

  it.each([
    ['price', create(1_000, { price: '24.500' })],
    ['quantity', create(1_000, { qty: '30.0' })],
    ['symbol', create(1_000, { symbol: 'ADAUSDT' })],
    ['side', create(1_000, { side: 'Sell' })],
    ['an amend', { ...create(1_000), op: 'order.amend' }],
  ])('catches terms that nobody asked for: %s', (_, request) => {
    const requests = request.op === 'order.create' ? [request] : [create(1_000), request];
    expect(broken(story({ journal: venue([life()], requests) }))).toEqual(['terms']);
  });

  it('catches an order that is sent twice', () => {
    const journal = venue([life()], [create(1_000), create(2_000)]);
    expect(broken(story({ journal }))).toEqual(['sent-twice']);
  });

  it('catches an order that is sent after its deadline', () => {
    const submit = cancel({ what: 'submit', atUs: 900, outcome: { atUs: 2_000, thrown: '', results: [] } }); // prettier-ignore
    expect(judge(story({ calls: [submit] }))).toEqual([]);
    const journal = venue([life()], [create(9_000_000)]);
    expect(broken(story({ calls: [submit], journal }))).toEqual(['sent-late']);
  });

  it('catches a fill at another price', () => {
    const journal = venue([life({ filledQty: '1', steps: [filled(2_000, '1')] })]);
    const partly = shown({ state: 'partially_filled', filledQty: 1 });
    const view = { atUs: 80_000, isReady: true, orders: [partly], positions: {} };
    const reported = [state(3_000, partly, { qty: 1, price: 2.44, inferred: false })];
    expect(broken(story({ journal, view, reported }))).toEqual(['fill-prices']);
  });

  it('catches an order that lives and that the client does not show', () => {
    expect(broken(story({ view: { atUs: 80_000, isReady: true, orders: [], positions: {} } }))).toEqual(['lives-unknown']); // prettier-ignore
    expect(broken(story({ view: undefined }))).toEqual(['lives-unknown']);
    expect(broken(story({ view: { atUs: 80_000, isReady: false, orders: [], positions: {} } }))).toEqual([]); // prettier-ignore
  });

  it('reports rule, order, seed and both histories', () => {
    const of = story({ reported: [state(5_000, shown({ state: 'closed' }))] });
    const [found] = judge(of);
    const text = report(found!.rule, found!.violation, of);
    expect(text).toContain('rule ended-but-lives, seed 1, order 1000');
    expect(text).toMatch(/client {2}\[0\] state closed/);
    expect(text).toMatch(/venue {3}received create 1000/);
    expect(text).toContain('--seed 1');
  });
});

describe('the plan of a seed', () => {
  it('is the same every time, and another for another seed', () => {
    expect(makePlan(5)).toEqual(makePlan(5));
    expect(makePlan(5)).not.toEqual(makePlan(6));
  });
});
