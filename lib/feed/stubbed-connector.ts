import { setTimeout as sleep } from 'node:timers/promises';

import { HftError } from '../models/hft-error.js';
import { checkKeys, knownKeys, namesWithout } from '../models/known-keys.js';
import { checkInstrument } from '../models/live-instrument.js';
import { stubFeeds } from '../stub/stub-feeds.js';
import type { StubFeed, StubQuote } from '../stub/stub-data.js';
import {
  resolveStubOptions,
  STUB_NAMES,
  type ResolvedStubOptions,
  type StubOptions,
} from '../stub/stub-options.js';
import { InboxConnector } from './inbox-connector.js';

/** Faults that the connector makes, to see what a feed does about them. */
export interface StubFaults {
  /** So many attempts to connect fail. Default 0. */
  readonly failConnects?: number;
  /** The connection is lost after so many events, on each connection anew. Default never. */
  readonly disconnectAfterEvents?: number;
  /** Every so many-th event has no price. Default never. */
  readonly invalidEvery?: number;
}

/** Options of `StubbedConnector`; all have defaults. */
export interface StubbedConnectorOptions {
  /** Default `stub`. */
  readonly name?: string;
  /** How the data is made. Here `maxFeeds` is endless by default, and each symbol has its own seed. */
  readonly stub?: Omit<StubOptions, 'replay' | 'record'>;
  /** Step of prices. Default 0.1. */
  readonly tickSize?: number;
  /** Step of quantities. Default 0.001. */
  readonly lotSize?: number;
  readonly faults?: StubFaults;
  /** How long `connect()` takes. Default 0. */
  readonly connectDelayMs?: number;
}

const FAULT_KEYS = knownKeys<StubFaults>({
  failConnects: true,
  disconnectAfterEvents: true,
  invalidEvery: true,
});
const KEYS = knownKeys<StubbedConnectorOptions>({
  name: true,
  stub: true,
  tickSize: true,
  lotSize: true,
  faults: true,
  connectDelayMs: true,
});
const STUB_KEYS = knownKeys<NonNullable<StubbedConnectorOptions['stub']>>(
  namesWithout(STUB_NAMES, ['replay', 'record']),
  {
    replay: 'A connector makes its data: replay belongs to the stub bot.',
    record: 'A connector keeps nothing: record belongs to the stub bot, or use a Recorder.',
  },
);

interface Market {
  readonly symbol: string;
  readonly feeds: Iterator<StubFeed, void>;
  readonly startTsNs: bigint;
  readonly startMonoMs: number;
  next: StubFeed | undefined;
  lastUpdateId: number;
}

/** Events in a row with pace `asap` before others on this thread have their turn. */
const TURN_FEEDS = 256;

/**
 * Made-up market data as a connector: a seeded random walk per symbol, with connect, disconnect,
 * subscriptions and faults. For tests, demonstrations, and where the real connector is missing.
 */
export class StubbedConnector extends InboxConnector {
  readonly #stub: ResolvedStubOptions;
  readonly #options: StubbedConnectorOptions;
  readonly #markets = new Map<string, Market>();
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #failuresLeft: number;
  #sinceConnect = 0;
  #made = 0;
  #tradeId = 0;

  /** @throws HftError `ERR_INVALID_ARGUMENT` naming the first wrong option. */
  constructor(options: StubbedConnectorOptions = {}) {
    checkKeys(options, KEYS, '');
    if (options.faults !== undefined) checkKeys(options.faults, FAULT_KEYS, 'faults');
    if (options.stub !== undefined) checkKeys(options.stub, STUB_KEYS, 'stub');
    super(options.name ?? 'stub');
    this.#options = options;
    this.#stub = resolveStubOptions({ maxFeeds: Infinity, ...options.stub });
    this.#failuresLeft = options.faults?.failConnects ?? 0;
  }

  async connect(): Promise<void> {
    if (this.connected) return;
    const { connectDelayMs = 0 } = this.#options;
    if (connectDelayMs > 0) await sleep(connectDelayMs);
    if (this.#failuresLeft > 0) {
      this.#failuresLeft -= 1;
      throw new HftError('ERR_CONNECTOR_DOWN', `${this.name}: a fault that was asked for.`, {
        remedy: 'Leave it out of the options of the stub.',
      });
    }
    this.#sinceConnect = 0;
    this.markConnected();
    for (const symbol of new Set([...this.tradeSymbols, ...this.depthSymbols])) this.#open(symbol);
    this.#schedule();
  }

  disconnect(): Promise<void> {
    this.#end('disconnected');
    this.tradeSymbols.clear();
    this.depthSymbols.clear();
    return Promise.resolve();
  }

  subscribeTrades(symbol: string): Promise<void> {
    return this.#subscribe(this.tradeSymbols, symbol);
  }

  subscribeDepth(symbol: string): Promise<void> {
    // The book is reported whole first, also to one who comes late.
    if (!this.depthSymbols.has(symbol)) this.#markets.delete(symbol);
    return this.#subscribe(this.depthSymbols, symbol);
  }

