// `moduleResolution: node10` does not read `exports`: the subpaths have their types by `typesVersions`.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import ts from 'typescript';
import { expect, it } from 'vitest';

const ROOT = path.resolve(import.meta.dirname, '../..');

it('the subpaths have types where modules are resolved as Node 10 did', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'node10-'));
  try {
    mkdirSync(path.join(folder, 'node_modules'));
    symlinkSync(ROOT, path.join(folder, 'node_modules', 'hftbacktest-live'));
    const file = path.join(folder, 'program.ts');
    writeFileSync(
      file,
      `import { createFeed } from 'hftbacktest-live/feed';
       import { LiveServer } from 'hftbacktest-live/server';
       import { testStrategy } from 'hftbacktest-live/testing';
       import { LiveClient } from 'hftbacktest-live';
       export const used: unknown[] = [createFeed, LiveServer, testStrategy, LiveClient];`,
    );
    const program = ts.createProgram([file], {
      module: ts.ModuleKind.CommonJS,
      moduleResolution: ts.ModuleResolutionKind.Node10,
      ignoreDeprecations: '5.0',
      skipLibCheck: true,
      noEmit: true,
      types: [],
    });
    const source = program.getSourceFile(file);
    const found = program
      .getSemanticDiagnostics(source)
      .map(({ messageText }) => ts.flattenDiagnosticMessageText(messageText, '\n'));
    expect(found).toEqual([]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});
