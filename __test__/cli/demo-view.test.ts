// The demo's frame on terminals of common sizes.
import { describe, expect, it } from 'vitest';

import { DemoScreen } from '../../lib/cli/demo-screen.js';
import type { DemoFrame } from '../../lib/cli/demo-view.js';
import { strategySummary } from '../support/strategy-summary.js';

const levels = (from: number, step: number): [number, number][] =>
  Array.from({ length: 20 }, (_, i) => [from + i * step, 0.5 + i / 10]);

const frame: DemoFrame = {
  banner: 'hftbacktest-live  ·  native',
  symbol: 'BTCUSDT',
  elapsedMs: 2_000,
  eventsPerSecond: 12_345,
  state: {
    bids: levels(49_999.9, -0.1),
    asks: levels(50_000, 0.1),
    orders: 'simulated',
    environment: 'simulated',
    book: 'live',
    position: -0.02,
    pnl: -123.4567,
    tape: Array.from({ length: 12 }, () => ({ side: 'sell', price: 50_000, qty: 0.321, tsMs: 0 })),
    quotes: [
      { side: 'sell', price: 50_000, leavesQty: 0.02, cancelling: false },
      { side: 'buy', price: 49_999.9, leavesQty: 0.02, cancelling: false },
    ],
  },
  summary: strategySummary,
};

/** What a terminal of that size shows of the frame, line by line. */
function shown(columns: number, rows: number): string[] {
  let text = '';
  const out = { columns, rows, write: (chunk: string) => (text += chunk) };
  new DemoScreen(out as unknown as NodeJS.WriteStream, true, { NO_COLOR: '1' }).show(frame);
  const lines = text.replace(/\u001b\[\??\d*[A-Za-z]/g, '').split('\n');
  expect(lines.pop()).toBe('');
  return lines;
}

describe.each([
  [80, 24],
  [100, 30],
  [120, 40],
])('a terminal of %d columns and %d rows', (columns, rows) => {
  it('shows every part of the demo', () => {
    const lines = shown(columns, rows);
    expect(lines.length).toBeLessThan(rows);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
    const text = lines.join('\n');
    for (const part of [
      'orders go   simulated',
      'spread 0.10',
      '50000.00     0.500 ◀',
      '50000.00     0.321',
      'sell 0.020 @ 50000.00   buy 0.020 @ 49999.90',
      'position    -0.020',
      'fills 7654',
      'p99 1.5 ms',
      '12345 events/s',
      'gaps 1   dropped 3',
      'book updates 900000   Ctrl+C ends',
    ])
      expect(text).toContain(part);
  });
});

it('shows ten levels of each side where they have room, and fewer where they have not', () => {
  const levelsShown = (rows: number): number =>
    shown(120, rows).filter((line) => line.includes('█')).length;
  expect(levelsShown(40)).toBe(20);
  expect(levelsShown(24)).toBe(10);
  expect(levelsShown(10)).toBeGreaterThan(0);
});
