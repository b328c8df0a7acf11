import { describe, expect, it } from 'vitest';

import { fitLine } from '../../lib/cli/fit-line.js';

const GREEN = '\u001b[32m';
const RESET = '\u001b[0m';

describe('a line of the terminal view', () => {
  it('is cut at the last column; colours take none', () => {
    const line = `${GREEN}${'x'.repeat(100)}${RESET}`;
    expect(fitLine(line, 80, false)).toBe(`${GREEN}${'x'.repeat(80)}${RESET}`);
    expect(fitLine(`ab${GREEN}cd${RESET}`, 80, false)).toBe(`ab${GREEN}cd${RESET}`);
    expect(fitLine('é'.repeat(81), 80, false)).toBe('é'.repeat(80));
  });

  it('has no colours where none are wanted', () => {
    expect(fitLine(`ab${GREEN}cd${RESET}`, 80, true)).toBe('abcd');
  });
});
