// Prices and quantities are decimals wherever they reach a program, whatever the grid.
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import { applyReport, type OrderProgress } from '../../lib/orders/order-state.js';
import { WireStatus } from '../../lib/models/wire-status.js';
import { gridFault } from '../../lib/models/grid-fault.js';
import { isOnGrid, priceToTick, roundToTick, tickToPrice } from '../../lib/models/ticks.js';
import { withoutNoise } from '../../lib/models/without-noise.js';
import { StubAccount } from '../../lib/stub/stub-account.js';
import { connectedClient } from './clients.js';
import { settled } from './fake-session.js';

/** A step from 1e-8 to 1000, and the exact decimal of so many of it. */
interface Grid {
  readonly step: number;
  readonly of: (steps: number) => number;
}

const grid: fc.Arbitrary<Grid> = fc
  .tuple(fc.integer({ min: -8, max: 3 }), fc.constantFrom(1, 2, 3, 5, 7, 25, 125))
  .map(([exponent, digits]) => ({
    step: Number(`${String(digits)}e${String(exponent)}`),
    of: (steps) => Number(`${String(digits * steps)}e${String(exponent)}`) + 0,
  }));

const parts = fc.array(fc.integer({ min: 1, max: 100_000 }), { minLength: 1, maxLength: 20 });

it('an execution report is on the grid, though its record is not', async () => {
  const { client, session } = await connectedClient();
  const reports: number[][] = [];
  client.on('executionReport', ({ price, qty, leavesQty, execQty, execPrice }) =>
    reports.push([price, qty, leavesQty, execQty, execPrice]),
  );
  session.order(9n, WireStatus.PartiallyFilled, {
    ...{ px: 100.50000000000001, qty: 0.1 + 0.2, leavesQty: 0.3 - 0.1 },
    ...{ execQty: 0.3 - 0.2, execPx: 99.99999999999999 },
  });
  await settled();
  expect(reports).toEqual([[100.5, 0.3, 0.2, 0.1, 100]]);
});

describe('prices and quantities on the grid', () => {
  it('fills, filled and left quantities of an order are decimals', () => {
    fc.assert(
      fc.property(grid, parts, ({ step, of }, lots) => {
        const total = lots.reduce((sum, each) => sum + each, 0);
        let order: OrderProgress = {
          state: 'new',
          price: 1,
          qty: of(total),
          filledQty: 0,
          filledValue: 0,
          cancelRequested: false,
          exchTsNs: 0n,
        };
        let filled = 0;
        for (const [index, each] of lots.entries()) {
          filled += each;
          const { next, fill } = applyReport(order, {
            status: filled === total ? WireStatus.Filled : WireStatus.PartiallyFilled,
            price: 1,
            qty: of(total),
            leavesQty: of(total - filled),
            execQty: of(each),
            execPx: 1,
            maker: true,
            exchTsNs: BigInt(index + 1),
            lotSize: step,
          });
          expect(fill?.qty).toBe(of(each));
          expect(next.filledQty).toBe(of(filled));
          order = next;
        }
        expect(order.state).toBe('filled');
      }),
    );
  });

  it('a position is a decimal after any fills', () => {
    const fills = fc.array(fc.integer({ min: -50_000, max: 50_000 }).filter(Boolean), {
      minLength: 1,
      maxLength: 30,
    });
    fc.assert(
      fc.property(grid, fills, ({ step, of }, lots) => {
        const account = new StubAccount(step);
        let held = 0;
        let traded = 0;
        for (const each of lots) {
          held += each;
          traded += Math.abs(each);
          account.fill(each > 0 ? 1 : -1, 100, of(Math.abs(each)));
          expect(account.position).toBe(of(held));
        }
        expect(account.values().tradingVolume).toBe(of(traded));
      }),
    );
  });

  it('takes the noise of products and sums for the decimal, and nothing else', () => {
    fc.assert(
      fc.property(grid, fc.integer({ min: 1, max: 1_000_000_000 }), ({ step, of }, steps) => {
        const noisy = [steps * step, of(steps) + step - step, (of(steps) / 3) * 3];
        for (const value of noisy) {
          expect(isOnGrid(value, step)).toBe(true);
          expect(roundToTick(value, step)).toBe(of(steps));
          expect(gridFault({ tickSize: step, lotSize: step }, value, value, false)).toBeUndefined();
        }
        for (const off of [0.5, 0.25, -0.01]) {
          const value = (steps + off) * step;
          expect(isOnGrid(value, step)).toBe(false);
          const fault = gridFault({ tickSize: step, lotSize: step }, value, of(steps), false);
          expect(fault?.rule).toBe('tick_size');
          // The nearest, which can be sent.
          const nearest = Number(/nearest is (.*)$/.exec(fault?.text ?? '')?.[1]);
          expect(nearest).toBe(of(Math.max(1, priceToTick(value, step))));
          expect(gridFault({ tickSize: step, lotSize: step }, 0, value, true)?.rule).toBe(
            'lot_size',
          );
        }
      }),
    );
  });

  it('prices of alternating steps stay decimals', () => {
    fc.assert(
      fc.property(grid, grid, fc.integer({ min: 1, max: 1_000_000 }), (a, b, steps) => {
        for (let turn = 0; turn < 3; turn += 1) {
          expect(tickToPrice(steps, a.step)).toBe(a.of(steps));
          expect(tickToPrice(steps, b.step)).toBe(b.of(steps));
        }
      }),
    );
  });

  it('a value on no grid is not: zero, negative, NaN, infinite', () => {
    for (const value of [0, -0.1, 0.04, NaN, Infinity, -Infinity])
      expect(isOnGrid(value, 0.1)).toBe(false);
  });

  it('sums and differences without a known grid lose their noise', () => {
    expect(withoutNoise(60_000.1 - 60_000, 60_000)).toBe(0.1);
    expect(withoutNoise(0.1 + 0.2)).toBe(0.3);
    expect(withoutNoise(0.018000000000000002)).toBe(0.018);
    expect(withoutNoise((1e-8 + 3e-8) / 2)).toBe(2e-8);
    expect([withoutNoise(NaN), withoutNoise(Infinity), withoutNoise(0)]).toEqual([
      NaN,
      Infinity,
      0,
    ]);
  });
});
