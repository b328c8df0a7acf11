import { describe, expect, test } from 'vitest';
import { create, LiveInstrument } from '../../lib/index.js';

const instruments = [new LiveInstrument('BTCUSDT').connector('none').tickSize(0.1).lotSize(0.001)];

describe('create', () => {
  test('makes the stub when asked to, without a warning', () => {
    using bot = create({ instruments, backend: 'stub' });
    expect(bot.backend).toBe('stub');
  });

  test('refuses words it does not know', () => {
    for (const options of [{ backend: 'real' }, { depth: 'tree' }, { wait: 'sleep' }]) {
      expect(() => create({ instruments, backend: 'stub', ...(options as object) })).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
      );
    }
  });
});
