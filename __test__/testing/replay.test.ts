// A recording in virtual time.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { LiveInstrument } from '../../lib/models/live-instrument.js';
import type { Strategy } from '../../lib/strategy/strategy.js';
import { generateStubData } from '../../lib/stub/stub-feeds.js';
import { saveStubNpz } from '../../lib/stub/stub-data-npz.js';
import { faults, replay, testStrategy, type TestRun } from '../../lib/testing/index.js';
import { describeNative } from '../support/native-suite.js';

const instruments = [
  new LiveInstrument('BTCUSDT').connector('replay').tickSize(0.1).lotSize(0.001).build(),
];
const folder = mkdtempSync(path.join(tmpdir(), 'hbl-replay-kit-'));
const file = path.join(folder, 'recorded.npz');

function buyer(): Strategy {
  let n = 0;
  return {
    onTrade(ctx) {
      n += 1;
      if (n % 10 === 0) ctx.submit({ side: 'buy', qty: 0.001, orderType: 'market' });
    },
  };
}

beforeAll(() => {
  saveStubNpz(file, generateStubData(instruments, { seed: 7, maxFeeds: 2_000 }), 0);
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

describeNative('a recording in virtual time', () => {
  it('is played to its end, the same way every time', async () => {
    const run = (): Promise<TestRun> =>
      testStrategy(buyer(), { venue: replay({ files: [file], instruments }) });
    const [first, second] = [await run(), await run()];
    expect(first.summary.reason).toBe('end_of_data');
    expect(first.summary.durationMs).toBeGreaterThan(1_000);
    expect(first.fills.length).toBeGreaterThan(3);
    expect(first.position).toBeCloseTo(0.001 * first.fills.length, 9);
    expect(second.requests).toEqual(first.requests);
    expect(second.fingerprint).toBe(first.fingerprint);
  });

  it('takes faults, and ends after so many seconds', async () => {
    const run = await testStrategy(buyer(), {
      venue: replay({ files: [file], instruments }),
      seconds: 0.5,
      script: (kit) => {
        kit.at(0.1, faults.stale(200));
      },
    });
    expect(run.summary.reason).toBe('duration');
    expect(run.bookStates.map(({ state }) => state)).toContain('stale');
  });
});
