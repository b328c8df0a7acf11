import { Random } from '../../lib/stub/random.js';
import { randomDeal } from './random-deal.js';
import { randomFault } from './random-fault.js';
import { randomGarble } from './random-garble.js';
import { LISTING_CHANGES, randomListing } from './random-listing.js';
import { SYMBOLS } from './symbols.js';

/** What an order asks for. */
export interface Terms {
  readonly symbol: string;
  readonly side: 'buy' | 'sell';
  readonly price: number;
  readonly qty: number;
  readonly timeInForce: 'GTC' | 'GTX' | 'IOC' | 'FOK';
}

/** One thing that happens. `order` counts the plan's orders from 0. */
export type Deal =
  | { readonly do: 'submit'; readonly order: number; readonly terms: Terms }
  | { readonly do: 'cancel'; readonly order: number }
  | { readonly do: 'cancelAll'; readonly symbol: string | undefined }
  | { readonly do: 'modify'; readonly order: number; readonly price: number; readonly qty: number }
  | { readonly do: 'resync'; readonly symbol: string }
  | { readonly do: 'look'; readonly symbol: string }
  /** A command of the fake venue's control. */
  | { readonly do: 'venue'; readonly command: Readonly<Record<string, unknown>> }
  /** The connector dies (`kill`) or is ended (`stop`), and is started again after a while. */
  | { readonly do: 'connector'; readonly how: 'kill' | 'stop'; readonly awayMs: number }
  | { readonly do: 'bot'; readonly how: 'kill' | 'stop'; readonly awayMs: number }
  /** SIGSTOP, and SIGCONT after a while. */
  | { readonly do: 'stall'; readonly who: 'connector' | 'bot'; readonly forMs: number };

export type Step = Deal & { readonly atMs: number };

/** What happens in one schedule; a seed gives the same plan everywhere. */
export interface Plan {
  readonly seed: number;
  /** Who trades: a `LiveClient`, or a low-level bot or a strategy, whose orders and records are looked at. */
  readonly kind: 'client' | 'bot' | 'strategy';
  /** The connector runs on the bot's own thread. */
  readonly isDirect: boolean;
  /** The bot's id is one of those that are drawn: its orders are inherited when it is dead. */
  readonly isAnonymous: boolean;
  readonly symbols: readonly string[];
  /** Switches of the venue at the start. */
  readonly settings: Readonly<Record<string, unknown>>;
  /** Faults of the venue that stay to the end. */
  readonly lasting: readonly Readonly<Record<string, unknown>>[];
  /** More lines of the connector's config. */
  readonly config: Readonly<Record<string, string | number>>;
  readonly answerTimeoutMs: number;
  readonly steps: readonly Step[];
  readonly stormMs: number;
  /** How long client and venue may take to agree after the faults: they are looked at as soon as they do. */
  readonly settleMs: number;
}

/** Schedules of a run of all tests: the seeds from 1 on. */
export const DEFAULT_SCHEDULES = 500;
/** For so many schedules one runs in direct mode as well. */
export const DIRECT_EVERY = 10;

/** Share of orders that are cancelled as soon as they are sent. */
const AT_ONCE = 0.15;
/** Faults that come one by one or together, so that each is seen alone as well. */
const FAULTS_MOST = 10;

/** Every so many seeds one is of a kind, whatever is drawn; without a common factor, so that all kinds meet. */
const EVERY = { trader: 8, hedge: 9, listing: 5, anonymous: 11 } as const;

function kindOf(seed: number): Plan['kind'] {
  const at = seed % EVERY.trader;
  return at === 3 || at === 7 ? 'bot' : at === 5 ? 'strategy' : 'client';
}

/**
 * What there is without a connector process: a connector does not die or stand still without its bot, and serves no
 * read-only program.
 */
function existsInDirectMode(step: Deal): boolean {
  return step.do !== 'connector' && step.do !== 'look' && !(step.do === 'stall' && step.who === 'connector'); // prettier-ignore
}

