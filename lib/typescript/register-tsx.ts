import { createRequire } from 'node:module';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { isMainThread } from 'node:worker_threads';

/** How tsx stands among the options of Node: as its users write it, or as its command does. */
const LOADER = /^(?:--import=|--loader=)?(tsx|tsx\/esm|file:.*\/tsx\/dist\/loader\.mjs)$/;

/**
 * Before Node 22.15 tsx takes TypeScript in the main thread only: registers it in a worker thread whose
 * process was started with it. Its users may write more than types.
 */
export async function registerTsx(): Promise<void> {
  if (isMainThread) return;
  const options = [...process.execArgv, ...(process.env['NODE_OPTIONS'] ?? '').split(' ')];
  const loader = options
    .map((option) => LOADER.exec(option)?.[1])
    .find((name) => name !== undefined);
  if (loader === undefined) return;
  const require = createRequire(pathToFileURL(path.resolve('program.js')));
  const file = loader.startsWith('file:') ? loader : pathToFileURL(require.resolve('tsx')).href;
  const api = new URL('./esm/api/index.mjs', file);
  const { register } = (await import(api.href)) as { register: () => unknown };
  register();
}