  async #subscribe(symbols: Set<string>, symbol: string): Promise<void> {
    if (!this.connected)
      throw new HftError('ERR_CONNECTOR_DOWN', `${this.name} is not connected.`, {
        remedy: 'Call connect() first.',
      });
    symbols.add(symbol);
    if (!this.#markets.has(symbol)) this.#open(symbol);
    this.#schedule();
    await Promise.resolve();
  }

  #open(symbol: string): void {
    const { tickSize = 0.1, lotSize = 0.001 } = this.#options;
    const spec = checkInstrument({
      symbol,
      connector: 'stub',
      tickSize,
      lotSize,

      lastTradesCapacity: 0,
    });
    const stub = { ...this.#stub, seed: this.#stub.seed + hash(symbol) };
    const startTsNs =
      this.#stub.startTsNs ??
      (this.#stub.pace === 'asap' ? 1_700_000_000_000_000_000n : BigInt(Date.now()) * 1_000_000n);
    const feeds = stubFeeds([spec], stub);
    const first = feeds.next();
    this.#markets.set(symbol, {
      symbol,
      feeds,
      startTsNs,
      startMonoMs: performance.now(),
      next: first.done === true ? undefined : first.value,
      lastUpdateId: 0,
    });
  }

  #schedule(roomy = true): void {
    if (!this.connected || this.#timer !== undefined || this.#immediate !== undefined) return;
    if (this.#stub.pace === 'asap' && roomy) {
      this.#immediate = setImmediate(() => {
        this.#immediate = undefined;
        this.#tick(Infinity);
      });
      return;
    }
    const isAsap = this.#stub.pace === 'asap';
    const dueInMs = isAsap ? 1 : Math.max(1, Math.min(this.#stub.stepIntervalNs / 1e6, 2 ** 30));
    this.#timer = setTimeout(() => {
      this.#timer = undefined;
      this.#tick(isAsap ? Infinity : performance.now());
    }, dueInMs);
  }

  /** Reports every step that is due, of the market that is furthest behind first. */
  #tick(nowMonoMs: number): void {
    // With `asap` the inbox sets the pace: more than it holds would only be merged.
    const roomy = this.#stub.pace === 'realtime' || (this.health.queueSize ?? 0) < 4 * TURN_FEEDS;
    let more = false;
    for (let turn = 0; roomy && turn < TURN_FEEDS && this.connected; turn += 1) {
      more = false;
      for (const market of this.#markets.values()) {
        const { next } = market;
        if (next === undefined || next.atNs / 1e6 > nowMonoMs - market.startMonoMs) continue;
        more = true;
        this.#report(market, next);
        const following = market.feeds.next();
        market.next = following.done === true ? undefined : following.value;
      }
      if (!more) break;
    }
    const alive = [...this.#markets.values()].some(({ next }) => next !== undefined);
    if (alive) this.#schedule(roomy);
  }

  #report(market: Market, feed: StubFeed): void {
    const timestampNs = market.startTsNs + BigInt(feed.atNs);
    const { symbol } = market;
    if (feed.depth.length > 0 && this.depthSymbols.has(symbol)) {
      market.lastUpdateId += 1;
      this.#count({
        type: 'depth',
        symbol,
        timestampNs,
        bids: feed.depth.filter(isBid).map(toLevel),
        asks: feed.depth.filter((quote) => !isBid(quote)).map(toLevel),
        lastUpdateId: market.lastUpdateId,
        snapshot: feed.snapshot,
      });
    }
    if (feed.trade !== null && this.tradeSymbols.has(symbol)) {
      const [side, price, qty] = feed.trade;
      this.#tradeId += 1;
      this.#count({
        type: 'trade',
        symbol,
        timestampNs,
        price: this.#isInvalid() ? NaN : price,
        qty,
        side,
        isBuyerMaker: side === 'sell',
        id: this.#tradeId,
      });
    }
  }

  #isInvalid(): boolean {
    const every = this.#options.faults?.invalidEvery;
    return every !== undefined && (this.#made + 1) % every === 0;
  }

  #count(event: Parameters<StubbedConnector['push']>[0]): void {
    if (!this.connected) return;
    this.#made += 1;
    this.#sinceConnect += 1;
    this.push(event);
    const limit = this.#options.faults?.disconnectAfterEvents;
    if (limit !== undefined && this.#sinceConnect >= limit) this.#end('a fault that was asked for');
  }

  #end(reason: string): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#timer = undefined;
    this.#immediate = undefined;
    this.#markets.clear();
    this.markDisconnected(reason);
  }
}

const isBid = ([side]: StubQuote): boolean => side === 'buy';
const toLevel = ([, price, qty]: StubQuote): readonly [number, number] => [price, qty];

function hash(text: string): number {
  let value = 0;
  for (const char of text) value = (Math.imul(value, 31) + (char.codePointAt(0) ?? 0)) >>> 0;
  return value;
}
