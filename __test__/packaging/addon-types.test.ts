// The TypeScript declarations of the functions that the addon exports without napi-rs.
import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';

interface AddonTypes {
  rawFunctionTypes(rust: string): string;
}

const tool = new URL('../../.tools/addon-types.mjs', import.meta.url);
const { rawFunctionTypes } = (await import(tool.href)) as AddonTypes;
const hot = readFileSync(new URL('../../crates/node/src/hot.rs', import.meta.url), 'utf8');

const block = (entries: string): string => `raw_functions! {\n${entries}}\n`;

describe('declarations of raw functions', () => {
  it('carry doc, parameters and result', () => {
    const rust = block(
      '    /// Cancels.\n    /// Returns 0.\n    botCancel(\n        bot: number,\n        orderId: bigint,\n    ): number => bot_cancel;\n',
    );
    expect(rawFunctionTypes(rust)).toBe(
      '/**\n * Cancels.\n * Returns 0.\n */\nexport declare function botCancel(bot: number, orderId: bigint): number;\n',
    );
  });

  it('are read from hot.rs, one for each entry', () => {
    const names = [...rawFunctionTypes(hot).matchAll(/^export declare function (\w+)/gm)];
    expect(names).toHaveLength([...hot.matchAll(/^ {4}.*: number => \w+;$/gm)].length);
    expect(names.map(([, name]) => name)).toContain('botWaitBatch');
  });

  it('are refused for an entry without a doc or with another form', () => {
    expect(() => rawFunctionTypes(block('    botRun(bot: number): number => bot_run;\n'))).toThrow(
      'not a raw function: botRun(bot: number)',
    );
    expect(() => rawFunctionTypes(block('    /// Runs.\n    botRun(bot) => bot_run;\n'))).toThrow(
      'not a raw function',
    );
    expect(() => rawFunctionTypes('fn other() {}\n')).toThrow('no block raw_functions!');
  });
});
