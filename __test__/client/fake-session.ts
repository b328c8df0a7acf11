import type { ClientPort } from '../../lib/client/client-port.js';
import type {
  ClientSession,
  OpenSession,
  SessionContext,
} from '../../lib/client/client-session.js';
import { RingProducer } from '../../lib/client/ring.js';
import {
  type CommandError,
  LinkStatus,
  RecordFlag,
  RecordKind,
} from '../../lib/models/record-layout.js';
import { RecordWriter, type RecordFields } from '../../lib/models/record-writer.js';
import type { NativeBotStats, NativeLink } from '../../lib/native/addon.js';

export interface SentCommand {
  readonly kind: 'submit' | 'modify' | 'cancel' | 'cancelAll' | 'clear' | 'resync';
  readonly number: number;
  readonly asset: number;
  readonly orderId: bigint;
  readonly price: number;
  readonly qty: number;
}

/** A session whose other end is the test: it sees each command and writes each record itself. */
export class FakeSession implements ClientPort {
  readonly sent: SentCommand[] = [];
  sideChannel = true;
  /** Bits of `Capability`. */
  capabilities = 15;
  /** What `links()` says; the fake connects by its records, see `connect`. */
  linkStatus: number = LinkStatus.Waiting;
  queueFull = false;
  opened = 0;
  closed = 0;
  /** Delays `open`; set before `start()`. */
  openGate: Promise<void> = Promise.resolve();
  openError: Error | undefined;
  ring: RingProducer | undefined;
  context: SessionContext | undefined;
  #commands = 0;
  #end: (error: Error | undefined) => void = () => undefined;
  #exchTs = 1n;

  readonly open: OpenSession = async (context): Promise<ClientSession> => {
    this.opened += 1;
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
      monotonicNs: () => 1_000_000,
      close: async () => {
        this.closed += 1;
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
        { kind: RecordKind.BookReady, asset },
      ]),
    );
  }

  link(status: number, asset = 0): void {
    this.write({ kind: RecordKind.Link, status, asset });
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

  refuse(command: SentCommand, status: CommandError): void {
    this.write({ kind: RecordKind.Command, orderId: BigInt(command.number), status });
  }

  submitOrder(asset: number, orderId: bigint, _side: number, price: number, qty: number): number {
    return this.#send('submit', asset, orderId, price, qty);
  }

  modify(asset: number, orderId: bigint, price: number, qty: number): number {
    return this.#send('modify', asset, orderId, price, qty);
  }

  cancel(asset: number, orderId: bigint): number {
    return this.#send('cancel', asset, orderId);
  }

  cancelAll(asset: number): number {
    return this.#send('cancelAll', asset);
  }

  clearInactiveOrders(asset: number): number {
    return this.#send('clear', asset);
  }

  resync(asset: number): number {
    return this.#send('resync', asset);
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
      sideChannel: this.sideChannel,
      capabilities: this.capabilities,
      epoch: 9n,
      pid: 0,
      version: '1',
      heartbeatAgeNs: 2e6,
    }));
  }

  stop(): void {}

  close(): void {}

  last(kind: SentCommand['kind']): SentCommand {
    const found = this.sent.findLast((command) => command.kind === kind);
    if (found === undefined) throw new Error(`no ${kind} was sent`);
    return found;
  }

  #send(kind: SentCommand['kind'], asset: number, orderId = 0n, price = 0, qty = 0): number {
    if (this.queueFull) return 0;
    this.#commands += 1;
    this.sent.push({ kind, number: this.#commands, asset, orderId, price, qty });
    return this.#commands;
  }
}

/** Enough turns of the event loop for what was written to be read and told. */
export async function settled(): Promise<void> {
  for (let i = 0; i < 5; i += 1) await new Promise((resolve) => setImmediate(resolve));
}
