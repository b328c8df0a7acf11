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
  tickSize: 0.1,
  lotSize: 0.001,
  page: undefined,
  message: '',
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
    ownFills: [{ side: 'buy', price: 49_999.9, qty: 0.02, tsMs: 0 }],
    link: 'connected',
    linkLosses: 0,
    quotes: [
      { side: 'sell', price: 50_000, leavesQty: 0.02, cancelling: false },
      { side: 'buy', price: 49_999.9, leavesQty: 0.02, cancelling: false },
    ],
  },
  summary: strategySummary,
};

/** What a terminal of that size shows of the frame, line by line. */
function shown(columns: number, rows: number, change: Partial<DemoFrame> = {}): string[] {
  let text = '';
  const out = { columns, rows, write: (chunk: string) => (text += chunk) };
  new DemoScreen(out as unknown as NodeJS.WriteStream, true, { NO_COLOR: '1' }).show({
    ...frame,
    ...change,
  });
  const lines = text.replace(/\u001b\[\??\d*[A-Za-z]/g, '').split('\n');
  expect(lines.pop()).toBe('');
  return lines;
}

const at = (columns: number, rows: number, change: Partial<DemoFrame> = {}): string =>
  shown(columns, rows, change).join('\n');

describe.each([
  [80, 24],
  [100, 30],
  [120, 40],
  [200, 50],
])('a terminal of %d columns and %d rows', (columns, rows) => {
  it('shows every part of the demo', () => {
    const lines = shown(columns, rows);
    expect(lines.length).toBeLessThan(rows);
    for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns);
    const text = lines.join('\n');
    for (const part of [
      'orders go   simulated   link connected',
      'spread 0.1',
      '50000.0        0.500 ◀',
      '50000.0     0.321',
      'sell 0.020 @ 50000.0   buy 0.020 @ 49999.9',
      'position    -0.020',
      'fills 7654',
      'p99 1.5 ms',
      '12345 events/s',
      'gaps 1   lost 0   dropped 3',
      'book updates 900000   Ctrl+C ends',
    ])
      expect(text).toContain(part);
  });

  it('shows the address of the page, the loss of the link and the last message, and all of the rest', () => {
    const state = { ...frame.state!, link: 'lost' as const, linkLosses: 2 };
    const message = 'demo: the connector ended by itself (SIGKILL); it is started again.';
    const text = at(columns, rows, { page: 'http://127.0.0.1:8787/', message, state });
    expect(text).toContain('live page   http://127.0.0.1:8787/');
    expect(text).toContain('link lost (lost 2×)');
    expect(text).toContain(message);
    expect(text).toContain('Ctrl+C ends');
  });

  it('prints as many decimals as tick and lot have', () => {
    const bids: [number, number][] = [[0.0000123, 1_000]];
    const asks: [number, number][] = [[0.0000125, 2_000]];
    const state = { ...frame.state!, bids, asks, position: -3_000 };
    const text = at(columns, rows, { tickSize: 1e-7, lotSize: 1000, state });
    expect(text).toMatch(/ 0\.0000123 +1000 /);
    expect(text).toContain('spread 0.0000002');
    expect(text).toContain('position    -3000 ');
  });
});

it('has only whole parts of the banner, as many as fit', () => {
  const parts = ['hftbacktest-live', 'native, connector sim (a simulated exchange)', 'in a worker'];
  const banner = parts.join('  ·  ');
  expect(shown(90, 24, { banner })[0]).toBe(banner);
  expect(shown(72, 24, { banner })[0]).toBe(parts.slice(0, 2).join('  ·  '));
  expect(shown(60, 24, { banner })[0]).toBe(parts[0]);
});

it('keeps the trades in their column beside a book that is not live, with long prices', () => {
  const bids: [number, number][] = [[0.0012306, 80]];
  const asks: [number, number][] = [[0.0012307, 396]];
  const state = { ...frame.state!, bids, asks, book: 'disconnected' as const };
  const lines = shown(80, 24, { tickSize: 1e-7, lotSize: 1, state });
  const trades = lines.filter((line) => line.includes('00:00:00.000'));
  expect(trades.some((line) => line.includes('spread 0.0000001  (disconnected)'))).toBe(true);
  expect(new Set(trades.map((line) => line.indexOf('00:00:00.000'))).size).toBe(1);
  expect(trades.find((line) => line.includes('(disc'))).toContain('(disconnected) 00:');
});

it('shows as many levels of each side as there is room for', () => {
  const levelsShown = (rows: number): number =>
    shown(120, rows).filter((line) => line.includes('█')).length;
  expect(levelsShown(50)).toBe(36);
  expect(levelsShown(24)).toBe(10);
  expect(levelsShown(10)).toBeGreaterThan(0);
});

it('uses a wide terminal: longer bars, and own fills beside the trades', () => {
  const widest = (columns: number): number =>
    Math.max(...shown(columns, 50).map((line) => line.match(/█/g)?.length ?? 0));
  expect(widest(200)).toBeGreaterThan(2 * widest(80));
  expect(at(200, 50)).toContain('own fills');
  expect(at(80, 24)).not.toContain('own fills');
});

it('says that a position is not known, and no NaN', () => {
  const state = { ...frame.state!, bids: [], asks: [], position: NaN, pnl: NaN };
  expect(at(80, 24, { state })).toMatch(/position {4}- {3}PnL - /);
  expect(at(80, 24, { state })).not.toContain('NaN');
});
