// Stories made up so that each rule has something to catch.
import { describe, expect, it } from 'vitest';

import { disagreements } from './disagreements.js';
import { isKeyRefused } from './is-key-refused.js';
import type { Journal, VenueLogin, VenueOrder, VenueRequest } from './journal.js';
import { judge } from './judge.js';
import { idOf } from './order-ids.js';
import { DEFAULT_SCHEDULES, makePlan, type Plan } from './plan.js';
import { report } from './report.js';
import { KEY_REFUSED } from './rules/rule.js';
import type { Call, ClientView, Outcome, ShownOrder, Story, Reported } from './story.js';

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
  const journal = change.journal ?? venue([life()]);
  const plan: Plan = {
    ...makePlan(1),
    steps: [{ do: 'submit', order: 0, terms: TERMS, atMs: 0 }],
    settleMs: 45_000,
    lasting: [],
    config: { order_wait_ms: 100, order_entry: 'socket' },
    settings: { orderRate: 200 },
  };
  return {
    plan, botId: BOT, runs: [{ run: 0, startedUs: 0, endedUs: undefined, killed: false }],
    calls: [], reported: [state(2_000, shown())], deeds: [], disturbed: [],
    view: viewOf([shown()]), viewJournal: journal, differs: [], lastCancelAll: -1, ...change, journal,
  }; // prettier-ignore
}

function viewOf(orders: ShownOrder[], change: Partial<ClientView> = {}): ClientView {
  return { atUs: 80_000, isReady: true, why: '', orders, positions: {}, ...change };
}

const broken = (of: Story): string[] => judge(of).map(({ rule }) => rule);
const venue = (orders: VenueOrder[], requests = [create(1_000)]): Journal => ({
  requests,
  orders,
  logins: [
    { socket: 'private', fromUs: 500, untilUs: null },
    { socket: 'trade', fromUs: 500, untilUs: null },
  ],
  nowUs: 90_000,
});

