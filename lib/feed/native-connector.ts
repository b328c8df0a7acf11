import { LiveClient } from '../client/live-client.js';
import type { ClientErrorEvent, ConnectionChange } from '../client/client-event.js';
import type { BookUpdate } from '../models/book-update.js';
import type { LiveClientOptions } from '../client/client-options.js';
import type { BookLevel } from '../models/book-level.js';
import { HftError } from '../models/hft-error.js';
import { checkKeys, knownKeys } from '../models/known-keys.js';
import type { Trade } from '../models/trade.js';
import { InboxConnector } from './inbox-connector.js';

/** Levels per side of the book that a late subscriber gets. */
const SNAPSHOT_LEVELS = 10_000;

/** Options of `NativeConnector`: a client to read, or how to make one. */
export interface NativeConnectorOptions {
  /** Default `hft`. */
  readonly name?: string;
  /** A client that the program starts and closes itself. */
  readonly client?: LiveClient;
  /**
   * Makes a client of its own, started and closed by this connector. It is read-only unless they say
   * `readOnly: false`, and native unless they name a `backend`: without the addon `connect()` fails.
   */
  readonly clientOptions?: LiveClientOptions;
  /** How long `connect()` waits for the connector process and whole books. Default 10 000. */
  readonly readyTimeoutMs?: number;
}

const KEYS = knownKeys<NativeConnectorOptions>({
  name: true,
  client: true,
  clientOptions: true,
  readyTimeoutMs: true,
});

/**
 * A `LiveClient` as a connector: trades and books of a connector process over shared memory, with
 * exchange times in ns. A client of its own is closed on `disconnect()`; a given one never is.
 */
export class NativeConnector extends InboxConnector {
  readonly #options: NativeConnectorOptions;
  #client: LiveClient | undefined;
  readonly #lastUpdateIds = new Map<string, number>();

  /** @throws HftError `ERR_INVALID_ARGUMENT` without, or with both of, client and its options. */
  constructor(options: NativeConnectorOptions) {
    checkKeys(options, KEYS, '');
    super(options.name ?? 'hft');
    if ((options.client === undefined) === (options.clientOptions === undefined))
      throw new HftError('ERR_INVALID_ARGUMENT', 'client: give it or clientOptions, one of them.');
    this.#options = options;
  }

  /** The name that was given; with `-stub` while the client runs on the stub. */
  override get name(): string {
    return this.client?.backend === 'stub' ? `${super.name}-stub` : super.name;
  }

  /** The client that is read; `undefined` before the first connect of one of its own. */
  get client(): LiveClient | undefined {
    return this.#options.client ?? this.#client;
  }

