import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { errorText } from '../models/error-text.js';
import { HftError } from '../models/hft-error.js';
import type { NamesOf } from '../models/known-keys.js';
import { nearestName } from '../models/nearest-name.js';
import { ownUrl } from '../native/own-url.js';
import type { Strategy, StrategyFactory } from './strategy.js';

/** The compiler refuses a list that lacks a handler. */
const HANDLERS = Object.keys({
  onStart: true,
  onTrade: true,
  onLevel: true,
  onBatch: true,
  onExecutionReport: true,
  onOrderUpdate: true,
  onPosition: true,
  onBalance: true,
  onNotice: true,
  onError: true,
  onLink: true,
  onGap: true,
  onBookState: true,
  onTimer: true,
  onStop: true,
} satisfies NamesOf<Omit<Strategy, 'timerMs'>>);

/** Handlers by the names of client events that a strategy sees in another form, and what their reports are called elsewhere. */
const SIBLINGS: Readonly<Record<string, string>> = {
  onBookUpdate: 'onLevel',
  onOrder: 'onOrderUpdate',
  onFill: 'onOrderUpdate',
  onReject: 'onOrderUpdate',
};

const REMEDY =
  'Export a strategy, or a function (options) => strategy, as default or as createStrategy, from a module that Node can import.';

/** What to do about TypeScript that cannot be run, by the code of Node's error. */
const TYPESCRIPT_REMEDIES: Readonly<Record<string, string>> = {
  ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX:
    'Write what is JavaScript once its types are erased: `erasableSyntaxOnly` in tsconfig.json names the rest (enums, namespaces, parameter properties). Or start the program with `tsx`.',
  ERR_MODULE_NOT_FOUND:
    'Import a TypeScript file by the name that it has, ./util.ts (`allowImportingTsExtensions` in tsconfig.json), or start the program with `tsx`.',
};

/** What Node says of `import` and `export` in a file that it takes for CommonJS. */
const IS_COMMON_JS =
  /^(?:Unexpected token 'export'|Cannot use import statement outside a module|Cannot require\(\) ES Module)/;

function importRemedy(url: string, error: unknown): string {
  if (url.startsWith('file:') && !existsSync(fileURLToPath(url)))
    return 'Look at the name: a relative one begins at the working directory.';
  if (error instanceof Error && IS_COMMON_JS.test(error.message))
    return 'The nearest package.json makes it CommonJS: write "type": "module" there, or name the file .mjs (.mts in TypeScript).';
  const { code } = error as { code?: unknown };
  if (!TYPESCRIPT.test(url) || typeof code !== 'string') return REMEDY;
  return TYPESCRIPT_REMEDIES[code] ?? REMEDY;
}

const TYPESCRIPT = /\.[cm]?ts(?:$|[?#])/;

/** Teaches Node.js TypeScript, where it has not learnt it yet. */
async function supportTypeScript(): Promise<void> {
  const places = ['./typescript.js', '../../dist/typescript.js'].map(
    (place) => new URL(place, ownUrl(import.meta.url)),
  );
  const found = places.find((place) => existsSync(fileURLToPath(place)));
  // Without it Node says itself that it knows no such file.
  if (found !== undefined) await import(found.href);
}

function fail(
  url: string,
  what: string,
  more: { cause?: unknown; remedy?: string } = {},
): HftError {
  const { cause, remedy = REMEDY } = more;
  const named = url === '' ? 'strategy' : `strategy ${url}`;
  return new HftError('ERR_STRATEGY_MODULE', `${named}: ${what}`, { remedy, cause });
}

function isClass(value: unknown): boolean {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
}

/** A method that would never be called, because its name is a misspelt handler's. */
function misspelt(strategy: object): { given: string; meant: string } | undefined {
  for (let at = strategy; at !== Object.prototype; at = Object.getPrototypeOf(at) as object) {
    for (const given of Object.getOwnPropertyNames(at)) {
      if (HANDLERS.includes(given)) continue;
      const isOther = (name: string): boolean => name.toLowerCase() !== given.toLowerCase();
      if (!/^on[A-Z_]/.test(given) && HANDLERS.every(isOther)) continue;
      if (typeof Reflect.get(at, given, strategy) !== 'function') continue;
      const meant = SIBLINGS[given] ?? nearestName(given, HANDLERS);
      if (meant !== undefined) return { given, meant };
    }
  }
  return undefined;
}

/** The module's strategy is made here: an object as it is, a function called, a class built. */
function make(exported: unknown, options: unknown): unknown {
  if (typeof exported !== 'function') return exported;
  if (isClass(exported)) return new (exported as new (options: unknown) => unknown)(options);
  return (exported as (options: unknown) => unknown)(options);
}

/**
 * Imports a strategy module and makes its strategy.
 *
 * @param url - A `file:` URL or anything else that `import()` takes.
 * @throws HftError `ERR_STRATEGY_MODULE` when it cannot be imported, exports no strategy, or has a method
 * with nearly the name of a handler, which would never be called.
 */
export async function loadStrategy(url: string, options: unknown): Promise<Strategy> {
  let module: Record<string, unknown>;
  try {
    if (TYPESCRIPT.test(url)) await supportTypeScript();
    module = (await import(url)) as Record<string, unknown>;
  } catch (error) {
    const remedy = importRemedy(url, error);
    throw fail(url, `cannot be imported: ${errorText(error)}`, { cause: error, remedy });
  }
  let exported = module['createStrategy'] ?? module['default'];
  // A CommonJS module that was compiled from `export default`.
  if (typeof exported === 'object' && exported !== null && '__esModule' in exported) {
    exported = (exported as unknown as Record<string, unknown>)['default'] ?? exported;
  }
  return checkedStrategy(url, exported, options);
}

/**
 * Makes a strategy of what a module would export.
 *
 * @throws HftError `ERR_STRATEGY_MODULE` as {@link loadStrategy}.
 */
export function strategyOf(
  exported: Strategy | StrategyFactory,
  options: unknown,
): Promise<Strategy> {
  return checkedStrategy('', exported, options);
}

async function checkedStrategy(
  url: string,
  exported: unknown,
  options: unknown,
): Promise<Strategy> {
  let strategy: unknown;
  try {
    strategy = await make(exported, options);
  } catch (error) {
    throw fail(url, `threw: ${errorText(error)}`, { cause: error });
  }
  if (typeof strategy !== 'object' || strategy === null) throw fail(url, 'exports no strategy.');
  const wrong = misspelt(strategy);
  if (wrong !== undefined) {
    const { given, meant } = wrong;
    throw fail(url, `${given} is no handler and would never be called. Did you mean ${meant}?`, {
      remedy: `Name it ${meant}; a method of your own needs a name that does not look like a handler's.`,
    });
  }
  const handlers = strategy as Record<string, unknown>;
  if (!HANDLERS.some((name) => typeof handlers[name] === 'function')) {
    throw fail(url, `has no handler (${HANDLERS.join(', ')}).`);
  }
  return strategy;
}
