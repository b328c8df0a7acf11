import { invalid } from '../models/invalid.js';
import type { OrderType } from '../models/order-type.js';
import type { Side } from '../models/side.js';
import type { TimeInForce } from '../models/time-in-force.js';
import type { Fault } from './fault.js';

/** A new order of the strategy, before it is sent. */
export interface OrderToSend {
  readonly orderId: bigint;
  readonly symbol: string;
  readonly side: Side;
  /** 0 for a market order. */
  readonly price: number;
  readonly qty: number;
  readonly timeInForce: TimeInForce;
  readonly orderType: OrderType;
}

/** What happens at a moment of a test: a fault, or a call. What the call throws ends the test. */
export type TestStep = Fault | (() => void);

/** Directs a test: what happens, and when. */
export interface TestKit {
  /** Virtual seconds since the start. */
  readonly seconds: number;
  /**
   * Lets something happen once, before the strategy gets an event of that moment or a later one.
   *
   * @param seconds - Virtual seconds since the start.
   */
  at(seconds: number, step: TestStep): void;
  /** Lets something happen once, just before the next order is sent that matches. */
  onOrder(matches: (order: OrderToSend) => boolean, step: TestStep): void;
  /** Puts a fault in now. */
  fault(fault: Fault): void;
}

/** What a script needs of the bot. */
export interface ScriptHost {
  monotonicNs(): number;
  putFault(fault: Fault): void;
}

interface Timed {
  readonly atNs: number;
  readonly step: TestStep;
}

interface Awaited {
  readonly matches: (order: OrderToSend) => boolean;
  readonly step: TestStep;
}

/** The steps of a test that have not happened yet. */
export class TestScript implements TestKit {
  readonly #host: ScriptHost;
  readonly #startNs: number;
  /** By time; of one moment in the order in which they were asked for. */
  readonly #timed: Timed[] = [];
  #awaited: readonly Awaited[] = [];

  constructor(host: ScriptHost) {
    this.#host = host;
    this.#startNs = host.monotonicNs();
  }

  get seconds(): number {
    return (this.#host.monotonicNs() - this.#startNs) / 1e9;
  }

  /** When the next step is due, monotonic; `Infinity`: none is. */
  get dueNs(): number {
    return this.#timed[0]?.atNs ?? Infinity;
  }

  at(seconds: number, step: TestStep): void {
    if (!(typeof seconds === 'number' && seconds >= 0 && seconds < 1e9))
      invalid('seconds', seconds, 'must be seconds from 0 on');
    const atNs = this.#startNs + Math.round(seconds * 1e9);
    const after = this.#timed.findIndex((timed) => timed.atNs > atNs);
    this.#timed.splice(after < 0 ? this.#timed.length : after, 0, { atNs, step });
  }

  onOrder(matches: (order: OrderToSend) => boolean, step: TestStep): void {
    this.#awaited = [...this.#awaited, { matches, step }];
  }

  fault(fault: Fault): void {
    this.#host.putFault(fault);
  }

  /** Takes the steps that are due. */
  run(nowNs: number): void {
    while (this.dueNs <= nowNs) {
      const due = this.#timed.shift();
      if (due !== undefined) this.#do(due.step);
    }
  }

  /** Takes the steps that waited for this order. */
  before(order: OrderToSend): void {
    if (this.#awaited.length === 0) return;
    const due = this.#awaited.filter(({ matches }) => matches(order));
    if (due.length === 0) return;
    this.#awaited = this.#awaited.filter((each) => !due.includes(each));
    for (const { step } of due) this.#do(step);
  }

  #do(step: TestStep): void {
    if (typeof step === 'function') step();
    else this.#host.putFault(step);
  }
}
