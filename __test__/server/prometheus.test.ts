import { expect, it } from 'vitest';

import { PrometheusText } from '../../lib/server/prometheus.js';
import { FakeSource } from './fake-source.js';

it('leaves out what has no value yet', async () => {
  const source = new FakeSource();
  const values = source.samples().map(({ value }) => value);
  expect(values.some(Number.isNaN)).toBe(true);
  const text = await new PrometheusText(source).text();
  expect(text).toContain('hftbacktest_live_events_total 42');
  expect(text).not.toMatch(/^hftbacktest_live_.*nan$/im);
});
