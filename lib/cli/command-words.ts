import { HftError, type HftErrorCode } from '../models/hft-error.js';
import { whatHappened } from '../models/what-happened.js';

/** What to do, for who types a command and has no methods: by code, from what stands for programs. */
const REMEDIES: Partial<Record<HftErrorCode, (remedy: string) => string>> = {
  ERR_UNKNOWN_DATA_SOURCE: () => 'Use one of them.',
  ERR_CONNECTOR_DOWN: (remedy) =>
    remedy.includes('`connector`')
      ? 'Start it, or correct its name: hftbacktest-live doctor shows what runs.'
      : remedy.replace(/(?:, then| Then call) start\(\) again\.?/, ''),
  ERR_NATIVE_UNAVAILABLE: (remedy) =>
    remedy.replace('Make a new client', 'Start the command again'),
  ERR_CLOSED: () => 'Start the command again.',
};

/** An error of a lower layer with what to do in a command; any other as it is. */
export function inCommandWords(thrown: unknown): unknown {
  if (!HftError.is(thrown)) return thrown;
  const { code, remedy } = thrown;
  const own = REMEDIES[code]?.(remedy) ?? remedy;
  if (own === remedy) return thrown;
  return new HftError(code, whatHappened(thrown), { remedy: own, cause: thrown });
}
