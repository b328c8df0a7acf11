import { describe, expect, test } from 'vitest';
import {
  create,
  HashMapMarketDepthLiveBot,
  LiveInstrument,
  STUB_WARNING_CODE,
} from '../../lib/index.js';
import { tryLoadAddon } from '../../lib/native/load-addon.js';

const instruments = [new LiveInstrument('BTCUSDT').connector('none').tickSize(0.1).lotSize(0.001)];
const loaded = tryLoadAddon();
const nativeMissing = !loaded.ok || !loaded.addon.buildInfo().live;

describe('create', () => {
  test('makes the stub when told to, without a warning', () => {
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

  test.skipIf(!nativeMissing)('without the addon: auto takes the stub and warns once', async () => {
    const warnings: (Error & { code?: string })[] = [];
    const note = (warning: Error): void => {
      warnings.push(warning);
    };
    process.on('warning', note);
    for (let turn = 0; turn < 3; turn += 1) {
      using bot = create({ instruments });
      expect(bot.backend).toBe('stub');
    }
    await new Promise((resolve) => setImmediate(resolve));
    process.off('warning', note);
    expect(warnings.map(({ code }) => code)).toEqual([STUB_WARNING_CODE]);
    expect(warnings[0]?.message).toContain('prices are made up');
  });

  test.skipIf(!nativeMissing)('without the addon: native says why not and what to do', () => {
    for (const make of [
      () => create({ instruments, backend: 'native' }),
      () => new HashMapMarketDepthLiveBot({ instruments }),
    ]) {
      expect(make).toThrow(
        expect.objectContaining({
          code: 'ERR_NATIVE_UNAVAILABLE',
          remedy: expect.stringContaining('build:native') as string,
        }),
      );
    }
  });
});
