// Each error code in each mode: thrown here by a real call, made of the bot's number in the words of the mode,
// thrown by a test that is named, or said to be none of the mode. What is thrown here is read.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

import { HftError, type HftErrorCode } from '../../../lib/index.js';
import { errorFromCommand } from '../../../lib/models/native-error.js';
import { root } from '../../support/markdown-programs.js';
import { foreignWords, type AnyMode } from '../../support/mode-words.js';
import { BOT_ERRORS } from './bot-errors.js';
import type { Cell, Column } from './cells.js';
import { CLIENT_ERRORS } from './client-errors.js';
import { COMMAND_ERRORS } from './command-errors.js';
import { FEED_ERRORS, notConnected } from './feed-errors.js';
import { STRATEGY_ERRORS } from './strategy-errors.js';

const TABLE: Readonly<Record<AnyMode, Column>> = {
  client: CLIENT_ERRORS,
  strategy: STRATEGY_ERRORS,
  bot: BOT_ERRORS,
  feed: FEED_ERRORS,
  command: COMMAND_ERRORS,
};
const MODES = Object.keys(TABLE) as AnyMode[];
const cellsOf = (mode: AnyMode): [HftErrorCode, Cell][] =>
  Object.entries(TABLE[mode]) as [HftErrorCode, Cell][];

async function thrownBy(call: () => unknown): Promise<HftError> {
  try {
    await call();
  } catch (error) {
    if (HftError.is(error)) return error;
    throw error;
  }
  throw new Error('nothing was thrown');
}

/** It says what happened and what to do, with what there is in the mode. */
function read(mode: AnyMode, { code, message, remedy }: HftError): void {
  const what = remedy === '' ? message : message.slice(0, message.lastIndexOf(remedy));
  expect(what.trim().length, message).toBeGreaterThan(15);
  expect(message).not.toMatch(/undefined undefined|\[object|\.\.|\bNaN\b/);
  // The text about a wrong argument is its rule; what a connector reports is passed on.
  if (code !== 'ERR_INVALID_ARGUMENT' && code !== 'ERR_CUSTOM')
    expect(remedy, message).not.toBe('');
  expect(foreignWords(mode, message), message).toEqual([]);
}

describe.each(MODES)('the errors of mode %s', (mode) => {
  const cells = cellsOf(mode);

  const calls = cells.flatMap(([code, cell]) =>
    typeof cell === 'function' ? [{ code, cell }] : [],
  );
  it.each(calls)('$code is thrown, and can be read', async ({ code, cell }) => {
    const error = await thrownBy(cell);
    expect(error.code, error.message).toBe(code);
    read(mode, error);
  });

  const numbers = cells.flatMap(([code, cell]) => ('number' in cell ? [{ code, cell }] : []));
  if (numbers.length > 0)
    it.each(numbers)("$code is made of the bot's number, and can be read", ({ code, cell }) => {
      if (mode === 'feed' || mode === 'command') throw new Error('there is no bot');
      const error = errorFromCommand(cell.number, 'call()', undefined, mode);
      expect(error.code).toBe(code);
      read(mode, Object.assign(error, { message: error.message.slice('call(): '.length) }));
    });

  it('the other codes are thrown by the test that is named, or not at all', () => {
    for (const [code, cell] of cells) {
      if ('test' in cell) {
        const file = path.join(root, '__test__', cell.test);
        expect(readFileSync(file, 'utf8'), cell.test).toContain(code);
      }
      if ('none' in cell) expect(cell.none.length).toBeGreaterThan(10);
    }
  });
});

const FOLDERS: Partial<Record<AnyMode, string>> = {
  client: 'client',
  strategy: 'strategy',
  bot: 'bot',
  feed: 'feed',
};

it.each(Object.entries(FOLDERS) as [AnyMode, string][])(
  'mode %s is said to have no code that its layer throws',
  (mode, layer) => {
    const folder = path.join(root, 'lib', layer);
    expect(existsSync(folder)).toBe(true);
    const made = new Set(
      readdirSync(folder).flatMap((file) =>
        [
          ...readFileSync(path.join(folder, file), 'utf8').matchAll(
            /new HftError\(\s*'(ERR_\w+)'/g,
          ),
        ].map(([, code]) => code),
      ),
    );
    const denied = cellsOf(mode).flatMap(([code, cell]) => ('none' in cell ? [code] : []));
    expect(denied.filter((code) => made.has(code))).toEqual([]);
  },
);

it('a feed that is not connected says what to call', async () => {
  const error = await thrownBy(notConnected);
  expect(error.code).toBe('ERR_CONNECTOR_DOWN');
  read('feed', error);
});
