import { HftError } from '../models/hft-error.js';
import { invalid } from '../models/invalid.js';
import { StubConnectorBot } from '../stub/stub-connector-bot.js';
import type { StubOptions } from '../stub/stub-options.js';
import type { Bot } from '../models/bot.js';
import {
  BOT_NAMES,
  requireRoi,
  resolveInstruments,
  type BotOptions,
} from '../models/bot-options.js';
import { checkKeys, knownKeys, type NamesOf } from '../models/known-keys.js';
import { STUB_KEYS } from '../stub/stub-options.js';
import { assignConnector } from '../connector/assign-connector.js';
import { DirectConnector } from '../connector/direct-connector.js';
import type { OwnedConnectorOptions } from '../connector/owned-connector-options.js';
import { checkDepth, type DepthKind } from './depth-kind.js';
import { DirectLiveBot } from './direct-live-bot.js';
import { HashMapMarketDepthLiveBot } from './hash-map-market-depth-live-bot.js';
import { whyNoLiveAddon } from './live-addon.js';
import { isBundled } from '../native/package-root.js';
import { ROIVectorMarketDepthLiveBot } from './roi-vector-market-depth-live-bot.js';
import { UpstreamHashMapMarketDepthLiveBot } from './upstream-hash-map-market-depth-live-bot.js';

/**
 * Which bot to make: `native` on shared memory, `stub` on made-up data, `auto` the first that can
 * be had.
 */
export type Backend = 'auto' | 'native' | 'stub';

/** Options of {@link create}: those of every bot, and which one to make. */
export interface CreateOptions extends BotOptions {
  /** Default `auto`: native where the addon was built with `live`, else the stub with a warning. */
  readonly backend?: Backend;
  /**
   * Book of the native bot: `hashmap` keeps every level, `roivector` those in the instruments' range
   * of interest; `hashmap-upstream` is hftbacktest's own for comparison (see {@link DepthKind}). The stub has
   * one book for all. Default `hashmap`.
   */
  readonly depth?: DepthKind;
  /** Settings of the stub, should it be taken. */
  readonly stub?: StubOptions;
  /**
   * A connector that runs on the thread of this bot: `direct: true` is required here, since a process takes
   * time to start (`runLive` and `LiveClient` start one). Instruments name it by its `name`, or by its kind
   * when it has none. The stub needs none.
   */
  readonly connector?: OwnedConnectorOptions;
}

/** The names of {@link CreateOptions}. */
export const CREATE_NAMES: NamesOf<CreateOptions> = {
  ...BOT_NAMES,
  backend: true,
  depth: true,
  stub: true,
  connector: true,
};
const KEYS = knownKeys(CREATE_NAMES);

/** Code of the warning that `auto` gives when it takes the stub. */
export const STUB_WARNING_CODE = 'HFTBACKTEST_LIVE_STUB';

let warned = false;

/** What a program asks for that the stub cannot be taken in the place of. */
export interface BackendWishes {
  /** A connector that is to be started. */
  readonly connector?: unknown;
  readonly requireOrders?: unknown;
  readonly requireEnvironment?: unknown;
}

const WISH_KEYS = knownKeys<BackendWishes>({
  connector: true,
  requireOrders: true,
  requireEnvironment: true,
});

/**
 * Decides for `auto`; warns once per thread when that is the stub.
 *
 * @throws HftError `ERR_NATIVE_UNAVAILABLE` when there is no addon and the stub must not be taken: a
 * connector, `requireOrders` or `requireEnvironment` is asked for, or the program is bundled, so that
 * an addon that is installed is not found.
 */
export function resolveBackend(
  backend: Backend = 'auto',
  wishes: BackendWishes = {},
): 'native' | 'stub' {
  checkKeys(wishes, WISH_KEYS, 'wishes');
  if (backend === 'native' || backend === 'stub') return backend;
  if ((backend as unknown) !== 'auto') {
    invalid('backend', backend, 'must be auto, native or stub');
  }
  const missing = whyNoLiveAddon();
  if (missing === null) return 'native';
  const asked = (['connector', 'requireOrders', 'requireEnvironment'] as const).find(
    (name) => wishes[name] !== undefined,
  );
  if (asked !== undefined || isBundled()) {
    const why = asked === undefined ? 'The program is bundled' : `\`${asked}\` is given`;
    throw new HftError(
      'ERR_NATIVE_UNAVAILABLE',
      `${missing.reason} ${why}: the stub, with its made-up prices, is not taken instead.`,
      { remedy: `${missing.remedy} For made-up prices say \`backend: 'stub'\`.` },
    );
  }
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
 * @throws HftError `ERR_NATIVE_UNAVAILABLE` for `backend: 'native'` without the addon, and for `auto`
 * without it where the stub must not be taken (see `resolveBackend`); `ERR_INVALID_ARGUMENT`, also for an
 * unknown name; `ERR_ORDERS_MISMATCH`.
 */
export function create(options: CreateOptions): Bot {
  checkKeys(options, KEYS, '');
  const { depth = 'hashmap', backend, stub, connector, ...rest } = options;
  if (stub !== undefined) checkKeys(stub, STUB_KEYS, 'stub');
  checkDepth(depth);
  if (depth === 'roivector') requireRoi(resolveInstruments(rest.instruments));
  const { requireOrders, requireEnvironment } = rest;
  if (connector !== undefined && connector.direct !== true) {
    const what = 'connector: a bot that is made at once cannot wait for a process.';
    throw new HftError('ERR_INVALID_ARGUMENT', what, {
      remedy: 'Say `direct: true`, or let `runLive` or `LiveClient` start it.',
    });
  }
  if (resolveBackend(backend, { connector, requireOrders, requireEnvironment }) === 'stub')
    return new StubConnectorBot({ ...rest, ...stub });
  if (connector !== undefined) return createDirect(rest, depth, connector);
  switch (depth) {
    case 'hashmap':
      return new HashMapMarketDepthLiveBot(rest);
    case 'hashmap-upstream':
      return new UpstreamHashMapMarketDepthLiveBot(rest);
    case 'roivector':
      return new ROIVectorMarketDepthLiveBot(rest);
  }
}

function createDirect(
  options: BotOptions,
  depth: DepthKind,
  connector: OwnedConnectorOptions,
): Bot {
  const assigned = assignConnector(options.instruments, connector);
  const direct = new DirectConnector(assigned);
  try {
    const { instruments } = assigned;
    return new DirectLiveBot({ ...options, instruments }, depth, direct.native);
  } finally {
    direct.remove();
  }
}
