// The examples that users copy: TypeScript that a strict compiler takes without a cast, short, and run as it stands.
import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import ts from 'typescript';
import { describe, expect, it } from 'vitest';

import { startConnector, uniqueName } from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';

const root = path.resolve(import.meta.dirname, '..', '..');
const FILES = [
  'examples/quoter/strategy.ts',
  'examples/quoter/run.ts',
  'examples/quoter/client.ts',
  'examples/two-instruments/listen.ts',
];
const textOf = (file: string): string => readFileSync(path.join(root, file), 'utf8');

async function run(file: string, ...args: string[]): Promise<Record<string, unknown>> {
  const words = ['--import', 'hftbacktest-live/typescript', `examples/${file}`, ...args];
  const { stdout } = await promisify(execFile)(process.execPath, words, {
    cwd: root,
    timeout: 50_000,
  });
  return JSON.parse(stdout) as Record<string, unknown>;
}

function checkQuoter(result: Record<string, unknown>): void {
  const { ordersSubmitted, submitted = ordersSubmitted, positions = [result['position']] } = result;
  expect(submitted).toBeGreaterThan(1); // most steps are changes of orders
  expect(result['fills']).toBeGreaterThan(0);
  expect(result['left']).toBe(0);
  expect(Math.abs((positions as number[])[0]!)).toBeLessThanOrEqual(0.005);
}

function checkListener(result: Record<string, unknown>): void {
  const trades = result['trades'] as Record<string, number>;
  for (const symbol of ['BTCUSDT', 'ETHUSDT']) expect(trades[symbol], symbol).toBeGreaterThan(0);
  expect(result['compared']).toBeGreaterThan(20);
  expect(result['ratio']).toBeGreaterThan(0);
}

describe('the TypeScript examples', () => {
  it.each([
    ['node16', ts.ModuleKind.Node16, ts.ModuleResolutionKind.Node16],
    ['bundler', ts.ModuleKind.ESNext, ts.ModuleResolutionKind.Bundler],
  ])('compile with `strict` and module resolution %s', (_, module, moduleResolution) => {
    const folder = mkdtempSync(path.join(tmpdir(), 'hbl-examples-'));
    try {
      mkdirSync(path.join(folder, 'node_modules'));
      symlinkSync(root, path.join(folder, 'node_modules', 'hftbacktest-live'));
      const types = path.join(root, 'node_modules', '@types');
      symlinkSync(types, path.join(folder, 'node_modules', '@types'));
      writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}');
      const files = FILES.map((file) => {
        const copy = path.join(folder, file);
        mkdirSync(path.dirname(copy), { recursive: true });
        writeFileSync(copy, textOf(file));
        return copy;
      });
      const program = ts.createProgram(files, {
        strict: true,
        noUncheckedIndexedAccess: true,
        exactOptionalPropertyTypes: true,
        erasableSyntaxOnly: true,
        verbatimModuleSyntax: true,
        allowImportingTsExtensions: true,
        noEmit: true,
        skipLibCheck: true,
        target: ts.ScriptTarget.ES2022,
        types: ['node'],
        typeRoots: [path.join(folder, 'node_modules', '@types')],
        module,
        moduleResolution,
      });
      const complaints = ts.getPreEmitDiagnostics(program).map(({ file, messageText }) => {
        const text = ts.flattenDiagnosticMessageText(messageText, '\n');
        return `${path.basename(file?.fileName ?? '')}: ${text}`;
      });
      expect(complaints).toEqual([]);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it.each(FILES)('%s needs no cast and less than 80 lines', (file) => {
    const code = textOf(file).replaceAll(/^import .*$/gm, '');
    expect(code).not.toMatch(/\bas (?!const\b)[A-Za-z]|<any>|: any\b/);
    expect(textOf(file).split('\n').length).toBeLessThan(80);
  });

  it('have the strategy that `init` writes', () => {
    expect(textOf('examples/quoter/strategy.ts')).toBe(
      textOf('lib/cli/init/template/src/quoter.ts'),
    );
  });

  it('run on the stub', async () => {
    checkQuoter(await run('quoter/run.ts', 'stub', '4'));
    checkQuoter(await run('quoter/client.ts', 'stub', '4'));
    checkListener(await run('two-instruments/listen.ts', 'stub', '2'));
  });
});

describeNative('the TypeScript examples with the addon', () => {
  it('run on a simulated exchange that they start', async () => {
    const strategy = await run('quoter/run.ts', 'sim', '4');
    checkQuoter(strategy);
    expect(strategy).toMatchObject({ backend: 'native', handlerErrors: 0 });
    checkQuoter(await run('quoter/client.ts', 'sim', '4'));
    checkListener(await run('two-instruments/listen.ts', 'sim', '4'));
  });

  it('run on a connector that is there', async () => {
    const name = uniqueName();
    await startConnector(name, 'sim', 'BTCUSDT', 'ETHUSDT');
    checkQuoter(await run('quoter/run.ts', name, '4'));
    checkQuoter(await run('quoter/client.ts', name, '4'));
    checkListener(await run('two-instruments/listen.ts', name, '4'));
  });
});
