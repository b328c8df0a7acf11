import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { priceToTick, roundToTick, tickToPrice } from '../../lib/index.js';

describe('ticks and prices', () => {
  test('a tick becomes the decimal that people write', () => {
    expect(tickToPrice(3, 0.1)).toBe(0.3);
    expect(tickToPrice(601234, 0.1)).toBe(60123.4);
    expect(tickToPrice(7, 1e-8)).toBe(7e-8);
    expect(tickToPrice(3, 0.25)).toBe(0.75);
    expect(tickToPrice(5, 50)).toBe(250);
    expect(tickToPrice(-3, 0.1)).toBe(-0.3);
  });

  test('every tick of a decimal tick size survives the way to a price and back', () => {
    const tick = fc.integer({ min: -1_000_000_000, max: 1_000_000_000 });
    const decimals = fc.integer({ min: 0, max: 9 });
    fc.assert(
      fc.property(tick, decimals, fc.constantFrom(1, 2, 5, 25), (ticks, places, units) => {
        const tickSize = Number(`${String(units)}e-${String(places)}`);
        const price = tickToPrice(ticks, tickSize);
        expect(price).toBe(Number(`${String(ticks * units)}e-${String(places)}`) + 0);
        expect(priceToTick(price, tickSize)).toBe(ticks);
      }),
    );
  });

  test('halves go away from zero, as in hftbacktest', () => {
    expect(priceToTick(2.5, 1)).toBe(3);
    expect(priceToTick(-2.5, 1)).toBe(-3);
    expect(Object.is(priceToTick(-0.1, 1), 0)).toBe(true);
    expect(priceToTick(NaN, 1)).toBeNaN();
  });

  test('a price between ticks moves to the nearest', () => {
    expect(roundToTick(60123.44, 0.1)).toBe(60123.4);
  });
});
