import { afterEach, describe, expect, it } from 'vitest';

import { LiveClient } from '../../lib/client/live-client.js';
import { LiveInstrument } from '../../lib/models/live-instrument.js';
import { ClientSource } from '../../lib/server/client-source.js';
import { PrometheusText } from '../../lib/server/prometheus.js';
import { until } from '../support/until.js';
import { FakeSource } from './fake-source.js';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
});

it('leaves out what has no value yet', async () => {
  const source = new FakeSource();
  const values = source.samples().map(({ value }) => value);
  expect(values.some(Number.isNaN)).toBe(true);
  const text = await new PrometheusText(source).text();
  expect(text).toContain('hftbacktest_live_events_total 42');
  expect(text).not.toMatch(/^hftbacktest_live_.*nan$/im);
});

it('escapes what a label or a help text may hold', async () => {
  const source = new FakeSource();
  const labels = { symbol: 'A"B\\C\nD' };
  source.samples = () => [{ name: 'x', help: 'a\nb', kind: 'gauge', value: 1, labels }];
  const text = await new PrometheusText(source).text();
  expect(text).toContain('# HELP hftbacktest_live_x a\\nb\n');
  expect(text).toContain('hftbacktest_live_x{symbol="A\\"B\\\\C\\nD"} 1\n');
});

interface Line {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** The lines of a text that are ours. */
function linesOf(text: string): Line[] {
  return [...text.matchAll(/^hftbacktest_live_(\w+?)(?:\{(.*)\})? (\S+)$/gm)].map(
    ([, name = '', labels = '', value = '']) => ({
      name,
      labels: Object.fromEntries(
        [...labels.matchAll(/(\w+)="([^"]*)"/g)].map(([, key = '', word = '']) => [key, word]),
      ),
      value: Number(value),
    }),
  );
}

describe('the text of a client that trades two symbols', () => {
  async function scraped(): Promise<{ text: string; lines: Line[]; client: LiveClient }> {
    const client = new LiveClient({
      instruments: ['BTCUSDT', 'ETHUSDT'].map((symbol) =>
        new LiveInstrument(symbol).connector('c').tickSize(0.1).lotSize(0.001),
      ),
      backend: 'stub',
      stub: { stepIntervalNs: 1_000_000, maxFeeds: Infinity, fillProbability: 1 },
      healthIntervalMs: 100,
    });
    const source = new ClientSource(client);
    ends.push(
      () => {
        source.close();
      },
      () => client.close(),
    );
    await client.start();
    await client.ready(5_000);
    const price = client.snapshot('ETHUSDT').asks[0]!.price;
    const symbol = 'ETHUSDT';
    await client.submitOrder({ symbol, side: 'buy', price: price + 500, qty: 0.01 });
    await until(() => client.health.fills > 0, 'a fill');
    await client.submitOrder({ symbol: 'BTCUSDT', side: 'buy', price: 1_000, qty: 0.0015 });
    await until(() => client.health.processorUse > 0, 'an interval');
    await until(() => client.health.throughput.trades > 10, 'trades');
    const text = await new PrometheusText(source).text();
    return { text, lines: linesOf(text), client };
  }

  it('keeps the conventions: units, counters, quantiles, and each family once with help and type', async () => {
    const { text, lines } = await scraped();
    const own = text.split('\n').filter((line) => line.includes('hftbacktest_live_'));
    const types = new Map<string, string>();
    let family = '';
    for (const line of own) {
      const [, name, type] = /^# TYPE hftbacktest_live_(\w+) (\w+)$/.exec(line) ?? [];
      if (name !== undefined && type !== undefined) {
        expect(types.has(name), name).toBe(false);
        types.set(name, type);
        family = name;
        expect(own).toContainEqual(
          expect.stringMatching(new RegExp(`^# HELP hftbacktest_live_${name} .+\\.$`)),
        );
      } else if (!line.startsWith('#'))
        expect(line.slice('hftbacktest_live_'.length)).toMatch(
          new RegExp(`^${family}(_sum|_count)?[{ ]`),
        );
    }
    for (const [name, type] of types) {
      expect(name.endsWith('_total'), name).toBe(type === 'counter');
      expect(name, 'base units').not.toMatch(/_(ms|us|ns|millis|micros|percent)(_|$)/);
    }
    const quantiles = lines.flatMap(({ labels }) => labels['quantile'] ?? []);
    expect(new Set(quantiles)).toEqual(new Set(['0.5', '0.9', '0.99', '0.999']));
    const hop = (name: string): number | undefined =>
      lines.find((line) => line.name === name && line.labels['hop'] === 'main')?.value;
    expect(types.get('latency_seconds')).toBe('summary');
    expect(hop('latency_seconds_count')).toBeGreaterThan(10);
    expect(hop('latency_seconds_sum')).toBeGreaterThan(0);
  });

  it('has position, open orders, fills and rejects of each symbol and connector', async () => {
    const { lines } = await scraped();
    const of = (name: string, symbol: string): number | undefined =>
      lines.find(
        (line) =>
          line.name === name &&
          line.labels['symbol'] === symbol &&
          line.labels['connector'] === 'c',
      )?.value;
    expect(of('fills_total', 'ETHUSDT')).toBe(1);
    expect(of('fills_total', 'BTCUSDT')).toBe(0);
    expect(of('position', 'ETHUSDT')).toBe(0.01);
    expect(of('position', 'BTCUSDT')).toBe(0);
    expect(of('pnl', 'BTCUSDT')).toBe(0);
    // The spread, or less: it was bought a moment ago.
    expect(Math.abs(of('pnl', 'ETHUSDT') ?? NaN)).toBeLessThan(1);
    expect(of('fees', 'ETHUSDT')).toBe(0);
    expect(of('fees', 'BTCUSDT')).toBeUndefined();
    expect(of('denied_total', 'BTCUSDT')).toBe(1);
    expect(of('rejects_total', 'BTCUSDT')).toBe(0);
    expect(of('open_orders', 'BTCUSDT')).toBe(0);
    expect(of('trades_total', 'BTCUSDT')).toBeGreaterThan(0);
    expect(of('market_data_age_seconds', 'BTCUSDT')).toBeLessThan(10);
    expect(of('book_synced', 'ETHUSDT')).toBe(1);
    const use = lines.find(({ name }) => name === 'processor_use_ratio')?.value;
    expect(use).toBeGreaterThan(0);
    expect(use).toBeLessThan(64);
  });
});
