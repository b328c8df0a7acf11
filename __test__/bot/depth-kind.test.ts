import { describe, expect, it } from 'vitest';
import { create, LiveClient, LiveInstrument, type DepthKind } from '../../lib/index.js';

const instruments = [
  new LiveInstrument('BTCUSDT').connector('any').tickSize(0.1).lotSize(0.001).roi(0, 100_000),
];

describe('the book of a bot', () => {
  it.each(['hashmap', 'hashmap-upstream', 'roivector'] as const)(
    'is any of the known ones, on the stub too: %s',
    (depth) => {
      const bot = create({ instruments, depth, backend: 'stub' });
      expect(bot.backend).toBe('stub');
      bot.close();
      expect(() => new LiveClient({ instruments, depth, backend: 'stub' })).not.toThrow();
    },
  );

  it('is refused under another name, with those that there are', () => {
    const refused = expect.objectContaining({
      code: 'ERR_INVALID_ARGUMENT',
      message: expect.stringContaining('hashmap, hashmap-upstream or roivector') as string,
    }) as Error;
    const depth = 'btree' as DepthKind;
    expect(() => create({ instruments, depth, backend: 'stub' })).toThrow(refused);
    expect(() => new LiveClient({ instruments, depth, backend: 'stub' })).toThrow(refused);
  });
});
