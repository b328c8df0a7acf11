import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';

import { RecordReport } from '../../lib/cli/record-report.js';
import type { Losses } from '../../lib/cli/record-source.js';

let said: { out: string; err: string };
beforeEach(() => {
  said = { out: '', err: '' };
  vi.useFakeTimers();
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    said.out += String(text);
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    said.err += String(text);
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

/** What is said of a recording of 12 s with these losses. */
function recorded(isJson: boolean, losses: Losses): void {
  const health = { trades: 7, levels: 90 };
  const symbols = ['A', 'B'].map((symbol) => ({ symbol, health }));
  const report = new RecordReport(
    isJson,
    () => symbols,
    () => losses,
  );
  report.started(['A', 'B'], 'out');
  vi.advanceTimersByTime(12_000);
  report.file({ path: 'out/A.npz', trades: 7, levels: 90, bytes: 100, notes: ['a note'] });
  report.ended();
  report.ended();
}

describe('what record says', () => {
  it('is a line every five seconds on the standard error, and at the end that nothing was lost', () => {
    recorded(false, { gaps: 0, lost: 0 });
    expect(said.out).toBe('out/A.npz: 7 trades, 90 levels, 100 bytes\n  a note\n');
    expect(said.err.split('\n')).toEqual([
      'recording A, B into out',
      '5 s: 14 trades, 180 levels, nothing lost',
      '10 s: 14 trades, 180 levels, nothing lost',
      'complete: nothing was lost on the way here (gaps 0, lost 0)',
      '',
    ]);
  });

  it('is plain about what was lost, while it records and at the end', () => {
    recorded(false, { gaps: 2, lost: 31, dropped: 0 });
    expect(said.err).toContain('5 s: 14 trades, 180 levels, gaps 2, lost 31\n');
    expect(said.err).toMatch(/^NOT COMPLETE: gaps 2, lost 31\. What was lost is in no file/m);
    expect(said.err).not.toMatch(/^complete/m);
  });

  it('is objects only with --json, one per line', () => {
    recorded(true, { gaps: 1 });
    expect(said.err).toBe('');
    const lines = said.out
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as Record<string, unknown>);
    expect(lines.map(({ type }) => type)).toEqual([
      'started',
      'progress',
      'progress',
      'file',
      'end',
    ]);
    expect(lines.at(-1)).toEqual({
      type: 'end',
      seconds: 12,
      trades: 14,
      levels: 180,
      complete: false,
      losses: { gaps: 1 },
    });
  });
});
