import { LiveClient, StubConnectorBot } from '../../lib/index.js';
import * as feed from '../../lib/feed/index.js';
import type { Mode } from '../../lib/models/native-error.js';
import { BotStrategyContext } from '../../lib/strategy/strategy-context.js';

/** Where somebody reads an error: in one of the three modes of a bot, with a feed, or of a command. */
export type AnyMode = Mode | 'feed' | 'command';

/** The names of the methods of a class, inherited ones too. */
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

const isClass = (each: unknown): each is { readonly prototype: object } =>
  typeof each === 'function' && 'prototype' in each && each.prototype !== undefined;

function feedMethods(): Set<string> {
  const names = new Set<string>();
  for (const each of Object.values<unknown>(feed)) {
    const type = typeof each === 'object' && each !== null ? each.constructor : each;
    if (isClass(type)) for (const name of methodsOf(type)) names.add(name);
  }
  return names;
}

/** What a program of the mode can call. */
export const METHODS: Readonly<Record<AnyMode, ReadonlySet<string>>> = {
  client: methodsOf(LiveClient),
  strategy: methodsOf(BotStrategyContext),
  bot: methodsOf(StubConnectorBot),
  feed: feedMethods(),
  command: new Set(),
};

/** What every program has: functions of the package and of Node. */
const EVERYWHERE = new Set(['roundToTick', 'roundToLot', 'exit']);

/** Words of other modes. */
const FOREIGN: Readonly<Record<AnyMode, RegExp>> = {
  client: /\bthe bot's\b|\(asset\b|\bctx\b|\bon(?!Error)[A-Z]\w+| --\w[\w-]*/g,
  strategy: /\bthe bot\b|\bthe client\b|\bnew client\b|\(asset\)|\bgetOrders?\b| --\w[\w-]*/g,
  bot: /\bthe client\b|\bctx\b|\bon[A-Z]\w+|\bgetOrders?\b| --\w[\w-]*/g,
  feed: /\bthe bot\b|\bctx\b|\(asset\b| --\w[\w-]*/g,
  command: /\bthe bot\b|\bthe client\b|\bnew client\b|\bctx\b|`\w+:|\bon[A-Z]\w+|\bconnect\b\(/g,
};

/** Names that are called in a text, with what stands before them: `ctx.orders(`. */
export const calls = (text: string): string[] =>
  [...text.matchAll(/((?:\w+\.)*\w+)\(/g)].map(([, name = '']) => name);

/** What a text names that nobody has in a mode: methods of others, words of others. */
export function foreignWords(mode: AnyMode, text: string): string[] {
  const unknown = calls(text).filter((called) => {
    const name = called.split('.').at(-1) ?? '';
    return !EVERYWHERE.has(name) && !METHODS[mode].has(name);
  });
  return [...unknown.map((name) => `${name}()`), ...(text.match(FOREIGN[mode]) ?? [])];
}
