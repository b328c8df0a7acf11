// What the bot's errors say in each mode exists there. The table of code × mode: ../contract/errors.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

import {
  COMMAND_EXPLANATIONS,
  errorFromCommand,
  inWordsOf,
  type Mode,
} from '../../lib/models/native-error.js';
import { CommandError } from '../../lib/models/record-layout.js';
import { root } from '../support/markdown-programs.js';
import { calls, METHODS } from '../support/mode-words.js';

const MODES: readonly Mode[] = ['client', 'strategy', 'bot'];

/** Functions of the package that every mode has. */
const EVERYWHERE = new Set(['roundToTick', 'roundToLot']);

const numbers = Object.values(CommandError).filter((code) => code !== CommandError.Ok);

describe.each(MODES)('the messages of mode %s', (mode) => {
  it.each(numbers)('about number %i say what happened and what to do there', (number) => {
    const { code, message, remedy } = errorFromCommand(number, 'call()', undefined, mode);
    expect(code).toMatch(/^ERR_/);
    expect(remedy).not.toBe('');
    const what = message.slice('call(): '.length, message.length - remedy.length);
    expect(what.trim().length).toBeGreaterThan(10);
    for (const called of calls(remedy)) {
      const name = called.replace(/^ctx\./, '');
      if (EVERYWHERE.has(name)) continue;
      expect(METHODS[mode], called).toContain(name.split('.')[0]);
      expect(called.startsWith('ctx.'), called).toBe(mode === 'strategy');
    }
    if (mode !== 'bot') expect(message).not.toMatch(/\bthe bot\b|\basset\)/);
    if (mode !== 'strategy') expect(message).not.toMatch(/\bctx\b|\bon[A-Z]\w+/);
  });
});

it('an error of the bot reaches a strategy in its words, with its code and stack', () => {
  const thrown = errorFromCommand(CommandError.OrderNotFound, 'cancel(asset 0, order 7)');
  const said = inWordsOf(thrown, 'strategy');
  expect(said).toMatchObject({
    code: 'ERR_ORDER_NOT_FOUND',
    message:
      'cancel(asset 0, order 7): the strategy holds no order with this id. Look at ctx.orders(); finished orders go away with ctx.clearInactiveOrders().',
    stack: expect.stringContaining('messages-by-mode') as string,
  });
  const other = new Error('of somebody else');
  expect(inWordsOf(other, 'strategy')).toBe(other);
});

describe('the guide on errors', () => {
  it('has the table of what to do in each mode, as the code says it', () => {
    const page = readFileSync(path.join(root, 'docs/guide/errors.md'), 'utf8');
    const [, section = ''] = page.split('\n## What to do in each mode\n');
    const rows = section
      .split('\n')
      .filter((line) => line.startsWith('| `ERR_'))
      .map((line) => line.split(' | ').map((cell) => cell.replace(/^\| | \|$/g, '')));
    const expected = Object.values(COMMAND_EXPLANATIONS).flatMap(({ code, remedy }) =>
      typeof remedy === 'string'
        ? []
        : [[`\`${code}\``, remedy.client, remedy.strategy, remedy.bot]],
    );
    expect(rows.sort()).toEqual(expected.sort());
  });
});
