import { livesOf } from '../lives.js';
import { namedOrders, ownerOf, type VenueOrder } from '../journal.js';
import type { Call, Story } from '../story.js';
import { CLOCKS_US, WAY_MS, type Rule, type Violation } from './rule.js';

const MS_US = 1_000;
/** A cancel-all may wait so long for the quota. */
const QUOTA_MS = 60_000;
/** A quota that is never used up. */
const AMPLE = 200;

/**
 * A cancel must reach the venue between the call and its outcome, be refused, or find its order ended.
 * How the order ended later does not matter. What is taken out: requests that nobody could deliver,
 * because a process or the way to the venue was down.
 */
export const cancelLost: Rule = {
  name: 'cancel-lost',
  says: 'no cancel is asked for that is neither sent nor refused',
  check(story) {
    const sent = sentCancels(story);
    const lives = livesOf(story.journal, story.botId);
    const found: Violation[] = [];
    for (const [orderId, calls] of cancelCalls(story))
      for (const at of calls.keys()) {
        const order = { orderId, calls, lives: lives.get(orderId) ?? [], sent: sent.get(orderId) ?? [] }; // prettier-ignore
        const why = lost(story, order, at);
        const { what, atUs } = calls[at] as Call;
        if (why !== undefined) found.push({ orderId, text: `${what} of ${String(atUs)} ${why}` });
      }
    return found;
  },
};

/** All about the cancels of one order. */
interface Canceled {
  readonly orderId: bigint;
  /** Oldest first. */
  readonly calls: readonly Call[];
  readonly lives: readonly VenueOrder[];
  /** When cancels of it reached the venue. */
  readonly sent: readonly number[];
}

function sentCancels(story: Story): Map<bigint, number[]> {
  const sent = new Map<bigint, number[]>();
  for (const { linkId, request } of namedOrders(story.journal, 'cancel')) {
    const owner = ownerOf(linkId);
    if (owner?.botId !== story.botId) continue;
    sent.set(owner.orderId, [...(sent.get(owner.orderId) ?? []), request.atUs]);
  }
  return sent;
}

function cancelCalls(story: Story): Map<bigint, Call[]> {
  const calls = new Map<bigint, Call[]>();
  const cancels = story.calls.filter(({ what }) => what === 'cancel' || what === 'cancelAll');
  for (const call of cancels.sort((a, b) => a.atUs - b.atUs))
    for (const orderId of call.orderIds) calls.set(orderId, [...(calls.get(orderId) ?? []), call]);
  return calls;
}

/** How a cancel of an order was lost; `undefined`: it was not. */
function lost(story: Story, order: Canceled, at: number): string | undefined {
  const { orderId, calls, lives, sent } = order;
  const call = calls[at] as Call;
  const { outcome } = call;
  const result = outcome?.results.find((one) => one.order.orderId === orderId);
  if (outcome === undefined) {
    // What was asked of a bot that is gone was answered to nobody.
    if (story.runs[call.run]?.endedUs !== undefined) return undefined;
    // A client answers within its time-out; a low-level bot when there is a report.
    if (story.plan.kind === 'client') return 'never came back';
  } else if (outcome.thrown !== '' || result?.status === 'rejected') {
    return undefined;
  } else if (result === undefined && story.plan.kind === 'client') {
    return 'came back without a word about this order';
  }
  const fromUs = firstPossible(story, order, call);
  const dueUs = fromUs + waitMs(story, call) * MS_US;
  const livedUs = Math.max(0, ...lives.map(({ endedUs }) => endedUs ?? Infinity));
  // What the venue never had, or had no more, needs no cancel.
  if (!(livedUs > dueUs)) return undefined;
  const isOpen = result === undefined || result.status === 'unknown';
  const next = calls[at + 1]?.atUs ?? Infinity;
  // Asked for again before it was due: the later call is looked at.
  if (isOpen && next <= dueUs) return undefined;
  const startUs = firstOfWaiting(calls, at) - CLOCKS_US;
  const endUs = isOpen ? next : (outcome?.atUs ?? 0) + CLOCKS_US;
  if (sent.some((atUs) => atUs >= startUs && atUs <= endUs)) return undefined;
  if (wasDisturbed(story, call.atUs, dueUs)) return undefined;
  // A refusal for the quota may come after the time-out of the call, and nobody is left to hear it.
  if (isOpen && story.plan.settings['orderRate'] !== AMPLE) return undefined;
  const how = result === undefined ? 'has no outcome' : `came back as ${result.status}`;
  return `${how} and was not sent, while the order lived ${livedUs === Infinity ? 'to the end' : `${String(Math.round((livedUs - call.atUs) / MS_US))} ms longer`}`; // prettier-ignore
}

/** From when on a cancel can be sent: before its acknowledgement an order is not known to be there. */
function firstPossible(story: Story, { orderId, lives }: Canceled, call: Call): number {
  const createdUs = Math.min(Infinity, ...lives.map((life) => life.createdUs));
  const ackUs = story.reported
    .filter(({ run, kind, order, orderId: id }) => {
      if (run !== call.run) return false;
      if (kind === 'record') return id === orderId;
      return kind === 'state' && order?.orderId === orderId && order.state !== 'pending_new';
    })
    .reduce((first, { atUs }) => Math.min(first, atUs), Infinity);
  return Math.max(call.atUs, createdUs, ackUs);
}

function waitMs({ plan }: Story, { what }: Call): number {
  const isAmple = plan.settings['orderRate'] === AMPLE;
  if (what === 'cancelAll' && !isAmple) return QUOTA_MS + WAY_MS;
  return Number(plan.config['order_wait_ms']) + WAY_MS;
}

/** When the first call was made that this one may have joined: one request serves all that wait. */
function firstOfWaiting(calls: readonly Call[], at: number): number {
  let startUs = (calls[at] as Call).atUs;
  for (const { atUs, outcome } of calls.slice(0, at).reverse()) {
    const isUnknown = outcome?.results.some(({ status }) => status === 'unknown') ?? true;
    if (!isUnknown && (outcome?.atUs ?? Infinity) < startUs) break;
    startUs = atUs;
  }
  return startUs;
}

/** Whether a request of this time could be lost between bot and venue. */
function wasDisturbed(story: Story, fromUs: number, untilUs: number): boolean {
  const entry = story.plan.config['order_entry'] === 'rest' ? 'rest' : 'trade';
  const isHit = story.disturbed.some(
    (one) =>
      (one.who === entry || one.who === 'connector' || one.who === 'bot') &&
      one.fromUs <= untilUs &&
      one.untilUs >= fromUs,
  );
  if (isHit || entry === 'rest') return isHit;
  return !story.journal.logins.some(
    (login) =>
      login.socket === 'trade' &&
      login.fromUs <= fromUs &&
      (login.untilUs === null || login.untilUs >= untilUs),
  );
}
