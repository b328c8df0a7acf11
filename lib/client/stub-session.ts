import { HftError, type HftErrorCode } from '../models/hft-error.js';
import { bookStateToCode } from '../models/book-state.js';
import { orderTypeFromCode } from '../models/order-type.js';
import { ordersFromCode } from '../models/orders-kind.js';
import { CommandError, RecordKind } from '../models/record-layout.js';
import { RecordWriter } from '../models/record-writer.js';
import { sideFromCode } from '../models/side.js';
import { timeInForceFromCode } from '../models/time-in-force.js';
import type { NativeBotStats, NativeLink } from '../native/addon.js';
import { StubConnectorBot } from '../stub/stub-connector-bot.js';
import type { ClientPort } from './client-port.js';
import type { ClientSession, SessionContext } from './client-session.js';
import { nativeLinkOf } from './native-link-of.js';
import { RingProducer } from '../models/ring.js';

/** Longest pause between two looks at the stub: commands are carried out at once regardless. */
const PAUSE_MS_MAX = 20;

const STATUS_BY_CODE: Partial<Record<HftErrorCode, number>> = {
  ERR_ORDER_ID_EXISTS: CommandError.OrderIdExist,
  ERR_ORDER_NOT_FOUND: CommandError.OrderNotFound,
  ERR_INVALID_ORDER_STATUS: CommandError.InvalidOrderStatus,
  ERR_INSTRUMENT_NOT_FOUND: CommandError.InstrumentNotFound,
  ERR_UNSUPPORTED_BY_CONNECTOR: CommandError.Unsupported,
  ERR_INVALID_ARGUMENT: CommandError.InvalidArgument,
  ERR_CLOSED: CommandError.Closed,
  ERR_BOOK_NOT_LIVE: CommandError.BookNotLive,
  ERR_READ_ONLY: CommandError.OnlyLooks,
  ERR_ORDERS_CHANGED: CommandError.OrdersChanged,
};

/**
 * The stub behind the interface of the addon's port, driven by timers on this thread. Its records
 * take the same way as the native ones: through a ring.
 */
class StubPort implements ClientPort {
  readonly #bot: StubConnectorBot;
  readonly #producer: RingProducer;
  readonly #command = new RecordWriter(1);
  #commands = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  constructor(bot: StubConnectorBot, producer: RingProducer) {
    this.#bot = bot;
    this.#producer = producer;
    this.#schedule();
  }

  submitOrder(
    asset: number,
    orderId: bigint,
    side: number,
    price: number,
    qty: number,
    timeInForce: number,
    orderType: number,
  ): number {
    return this.#run(() => {
      this.#bot.submitOrder(asset, {
        orderId,
        side: sideFromCode(side) ?? 'buy',
        price,
        qty,
        timeInForce: timeInForceFromCode(timeInForce),
        orderType: orderTypeFromCode(orderType),
      });
    });
  }

  modify(asset: number, orderId: bigint, price: number, qty: number): number {
    return this.#run(() => {
      this.#bot.modify(asset, orderId, price, qty);
    });
  }

  cancel(asset: number, orderId: bigint): number {
    return this.#run(() => {
      this.#bot.cancel(asset, orderId);
    });
  }

  cancelAll(asset: number): number {
    return this.#run(() => {
      this.#bot.cancelAllInOneMessage(asset);
    });
  }

  /** The stub reports all of its orders at once. */
  askOrder(asset: number): number {
    return this.resync(asset);
  }

  clearInactiveOrders(asset: number): number {
    return this.#run(() => {
      this.#bot.clearInactiveOrders(asset);
    });
  }

  resync(asset: number): number {
    return this.#run(() => {
      this.#bot.resync(asset);
    });
  }

  agreeOrders(asset: number, orders: number, environment: string): number {
    return this.#run(() => {
      const connector = this.#bot.instruments[asset]?.connector ?? '';
      this.#bot.agreeOrders(connector, ordersFromCode(orders), environment);
    });
  }

  stats(): NativeBotStats | null {
    return this.#bot.closed ? null : { ...this.#bot.stats(), ringDropped: 0 };
  }

  links(): NativeLink[] {
    if (this.#bot.closed) return [];
    return this.#bot.links().map(nativeLinkOf);
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }

  close(): void {
    this.stop();
    this.#bot.close();
  }

  #schedule(): void {
    // A command given while a step was reported has scheduled the next one already.
    clearTimeout(this.#timer);
    if (this.#stopped) return;
    // Virtual time is always due: a pause of 1 ms lets the event loop turn.
    const dueMs = Math.ceil(this.#bot.nextDueNs / 1e6);
    this.#timer = setTimeout(
      () => {
        this.#step();
        this.#schedule();
      },
      Math.min(PAUSE_MS_MAX, Math.max(1, dueMs)),
    ).unref();
  }

  #step(): void {
    const count = this.#bot.step();
    if (count > 0) this.#producer.write(this.#bot.batch.bytes, count);
    else this.#producer.flush();
    if (this.#producer.takeRecovered())
      for (const asset of this.#bot.instruments.keys()) this.#bot.resync(asset);
  }

  #run(call: () => void): number {
    if (this.#stopped) return 0;
    this.#commands += 1;
    try {
      call();
    } catch (error) {
      if (!HftError.is(error)) throw error;
      this.#command.reset();
      this.#command.write({
        kind: RecordKind.Command,
        orderId: BigInt(this.#commands),
        status: STATUS_BY_CODE[error.code] ?? CommandError.Custom,
        req: bookStateToCode('resyncing'),
      });
      this.#producer.write(this.#command.bytes, 1);
    }
    // The answer may be due before the look that is planned.
    this.#schedule();
    return this.#commands;
  }
}

/** Starts the stub. Unlike the stub bot it goes on for ever unless `maxFeeds` says otherwise. */
export function openStubSession(context: SessionContext): Promise<ClientSession> {
  const bot = new StubConnectorBot({
    instruments: context.instruments,
    botId: context.config.botId,
    requireLiveBook: context.config.requireLiveBook ?? true,
    maxFeeds: Infinity,
    ...context.requirement,
    ...context.stub,
  });
  const port = new StubPort(bot, new RingProducer(context.ring, context.onWake));
  let end: (error: Error | undefined) => void = () => undefined;
  const ended = new Promise<Error | undefined>((resolve) => {
    end = resolve;
  });
  return Promise.resolve({
    backend: 'stub',
    botId: bot.botId,
    port,
    ended,
    ordersLeft: () => [],
    monotonicNs: () => bot.monotonicNs(),
    close: () => {
      port.close();
      end(undefined);
      return Promise.resolve();
    },
  });
}
