import { existsSync } from 'node:fs';
import path from 'node:path';
import { describe } from 'vitest';

const root = path.resolve(import.meta.dirname, '..', '..');

function missing(): string {
  // `npm test` has just built, and knows.
  const answer = process.env['HFTBACKTEST_LIVE_TEST_NATIVE'];
  if (answer !== undefined) return answer === 'yes' ? '' : answer;
  return existsSync(path.join(root, 'target', 'node', 'build.json'))
    ? ''
    : 'not built; run `npm run build:native -- --features live`';
}

/** Why the addon and the connector cannot be tested here, '' when they can. */
export const nativeMissing: string = missing();

/**
 * `describe` for what needs the addon or the connector: skipped, and counted as skipped, where
 * they were not built. `REQUIRE_NATIVE=1` runs it all the same, so that it fails there.
 */
export const describeNative = describe.skipIf(
  nativeMissing !== '' && process.env['REQUIRE_NATIVE'] !== '1',
);
