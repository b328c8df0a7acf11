import {
  resolveBotId,
  resolveHeartbeatNs,
  resolveOrderDeadlineNs,
  resolveReadOnly,
  resolveRequireLiveBook,
  resolveRequirement,
  type BotOptions,
} from '../models/bot-options.js';
import type { InstrumentSpec } from '../models/live-instrument.js';
import { resolveWait } from '../models/wait-options.js';
import type { NativeBotConfig } from '../native/addon.js';

/**
 * A native bot's settings, as the addon takes them.
 *
 * @param instruments - Checked; their order gives the asset numbers.
 * @throws HftError `ERR_INVALID_ARGUMENT` naming the first wrong option.
 */
export function nativeBotConfig(
  instruments: readonly InstrumentSpec[],
  options: Omit<BotOptions, 'instruments' | 'batchRecords'>,
): NativeBotConfig {
  return {
    instruments: instruments.map((spec) => ({
      connector: spec.connector,
      symbol: spec.symbol,
      tickSize: spec.tickSize,
      lotSize: spec.lotSize,
      roiLb: spec.roi?.lb ?? 0,
      roiUb: spec.roi?.ub ?? 0,
      lastTradesCapacity: spec.lastTradesCapacity,
    })),
    botId: resolveBotId(options.botId),
    wait: resolveWait(options.wait),
    heartbeatTimeoutNs: resolveHeartbeatNs(options.heartbeatTimeoutMs),
    requireLiveBook: resolveRequireLiveBook(options.requireLiveBook),
    orderDeadlineNs: resolveOrderDeadlineNs(options.orderDeadlineMs),
    onlyLooks: resolveReadOnly(options.readOnly),
    ...resolveRequirement(options),
  };
}
