import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import type { StrategySummary } from '../../lib/index.js';
import { startConnector, uniqueName } from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';

const root = path.resolve(import.meta.dirname, '..', '..');

async function runExample(...args: string[]): Promise<StrategySummary> {
  const { stdout } = await promisify(execFile)(
    process.execPath,
    ['examples/market-maker/index.mjs', '--json', ...args],
    { cwd: root, timeout: 55_000 },
  );
  return JSON.parse(stdout) as StrategySummary;
}

/**
 * Orders that are replaced all the time: at least the two grids, and no error on the way, save that a
 * connector may answer that a cancellation came after the fill.
 */
function expectTrading(summary: StrategySummary): void {
  expect(summary).toMatchObject({
    reason: 'duration',
    handlerErrors: 0,
    dropped: 0,
  });
  expect(summary.ordersSubmitted).toBeGreaterThanOrEqual(10);
  expect(summary.connectorErrors).toBeLessThanOrEqual(summary.ordersSubmitted / 20);
  expect(Math.abs(summary.positions[0] ?? NaN)).toBeLessThanOrEqual(0.1);
}

describe('examples/market-maker', () => {
  test('trades on the stub, with fills', async () => {
    const summary = await runExample('--stub', '--seconds', '3');
    expectTrading(summary);
    expect(summary.backend).toBe('stub');
    expect(summary.fills).toBeGreaterThan(0);
  });
});

describeNative('examples/market-maker on a connector', () => {
  test('trades over shared memory', async () => {
    const name = uniqueName();
    await startConnector(name, 'sim', 'BTCUSDT');
    const summary = await runExample('--connector', name, '--seconds', '3');
    expectTrading(summary);
    expect(summary.backend).toBe('native');
    expect(summary.levels).toBeGreaterThan(500);
  });
});
