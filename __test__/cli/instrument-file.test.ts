import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { decimalsOf } from '../../lib/cli/decimals-of.js';
import { failureOf } from '../../lib/cli/failure.js';
import { wantedInstruments } from '../../lib/cli/wanted-instruments.js';
import { HftError } from '../../lib/models/hft-error.js';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hbl-instruments-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true });
});

function fileOf(text: string): string {
  const file = path.join(folder, 'instruments.toml');
  writeFileSync(file, text);
  return file;
}

describe('a file of instruments', () => {
  const both =
    '[[symbols]]\nsymbol = "A"\ntick_size = 0.5\nlot_size = 1\n\n[[symbols]]\nsymbol = "B"\n';

  it('gives each symbol its sizes; those left out come from the options, or are asked for', () => {
    const instruments = fileOf(both);
    expect(wantedInstruments({ instruments })).toEqual([
      { symbol: 'A', tickSize: 0.5, lotSize: 1 },
      { symbol: 'B', tickSize: undefined, lotSize: undefined },
    ]);
    expect(wantedInstruments({ instruments, symbol: ['B'], tick: 2 })).toEqual([
      { symbol: 'B', tickSize: 2, lotSize: undefined },
    ]);
    expect(() => wantedInstruments({ instruments, symbol: ['C'] })).toThrow(/It has A, B/);
  });

  it.each([
    ['symbols = 3\n', ['it has no [[symbols]]']],
    ['[[symbols]]\nsymbol = "A"\ntick_sise = 0.1\n', ['line 3', 'tick_sise', 'tick_size?']],
    ['[[symbol]]\nsymbol = "A"\n', ['line 1', 'unknown key symbol', 'symbols?']],
    ['[[symbols]]\nsymbol = \n', ['line 2']],
    ['[[symbols]]\nsymbol = "A"\nlot_size = 0\n', ['number 1', 'lot_size', 'above 0']],
    ['[[symbols]]\ntick_size = 1\n', ['number 1', 'symbol: must be a text']],
    ['[[symbols]]\nsymbol = "A"\n[[symbols]]\nsymbol = "A"\n', ['A stands in it twice']],
  ])('that is wrong is refused with file, place and key: %j', (text, parts) => {
    const instruments = fileOf(text);
    for (const part of [instruments, ...parts])
      expect(() => wantedInstruments({ instruments })).toThrow(part);
  });

  it('that is not there is said', () => {
    const instruments = path.join(folder, 'nowhere.toml');
    expect(() => wantedInstruments({ instruments })).toThrow(/nowhere.toml: cannot be read/);
  });
});

it('without a file, symbols share the sizes, and none is taken twice', () => {
  expect(wantedInstruments({ symbol: ['A', 'B', 'A'], tick: 1 })).toEqual([
    { symbol: 'A', tickSize: 1, lotSize: undefined },
    { symbol: 'B', tickSize: 1, lotSize: undefined },
  ]);
  expect(wantedInstruments({}).map(({ symbol }) => symbol)).toEqual(['BTCUSDT']);
});

it.each([
  [0.1, 1],
  [1e-7, 7],
  [2.5e-8, 9],
  [0.25, 2],
  [1, 0],
  [1000, 0],
])('a step of %d has its decimals', (step, decimals) => {
  expect(decimalsOf(step)).toBe(decimals);
});

it('a failure for programs has what happened and what to do apart', () => {
  const error = new HftError('ERR_TIMEOUT', 'nothing came', { remedy: 'Wait longer' });
  expect(failureOf(error)).toEqual({
    code: 'ERR_TIMEOUT',
    message: 'nothing came.',
    remedy: 'Wait longer',
  });
  const system = Object.assign(new Error('no rights'), { code: 'EACCES' });
  expect(failureOf(system)).toEqual({ code: 'EACCES', message: 'no rights', remedy: '' });
  expect(failureOf('x')).toEqual({ code: 'ERR_CUSTOM', message: 'x', remedy: '' });
});
