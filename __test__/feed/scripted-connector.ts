import type { ConnectorHealth, ConnectorWrapper } from '../../lib/feed/connector-wrapper.js';
import type { RawFeedEvent } from '../../lib/feed/raw-event.js';

/** The least a connector may be: it cannot wait, and does what the test says. */
export class ScriptedConnector implements ConnectorWrapper {
  readonly name: string;
  readonly calls: string[] = [];
  readonly connectTimes: number[] = [];
  readonly queue: (RawFeedEvent | Error)[] = [];
  /** What the next calls of `connect` do, in order; then they succeed. */
  readonly connects: (Error | 'hang')[] = [];
  connected = false;
  polls = 0;
  #trades = new Set<string>();
  #depth = new Set<string>();
  #count = 0;

  constructor(name = 'scripted') {
    this.name = name;
  }

  async connect(): Promise<void> {
    this.calls.push('connect');
    this.connectTimes.push(performance.now());
    const next = this.connects.shift();
    if (next === 'hang') await new Promise(() => undefined);
    if (next instanceof Error) throw next;
    this.connected = true;
  }

  async disconnect(): Promise<void> {
    this.calls.push('disconnect');
    this.connected = false;
  }

  async subscribeTrades(symbol: string): Promise<void> {
    this.calls.push(`trades ${symbol}`);
    this.#trades.add(symbol);
  }

  async subscribeDepth(symbol: string): Promise<void> {
    this.calls.push(`depth ${symbol}`);
    this.#depth.add(symbol);
  }

  nextEvent(): RawFeedEvent | undefined {
    this.polls += 1;
    const next = this.queue.shift();
    if (next instanceof Error) throw next;
    if (next !== undefined) this.#count += 1;
    return next;
  }

  get health(): ConnectorHealth {
    return {
      connected: this.connected,
      subscribedTrades: [...this.#trades],
      subscribedDepth: [...this.#depth],
      eventCounter: this.#count,
    };
  }
}

export function rawTrade(fields: Record<string, unknown> = {}): RawFeedEvent {
  return {
    type: 'trade',
    symbol: 'BTCUSDT',
    timestamp: Date.now(),
    price: 100,
    qty: 1,
    side: 'buy',
    id: 1,
    ...fields,
  };
}

export function rawDepth(fields: Record<string, unknown> = {}): RawFeedEvent {
  return {
    type: 'depth',
    symbol: 'BTCUSDT',
    timestamp: Date.now(),
    bids: [[99, 1]],
    asks: [[101, 1]],
    lastUpdateId: 1,
    ...fields,
  };
}
