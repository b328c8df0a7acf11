import { describe, expect, it } from 'vitest';
import { resolveWait, type WaitOptions } from '../../lib/models/wait-options.js';

describe('wait options', () => {
  it('share a core by default', () => {
    expect(resolveWait('park').shareCore).toBe(true);
    expect(resolveWait({ shareCore: false }).shareCore).toBe(false);
  });

  it.each([
    ['shareCore', { shareCore: 1 }],
    ['strategy', { strategy: 'sleep' }],
    ['spinNs', { spinNs: -1 }],
  ])('name what is wrong: %s', (name, options) => {
    expect(() => resolveWait(options as unknown as WaitOptions)).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_ARGUMENT',
        message: expect.stringContaining(`wait.${name}`) as string,
      }),
    );
  });
});
