import { NativeLiveBot } from '../bot/native-live-bot.js';
import type { BotOptions } from '../models/bot-options.js';
import type { OrderId, OrderWait } from '../models/bot.js';
import { checkOrderId } from '../models/arguments.js';
import type { ConnectionHealth } from '../models/connection-health.js';
import type { ElapseResult } from '../models/elapse-result.js';
import { findInstrument } from '../models/find-instrument.js';
import { invalid } from '../models/invalid.js';
import type { OrderRequest } from '../models/order-request.js';
import type { OrdersKind } from '../models/orders-kind.js';
import type { RecordReader } from '../models/record-reader.js';
import type { NativeDirectConnector } from '../native/addon.js';
import type { Fault } from './fault.js';
import { RunRecorder } from './run-recorder.js';
import { TestScript, type OrderToSend, type ScriptHost } from './test-kit.js';

const WORDS = {
  gap: 'gap',
  stale: 'stale',
  reject: 'reject',
  unknown: 'silence',
  late_fill: 'late_fill',
  disconnect: 'disconnect',
} as const;

/** A bot whose venue and clock run on its own thread: a wait lets virtual time pass, and takes none. */
export class VirtualLiveBot extends NativeLiveBot implements ScriptHost {
  readonly script: TestScript;
  readonly recorder: RunRecorder;
  #isOver = false;
  /** As last asked for; undefined once something may have changed them. */
  #links: readonly ConnectionHealth[] | undefined;

  /** @param startNs - Where its wall clock begins, Unix ns. */
  constructor(options: BotOptions, connector: NativeDirectConnector, startNs: bigint) {
    super((addon) => addon.HashMapMarketDepthLiveBot, options, {
      direct: [connector],
      virtualStartNs: startNs,
    });
    this.script = new TestScript(this);
    this.recorder = new RunRecorder(this.instruments, this.monotonicNs());
  }

  /** True once the venue's data is at its end, too. */
  override get ended(): boolean {
    return super.ended || this.#isOver;
  }

  /** The venue's data came to its end. */
  get isOver(): boolean {
    return this.#isOver;
  }

  override waitBatch(timeoutNs: number, maxRecords?: number): RecordReader {
    const nowNs = this.monotonicNs();
    this.script.run(nowNs);
    const untilNs = Math.min(timeoutNs, this.script.dueNs - nowNs);
    const batch = super.waitBatch(untilNs, maxRecords);
    if (batch.count === 0) return batch;
    const { linkChanges } = this.recorder;
    const before = linkChanges.length;
    this.recorder.read(batch);
    if (linkChanges.length > before) {
      this.#links = undefined;
      this.#isOver ||= linkChanges.at(-1)?.state === 'lost';
    }
    return batch;
  }

  /** A connector on this thread changes only with a record of it; strategies ask in every batch. */
  override links(): readonly ConnectionHealth[] {
    // The bot looks at its connectors while it is made.
    if (!(#links in this)) return super.links();
    return (this.#links ??= super.links());
  }

  override agreeOrders(connector: string, orders: OrdersKind, environment: string): void {
    this.#links = undefined;
    super.agreeOrders(connector, orders, environment);
  }

  override submitOrder(asset: number, order: OrderRequest, wait?: OrderWait): ElapseResult {
    const toSend = this.#toSend(asset, order);
    this.script.before(toSend);
    const nowNs = this.monotonicNs();
    const result = super.submitOrder(asset, order, wait);
    this.recorder.submitted(toSend, nowNs);
    return result;
  }

  override modify(
    asset: number,
    orderId: OrderId,
    price: number,
    qty: number,
    wait?: OrderWait,
  ): ElapseResult {
    const nowNs = this.monotonicNs();
    const result = super.modify(asset, orderId, price, qty, wait);
    const named = { orderId: checkOrderId(orderId), symbol: this.#symbol(asset) };
    this.recorder.sent({ type: 'modify', ...named, price, qty }, nowNs);
    return result;
  }

  override cancel(asset: number, orderId: OrderId, wait?: OrderWait): ElapseResult {
    const nowNs = this.monotonicNs();
    const result = super.cancel(asset, orderId, wait);
    const named = { orderId: checkOrderId(orderId), symbol: this.#symbol(asset) };
    this.recorder.sent({ type: 'cancel', ...named }, nowNs);
    return result;
  }

  override cancelAll(asset?: number): void {
    const nowNs = this.monotonicNs();
    super.cancelAll(asset);
    const symbols = asset === undefined ? this.instruments.keys() : [asset];
    for (const each of symbols)
      this.recorder.sent({ type: 'cancelAll', symbol: this.#symbol(each) }, nowNs);
  }

  /** Puts a fault into the connector or the clock. */
  putFault(fault: Fault): void {
    switch (fault.kind) {
      case 'clock_jump':
        this.stepWallClock(wholeMs(fault.byMs, 'byMs') * 1_000_000);
        return;
      case 'stale':
        this.injectFault(this.#asset(fault.symbol), WORDS.stale, toNs(fault.forMs), 0, '');
        return;
      case 'reject':
        if (!Number.isSafeInteger(fault.code))
          invalid('code', fault.code, 'must be a whole number');
        this.injectFault(0, WORDS.reject, 0, fault.code, fault.text);
        return;
      case 'gap':
        this.injectFault(0, WORDS.gap, 0, 0, '');
        return;
      default:
        this.injectFault(0, WORDS[fault.kind], toNs(fault.forMs), 0, '');
    }
  }

  #toSend(asset: number, order: OrderRequest): OrderToSend {
    const { orderId, side, price = 0, qty, timeInForce = 'GTC', orderType = 'limit' } = order;
    const symbol = this.#symbol(asset);
    return { orderId: checkOrderId(orderId), symbol, side, price, qty, timeInForce, orderType };
  }

  #asset(symbol: string | undefined): number {
    return symbol === undefined ? 0 : findInstrument(this.instruments, symbol);
  }

  #symbol(asset: number): string {
    return this.instruments[asset]?.symbol ?? '';
  }
}

const DAY_MS = 86_400_000;
/** The longest fault: a year. */
const FOR_MS_MAX = 366 * DAY_MS;

function toNs(forMs: number): number {
  if (!(typeof forMs === 'number' && forMs >= 0 && forMs <= FOR_MS_MAX))
    invalid('forMs', forMs, 'must be ms from 0 to a year');
  return Math.round(forMs * 1e6);
}

function wholeMs(ms: number, name: string): number {
  if (!(Number.isInteger(ms) && Math.abs(ms) <= DAY_MS))
    invalid(name, ms, 'must be whole ms, a day at most');
  return ms;
}
