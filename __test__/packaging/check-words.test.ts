// What `npm run lint` says of words that the glossary has replaced.
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

interface CheckWords {
  replacedWords(file: string, text: string): Iterable<string>;
  checkWords(): number;
}

const tool = new URL('../../.tools/check-words.mjs', import.meta.url);
const { replacedWords, checkWords } = (await import(tool.href)) as CheckWords;

describe('replaced words', () => {
  it('are found whole, with the line and the term to use', () => {
    const text = 'a line\nlet berth = Berth::new();\n';
    expect([...replacedWords('crates/wire/src/x.rs', text)]).toEqual([
      'crates/wire/src/x.rs:2: "berth" is called waker affinity (docs/glossary.md)',
      'crates/wire/src/x.rs:2: "Berth" is called waker affinity (docs/glossary.md)',
    ]);
    expect([...replacedWords('lib/x.ts', 'a snapshot, wrung, an overcrowdedness')]).toEqual([]);
  });

  it('are found in code, where _ joins words', () => {
    expect([...replacedWords('crates/x.rs', 'fn may_nap() {}')]).toHaveLength(1);
  });

  it('stand nowhere in the tree', () => {
    expect(checkWords()).toBe(0);
  });

  it('are replaced by terms that the glossary explains', () => {
    const glossary = readFileSync(path.resolve('docs/glossary.md'), 'utf8').toLowerCase();
    const [first] = replacedWords('crates/x.rs', 'rung');
    expect(first).toContain('wake stamp');
    for (const term of [
      'waker affinity',
      'wake stamp',
      'contention',
      'batch sleep',
      'idle strategy',
    ])
      expect(glossary).toContain(`| ${term} |`);
  });
});