describe('the judge of orders', () => {
  it('finds nothing where client and venue agree', () => {
    expect(judge(story())).toEqual([]);
    expect(judge(story({ reported: [state(9_000, shown({ state: 'canceled' }))], view: viewOf([]), journal: venue([life({ endedUs: 8_000 })]) }))).toEqual([]); // prettier-ignore
  });

  it.each([
    ['an event', { reported: [state(5_000, shown({ state: 'closed' }))] }],
    ['a record', { reported: [{ run: 0, atUs: 5_000, kind: 'record', text: '', orderId: ID, status: 'expired' } as const] }],
    ['an outcome', { calls: [cancel({ what: 'submit', outcome: { atUs: 5_000, thrown: '', results: [{ status: 'rejected', code: '', reason: '', order: shown({ state: 'rejected' }) }] } })] }],
    ['an order that came later', { reported: [state(500, shown({ state: 'rejected' }))] }],
  ])('catches an order that is called ended and lives: %s', (_, change) => {
    expect(broken(story(change))).toEqual(['ended-but-lives']);
  }); // prettier-ignore

  const gone = (change: Partial<ShownOrder> = {}): Outcome => ({
    atUs: 2_000_000, thrown: '', results: [{ status: 'canceled', code: '', reason: '', order: shown({ state: 'canceled', ...change }) }],
  }); // prettier-ignore
  const unknown = { atUs: 60_000, thrown: '', results: [{ status: 'unknown', code: '', reason: 'timeout', order: shown({ unconfirmed: true }) }] }; // prettier-ignore
  /** The order of the story, which others filled or the venue ended long after its cancel was due. */
  const endedLater = (requests?: VenueRequest[], logins?: VenueLogin[]): Partial<Story> => ({
    journal: { ...venue([life({ endedUs: 1_900_000 })], requests), ...(logins && { logins }) },
    view: viewOf([]),
  });
  const sent = (atUs: number): VenueRequest => ({ ...create(atUs), op: 'order.cancel' });

  it.each([
    ['never came back', undefined],
    ['came back without the order', { atUs: 60_000, thrown: '', results: [] }],
    ['came back as unknown', unknown],
  ])('catches a cancel that was not sent and %s', (_, outcome) => {
    expect(broken(story({ calls: [cancel({ outcome })] }))).toEqual(['cancel-lost']);
    expect(broken(story({ calls: [cancel({ outcome })], ...endedLater() }))).toEqual(['cancel-lost']); // prettier-ignore
  }); // prettier-ignore

  it('catches a cancel that was not sent and is reported as done when the order ended by others', () => {
    const calls = [cancel({ outcome: gone() })];
    expect(broken(story({ calls, ...endedLater() }))).toEqual(['cancel-lost']);
    const requests = [create(1_000), sent(2_100_000)];
    expect(broken(story({ calls, ...endedLater(requests) }))).toEqual(['cancel-lost']);
  });

  it('does not take the cancel of a later call for that of an earlier one', () => {
    const later = cancel({ call: 3, atUs: 1_500_000, outcome: gone() });
    const requests = [create(1_000), sent(1_600_000)];
    expect(broken(story({ calls: [cancel({ outcome: unknown }), later], ...endedLater(requests) }))).toEqual(['cancel-lost']); // prettier-ignore
  });

  it('takes a cancel that was sent, refused or thrown for what it is', () => {
    const requests = [create(1_000), sent(51_000)];
    expect(judge(story({ calls: [cancel({ outcome: unknown })], journal: venue([life()], requests) }))).toEqual([]); // prettier-ignore
    expect(judge(story({ calls: [cancel({ outcome: gone() })], ...endedLater(requests) }))).toEqual([]); // prettier-ignore
    expect(judge(story({ calls: [cancel({ outcome: { atUs: 60_000, thrown: 'ERR_CONNECTOR_DOWN', results: [] } })] }))).toEqual([]); // prettier-ignore
    const [result] = unknown.results;
    const refused = { ...unknown, results: [{ ...result!, status: 'rejected' }] };
    expect(judge(story({ calls: [cancel({ outcome: refused })] }))).toEqual([]);
  });

  it('takes a cancel for none that could not be sent, or came too late to be', () => {
    const calls = [cancel({ outcome: unknown })];
    const cut = [
      { socket: 'private', fromUs: 500, untilUs: null },
      { socket: 'trade', fromUs: 500, untilUs: 55_000 },
      { socket: 'trade', fromUs: 70_000, untilUs: null },
    ];
    expect(judge(story({ calls, ...endedLater(undefined, cut) }))).toEqual([]);
    const disturbed = [{ who: 'connector', fromUs: 52_000, untilUs: 400_000 } as const];
    expect(judge(story({ calls, ...endedLater(), disturbed }))).toEqual([]);
    const soon = { journal: venue([life({ endedUs: 70_000 })]), view: viewOf([]) };
    expect(judge(story({ calls, ...soon }))).toEqual([]);
  });

  it('catches a fill that is reported twice, one that never was, and one that is missing', () => {
    const orders = [life({ filledQty: '1', steps: [filled(2_000, '1')] })];
    const fill = { qty: 1, price: 2.45, inferred: false };
    const partly = shown({ state: 'partially_filled', filledQty: 1 });
    const view = viewOf([partly]);
    const journal = venue(orders);
    expect(broken(story({ journal, view, reported: [state(3_000, partly, fill)] }))).toEqual([]);
    expect(broken(story({ journal, view, reported: [state(3_000, partly, fill), state(4_000, partly, fill)] }))).toEqual(['fills']); // prettier-ignore
    expect(broken(story({ reported: [state(3_000, partly, fill)], view }))).toEqual(['fills']);
    expect(broken(story({ journal }))).toEqual(['fills']);
  });

  it('catches a fill that the client shows and has not reported', () => {
    const journal = venue([life({ filledQty: '1', steps: [filled(2_000, '1')] })]);
    const view = viewOf([shown({ state: 'partially_filled', filledQty: 1 })]);
    const submit = cancel({ what: 'submit', atUs: 900, outcome: { atUs: 2_000, thrown: '', results: [] } }); // prettier-ignore
    expect(broken(story({ journal, view, calls: [submit] }))).toEqual(['fills']);
    expect(broken(story({ journal, view }))).toEqual([]);
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
    const view = viewOf([partly]);
    const reported = [state(3_000, partly, { qty: 1, price: 2.44, inferred: false })];
    expect(broken(story({ journal, view, reported }))).toEqual(['fill-prices']);
  });

  it('catches a fill at another price in each life of a bot', () => {
    const steps = [filled(2_000, '1'), { ...filled(30_000, '2'), fill: { price: '2.4400', qty: '1', maker: true } }]; // prettier-ignore
    const journal = venue([life({ filledQty: '2', steps })]);
    const partly = shown({ state: 'partially_filled', filledQty: 2 });
    const runs = [0, 1].map((run) => ({ run, startedUs: 0, endedUs: undefined, killed: false }));
    const at = (price: number): Story =>
      story({ journal, runs, view: viewOf([partly]), reported: [{ ...state(31_000, partly, { qty: 1, price, inferred: false }), run: 1 }] }); // prettier-ignore
    expect(broken(at(2.44))).toEqual([]);
    // The first execution, reported late, or both at their average.
    expect(broken(at(2.45))).toEqual([]);
    expect(broken(at(2.445))).toEqual([]);
    expect(broken(at(2.46))).toEqual(['fill-prices']);
    expect(broken(at(2.43))).toEqual(['fill-prices']);
  });

  it('catches an order that lives and that the client does not show', () => {
    expect(broken(story({ view: viewOf([]) }))).toEqual(['lives-unknown']); // prettier-ignore
    expect(broken(story({ view: undefined }))).toEqual(['lives-unknown']);
  });

  it('catches what client and venue do not agree in at the end', () => {
    const differs = ['position of XRPUSDT'];
    expect(broken(story({ differs }))).toEqual(['agreement']);
  });

  it('takes a client for what it says whose key is refused, until it is not', () => {
    const said = (kind: 'notice' | 'link', text: string): Reported => ({ run: 0, atUs: 1, kind, text }); // prettier-ignore
    const refused = said('notice', '3213 login refused');
    expect(isKeyRefused([refused], 0)).toBe(true);
    expect(isKeyRefused([refused], 1)).toBe(false);
    expect(isKeyRefused([refused, said('link', 'venue_up ')], 0)).toBe(false);
    expect(broken(story({ view: viewOf([], { isReady: false, why: KEY_REFUSED }) }))).toEqual([]);
  });

  it('catches a client that stays unready, and one that is ready without its account', () => {
    expect(broken(story({ view: viewOf([], { isReady: false, why: 'no book' }) }))).toEqual(['readiness']); // prettier-ignore
    const logins = [{ socket: 'private', fromUs: 500, untilUs: 60_000 }];
    expect(broken(story({ journal: { ...venue([life()]), logins } }))).toEqual(['readiness']);
  });

  it('says of a schedule in direct mode how it is run again', () => {
    const of = story({ reported: [state(5_000, shown({ state: 'closed' }))] });
    const direct = { ...of, plan: { ...of.plan, isDirect: true } };
    const [found] = judge(direct);
    expect(report(found!.rule, found!.violation, direct)).toContain('--seed 1 --direct');
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

describe('what client and venue do not agree in', () => {
  const journal = venue([life({ filledQty: '1', steps: [filled(2_000, '1')] })]);
  const partly = shown({ state: 'partially_filled', filledQty: 1 });
  const differs = (orders: ShownOrder[], qty: number, mayDoubt = false): number =>
    disagreements(viewOf(orders, { positions: { XRPUSDT: qty } }), journal, BOT, mayDoubt).length;

  it('is nothing when orders and positions are those of the executions', () => {
    expect(differs([partly], 1)).toBe(0);
  });

  it.each([
    ['a position', [partly], 2],
    ['a position that is not known', [partly], NaN],
    ['the fills of an order', [shown()], 1],
    ['the price of an order', [{ ...partly, price: 2.46 }], 1],
    ['an order that is not shown', [], 1],
    ['an order that is not there', [partly, shown({ orderId: idOf(1) })], 1],
    ['an order that is unconfirmed', [{ ...partly, unconfirmed: true }], 1],
    ['an order that was never answered', [{ ...partly, state: 'pending_new' }], 1],
  ])('is seen: %s', (_, orders, qty) => {
    expect(differs(orders, qty)).toBe(1);
  });

  it('is nothing of an order that cannot be read, and of which that was said', () => {
    const notice = { run: 0, atUs: 5_000, kind: 'notice', text: `3212 order ${String(ID)} of bot 7 cannot be read` } as const; // prettier-ignore
    const view = viewOf([], { positions: { XRPUSDT: 1 } });
    expect(disagreements(view, journal, BOT, true, [notice])).toEqual([]);
    expect(disagreements(view, journal, BOT, true, [])).toHaveLength(1);
    expect(disagreements(view, journal, BOT, false, [notice])).toHaveLength(1);
  });

  it('is no doubt where things cannot be read', () => {
    expect(differs([{ ...partly, unconfirmed: true }], NaN, true)).toBe(0);
    expect(differs([{ ...partly, unconfirmed: true }], 2, true)).toBe(1);
  });
});

describe('the plan of a seed', () => {
  it('is the same every time, and another for another seed', () => {
    expect(makePlan(5)).toEqual(makePlan(5));
    expect(makePlan(5)).not.toEqual(makePlan(6));
  });

  it('is the same in direct mode, without what needs a connector process', () => {
    let left = 0;
    for (let seed = 1; seed <= 100; seed += 1) {
      const [plan, direct] = [makePlan(seed), makePlan(seed, true)];
      const steps = plan.steps.filter(
        (step) =>
          step.do !== 'connector' &&
          step.do !== 'look' &&
          !(step.do === 'stall' && step.who === 'connector'),
      );
      expect(direct).toEqual({ ...plan, isDirect: true, steps });
      left += plan.steps.length - steps.length;
    }
    expect(left).toBeGreaterThan(50);
  });

  const plans = Array.from({ length: DEFAULT_SCHEDULES }, (_, at) => makePlan(1 + at));
  const commands = (plan: Plan): Readonly<Record<string, unknown>>[] =>
    plan.steps.flatMap((step) => (step.do === 'venue' ? [step.command] : []));
  const lists = (plan: Plan, field: string): boolean =>
    commands(plan).some(({ cmd, listing }) => cmd === 'listing' && field in (listing as object));

  it.each<[string, number, (plan: Plan) => boolean]>([
    ['a client', 250, ({ kind }) => kind === 'client'],
    ['a low-level bot', 100, ({ kind }) => kind === 'bot'],
    ['a strategy', 50, ({ kind }) => kind === 'strategy'],
    ['hedge mode', 50, ({ settings }) => settings['hedge'] === true],
    ['hedge mode and a strategy', 5, ({ settings, kind }) => settings['hedge'] === true && kind === 'strategy'], // prettier-ignore
    ['another smallest quantity', 16, (plan) => lists(plan, 'minQty')],
    ['another settle coin', 16, (plan) => lists(plan, 'settleCoin')],
    ['another status', 16, (plan) => lists(plan, 'status')],
    ['another tick', 16, (plan) => lists(plan, 'tick')],
    ['another lot', 16, (plan) => lists(plan, 'step')],
    ['an instrument that vanishes', 16, (plan) => lists(plan, 'gone')],
    ['a read-only program that comes while the bot is dead', 40, ({ isAnonymous, steps }) => isAnonymous && steps.some((step) => step.do === 'look')], // prettier-ignore
    ['two instruments', 100, ({ symbols }) => symbols.length === 2],
    ['orders over REST', 40, ({ config }) => config['order_entry'] === 'rest'],
    ['items that stay unreadable', 15, ({ lasting }) => lasting.length > 0],
    ['a connector that dies', 100, ({ steps }) => steps.some((step) => step.do === 'connector')],
    ['a bot that dies', 100, ({ steps }) => steps.some((step) => step.do === 'bot')],
  ])('is one with %s often enough', (_, least, is) => {
    expect(plans.filter(is).length).toBeGreaterThanOrEqual(least);
  });
});
