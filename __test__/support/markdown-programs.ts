// The programs of a Markdown page. Rules, so that a reader can run what a page shows:
// - a `js` or `ts` block whose first line is `// name.mjs` (or .mts, .cjs) is that file;
// - a block with imports is a program of its own;
// - a block without imports continues the nearest program above it that stands alone;
// - a block marked `no-run` needs a venue or the internet: its types are checked, it is not run.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import ts from 'typescript';

export const root: string = path.resolve(import.meta.dirname, '..', '..');

export interface Block {
  readonly language: string;
  /** What follows the language on the fence. */
  readonly info: string;
  readonly heading: string;
  readonly code: string;
}

export interface Program {
  /** The nearest heading above. */
  readonly heading: string;
  readonly language: 'js' | 'ts';
  /** The whole program. */
  readonly code: string;
  /** Name of its file, where the page gives one. */
  readonly file: string | undefined;
  /** False: it needs a venue or the internet. */
  readonly runs: boolean;
}

/** The fenced blocks of a page, in order. */
export function blocksOf(page: string): Block[] {
  const text = readFileSync(path.join(root, page), 'utf8');
  return [...text.matchAll(/^```(\w*) ?([^\n]*)\n(.*?)^```$/gms)].map((match) => {
    const [, language = '', info = '', code = ''] = match;
    const headings = text.slice(0, match.index).match(/^#+ .*$/gm);
    return { language, info, code, heading: headings?.at(-1)?.replace(/^#+ /, '') ?? '' };
  });
}

/** A client that the page leaves running for the pieces below it is closed at the end of each. */
function closed(code: string): string {
  const opens = code.includes('const client = new LiveClient(');
  return opens && !code.includes('client.close()') ? `${code}\nawait client.close();\n` : code;
}

/** The JavaScript and TypeScript programs of a page, files included. */
export function programsOf(page: string): Program[] {
  let start = '';
  return blocksOf(page).flatMap(({ language, info, heading, code }): Program[] => {
    if (language !== 'js' && language !== 'ts') return [];
    const file = /^\/\/ (\S+\.[mc]?[jt]s)\n/.exec(code)?.[1];
    const about = { heading, language, file, runs: info !== 'no-run' } as const;
    if (file !== undefined) return [{ ...about, code }];
    if (/^import /m.test(code)) {
      start = code;
      return [{ ...about, code: closed(code) }];
    }
    if (start === '') throw new Error(`${page}, ${heading}: nothing to continue`);
    return [{ ...about, code: closed(`${start}\n${code}`) }];
  });
}

/** TypeScript as it runs: types are taken out, as `tsc` does. */
export function asJavaScript({ language, code }: Program): string {
  if (language === 'js') return code;
  return ts.transpileModule(code, {
    compilerOptions: { target: ts.ScriptTarget.ES2022, module: ts.ModuleKind.ESNext },
  }).outputText;
}
