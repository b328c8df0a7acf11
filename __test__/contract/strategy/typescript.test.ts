// A strategy in TypeScript is run as it stands, whatever of the supported Node.js runs it.
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..', '..', '..');

/** What can be erased, a value and a type of another file, and a handler that throws in line 14. */
const STRATEGY = `import type { Strategy, StrategyContext } from 'hftbacktest-live';

import { half, type Options } from './lib/half.ts';

class Quoter implements Strategy {
  readonly #qty: number;
  #trades = 0;
  constructor({ qty }: Options) {
    this.#qty = half(qty);
  }
  onTrade(ctx: StrategyContext): void {
    this.#trades += 1;
    if (this.#trades > 1) return;
    throw new Error(\`qty \${String(this.#qty satisfies number)}\`);
  }
  onError(ctx: StrategyContext, error: Error): void {
    ctx.log(error.stack ?? '');
  }
}
export const createStrategy = (options: Options): Strategy => new Quoter(options);
`;
const HALF = `export interface Options {
  readonly qty: number;
}
export const half = <T extends number>(value: T): number => value / 2;
`;
const run = (strategy: string): string => `
import { LiveInstrument, runLive } from 'hftbacktest-live';
try {
  const { reason, trades } = await runLive({
    strategy: ${JSON.stringify(strategy)},
    strategyOptions: { qty: 4 },
    instruments: [new LiveInstrument('BTCUSDT').connector('stub').tickSize(0.1).lotSize(0.001)],
    backend: 'stub',
    stub: { pace: 'asap' },
    onLog: (text) => console.log(text),
  });
  console.log(reason, trades > 0);
} catch (error) {
  console.log(error.code, error.message);
}`;

/** Files of the project: programs begin with \`run\`, strategies of all ways to write TypeScript. */
const FILES: Readonly<Record<string, string>> = {
  'strategy.ts': STRATEGY,
  'strategy.mts': STRATEGY,
  'lib/half.ts': HALF,
  'plain/package.json': '{}',
  'plain/strategy.ts': STRATEGY,
  'plain/lib/half.ts': HALF,
  'common/package.json': '{"type":"commonjs"}',
  'common/strategy.ts': `const { half } = require('./half.cts');
interface Handlers { onTrade(): void }
const handlers: Handlers = { onTrade: () => { throw new Error('qty ' + half(4)); } };
module.exports = { ...handlers, onError: (ctx: any, error: Error) => ctx.log(error.stack) };`,
  'common/half.cts': 'module.exports.half = (value: number): number => value / 2;',
  'common/module.ts': "import 'node:os';\nexport default { onTrade() {} };",
  'common/module.js': 'export default { onTrade() {} };',
  'misspelt.ts': 'export default { onTrades() {} };',
  'enum.ts': 'enum Side { Buy }\nexport default { onTrade: () => Side.Buy };',
  'tsx.ts': `import { half } from './lib/half.js';
enum Side { Buy = 4 }
export default {
  onTrade() { throw new Error(\`qty \${String(half(Side.Buy))}\`); },
  onError(ctx, error) { ctx.log(error.stack); },
};`,
  'run.ts': "const file: string = './run.mjs';\nawait import(file);",
  'wrong.ts': 'export default {\n  onTrade(: {},\n};',
  'compiled-names.ts': "import { half } from './lib/half.js';\nexport default { onTrade: half };",
};

describe('runLive with a strategy in TypeScript', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'hbl-typescript-'));

  beforeAll(() => {
    mkdirSync(path.join(folder, 'node_modules'));
    symlinkSync(root, path.join(folder, 'node_modules', 'hftbacktest-live'));
    writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}');
    for (const [name, text] of Object.entries(FILES)) {
      mkdirSync(path.dirname(path.join(folder, name)), { recursive: true });
      writeFileSync(path.join(folder, name), text);
    }
  });
  afterAll(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  function printed(strategy: string, options: readonly string[] = [], file = 'run.mjs'): string {
    writeFileSync(path.join(folder, 'run.mjs'), run(strategy));
    const { stdout, stderr } = spawnSync(process.execPath, [...options, file], {
      cwd: folder,
      encoding: 'utf8',
      timeout: 50_000,
    });
    // Node's own words on a package without a `type`, or with the other one.
    const noise =
      /MODULE_TYPELESS_PACKAGE_JSON|^Reparsing|^To eliminate|--trace-warnings|load (an|the) ES module/;
    const complaints = stderr.split('\n').filter((line) => !noise.test(line));
    expect(complaints.join('\n')).toBe('');
    return stdout;
  }

  it.each(['./strategy.ts', './strategy.mts', './plain/strategy.ts'])(
    'runs %s with the files that it imports, and errors name its lines',
    (strategy) => {
      const out = printed(strategy);
      expect(out).toMatch(/^Error: qty 2\n/);
      expect(out).toContain(`${path.join(folder, strategy)}:14:11`);
      expect(out).toContain('end_of_data true');
    },
  );

  it('runs CommonJS where package.json says so', () => {
    const out = printed('./common/strategy.ts');
    expect(out).toContain('Error: qty 2');
    expect(out).toContain(`${path.join(folder, 'common', 'strategy.ts')}:3:53`);
  });

  it('runs a program in TypeScript with --import hftbacktest-live/typescript', () => {
    const out = printed('./strategy.ts', ['--import', 'hftbacktest-live/typescript'], 'run.ts');
    expect(out).toMatch(/^Error: qty 2\n/);
    expect(out).toContain(`${path.join(folder, 'strategy.ts')}:14:11`);
  });

  it('leaves it to tsx where the program was started with it', () => {
    symlinkSync(path.join(root, 'node_modules', 'tsx'), path.join(folder, 'node_modules', 'tsx'));
    const out = printed('./tsx.ts', ['--import', 'tsx']);
    expect(out).toMatch(/^Error: qty 2\n/);
    expect(out).toContain(`${path.join(folder, 'tsx.ts')}:4:21`);
  });

  it.each([
    ['./enum.ts', /^ERR_STRATEGY_MODULE .*enum.ts.* enum .*not supported.*erasableSyntaxOnly/s],
    ['./misspelt.ts', /onTrades is no handler.*Did you mean onTrade\?/],
    ['./wrong.ts', /^ERR_STRATEGY_MODULE .*wrong\.ts/s],
    [
      './compiled-names.ts',
      /^ERR_STRATEGY_MODULE .*half\.js.*by the name that it has, \.\/util\.ts/s,
    ],
    ['./none.ts', /^ERR_STRATEGY_MODULE .*none\.ts.* cannot be imported.*Look at the name/s],
    // What `npm init --yes` writes into package.json.
    ['./common/module.ts', /module\.ts.*\. The nearest package\.json makes it CommonJS.*\.mts/s],
    ['./common/module.js', /'export'\. The nearest package\.json makes it CommonJS.*\.mjs/],
  ])('refuses %s with a word on what to do', (strategy, expected) => {
    expect(printed(strategy)).toMatch(expected);
  });
});
