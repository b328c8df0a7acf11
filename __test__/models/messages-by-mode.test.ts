// What an error says to do exists in the mode in which it is thrown: a table of code × mode, read word by word.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

import { LiveClient, StubConnectorBot } from '../../lib/index.js';
import * as feed from '../../lib/feed/index.js';
import {
  COMMAND_EXPLANATIONS,
  errorFromCommand,
  inWordsOf,
  type Mode,
} from '../../lib/models/native-error.js';
import { CommandError } from '../../lib/models/record-layout.js';
import { BotStrategyContext } from '../../lib/strategy/strategy-context.js';
import { root } from '../support/markdown-programs.js';

const MODES: readonly Mode[] = ['client', 'strategy', 'bot'];

function methodsOf(type: { readonly prototype: object }): Set<string> {
  const names = new Set<string>();
  for (
    let at: object | null = type.prototype;
    at !== null && at !== Object.prototype;
    at = Object.getPrototypeOf(at) as object | null
  )
    for (const name of Object.getOwnPropertyNames(at)) names.add(name);
  return names;
}

/** Functions of the package that every mode has. */
const EVERYWHERE = new Set(['roundToTick', 'roundToLot']);
const METHODS: Readonly<Record<Mode, ReadonlySet<string>>> = {
  client: methodsOf(LiveClient),
  strategy: methodsOf(BotStrategyContext),
  bot: methodsOf(StubConnectorBot),
};

/** Names that are called in a text, with what stands before them: `ctx.orders(`. */
const calls = (text: string): string[] =>
  [...text.matchAll(/((?:\w+\.)*\w+)\(/g)].map(([, name = '']) => name);

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

/** The texts after `remedy:` in the sources of a layer. */
function remediesOf(layer: string): { readonly file: string; readonly text: string }[] {
  const folder = path.join(root, 'lib', layer);
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter(
      (file) => file.endsWith('.ts') && !file.startsWith('page') && !file.includes('template'),
    )
    .flatMap((file) => {
      const source = readFileSync(path.join(folder, file), 'utf8');
      return [...source.matchAll(/remedy:\s*(?:'((?:[^'\\]|\\.)*)'|"([^"]*)"|`([^`]*)`)/g)].map(
        // Values that are put in are no words of the message.
        ([, ...texts]) => ({ file, text: texts.join('').replace(/\$\{[^}]*\}/g, '…') }),
      );
    });
}

describe('the remedies that stand in the sources', () => {
  it('of the client name methods of the client', () => {
    for (const { file, text } of remediesOf('client'))
      for (const name of calls(text)) expect(METHODS.client, `${file}: ${text}`).toContain(name);
  });

  it('of strategies name methods of the context', () => {
    for (const { file, text } of remediesOf('strategy'))
      for (const name of calls(text))
        expect([...METHODS.strategy, 'exit'], `${file}: ${text}`).toContain(
          name.replace(/^(ctx|process)\./, ''),
        );
  });

  it('of feeds name methods of feeds', () => {
    const methods = new Set(
      Object.values(feed).flatMap((each) =>
        typeof each === 'function' && 'prototype' in each && each.prototype !== undefined
          ? [...methodsOf(each as { prototype: object })]
          : typeof each === 'object'
            ? [...methodsOf(each.constructor as { readonly prototype: object } & typeof Object)]
            : [],
      ),
    );
    const found = remediesOf('feed');
    expect(found.length).toBeGreaterThan(8);
    for (const { file, text } of found)
      for (const name of calls(text))
        expect(methods, `${file}: ${text}`).toContain(name.split('.').at(-1));
  });

  it('of commands name no methods: who types a command has none', () => {
    const found = remediesOf('cli');
    expect(found.length).toBeGreaterThan(2);
    for (const { file, text } of found) expect(calls(text), `${file}: ${text}`).toEqual([]);
  });
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
