import { describe, expect, test } from 'vitest';
import {
  HashMapMarketDepthLiveBot,
  LiveInstrument,
  ROIVectorMarketDepthLiveBot,
  create,
} from '../../lib/index.js';

const whole = new LiveInstrument('BTCUSDT').connector('bybit').tickSize(0.1).lotSize(0.001);

describe('the instrument builder', () => {
  test('builds a frozen instrument', () => {
    const spec = whole.roi(10, 20).lastTradesCapacity(7).build();
    expect(spec).toEqual({
      symbol: 'BTCUSDT',
      connector: 'bybit',
      tickSize: 0.1,
      lotSize: 0.001,
      roi: { lb: 10, ub: 20 },
      lastTradesCapacity: 7,
    });
    expect(Object.isFrozen(spec)).toBe(true);
    expect(Object.isFrozen(spec.roi)).toBe(true);
  });

  test('leaves the builder it came from as it was', () => {
    whole.tickSize(5);
    expect(whole.build().tickSize).toBe(0.1);
  });

  for (const [what, builder, path] of [
    ['no symbol', new LiveInstrument('').connector('x').tickSize(1).lotSize(1), 'symbol'],
    [
      'a symbol too long for the wire',
      new LiveInstrument('X'.repeat(129)).connector('x').tickSize(1).lotSize(1),
      'symbol',
    ],
    ['no connector', new LiveInstrument('A').tickSize(1).lotSize(1), 'connector'],
    ['a connector name with a slash', whole.connector('a/b'), 'connector'],
    ['tick size 0', whole.tickSize(0), 'tickSize'],
    ['a negative tick size', whole.tickSize(-0.1), 'tickSize'],
    ['tick size NaN', whole.tickSize(NaN), 'tickSize'],
    ['an endless tick size', whole.tickSize(Infinity), 'tickSize'],
    ['a tick size of text', whole.tickSize('0.1' as unknown as number), 'tickSize'],
    ['lot size 0', whole.lotSize(0), 'lotSize'],
    ['lot size NaN', whole.lotSize(NaN), 'lotSize'],
    ['ROI bounds the wrong way', whole.roi(20, 10), 'roi.ub'],
    ['ROI bounds that are equal', whole.roi(10, 10), 'roi.ub'],
    ['a ROI bound NaN', whole.roi(NaN, 10), 'roi.lb'],
    ['a ROI that does not fit into memory', whole.roi(0, 1e9), 'roi'],
    ['a negative trade capacity', whole.lastTradesCapacity(-1), 'lastTradesCapacity'],
    ['a trade capacity of 1.5', whole.lastTradesCapacity(1.5), 'lastTradesCapacity'],
  ] as const) {
    test(`refuses ${what} by name`, () => {
      expect(() => builder.build()).toThrow(
        expect.objectContaining({
          code: 'ERR_INVALID_ARGUMENT',
          message: expect.stringContaining(path) as string,
        }),
      );
    });
  }

  test('the ROI vector bot asks for a range of interest before it looks for the addon', () => {
    const asked = expect.objectContaining({
      code: 'ERR_INVALID_ARGUMENT',
      message: expect.stringContaining('.roi(lb, ub)') as string,
    }) as Error;
    expect(() => new ROIVectorMarketDepthLiveBot({ instruments: [whole] })).toThrow(asked);
    expect(() => create({ instruments: [whole], depth: 'roivector', backend: 'stub' })).toThrow(
      asked,
    );
  });

  test('a bot refuses no instruments, and one instrument twice', () => {
    for (const instruments of [[], [whole, whole]]) {
      expect(() => new HashMapMarketDepthLiveBot({ instruments })).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
      );
      expect(() => create({ instruments, backend: 'stub' })).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
      );
    }
  });
});