/** Makes the plan of a seed; in direct mode the same one without what cannot be there. */
export function makePlan(seed: number, isDirect = false): Plan {
  const random = new Random(seed, 14);
  const pick = <T>(of: readonly T[]): T => of[random.whole(0, of.length - 1)] as T;
  const symbols = random.chance(0.3) ? SYMBOLS : SYMBOLS.slice(0, 1);
  const stormMs = pick([1_000, 1_500, 2_500, 4_000]);
  const isLong = random.chance(0.12);
  const steps: Step[] = [];
  /** Symbol of each order so far. */
  const orders: string[] = [];
  const busy = pick([12, 25, 50]);
  const times = Array.from({ length: busy }, () => random.whole(0, stormMs)).sort((a, b) => a - b);
  for (const atMs of times) {
    const deal = randomDeal(random, symbols, orders);
    steps.push({ ...deal, atMs });
    // Before the acknowledgement.
    if (deal.do === 'submit' && random.chance(AT_ONCE))
      steps.push({ do: 'cancel', order: deal.order, atMs });
  }
  const faults = random.chance(0.08) ? 0 : random.whole(1, FAULTS_MOST);
  for (let at = 0; at < faults; at += 1) {
    const atMs = random.whole(0, stormMs);
    for (const step of randomFault(random, symbols, atMs, stormMs)) steps.push(step);
  }
  if (seed % EVERY.listing === 2) {
    const change = LISTING_CHANGES[Math.floor(seed / EVERY.listing) % LISTING_CHANGES.length] ?? 'gone'; // prettier-ignore
    const symbol = pick(symbols);
    const listing = randomListing(random, symbol, change);
    const atMs = random.whole(0, stormMs / 2);
    steps.push({ do: 'venue', command: { cmd: 'listing', symbol, listing }, atMs });
  }
  const isAnonymous = seed % EVERY.anonymous === 6;
  if (isAnonymous) {
    // A read-only program comes while the bot is dead and its orders have no owner.
    const atMs = random.whole(stormMs / 4, stormMs / 2);
    steps.push({ do: 'bot', how: 'kill', awayMs: 1_500, atMs });
    steps.push({ do: 'look', symbol: pick(symbols), atMs: atMs + 50 });
  }
  const isHedge = seed % EVERY.hedge === 4;
  steps.sort((a, b) => a.atMs - b.atMs);
  const lasting = isLong && random.chance(0.5) ? [randomGarble(random, symbols)] : [];
  const orderRate = pick([5, 10, 200, 200]);
  return {
    seed,
    kind: kindOf(seed),
    isDirect,
    isAnonymous,
    symbols,
    settings: {
      hedge: isHedge,
      orderRate,
      readRate: 200,
      ipRate: 100_000,
      connectRate: 100_000,
      clockSkewMs: pick([0, 0, 0, -300, 250]),
      streamOrder: pick(['orderFirst', 'executionFirst', 'random']),
      postOnlyEnd: pick(['Rejected', 'Cancelled']),
      duplicateExecutions: random.chance(0.2),
      duplicateFilled: random.chance(0.2),
      skipNew: random.chance(0.2),
      coalesce: random.chance(0.3),
      lean: random.chance(0.2),
      ackDelayMs: pick([0, 0, 3, 40]),
      privateDelayMs: pick([0, 1, 1, 40]),
    },
    lasting,
    config: {
      order_wait_ms: pick([100, 500, 2_000]),
      order_entry: random.chance(0.15) ? 'rest' : 'socket',
      rest_timeout_ms: 1_500,
      recv_window_ms: pick([1_000, 5_000]),
      ...(isHedge && random.chance(0.5) ? { position_mode: 'hedge' } : {}),
    },
    answerTimeoutMs: pick([200, 500, 1_500]),
    steps: isDirect ? steps.filter(existsInDirectMode) : steps,
    stormMs,
    settleMs: lasting.length > 0 ? 45_000 : 60_000,
  };
}
