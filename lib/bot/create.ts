import { HftError } from '../models/hft-error.js';
import { StubConnectorBot } from '../stub/stub-connector-bot.js';
import type { StubOptions } from '../stub/stub-options.js';
import type { Bot } from '../models/bot.js';
import { requireRoi, resolveInstruments, type BotOptions } from '../models/bot-options.js';
import { HashMapMarketDepthLiveBot } from './hash-map-market-depth-live-bot.js';
import { whyNoLiveAddon } from './live-addon.js';
import { ROIVectorMarketDepthLiveBot } from './roi-vector-market-depth-live-bot.js';

/**
 * Which bot to make: `native` on shared memory, `stub` on made-up data, `auto` the first that can
 * be had.
 */
export type Backend = 'auto' | 'native' | 'stub';

/** Which book a bot keeps. */
export type DepthKind = 'hashmap' | 'roivector';

/** Options of {@link create}: those of every bot, and which one to make. */
export interface CreateOptions extends BotOptions {
  /** Default `auto`. */
  readonly backend?: Backend;
  /** Default `hashmap`. */
  readonly depth?: DepthKind;
  /** Settings of the stub, should it be taken. */
  readonly stub?: StubOptions;
}

/** Code of the warning that `auto` gives when it takes the stub. */
export const STUB_WARNING_CODE = 'HFTBACKTEST_LIVE_STUB';

let warned = false;

/** Decides for `auto`; warns once per thread when that is the stub. */
export function resolveBackend(backend: Backend = 'auto'): 'native' | 'stub' {
  if (backend === 'native' || backend === 'stub') return backend;
  if ((backend as unknown) !== 'auto') {
    throw new HftError(
      'ERR_INVALID_ARGUMENT',
      `backend: ${JSON.stringify(backend)} must be auto, native or stub.`,
    );
  }
  const missing = whyNoLiveAddon();
  if (missing === null) return 'native';
  if (!warned) {
    warned = true;
    process.emitWarning(
      `hftbacktest-live runs on the stub: prices are made up and orders reach no venue. ${missing.reason}`,
      { code: STUB_WARNING_CODE, detail: missing.remedy },
    );
  }
  return 'stub';
}

/**
 * Makes a bot: the real one when the addon was built with `live`, else the stub with one clear
 * warning (`process.emitWarning`, code `HFTBACKTEST_LIVE_STUB`). `bot.backend` tells which.
 *
 * @throws HftError `ERR_NATIVE_UNAVAILABLE` for `backend: 'native'` without the addon,
 * `ERR_INVALID_ARGUMENT`.
 */
export function create(options: CreateOptions): Bot {
  const { depth = 'hashmap', backend, stub, ...rest } = options;
  if (!(['hashmap', 'roivector'] as unknown[]).includes(depth)) {
    throw new HftError(
      'ERR_INVALID_ARGUMENT',
      `depth: ${JSON.stringify(depth)} must be hashmap or roivector.`,
    );
  }
  if (depth === 'roivector') requireRoi(resolveInstruments(rest.instruments));
  if (resolveBackend(backend) === 'stub') return new StubConnectorBot({ ...rest, ...stub });
  return depth === 'roivector'
    ? new ROIVectorMarketDepthLiveBot(rest)
    : new HashMapMarketDepthLiveBot(rest);
}
