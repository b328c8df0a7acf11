import type { ClientPort } from '../../lib/client/client-port.js';
import type {
  ClientSession,
  OpenSession,
  SessionContext,
} from '../../lib/client/client-session.js';
import { bookStateToCode, type BookState } from '../../lib/models/book-state.js';
import { RingProducer } from '../../lib/models/ring.js';
import {
  type CommandError,
  LinkStatus,
  RecordFlag,
  RecordKind,
} from '../../lib/models/record-layout.js';
import { RecordWriter, type RecordFields } from '../../lib/models/record-writer.js';
import type { NativeBotStats, NativeLink } from '../../lib/native/addon.js';

export interface SentCommand {
  readonly kind:
    'submit' | 'modify' | 'cancel' | 'cancelAll' | 'ask' | 'clear' | 'resync' | 'agree';
  readonly number: number;
  readonly asset: number;
  readonly orderId: bigint;
  readonly price: number;
  readonly qty: number;
  /** Of orders and changes. */
  readonly goodForNs: number;
}

const STATE_BY_LINK: Partial<Record<number, BookState>> = {
  [LinkStatus.Connected]: 'resyncing',
  [LinkStatus.Lost]: 'disconnected',
  [LinkStatus.Restarted]: 'resyncing',
  [LinkStatus.FeedStale]: 'stale',
  [LinkStatus.FeedLive]: 'live',
};

export function bookState(asset: number, before: BookState, state: BookState): RecordFields {
  const value = BigInt(bookStateToCode(before));
  return { kind: RecordKind.BookState, asset, status: bookStateToCode(state), value };
}

/** A session whose other end is the test: it sees each command and writes each record itself. */
export class FakeSession implements ClientPort {
  readonly sent: SentCommand[] = [];
  controlChannel = true;
  /** Bits of `Capability`. */
  capabilities = 15;
  /** What `links()` says; the fake connects by its records, see `connect`. */
  linkStatus: number = LinkStatus.Waiting;
  /** An `Orders` number, where they are for, and whether the program has agreed. */
  orders = 2;
  environment = 'simulated';
  ordersAgreed = true;
  queueFull = false;
  opened = 0;
  closed = 0;
  /** Delays `open`; set before `start()`. */
  openGate: Promise<void> = Promise.resolve();
  openError: Error | undefined;
  /** What the bot still writes while it ends. */
  atClose: () => void = () => undefined;
  ring: RingProducer | undefined;
  context: SessionContext | undefined;
  #commands = 0;
  #end: (error: Error | undefined) => void = () => undefined;
  #exchTs = 1n;

  readonly open: OpenSession = async (context): Promise<ClientSession> => {
    this.opened += 1;
    this.queueFull = false;
    this.context = context;
    await this.openGate;
    if (this.openError !== undefined) throw this.openError;
    this.ring = new RingProducer(context.ring, context.onWake);
    const ended = new Promise<Error | undefined>((resolve) => {
      this.#end = resolve;
    });
    return {
      backend: 'native',
      botId: context.config.botId === 0n ? 77n : context.config.botId,
      port: this,
      ended,
      ordersLeft: () => [],
      monotonicNs: () => 1_000_000,
      close: async () => {
        this.closed += 1;
        // As the real one: commands are taken no more, what the bot wrote before is still read.
        this.queueFull = true;
        this.atClose();
        this.#end(undefined);
      },
    };
  };

  /** The bot's thread dies. */
  die(error: Error): void {
    this.#end(error);
  }

  /** Writes records; they reach the client within a turn of the event loop, see `settled`. */
  write(...records: RecordFields[]): void {
    const writer = new RecordWriter(records.length * 4);
    for (const record of records) writer.write(record);
    this.ring!.write(writer.bytes, writer.count);
  }

  /** The connector connects and sends an empty answer. */
  connect(...assets: number[]): void {
    const all = assets.length === 0 ? [0] : assets;
    this.write(
      { kind: RecordKind.Link, status: LinkStatus.Connected, asset: all[0]! },
      ...all.flatMap((asset) => [
        { kind: RecordKind.BookReset, asset },
        bookState(asset, 'resyncing', 'live'),
        { kind: RecordKind.BookReady, asset },
      ]),
    );
  }

