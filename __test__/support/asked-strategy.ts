import { once } from 'node:events';
import { BroadcastChannel } from 'node:worker_threads';
import { afterEach } from 'vitest';

import { runLive, type LiveRun, type NewOrder, type RunLiveOptions } from '../../lib/index.js';
import type { OrdersKind } from '../../lib/models/orders-kind.js';
import { until } from './until.js';

/** What a handler of the strategy was called with. */
export interface Reported {
  readonly event: 'order' | 'bookState' | 'link' | 'error';
  readonly orderId?: bigint;
  readonly status?: string;
  readonly bookState?: string;
  readonly previousBookState?: string;
  readonly linkState?: string;
  readonly code?: string;
  readonly message?: string;
}

/** What the strategy sees. */
export interface Seen {
  readonly state: string;
  readonly position: number;
  readonly links: readonly {
    readonly orders: OrdersKind;
    readonly environment: string;
    readonly ordersAgreed: boolean;
    readonly connected: boolean;
  }[];
}

/** What a call of the context returned, or the code that it threw. */
export type Answer<T> = { readonly value: T } | { readonly code: string; readonly message: string };

/** What comes over the channel. */
type Message =
  Reported | { readonly event: 'began' } | { readonly event: 'answer'; readonly ask: number };

/** A loop that is busy answers within some milliseconds. */
const ANSWER_MS = 20_000;

const running: AskedStrategy[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((strategy) => strategy.stop()));
});

/** `runLive` with a strategy that does what its test asks for. Stopped after the test. */
export class AskedStrategy {
  readonly #channel: BroadcastChannel;
  readonly #answers = new Map<number, (answer: never) => void>();
  readonly #run: LiveRun;
  readonly #began: Promise<void>;
  #asked = 0;
  /** Calls of the handlers, in order. */
  readonly reported: Reported[] = [];

  constructor(options: Omit<RunLiveOptions, 'strategy' | 'strategyOptions' | 'onLog'>) {
    const name = `asked-${String(process.pid)}-${String(Math.random()).slice(2)}`;
    this.#channel = new BroadcastChannel(name);
    this.#began = new Promise((began) => {
      this.#channel.onmessage = ({ data }: { data: Message }) => {
        if (data.event === 'began') began();
        else if (data.event === 'answer') this.#answers.get(data.ask)?.(data as never);
        else this.reported.push(data);
      };
    });
    this.#run = runLive({
      ...options,
      strategy: new URL('./programs/asked-strategy.mjs', import.meta.url),
      strategyOptions: { channel: name },
      backend: 'native',
      onLog: () => undefined,
    });
    // One that ends too early is seen by the questions that nobody answers, and by `stop`.
    this.#run.catch(() => undefined);
    running.push(this);
  }

  submit(order: NewOrder): Promise<Answer<bigint>> {
    return this.#ask('submit', order);
  }

  modify(orderId: bigint, change: { price?: number; qty?: number }): Promise<Answer<undefined>> {
    return this.#ask('modify', orderId, change);
  }

  cancel(orderId: bigint): Promise<Answer<undefined>> {
    return this.#ask('cancel', orderId);
  }

  agreeOrders(
    connector: string,
    orders: OrdersKind,
    environment: string,
  ): Promise<Answer<undefined>> {
    return this.#ask('agreeOrders', connector, orders, environment);
  }

  async see(): Promise<Seen> {
    const answer = await this.#ask<Seen>('see');
    if ('value' in answer) return answer.value;
    throw new Error(`the strategy cannot look: ${answer.message}`);
  }

  /** Waits until the strategy sees a book in this state. */
  async sees(state: string, timeoutMs = 20_000): Promise<void> {
    await until(
      async () => (await this.see()).state === state,
      `a book that is ${state}`,
      timeoutMs,
    );
  }

  /** Waits until an order has a status. */
  async order(orderId: bigint, status: string): Promise<void> {
    const isIt = (reported: Reported): boolean =>
      reported.orderId === orderId && reported.status === status;
    await until(() => this.reported.some(isIt), `order ${String(orderId)} ${status}`, 20_000);
  }

  async stop(): Promise<void> {
    this.#run.stop();
    try {
      await this.#run;
    } finally {
      this.#channel.close();
    }
  }

  /** Rejects when the strategy does not answer, and when the run ends first. */
  async #ask<T>(call: string, ...args: readonly unknown[]): Promise<Answer<T>> {
    const ended = this.#run.then(() => {
      throw new Error('the run has ended');
    });
    ended.catch(() => undefined);
    await Promise.race([this.#began, ended]);
    this.#asked += 1;
    const ask = this.#asked;
    const answer = new Promise<Answer<T>>((resolve) => {
      this.#answers.set(ask, resolve);
    });
    this.#channel.postMessage({ ask, call, args });
    const late = AbortSignal.timeout(ANSWER_MS);
    const noAnswer = once(late, 'abort').then(() => {
      throw new Error(`the strategy does not answer to ${call}`);
    });
    return await Promise.race([answer, ended, noAnswer]);
  }
}
