import { invalid } from '../models/invalid.js';
import { checkKeys, knownKeys } from '../models/known-keys.js';
import { withoutUndefined } from '../models/without-undefined.js';

/** Options of `BinanceWsStream`; all have defaults. */
export interface BinanceOptions {
  /** Default `binance`. */
  readonly name?: string;
  /** Default `spot`; `usdm` are the USD-M futures. */
  readonly market?: 'spot' | 'usdm';
  /** Combined-stream address of the books. Default Binance's own for the market. */
  readonly depthUrl?: string;
  /** Combined-stream address of the trades; may be the same. Default Binance's own. */
  readonly tradesUrl?: string;
  /** REST address up to the version. Default Binance's own for the market. */
  readonly restUrl?: string;
  /** Default `trade` on spot, `aggTrade` on USD-M, where `trade` is not documented. */
  readonly tradeStream?: 'trade' | 'aggTrade';
  /** Default 100, on USD-M also 250 and 500, on spot also 1 000. */
  readonly depthIntervalMs?: 100 | 250 | 500 | 1_000;
  /** Levels per side of a snapshot. Default 1 000. */
  readonly depthLimit?: number;
  /** How often a ping goes out; anything must come before the next. Default 15 000. */
  readonly heartbeatMs?: number;
  /** Age at which another connection takes over; the venue ends one at 24 h. Default 23.5 h. */
  readonly maxAgeMs?: number;
  /** How long both run side by side then. Default 1 000. */
  readonly handoverMs?: number;
  /** How long a connect, an answer or a REST request may take. Default 10 000. */
  readonly timeoutMs?: number;
  /** First pause after a failed snapshot, doubled up to 30 s. Default 500. */
  readonly resyncDelayMs?: number;
}

const KEYS = knownKeys<BinanceOptions>({
  name: true,
  market: true,
  depthUrl: true,
  tradesUrl: true,
  restUrl: true,
  tradeStream: true,
  depthIntervalMs: true,
  depthLimit: true,
  heartbeatMs: true,
  maxAgeMs: true,
  handoverMs: true,
  timeoutMs: true,
  resyncDelayMs: true,
});

const ADDRESSES = {
  spot: {
    depthUrl: 'wss://stream.binance.com:9443/stream',
    tradesUrl: 'wss://stream.binance.com:9443/stream',
    restUrl: 'https://api.binance.com/api/v3',
  },
  // Books and trades have addresses of their own there.
  usdm: {
    depthUrl: 'wss://fstream.binance.com/public/stream',
    tradesUrl: 'wss://fstream.binance.com/market/stream',
    restUrl: 'https://fapi.binance.com/fapi/v1',
  },
} as const;
/** Options with their defaults, checked. */
export type ResolvedBinanceOptions = Required<BinanceOptions>;

/** @throws HftError `ERR_INVALID_ARGUMENT` naming the first wrong option. */
export function resolveBinanceOptions(options: BinanceOptions): ResolvedBinanceOptions {
  checkKeys(options, KEYS, '');
  const { market = 'spot' } = options;
  if (!(['spot', 'usdm'] as unknown[]).includes(market))
    invalid('market', market, 'must be spot or usdm');
  const resolved: ResolvedBinanceOptions = {
    ...ADDRESSES[market],
    market,
    tradeStream: market === 'spot' ? 'trade' : 'aggTrade',
    depthIntervalMs: 100,
    depthLimit: 1_000,
    heartbeatMs: 15_000,
    maxAgeMs: 23.5 * 3_600_000,
    handoverMs: 1_000,
    timeoutMs: 10_000,
    resyncDelayMs: 500,
    ...withoutUndefined(options),
    name: options.name ?? 'binance',
  };
  const { depthUrl, tradesUrl, restUrl } = resolved;
  for (const [name, url] of Object.entries({ depthUrl, tradesUrl }))
    checkUrl(name, url, ['ws:', 'wss:']);
  checkUrl('restUrl', restUrl, ['http:', 'https:']);
  return resolved;
}

function checkUrl(name: string, url: string, protocols: readonly string[]): void {
  const protocol = URL.canParse(url) ? new URL(url).protocol : '';
  if (!protocols.includes(protocol))
    invalid(name, url, `must be an address that begins with ${protocols.join(' or ')}//`);
}
