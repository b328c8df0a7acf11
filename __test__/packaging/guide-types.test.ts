// The TypeScript of README and the guides compiles as a strict user has it, without a cast.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { readdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import ts from 'typescript';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { programsOf, root } from '../support/markdown-programs.js';

const pages = [
  'README.md',
  ...readdirSync(path.join(root, 'docs', 'guide')).map((name) => `docs/guide/${name}`),
];
const folder = mkdtempSync(path.join(tmpdir(), 'hbl-guide-types-'));
/** Every TypeScript program by its file, one folder per page. */
const files = new Map<string, string>();

beforeAll(() => {
  mkdirSync(path.join(folder, 'node_modules', '@types'), { recursive: true });
  symlinkSync(root, path.join(folder, 'node_modules', 'hftbacktest-live'));
  const types = path.join('node_modules', '@types', 'node');
  symlinkSync(path.join(root, types), path.join(folder, types));
  for (const page of pages) {
    const at = path.join(folder, path.basename(page, '.md'));
    mkdirSync(at);
    // The program of README is TypeScript as well.
    for (const [index, { language, file, code }] of programsOf(page).entries()) {
      if (language !== 'ts' && page !== 'README.md') continue;
      const name = path.join(at, file ?? `program-${String(index)}.mts`);
      files.set(name, code);
      writeFileSync(name, code);
    }
  }
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function complaints(options: ts.CompilerOptions): string[] {
  const program = ts.createProgram([...files.keys()], {
    strict: true,
    noEmit: true,
    skipLibCheck: true,
    target: ts.ScriptTarget.ES2022,
    types: ['node'],
    typeRoots: [path.join(folder, 'node_modules', '@types')],
    ...options,
  });
  return ts.getPreEmitDiagnostics(program).map(({ file, start, messageText }) => {
    const text = ts.flattenDiagnosticMessageText(messageText, '\n');
    if (file === undefined) return text;
    const { line } = file.getLineAndCharacterOfPosition(start ?? 0);
    return `${path.relative(folder, file.fileName)}:${String(line + 1)}: ${text}`;
  });
}

describe('the TypeScript of README and the guides', () => {
  it.each([
    ['node16', { module: ts.ModuleKind.Node16, moduleResolution: ts.ModuleResolutionKind.Node16 }],
    [
      'bundler',
      { module: ts.ModuleKind.ESNext, moduleResolution: ts.ModuleResolutionKind.Bundler },
    ],
  ])('compiles with `strict` and module resolution %s', (_name, options) => {
    expect(files.size).toBeGreaterThan(20);
    expect(complaints(options)).toEqual([]);
  });

  it('needs no cast', () => {
    expect(files.size).toBeGreaterThan(20);
    for (const [name, code] of files)
      expect(code.replaceAll('import * as', ''), name).not.toMatch(/\bas [A-Za-z]/);
  });
});
