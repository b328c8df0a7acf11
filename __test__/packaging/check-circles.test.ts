// What `npm run lint` takes for a circle of imports.
import { describe, expect, it } from 'vitest';

interface CheckCircles {
  circlesOf(graph: ReadonlyMap<string, Iterable<string>>): string[][];
  importsOf(file: string, text: string): string[];
  checkCircles(): number;
}

const tool = new URL('../../.tools/check-circles.mjs', import.meta.url);
const { circlesOf, importsOf, checkCircles } = (await import(tool.href)) as CheckCircles;

describe('circles of imports', () => {
  it('are groups of files that reach each other', () => {
    const graph = new Map([
      ['a', ['b']],
      ['b', ['c', 'd']],
      ['c', ['a']],
      ['d', ['e', 'gone']],
      ['e', []],
    ]);
    expect(circlesOf(graph)).toEqual([['a', 'b', 'c']]);
  });

  it('are made of code, not of types', () => {
    const text = [
      "import { a } from './a.js';",
      "import type { B } from './b.js';",
      "import { type C } from './c.js';",
      "import { type D, d } from '../d.js';",
      "export { e } from './e.js';",
      "import './f.js';",
      "import fs from 'node:fs';",
    ].join('\n');
    expect(importsOf('lib/x/y.ts', text)).toEqual([
      'lib/x/a.ts',
      'lib/d.ts',
      'lib/x/e.ts',
      'lib/x/f.ts',
    ]);
  });

  it('are in this tree no more than are known', () => {
    expect(checkCircles()).toBe(0);
  });
});
