import { describe, expect, it } from 'vitest';

import { FeedLog } from '../../lib/feed/feed-log.js';
import { createFeedLogger, levelOf } from '../../lib/feed/feed-logger.js';
import { LineBudget } from '../../lib/feed/line-budget.js';
import { normalizeEvent } from '../../lib/feed/normalizer.js';
import { logLines } from './log-lines.js';
import { rawDepth, rawTrade } from './scripted-connector.js';

const OPTIONS = { source: 'venue' };

describe('lines of a feed', () => {
  it('show a trade and an update with their lag', () => {
    const { logger, lines } = logLines();
    const log = new FeedLog(logger, 'venue');
    log.event(normalizeEvent(rawTrade({ timestamp: 1_000 }), OPTIONS, 1_040), 0);
    log.event(normalizeEvent(rawDepth({ timestamp: 1_000 }), OPTIONS, 1_007), 0);
    expect(lines).toMatchObject([
      {
        event: 'connector_trade',
        level: 'info',
        source: 'venue',
        symbol: 'BTCUSDT',
        price: 100,
        qty: 1,
        side: 'buy',
        lag_ms: 40,
      },
      { event: 'connector_depth', bids: 1, asks: 1, lag_ms: 7 },
    ]);
    expect(Date.parse(String(lines[0]?.['time']))).toBeGreaterThan(0);
  });

  it('write at most so many trades per second and count the others', () => {
    const { logger, named } = logLines();
    const log = new FeedLog(logger, 'venue', { tradeLinesPerSecond: 2 });
    const tick = normalizeEvent(rawTrade(), OPTIONS);
    for (let i = 0; i < 1_000; i += 1) log.event(tick, 500);
    log.event(tick, 1_000);
    expect(named('connector_trade').map((line) => line['suppressed'])).toEqual([
      undefined,
      undefined,
      998,
    ]);
  });

  it('follow the level', () => {
    const { logger, lines } = logLines('error');
    const log = new FeedLog(logger, 'venue');
    log.event(normalizeEvent(rawTrade(), OPTIONS), 0);
    log.connected({});
    log.error(new Error('bad'), 'connector', 0);
    expect(lines.map((line) => line['event'])).toEqual(['connector_error']);
  });

  it('never hold a secret of the environment', () => {
    const env = { BYBIT_API_KEY: 'canary-key-123', BYBIT_API_SECRET: 'canary-secret-456' };
    const { logger, texts } = logLines('info', env);
    const log = new FeedLog(logger, 'venue');
    log.error(new Error('refused canary-key-123 with canary-secret-456'), 'connector', 0);
    log.note('connector_status', { details: { key: 'canary-key-123' } });
    expect(texts.join('')).not.toContain('canary');
    expect(texts.join('')).toContain('[redacted]');
  });

  it('are for people in a terminal', () => {
    const lines: string[] = [];
    const logger = createFeedLogger({ pretty: true, write: (line) => lines.push(line), env: {} });
    logger.info({ event: 'connector_connected', source: 'venue', symbols: ['A'] });
    expect(lines[0]?.replace(/\x1b\[\d+m/g, '')).toMatch(
      /^\d\d:\d\d:\d\d\.\d{3} info {2}connector_connected source=venue symbols=\["A"\]\n$/,
    );
  });

  it.each([
    ['debug', 'debug'],
    ['WARNING', 'warn'],
    [' Critical ', 'fatal'],
    ['loud', undefined],
    [undefined, undefined],
  ])('level %s is %s', (text, level) => {
    expect(levelOf(text)).toBe(level);
  });
});

describe('LineBudget', () => {
  it('writes none with 0 and all with Infinity', () => {
    const none = new LineBudget(0);
    const all = new LineBudget(Infinity);
    for (let i = 0; i < 10; i += 1) {
      expect(none.take(0)).toBe(false);
      expect(all.take(0)).toBe(true);
    }
    expect([none.takeSuppressed(), none.takeSuppressed()]).toEqual([10, 0]);
  });
});
