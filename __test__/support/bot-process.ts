import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { afterEach } from 'vitest';

import type { CreateOptions } from '../../lib/bot/create.js';
import type { Bot } from '../../lib/models/bot.js';
import type { BookLevel } from '../../lib/models/book-level.js';
import { LiveInstrument } from '../../lib/models/live-instrument.js';
import { RecordKind } from '../../lib/models/record-layout.js';
import { until } from './until.js';

/** One record as the bot of another process kept it. */
export interface LoggedRecord {
  readonly kind: number;
  /** Number of the wait that handed it over. */
  readonly batch: number;
  readonly asset: number;
  readonly side: string | null;
  readonly flags: number;
  readonly status: number;
  readonly orderStatus: string | null;
  readonly px: number;
  readonly qty: number;
  readonly leavesQty: number;
  readonly execQty: number;
  readonly orderId: bigint;
  readonly value: bigint;
  readonly text: string;
  readonly seq: number;
  /** When it was handed over, CLOCK_MONOTONIC ns. */
  readonly atNs: number;
}

/** A bot's book at one moment. */
export interface BookCopy {
  readonly bestBid: number;
  readonly bestAsk: number;
  readonly synced: boolean;
  readonly bids: readonly BookLevel[];
  readonly asks: readonly BookLevel[];
}

/** What the program offers beside the methods of the bot itself. */
interface Extra {
  open(options: Omit<CreateOptions, 'backend'>): bigint;
  book(asset: number, levels?: number): BookCopy;
  log(from: number): LoggedRecord[];
  lastSeq(): number;
  feed(first: number, last: number): [seq: number, what: string][];
}

type Calls = Omit<Bot, keyof Extra> & Extra;
type Method = {
  [K in keyof Calls]: Calls[K] extends (...args: never[]) => unknown ? K : never;
}[keyof Calls];

interface Answer {
  readonly id: number;
  readonly value?: unknown;
  readonly error?: { code: string; message: string };
}

const PROGRAM = new URL('./programs/bot.mjs', import.meta.url);
const running = new Set<BotProcess>();

afterEach(async () => {
  await Promise.all([...running].map((bot) => bot.kill()));
});

/** BTCUSDT as `connector sim` has it. */
export function btcOn(connector: string): LiveInstrument {
  return new LiveInstrument('BTCUSDT')
    .connector(connector)
    .tickSize(0.1)
    .lotSize(0.001)
    .roi(30_000, 70_000);
}

/** A low-level bot that waits in a process of its own. Killed after the test. */
export class BotProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, (answer: Answer) => void>();
  readonly #exited: Promise<unknown>;
  #calls = 0;
  botId = 0n;

  private constructor() {
    this.#child = fork(PROGRAM, { serialization: 'advanced' });
    this.#exited = once(this.#child, 'exit');
    this.#child.on('message', (answer: Answer) => {
      this.#waiting.get(answer.id)?.(answer);
      this.#waiting.delete(answer.id);
    });
    this.#child.once('exit', (code, signal) => {
      running.delete(this);
      const message = `the bot's process ended: ${String(code ?? signal)}`;
      for (const [id, answer] of this.#waiting) answer({ id, error: { code: 'EXITED', message } });
      this.#waiting.clear();
    });
    running.add(this);
  }

  /** Starts a process and opens a bot in it; `ready` waits for the books of all instruments. */
  static async start(
    options: Omit<CreateOptions, 'backend' | 'instruments'> & { instruments: LiveInstrument[] },
    { ready = true }: { ready?: boolean } = {},
  ): Promise<BotProcess> {
    const bot = new BotProcess();
    const instruments = options.instruments.map((instrument) => instrument.build());
    bot.botId = await bot.call('open', { ...options, instruments });
    if (ready) {
      for (const asset of instruments.keys()) {
        await until(async () => (await bot.call('book', asset)).synced, 'a book');
      }
    }
    return bot;
  }

  get pid(): number {
    return this.#child.pid ?? 0;
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Calls the bot; throws `Error` with the bot's `code`. */
  call<M extends Method>(
    method: M,
    ...args: Calls[M] extends (...args: infer A) => unknown ? A : never
  ): Promise<Calls[M] extends (...args: never[]) => infer R ? R : never> {
    return new Promise((resolve, reject) => {
      this.#calls += 1;
      const id = this.#calls;
      this.#waiting.set(id, ({ error, value }) => {
        if (error === undefined) resolve(value as never);
        else reject(Object.assign(new Error(error.message), { code: error.code }));
      });
      if (this.#child.connected) this.#child.send({ id, method, args });
      else this.#waiting.get(id)?.({ id, error: { code: 'EXITED', message: 'it has ended' } });
    });
  }

  /** The kept records of one kind, or of all. */
  async records(kind?: number): Promise<LoggedRecord[]> {
    const log = await this.call('log', 0);
    return kind === undefined ? log : log.filter((record) => record.kind === kind);
  }

  /** Waits for a record and returns it. */
  async record(
    kind: number,
    matches: (record: LoggedRecord) => boolean = () => true,
    timeoutMs = 20_000,
  ): Promise<LoggedRecord> {
    let found: LoggedRecord | undefined;
    await until(
      async () => (found = (await this.records(kind)).find(matches)) !== undefined,
      `a record of kind ${kind}: ${matches.toString()}`,
      timeoutMs,
    );
    return found!;
  }

  /** Sends a limit order far below the market and waits until it rests. */
  async rest(orderId: bigint, ticksBelow = 500, asset = 0): Promise<number> {
    const { bestBid } = await this.call('book', asset);
    const price = (Math.round(bestBid * 10) - ticksBelow) / 10;
    const order = { orderId, side: 'buy', price, qty: 0.01, timeInForce: 'GTX' } as const;
    await this.call('submitOrder', asset, order);
    await this.record(
      RecordKind.Order,
      (record) =>
        record.asset === asset && record.orderId === orderId && record.orderStatus === 'new',
    );
    return price;
  }

  /** Takes from the market at once. */
  async take(orderId: bigint, side: 'buy' | 'sell', qty: number, asset = 0): Promise<void> {
    const { bestBid, bestAsk } = await this.call('book', asset);
    const ticks = side === 'buy' ? bestAsk * 10 + 300 : bestBid * 10 - 300;
    const price = Math.round(ticks) / 10;
    await this.call('submitOrder', asset, { orderId, side, price, qty, timeInForce: 'IOC' });
    await this.record(
      RecordKind.Order,
      (record) =>
        record.asset === asset && record.orderId === orderId && record.orderStatus === 'filled',
    );
  }

  /** Ids of the orders that the bot holds as open. */
  async openOrders(asset = 0): Promise<bigint[]> {
    const orders = await this.call('orders', asset);
    const open = [...orders.values()].filter(({ status }) => status === 'new');
    return open.map(({ orderId }) => orderId).sort((a, b) => Number(a - b));
  }

  /** SIGKILL, unless another signal is named; resolves when the process is gone. */
  async kill(signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    if (this.alive) this.#child.kill(signal);
    await this.#exited;
  }

  /** Closes the bot and lets the process end by itself. */
  async close(): Promise<void> {
    await this.call('close');
    this.#child.disconnect();
    await this.#exited;
  }
}
