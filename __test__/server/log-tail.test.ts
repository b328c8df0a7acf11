import { describe, expect, it } from 'vitest';

import { LogTail } from '../../lib/server/log/log-tail.js';

const shown = (log: LogTail): unknown[] =>
  log.lines().map(({ level, text, count }) => [level, text, count]);

describe('the log tail', () => {
  it('keeps the last lines and counts repetitions', () => {
    const log = new LogTail(2);
    log.add('ok', 'one');
    log.add('bad', 'two');
    log.add('bad', 'two');
    log.add('ok', 'three');
    expect(shown(log)).toEqual([
      ['bad', 'two', 2],
      ['ok', 'three', 1],
    ]);
  });

  it('folds lines of one kind that alternate, whatever their text, and not those of two symbols', () => {
    const log = new LogTail();
    for (let price = 1; price <= 3; price += 1) {
      log.add('ok', `buy at ${price} expired`, { symbol: 'A', fold: 'expired buy' });
      log.add('ok', `sell at ${price} expired`, { symbol: 'A', fold: 'expired sell' });
    }
    log.add('ok', 'buy at 9 expired', { symbol: 'B', fold: 'expired buy' });
    expect(shown(log)).toEqual([
      ['ok', 'buy at 3 expired', 3],
      ['ok', 'sell at 3 expired', 3],
      ['ok', 'buy at 9 expired', 1],
    ]);
  });

  it('keeps the id of a line that is repeated, and never the one of another', () => {
    const log = new LogTail();
    log.add('ok', 'one');
    log.add('ok', 'two');
    log.add('ok', 'one');
    log.add('ok', 'three');
    expect(log.lines().map(({ id, text }) => [id, text])).toEqual([
      [2, 'two'],
      [1, 'one'],
      [3, 'three'],
    ]);
  });

  it('starts a new line where the last repetition is long past', () => {
    const log = new LogTail();
    log.add('ok', 'again');
    for (let index = 0; index < 8; index += 1) log.add('ok', `line ${index}`);
    log.add('ok', 'again');
    expect(log.lines().filter(({ text }) => text === 'again')).toHaveLength(2);
  });
});
