import { HftError, type HftErrorCode } from '../models/hft-error.js';

/** What to do, in words of who types a command and has no methods: by code, for what comes from below. */
const REMEDIES: Partial<Record<HftErrorCode, readonly [said: RegExp, remedy: string]>> = {
  ERR_UNKNOWN_DATA_SOURCE: [/./, 'Use one of them.'],
  ERR_CONNECTOR_DOWN: [
    /start\(\)|`connector`/,
    'See whether the venue or the connector runs: hftbacktest-live doctor shows what runs.',
  ],
  ERR_NATIVE_UNAVAILABLE: [/new client/, 'Start the command again.'],
  ERR_CLOSED: [/new /, 'Start the command again.'],
};

/** An error of a lower layer with what to do in a command; any other as it is. */
export function inCommandWords(thrown: unknown): unknown {
  if (!HftError.is(thrown)) return thrown;
  const { code, message, remedy } = thrown;
  const [said, own] = REMEDIES[code] ?? [];
  if (own === undefined || said?.test(remedy) !== true) return thrown;
  const end = message.lastIndexOf(remedy);
  return new HftError(code, message.slice(0, end < 0 ? undefined : end).trim(), {
    remedy: own,
    cause: thrown,
  });
}
