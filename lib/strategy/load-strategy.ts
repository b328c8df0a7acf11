import { HftError } from '../models/hft-error.js';
import type { Strategy } from './strategy.js';

const HANDLERS = [
  'onStart',
  'onTrade',
  'onBookUpdate',
  'onBatch',
  'onOrder',
  'onPosition',
  'onError',
  'onLink',
  'onGap',
  'onTimer',
  'onStop',
] as const;

function fail(url: string, what: string, cause?: unknown): HftError {
  return new HftError('ERR_STRATEGY_MODULE', `strategy ${url}: ${what}`, {
    remedy:
      'Export a strategy, or a function (options) => strategy, as default or as createStrategy, from a module that Node can import.',
    cause,
  });
}

function isClass(value: unknown): boolean {
  return typeof value === 'function' && /^class\b/.test(Function.prototype.toString.call(value));
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
 * @throws HftError `ERR_STRATEGY_MODULE` when it cannot be imported or exports no strategy.
 */
export async function loadStrategy(url: string, options: unknown): Promise<Strategy> {
  let module: Record<string, unknown>;
  try {
    module = (await import(url)) as Record<string, unknown>;
  } catch (error) {
    throw fail(
      url,
      `cannot be imported: ${error instanceof Error ? error.message : String(error)}.`,
      error,
    );
  }
  let exported = module['createStrategy'] ?? module['default'];
  // A CommonJS module that was compiled from `export default`.
  if (typeof exported === 'object' && exported !== null && '__esModule' in exported) {
    exported = (exported as unknown as Record<string, unknown>)['default'] ?? exported;
  }
  let strategy: unknown;
  try {
    strategy = await make(exported, options);
  } catch (error) {
    throw fail(url, `threw: ${error instanceof Error ? error.message : String(error)}.`, error);
  }
  if (typeof strategy !== 'object' || strategy === null) throw fail(url, 'exports no strategy.');
  const handlers = strategy as Record<string, unknown>;
  if (!HANDLERS.some((name) => typeof handlers[name] === 'function')) {
    throw fail(url, `has no handler (${HANDLERS.join(', ')}).`);
  }
  return strategy;
}
