import { ConnectorInbox, type InboxEvent } from './connector-inbox.js';
import type { ConnectorHealth, ConnectorWrapper } from './connector-wrapper.js';

/** What the connectors of this package share: a bounded inbox, subscriptions, counters. */
export abstract class InboxConnector implements ConnectorWrapper {
  readonly #name: string;
  readonly #inbox: ConnectorInbox;
  /** Symbols whose trades are wanted. */
  protected readonly tradeSymbols = new Set<string>();
  /** Symbols whose books are wanted. */
  protected readonly depthSymbols = new Set<string>();
  #connected = false;
  #eventCounter = 0;

  protected constructor(name: string, inboxCapacity?: number) {
    this.#name = name;
    this.#inbox = new ConnectorInbox(inboxCapacity);
  }

  /** Names the source on every event. */
  get name(): string {
    return this.#name;
  }

  abstract connect(): Promise<void>;
  abstract disconnect(): Promise<void>;
  abstract subscribeTrades(symbol: string): Promise<void>;
  abstract subscribeDepth(symbol: string): Promise<void>;

  /** The oldest event; waits up to `timeoutMs` while connected. `undefined`: none came. */
  nextEvent(timeoutMs: number): Promise<InboxEvent | undefined> | InboxEvent | undefined {
    return this.#inbox.next(this.#connected ? timeoutMs : 0);
  }

  /** Condition of the connector, made now. */
  get health(): ConnectorHealth {
    const details = this.details();
    return {
      connected: this.#connected,
      subscribedTrades: [...this.tradeSymbols],
      subscribedDepth: [...this.depthSymbols],
      eventCounter: this.#eventCounter,
      ...this.#inbox.health,
      ...(details === undefined ? {} : { details }),
    };
  }

  /** Every event until the connector is disconnected or loses its venue. */
  async *[Symbol.asyncIterator](): AsyncGenerator<InboxEvent, void> {
    for (;;) {
      const event = await this.nextEvent(1_000);
      if (event !== undefined) yield event;
      else if (!this.#connected) return;
    }
  }

  /** More for `health`, where a connector has more to say. */
  protected details(): Readonly<Record<string, unknown>> | undefined {
    return undefined;
  }

  protected get connected(): boolean {
    return this.#connected;
  }

  /** Market data of the venue. */
  protected push(event: InboxEvent): void {
    if (event.type === 'trade' || event.type === 'depth') this.#eventCounter += 1;
    this.#inbox.push(event);
  }

  /** A connection begins; what an earlier one left unread is gone. */
  protected markConnected(): void {
    this.#inbox.clear();
    this.#connected = true;
  }

  /** The connection ended; who waits for an event is woken and gets the reason. */
  protected markDisconnected(reason: string): void {
    if (!this.#connected) return;
    this.#connected = false;
    this.#inbox.push({ type: 'status', status: 'disconnected', details: { reason } });
  }
}
