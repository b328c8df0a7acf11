import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { OrderIdSource } from '../../lib/index.js';

const START_MS = Date.UTC(2026, 0, 1);

describe('order ids', () => {
  test('are unique and rising over many counters', () => {
    const source = new OrderIdSource(42n, START_MS);
    let last = -1n;
    for (let turn = 0; turn < 20_000; turn += 1) {
      const id = source.next();
      expect(id > last).toBe(true);
      last = id;
    }
    expect(last < 2n ** 63n).toBe(true);
  });

  test('of a restart begin above all of the run before, if it sent less than 4096 a ms', () => {
    const before = new OrderIdSource(42n, START_MS);
    let last = 0n;
    for (let turn = 0; turn < 4096 * 10; turn += 1) last = before.next();
    expect(new OrderIdSource(42n, START_MS + 10).next() > last).toBe(true);
  });

  test('of two bots started in the same ms differ', () => {
    const ids = new Set<bigint>();
    for (const bot of [1n, 2n, 3n, 4n]) {
      const source = new OrderIdSource(bot, START_MS);
      for (let turn = 0; turn < 5000; turn += 1) ids.add(source.next());
    }
    expect(ids.size).toBe(20_000);
  });

  test('fit 63 bits for any bot until 2089', () => {
    const bots = fc.bigInt({ min: 0n, max: 2n ** 64n - 1n });
    fc.assert(
      fc.property(bots, fc.integer({ min: START_MS, max: Date.UTC(2089, 0, 1) }), (bot, ms) => {
        const id = new OrderIdSource(bot, ms).next();
        expect(id > 0n && id < 2n ** 63n).toBe(true);
      }),
    );
  });
});