  /** The state of a book that follows from a link comes after it, as with the native bot. */
  link(status: number, asset = 0): void {
    this.write({ kind: RecordKind.Link, status, asset });
    const state = STATE_BY_LINK[status];
    if (state !== undefined) this.bookState(state, asset);
  }

  bookState(state: BookState, asset = 0): void {
    this.write(bookState(asset, 'live', state));
  }

  order(orderId: bigint, status: number, fields: Partial<RecordFields> = {}): void {
    this.#exchTs += 1n;
    this.write({
      kind: RecordKind.Order,
      asset: 0,
      orderId,
      status,
      side: 1,
      px: 100,
      qty: 1,
      leavesQty: 1,
      exchTsNs: this.#exchTs,
      ...fields,
    });
  }

  trade(px: number, asset = 0): void {
    this.write({ kind: RecordKind.Trade, asset, side: 1, px, qty: 1 });
  }

  batch(
    levels: [side: 'bid' | 'ask', px: number, qty: number][],
    flags: number = RecordFlag.InBatch,
    asset = 0,
  ): void {
    this.write(
      { kind: RecordKind.BatchStart, asset },
      ...levels.map(([side, px, qty]) => ({
        kind: RecordKind.Depth,
        asset,
        flags,
        side: side === 'bid' ? 1 : 2,
        px,
        qty,
        exchTsNs: 5n,
      })),
      { kind: RecordKind.BatchEnd, asset },
    );
  }

  /** @param book - State of the book, where the error is `BookNotLive`. */
  refuse(command: SentCommand, status: CommandError, book: BookState = 'disconnected'): void {
    const req = bookStateToCode(book);
    this.write({ kind: RecordKind.Command, orderId: BigInt(command.number), status, req });
  }

  submitOrder(
    asset: number,
    orderId: bigint,
    _side: number,
    price: number,
    qty: number,
    _timeInForce: number,
    _orderType: number,
    goodForNs: number,
  ): number {
    return this.#send('submit', asset, orderId, price, qty, goodForNs);
  }

  modify(asset: number, orderId: bigint, price: number, qty: number, goodForNs: number): number {
    return this.#send('modify', asset, orderId, price, qty, goodForNs);
  }

  cancel(asset: number, orderId: bigint): number {
    return this.#send('cancel', asset, orderId);
  }

  cancelAll(asset: number): number {
    return this.#send('cancelAll', asset);
  }

  askOrder(asset: number, orderId: bigint): number {
    return this.#send('ask', asset, orderId);
  }

  clearInactiveOrders(asset: number): number {
    return this.#send('clear', asset);
  }

  resync(asset: number): number {
    return this.#send('resync', asset);
  }

  agreeOrders(asset: number): number {
    return this.#send('agree', asset);
  }

  stats(): NativeBotStats | null {
    return {
      received: 0,
      lost: 0,
      gaps: 0,
      decodeErrors: 3,
      unknownSymbols: 0,
      tapOverflow: 0,
      resyncs: 0,
      parks: 0,
      ringDropped: 0,
    };
  }

  links(): NativeLink[] {
    const names = new Set(this.context!.instruments.map(({ connector }) => connector));
    return [...names].map((connector) => ({
      connector,
      status: this.linkStatus,
      controlChannel: this.controlChannel,
      capabilities: this.capabilities,
      epoch: 9n,
      pid: 0,
      version: '1',
      heartbeatAgeNs: 2e6,
      orders: this.orders,
      environment: this.environment,
      ordersAgreed: this.ordersAgreed,
    }));
  }

  stop(): void {}

  close(): void {}

  last(kind: SentCommand['kind']): SentCommand {
    const found = this.sent.findLast((command) => command.kind === kind);
    if (found === undefined) throw new Error(`no ${kind} was sent`);
    return found;
  }

  #send(
    kind: SentCommand['kind'],
    asset: number,
    orderId = 0n,
    price = 0,
    qty = 0,
    goodForNs = 0,
  ): number {
    if (this.queueFull) return 0;
    this.#commands += 1;
    this.sent.push({ kind, number: this.#commands, asset, orderId, price, qty, goodForNs });
    return this.#commands;
  }
}

/** Enough turns of the event loop for what was written to be read and passed on. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 5; i += 1) await new Promise((resolve) => setImmediate(resolve));
}
