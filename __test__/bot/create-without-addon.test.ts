import { describe, expect, test, vi } from 'vitest';
import { create, HashMapMarketDepthLiveBot, LiveInstrument } from '../../lib/index.js';
import { STUB_WARNING_CODE } from '../../lib/bot/create.js';

// Before anything is loaded: the loader finds no addon here even where one was built.
vi.hoisted(() => {
  process.env['HFTBACKTEST_LIVE_ADDON'] = 'there-is-no-such-addon.node';
});

const instruments = [new LiveInstrument('BTCUSDT').connector('none').tickSize(0.1).lotSize(0.001)];

describe('create without the addon', () => {
  test('auto takes the stub and warns once', async () => {
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

  test('native says why not and what to do', () => {
    for (const make of [
      () => create({ instruments, backend: 'native' }),
      () => new HashMapMarketDepthLiveBot({ instruments }),
    ]) {
      expect(make).toThrow(
        expect.objectContaining({
          code: 'ERR_NATIVE_UNAVAILABLE',
          remedy: expect.stringMatching(/.+/) as string,
        }),
      );
    }
  });
});
