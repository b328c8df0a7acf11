import { HftError } from '../models/hft-error.js';
import { jsonExcerpt } from '../models/json-excerpt.js';
import type { BinanceSnapshot } from './binance-book.js';
import { httpGet, type HttpText } from './http-get.js';
import type { RawLevel, RawTrade } from './raw-event.js';

type Fields = Readonly<Record<string, unknown>>;

/** Binance refused a request, or asks for patience. */
export class BinanceRestError extends HftError {
  /** HTTP status; 0 when there was no answer. */
  readonly status: number;
  /** Binance's own code, for instance -1121 for an unknown symbol; 0 when it gave none. */
  readonly venueCode: number;
  /** How long Binance asks to wait, ms; 0 when it does not. */
  readonly retryAfterMs: number;

  constructor(what: string, status: number, venueCode: number, retryAfterMs: number) {
    super(status === 0 ? 'ERR_CONNECTOR_DOWN' : 'ERR_VENUE_REFUSED', what, {
      remedy:
        status === 0
          ? 'See whether this machine reaches Binance, directly or by the proxy that is set.'
          : 'Its answer says what it wants; after 429 ask less often.',
    });
    this.status = status;
    this.venueCode = venueCode;
    this.retryAfterMs = retryAfterMs;
  }

  /** The same request can never succeed. */
  get isFinal(): boolean {
    return this.status >= 400 && this.status < 500 && ![403, 408, 418, 429].includes(this.status);
  }
}

/** Binance's REST endpoints for market data. */
export class BinanceRest {
  readonly #baseUrl: string;
  readonly #timeoutMs: number;

  /** @param baseUrl - Up to the version, `https://api.binance.com/api/v3`. */
  constructor(baseUrl: string, timeoutMs: number) {
    this.#baseUrl = baseUrl.replace(/\/$/, '');
    this.#timeoutMs = timeoutMs;
  }

  /** @throws BinanceRestError */
  async depth(symbol: string, limit: number, signal: AbortSignal): Promise<BinanceSnapshot> {
    const body = await this.#get('depth', { symbol, limit: String(limit) }, signal);
    const { lastUpdateId, bids, asks, T, E } = fieldsOf(body);
    if (!Number.isSafeInteger(lastUpdateId) || !Array.isArray(bids) || !Array.isArray(asks))
      throw new BinanceRestError(`Binance: depth of ${symbol} is no book.`, 200, 0, 0);
    const timestampMs = T ?? E;
    return {
      lastUpdateId: lastUpdateId as number,
      timestampMs: typeof timestampMs === 'number' ? timestampMs : undefined,
      bids: bids as RawLevel[],
      asks: asks as RawLevel[],
    };
  }

  /** The last trades, oldest first. @throws BinanceRestError */
  async trades(symbol: string, limit: number, signal: AbortSignal): Promise<RawTrade[]> {
    const body = await this.#get('trades', { symbol, limit: String(limit) }, signal);
    if (!Array.isArray(body))
      throw new BinanceRestError(`Binance: trades of ${symbol} are no list.`, 200, 0, 0);
    return (body as unknown[]).map(fieldsOf).map(({ id, price, qty, time, isBuyerMaker }) => ({
      type: 'trade',
      symbol,
      timestamp: time as number,
      price: price as string,
      qty: qty as string,
      isBuyerMaker: isBuyerMaker as boolean,
      id: id as number,
    }));
  }

  async #get(
    path: string,
    query: Readonly<Record<string, string>>,
    signal: AbortSignal,
  ): Promise<unknown> {
    const url = `${this.#baseUrl}/${path}?${new URLSearchParams(query).toString()}`;
    let answer: HttpText;
    try {
      const limited = AbortSignal.any([signal, AbortSignal.timeout(this.#timeoutMs)]);
      answer = await httpGet(url, limited);
    } catch (error) {
      const why = error instanceof Error ? (error.cause ?? error) : error;
      throw new BinanceRestError(`Binance: ${path}: ${String(why)}`, 0, 0, 0);
    }
    let body: unknown;
    try {
      body = JSON.parse(answer.text);
    } catch {
      body = undefined;
    }
    const { status } = answer;
    if (status >= 200 && status < 300 && body !== undefined) return body;
    const { code, msg } = fieldsOf(body);
    const retryAfterMs = Number(answer.retryAfter) * 1_000;
    throw new BinanceRestError(
      `Binance: ${path}: HTTP ${String(status)} ${jsonExcerpt(code ?? '')} ${jsonExcerpt(msg ?? '', 200)}`,
      status,
      typeof code === 'number' ? code : 0,
      Number.isFinite(retryAfterMs) ? retryAfterMs : 0,
    );
  }
}

/** The fields of any JSON value: none of what is no object. */
function fieldsOf(value: unknown): Fields {
  return typeof value === 'object' && value !== null ? (value as Fields) : {};
}
