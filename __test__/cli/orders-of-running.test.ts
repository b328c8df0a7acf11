import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

import { ordersOfRunning } from '../../lib/cli/orders-of-running.js';
import { pageOf } from '../support/process-page.js';

let folder: string;
const handles: number[] = [];

beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hbl-orders-of-'));
});

afterEach(() => {
  for (const handle of handles.splice(0)) closeSync(handle);
  rmSync(folder, { recursive: true });
});

/** A page, held open by this process as its owner would. */
function hold(name: string, page: Buffer): void {
  const file = path.join(folder, name);
  writeFileSync(file, page);
  handles.push(openSync(file, 'r'));
}

const REAL = 4;
const PAPER = 3;

describe.skipIf(process.platform !== 'linux')('where the orders of a running connector go', () => {
  it.each([
    [1, 'none'],
    [2, 'simulated'],
    [PAPER, 'paper'],
    [REAL, 'real'],
    [99, 'unknown'],
  ])('is what its page says: %i is %s', (code, word) => {
    hold('hbl-0-connector-it', pageOf(4, code, 'mainnet'));
    hold('hbl-0-connector-another', pageOf(4, code === REAL ? PAPER : REAL, 'mainnet'));
    hold('hbl-0-bot-it', pageOf(4, code === REAL ? PAPER : REAL, 'mainnet'));
    expect(ordersOfRunning('it', folder)).toBe(word);
  });

  it('is not known when none runs, or nothing can be read', () => {
    expect(ordersOfRunning('it', folder)).toBe('unknown');
    expect(ordersOfRunning('it', path.join(folder, 'none'))).toBe('unknown');
    writeFileSync(path.join(folder, 'hbl-0-connector-it'), pageOf(4, PAPER, 'mainnet'));
    expect(ordersOfRunning('it', folder), 'of a process that is gone').toBe('unknown');
  });

  it('is not known of another version, and when two of the name disagree', () => {
    hold('hbl-0-connector-old', pageOf(3, PAPER, ''));
    expect(ordersOfRunning('old', folder)).toBe('unknown');
    hold('hbl-0-connector-it', pageOf(4, PAPER, 'mainnet'));
    hold('hbl-1-connector-it', pageOf(4, REAL, 'mainnet'));
    expect(ordersOfRunning('it', folder)).toBe('unknown');
  });
});
