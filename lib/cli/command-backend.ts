import { whyNoLiveAddon } from '../bot/live-addon.js';
import { HftError } from '../models/hft-error.js';

/**
 * Where a command's data comes from: made up only where that was asked for by name, whether a connector was
 * named, is to be started, or is the command's own choice.
 *
 * @throws HftError `ERR_NATIVE_UNAVAILABLE` without the addon.
 */
export function commandBackend(asked: 'auto' | 'native' | 'stub'): 'native' | 'stub' {
  if (asked === 'stub') return asked;
  const missing = whyNoLiveAddon();
  if (missing === null) return 'native';
  throw new HftError('ERR_NATIVE_UNAVAILABLE', missing.reason, {
    remedy: `${missing.remedy} Made-up prices are not taken instead; --backend stub asks for them.`,
  });
}
