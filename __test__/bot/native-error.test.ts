import { describe, expect, test } from 'vitest';
import { HftError } from '../../lib/index.js';
import { CommandError } from '../../lib/models/record-layout.js';
import { errorFromCommand, errorFromNative } from '../../lib/models/native-error.js';

describe('errors', () => {
  test('every number but Ok has a code of its own, a reason and a remedy', () => {
    const codes = new Set<string>();
    for (const [name, number] of Object.entries(CommandError)) {
      if (number === CommandError.Ok) continue;
      const error = errorFromCommand(number, 'submitOrder(asset 0, order 7)');
      codes.add(error.code);
      expect(error.message, name).toMatch(/^submitOrder\(asset 0, order 7\): /);
      expect(error.remedy, name).not.toBe('');
      expect(error.message).toContain(error.remedy);
    }
    expect(codes.size).toBe(Object.keys(CommandError).length - 1);
  });

  test('an unknown number is shown as it is', () => {
    expect(errorFromCommand(77, 'cancel')).toMatchObject({
      code: 'ERR_CUSTOM',
      message:
        'cancel: error number 77. It has no name in this version of the package: please report it.',
    });
  });

  test('what the addon throws keeps its cause and gets a code', () => {
    const thrown = Object.assign(new Error('roiUb'), { code: 'InvalidArg' });
    expect(errorFromNative(thrown, 'new bot')).toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message: 'new bot: roiUb',
      cause: thrown,
    });
    expect(errorFromNative('odd', 'x')).toMatchObject({ code: 'ERR_CUSTOM' });
    const own = new HftError('ERR_TIMEOUT', 'late.');
    expect(errorFromNative(own, 'x')).toBe(own);
  });

  test('say whether trying again can help', () => {
    expect(errorFromCommand(CommandError.ConnectorDown, 'x').recoverable).toBe(true);
    expect(errorFromCommand(CommandError.InvalidArgument, 'x').recoverable).toBe(false);
  });
});