  /** @throws HftError as `LiveClient.start` and `LiveClient.ready`. */
  async connect(): Promise<void> {
    if (this.connected) return;
    const client = await this.#open();
    client.off('error', this.#onError).on('error', this.#onError);
    await client.start();
    await client.ready(this.#options.readyTimeoutMs ?? 10_000);
    this.#unhook(client);
    this.markConnected();
    client.on('trade', this.#onTrade).on('bookUpdate', this.#onBook);
    client.on('connectionLost', this.#onLost).on('state', this.#onState);
    for (const symbol of this.depthSymbols) this.#pushBook(symbol);
  }

  async disconnect(): Promise<void> {
    const client = this.client;
    this.markDisconnected('disconnected');
    this.tradeSymbols.clear();
    this.depthSymbols.clear();
    if (client !== undefined) {
      this.#unhook(client);
      client.off('error', this.#onError);
    }
    const own = this.#client;
    this.#client = undefined;
    await own?.close();
  }

  /** @throws HftError `ERR_INSTRUMENT_NOT_FOUND` when the client was not made with it. */
  subscribeTrades(symbol: string): Promise<void> {
    return this.#subscribe(this.tradeSymbols, symbol);
  }

  /** @throws HftError `ERR_INSTRUMENT_NOT_FOUND` when the client was not made with it. */
  async subscribeDepth(symbol: string): Promise<void> {
    const isNew = !this.depthSymbols.has(symbol);
    await this.#subscribe(this.depthSymbols, symbol);
    if (isNew) this.#pushBook(symbol);
  }

  protected override details(): Readonly<Record<string, unknown>> {
    const client = this.client;
    if (client === undefined) return { backend: null };
    const { backend, state, gaps, lost, dropped } = client.health;
    return { backend: backend ?? null, state, gaps, lost, dropped };
  }

  async #open(): Promise<LiveClient> {
    const { client, clientOptions } = this.#options;
    if (client !== undefined) return client;
    if (this.#client !== undefined && ['failed', 'closed'].includes(this.#client.state)) {
      await this.#client.close();
      this.#client = undefined;
    }
    this.#client ??= new LiveClient({
      readOnly: true,
      backend: 'native',
      ...(clientOptions as LiveClientOptions),
    });
    return this.#client;
  }

  async #subscribe(symbols: Set<string>, symbol: string): Promise<void> {
    const { client } = this;
    if (client === undefined || !this.connected)
      throw new HftError('ERR_CONNECTOR_DOWN', `${this.name} is not connected.`, {
        remedy: 'Call connect() first.',
      });
    const known = client.instruments.map((spec) => spec.symbol);
    if (!known.includes(symbol))
      throw new HftError(
        'ERR_INSTRUMENT_NOT_FOUND',
        `${this.name}: the client has no instrument ${symbol}; it has ${known.join(', ')}.`,
        { remedy: 'Name it among the instruments of the client.' },
      );
    symbols.add(symbol);
    await Promise.resolve();
  }

  /** The book as it stands, for one who comes when the client already has it. */
  #pushBook(symbol: string): void {
    const book = this.client?.snapshot(symbol, SNAPSHOT_LEVELS);
    if (book?.synced !== true || book.exchTsNs === 0n) return;
    this.#pushDepth(symbol, book.bids, book.asks, book.exchTsNs, true, 1);
  }

  readonly #onTrade = (trade: Trade): void => {
    if (!this.tradeSymbols.has(trade.symbol)) return;
    const { symbol, price, qty, side, exchTsNs, localTsNs } = trade;
    const timestampNs = exchTsNs > 0n ? exchTsNs : localTsNs;
    this.push({ type: 'trade', symbol, timestampNs, price, qty, side });
  };

  readonly #onBook = (batch: BookUpdate): void => {
    if (!this.depthSymbols.has(batch.symbol)) return;
    const { symbol, bids, asks, exchTsNs, localTsNs, reset, merged } = batch;
    this.#pushDepth(symbol, bids, asks, exchTsNs > 0n ? exchTsNs : localTsNs, reset, merged);
  };

  readonly #onError = ({ error, source }: ClientErrorEvent): void => {
    // What a handler of the client's owner throws is the owner's.
    if (source === 'handler') return;
    this.push({
      type: 'error',
      code: HftError.is(error) ? error.code : source,
      message: error.message,
    });
  };

  readonly #onLost = (change: ConnectionChange): void => {
    const wanted = change.symbols.some(
      (symbol) => this.tradeSymbols.has(symbol) || this.depthSymbols.has(symbol),
    );
    if (wanted) this.markDisconnected(`${change.connector}: ${change.reason} lost`);
  };

  readonly #onState = (): void => {
    const state = this.client?.state;
    if (state !== 'running') this.markDisconnected(`the client is ${state ?? 'gone'}`);
  };

  #pushDepth(
    symbol: string,
    bids: readonly BookLevel[],
    asks: readonly BookLevel[],
    timestampNs: bigint,
    snapshot: boolean,
    merged: number,
  ): void {
    // The wire has no number of an update: they are counted here.
    const lastUpdateId = (this.#lastUpdateIds.get(symbol) ?? 0) + merged;
    this.#lastUpdateIds.set(symbol, lastUpdateId);
    this.push({
      type: 'depth',
      symbol,
      timestampNs,
      bids,
      asks,
      lastUpdateId,
      snapshot,
      merged,
    });
  }

  #unhook(client: LiveClient): void {
    client.off('trade', this.#onTrade).off('bookUpdate', this.#onBook);
    client.off('connectionLost', this.#onLost).off('state', this.#onState);
  }
}
