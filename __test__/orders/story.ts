import type { Journal } from './journal.js';
import type { Plan, Terms } from './plan.js';

/** An order as a client showed it. */
export interface ShownOrder {
  readonly orderId: bigint;
  readonly symbol: string;
  readonly state: string;
  readonly side: string;
  readonly price: number;
  readonly qty: number;
  readonly filledQty: number;
  readonly unconfirmed: boolean;
  readonly own: boolean;
}

/** A call of the client, and what came of it. Times are Unix µs. */
export interface Call {
  readonly run: number;
  readonly call: number;
  readonly what: 'submit' | 'cancel' | 'cancelAll' | 'modify';
  readonly atUs: number;
  /** When the call had returned to the program, which may have been stopped in between; absent: it threw. */
  readonly askedUs?: number;
  /** The orders that it was about when it was made: of a `cancelAll` those that were open then. */
  readonly orderIds: readonly bigint[];
  readonly terms: Partial<Terms>;
  /** Undefined: the call has not come back. */
  readonly outcome: Outcome | undefined;
}

/** How a call came back. */
export interface Outcome {
  readonly atUs: number;
  /** Code of what was thrown, '' when nothing was. */
  readonly thrown: string;
  /** One for each order. */
  readonly results: readonly {
    readonly status: string;
    readonly code: string;
    readonly reason: string;
    readonly order: ShownOrder;
  }[];
}

/** Something that the client reported by itself. */
export interface Reported {
  readonly run: number;
  readonly atUs: number;
  /** `looker`: what a read-only program was sent or shows of orders. */
  readonly kind: 'state' | 'record' | 'notice' | 'link' | 'error' | 'note' | 'looker';
  readonly text: string;
  /** Of `state`: the order after the change. */
  readonly order?: ShownOrder;
  /** Of `state`: the execution that came with it. */
  readonly fill?: { readonly qty: number; readonly price: number; readonly inferred: boolean };
  /** Of `record`: the order's id and hftbacktest's status word. */
  readonly orderId?: bigint;
  readonly status?: string;
}

/** What the client shows when asked. */
export interface ClientView {
  readonly atUs: number;
  /** False: it says itself that it does not know how things are. */
  readonly isReady: boolean;
  /** Why it is not ready, in the client's words; '' when it is. */
  readonly why: string;
  readonly orders: readonly ShownOrder[];
  readonly positions: Readonly<Record<string, number>>;
}

/** One life of the bot's process. */
export interface BotRun {
  readonly run: number;
  readonly startedUs: number;
  /** Undefined while it runs. */
  endedUs: number | undefined;
  /** What was asked of it died with it. */
  killed: boolean;
}

/** A fault or another thing done to the world. */
export interface Deed {
  readonly atUs: number;
  readonly text: string;
}

/** A time in which a request could be lost on its way without anybody's fault. */
export interface Disturbance {
  /** What did not work: the process, or the way to the venue. */
  readonly who: 'connector' | 'bot' | 'trade' | 'rest';
  readonly fromUs: number;
  /** Infinity: to the end. */
  untilUs: number;
}

/** All that was said, and all that was true. */
export interface Story {
  readonly plan: Plan;
  readonly botId: bigint;
  readonly runs: readonly BotRun[];
  readonly calls: readonly Call[];
  readonly reported: readonly Reported[];
  readonly deeds: readonly Deed[];
  readonly disturbed: readonly Disturbance[];
  /** After the faults have ended and the world has settled, before the last `cancelAll`. */
  readonly view: ClientView | undefined;
  readonly viewJournal: Journal;
  /** In what client and venue did not agree when the time was over; nothing: they agreed in all. */
  readonly differs: readonly string[];
  /** After the last `cancelAll`. */
  readonly journal: Journal;
  /** Where the last, calm `cancelAll` begins in `calls`; -1: there was none. */
  readonly lastCancelAll: number;
}
