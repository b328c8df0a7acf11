import { createHash } from 'node:crypto';

import {
  bookStateFromView,
  gapFromView,
  linkFromView,
  noticeFromView,
  rejectFromView,
  type BookStateChange,
} from '../models/event-from-view.js';
import type { ConnectorNotice } from '../models/connector-notice.js';
import type { EventView } from '../models/event-view.js';
import type { GapNotice } from '../models/gap-notice.js';
import type { LinkChange } from '../models/link-change.js';
import type { InstrumentSpec } from '../models/live-instrument.js';
import type { OrderReject } from '../models/order-reject.js';
import { RecordKind } from '../models/record-layout.js';
import { RecordReader } from '../models/record-reader.js';
import { withoutNoise } from '../models/ticks.js';
import type { OrderToSend } from './test-kit.js';
import type { Reported, SentOrder, SentRequest, TestFill } from './test-run.js';

/** A request without its time. */
export type Request = SentRequest extends infer Each
  ? Each extends SentRequest
    ? Omit<Each, 'atMs'>
    : never
  : never;

type OpenOrder = { -readonly [Name in keyof SentOrder]: SentOrder[Name] };

/** Notes what a strategy sends, and what is reported to it beside market data. */
export class RunRecorder {
  readonly requests: SentRequest[] = [];
  readonly fills: TestFill[] = [];
  readonly rejects: Reported<OrderReject>[] = [];
  readonly notices: Reported<ConnectorNotice>[] = [];
  readonly gaps: Reported<GapNotice>[] = [];
  readonly linkChanges: Reported<LinkChange>[] = [];
  readonly bookStates: Reported<BookStateChange>[] = [];
  readonly #instruments: readonly InstrumentSpec[];
  readonly #startNs: number;
  readonly #orders = new Map<bigint, OpenOrder>();
  #reader: RecordReader | undefined;

  constructor(instruments: readonly InstrumentSpec[], startNs: number) {
    this.#instruments = instruments;
    this.#startNs = startNs;
  }

  get orders(): readonly SentOrder[] {
    return [...this.#orders.values()];
  }

  /** A request was sent. */
  sent(request: Request, nowNs: number): void {
    this.requests.push({ atMs: this.#ms(nowNs), ...request });
  }

  /** A new order was sent. */
  submitted(order: OrderToSend, nowNs: number): void {
    this.sent({ type: 'submit', ...order }, nowNs);
    const atMs = this.#ms(nowNs);
    const fresh = { atMs, ...order, status: 'none' as const, filledQty: 0, reject: undefined };
    this.#orders.set(order.orderId, fresh);
  }

  /** Looks through a batch; the reader stays where it is. */
  read(batch: RecordReader): void {
    const reader = (this.#reader ??= new RecordReader(batch.bytes));
    reader.reset(0, batch.count);
    while (reader.next()) this.#look(reader.view);
  }

  /** SHA-256 of what was sent and filled. */
  fingerprint(): string {
    const text = JSON.stringify([this.requests, this.fills], (_key, value: unknown) =>
      typeof value === 'bigint' ? String(value) : value,
    );
    return createHash('sha256').update(text).digest('hex');
  }

  #look(view: EventView): void {
    switch (view.kind) {
      case RecordKind.Order:
        this.#noteOrder(view);
        break;
      case RecordKind.Reject:
        this.#noteReject(view);
        break;
      case RecordKind.Notice:
        this.notices.push(this.#reported(view, noticeFromView(view, this.#instruments)));
        break;
      case RecordKind.Gap:
        this.gaps.push(this.#reported(view, gapFromView(view, this.#instruments)));
        break;
      case RecordKind.Link:
        this.linkChanges.push(this.#reported(view, linkFromView(view, this.#instruments)));
        break;
      case RecordKind.BookState:
        this.bookStates.push(this.#reported(view, bookStateFromView(view, this.#instruments)));
        break;
      default:
        break;
    }
  }

  #noteOrder(view: EventView): void {
    const { orderId, orderStatus } = view;
    const order = this.#orders.get(orderId);
    if (order !== undefined) order.status = orderStatus;
    const isFill = orderStatus === 'filled' || orderStatus === 'partially_filled';
    if (!isFill || !(view.execQty > 0)) return;
    const { symbol = '', tickSize = NaN, lotSize = NaN } = this.#instruments[view.asset] ?? {};
    const qty = withoutNoise(view.execQty, lotSize);
    if (order !== undefined) order.filledQty = withoutNoise(order.filledQty + qty, lotSize);
    this.fills.push({
      atMs: this.#ms(view.recvMonoNs),
      orderId,
      symbol,
      side: view.side ?? 'buy',
      price: withoutNoise(view.execPrice, tickSize),
      qty,
      maker: view.maker,
    });
  }

  #noteReject(view: EventView): void {
    const reject = rejectFromView(view, this.#instruments);
    this.rejects.push(this.#reported(view, reject));
    const order = this.#orders.get(view.orderId);
    if (order !== undefined) order.reject = reject;
  }

  #reported<T>(view: EventView, event: T): Reported<T> {
    return { atMs: this.#ms(view.recvMonoNs), ...event };
  }

  #ms(monoNs: number): number {
    return (monoNs - this.#startNs) / 1e6;
  }
}
