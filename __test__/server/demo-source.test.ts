// What the demo's page shows, fed as its strategy feeds it.
import { afterEach, describe, expect, it } from 'vitest';

import type { DemoState } from '../../lib/cli/demo-state.js';
import { DemoSource } from '../../lib/cli/demo-source.js';

const sources: DemoSource[] = [];
const STATE: DemoState = {
  bids: [[99.5, 2]],
  asks: [[100.5, 1]],
  orders: 'paper',
  environment: 'mainnet',
  book: 'live',
  position: -0.02,
  pnl: 1.5,
  tape: [{ side: 'sell', price: 99.5, qty: 0.3, tsMs: 1 }],
  ownFills: [],
  link: 'connected',
  linkLosses: 0,
  quotes: [{ side: 'buy', price: 99.5, leavesQty: 0.02, cancelling: false, createdMs: 1 }],
  page: {
    candles: [[1, 99.5, 99.5, 99.5, 99.5, 0.3]],
    fills: [],
    ...{ expired: 0, rejected: 0, pid: 7, version: '1.0', heartbeatAgeMs: 5 },
  },
};

afterEach(() => {
  for (const source of sources.splice(0)) source.close();
});

function demo(): DemoSource {
  const source = new DemoSource({
    ...{ symbol: 'BTCUSDT', tickSize: 0.5, lotSize: 0.01 },
    ...{ backend: 'native', connector: 'demo-1' },
  });
  sources.push(source);
  return source;
}

describe('the page of the demo', () => {
  it('shows book, orders, position and profit as the strategy reported them', () => {
    const source = demo();
    expect(source.readiness().missing).toEqual(['waiting for the first book']);
    source.update(STATE, undefined, 10);
    expect(source.view()).toMatchObject({
      state: { level: 'ok', text: 'live' },
      connectors: [{ text: 'connected', orders: 'paper', environment: 'mainnet', pid: 7 }],
      book: { bids: [[99.5, 2]], asks: [[100.5, 1]], synced: true },
      orders: [{ side: 'buy', price: 99.5, leavesQty: 0.02, state: 'open' }],
      position: -0.02,
      pnl: 1.5,
    });
    expect(source.readiness()).toEqual({ ready: true, missing: [] });
  });

  it('says that the connector is gone, why, and that it runs again', () => {
    const source = demo();
    source.update(STATE, undefined, 10);
    source.setDown('the connector ended by itself (SIGKILL)');
    expect(source.view()).toMatchObject({
      state: { level: 'bad', text: 'the connector ended by itself (SIGKILL)' },
      connectors: [{ level: 'bad' }],
    });
    expect(source.readiness().ready).toBe(false);
    expect(source.wsHealth().connector.connected).toBe(false);
    source.setDown('');
    expect(source.view()).toMatchObject({ state: { level: 'ok' }, connectors: [{ level: 'ok' }] });
    expect(source.view().log.map(({ text }) => text)).toEqual([
      'the demo runs on native, connector demo-1',
      'the connector ended by itself (SIGKILL)',
      'the connector runs again',
    ]);
  });

  it('adds the new trades of the strategy to its tape, once', () => {
    const source = demo();
    const trade = (tsMs: number): DemoState['tape'][number] => ({
      side: 'buy',
      price: 100,
      qty: 1,
      tsMs,
    });
    source.update({ ...STATE, tape: [trade(2), trade(1)] }, undefined, 0);
    source.update({ ...STATE, tape: [trade(4), trade(3), trade(2)] }, undefined, 0);
    expect(source.view().trades.map(({ tsMs }) => tsMs)).toEqual([4, 3, 2, 1]);
  });

  it('counts expired post-only quotes and refusals as outcomes, and colours nothing for them', () => {
    const source = demo();
    source.update(STATE, undefined, 0);
    const page = { ...STATE.page!, expired: 17, rejected: 2 };
    source.update({ ...STATE, page }, undefined, 0);
    const { outcomes, losses, log, state } = source.view();
    expect(outcomes).toContainEqual({ name: 'expired', value: 17, unit: '', level: 'ok' });
    expect(outcomes).toContainEqual({ name: 'rejected', value: 2, unit: '', level: 'ok' });
    expect(losses.every(({ level, value }) => level === 'ok' && value === 0)).toBe(true);
    expect(state.level).toBe('ok');
    expect(log.slice(1)).toMatchObject([
      {
        level: 'ok',
        symbol: 'BTCUSDT',
        count: 17,
        text: 'post-only quote expired: it would have taken',
      },
      { level: 'ok', symbol: 'BTCUSDT', count: 2, text: 'quote rejected' },
    ]);
    expect(log).toHaveLength(3);
  });

  it('shows the fills and candles of the strategy, and when the connector was started again', () => {
    const source = demo();
    const nowSecond = Math.floor(Date.now() / 1000);
    const fill = { market: 0, side: 'buy', price: 99.5, qty: 1, maker: true, tsMs: 1 } as const;
    const page = { ...STATE.page!, fills: [fill, { ...fill, price: 99 }] };
    source.update(
      { ...STATE, page: { ...page, candles: [[nowSecond, 1, 2, 0.5, 1, 3]] } },
      undefined,
      0,
    );
    source.update(
      { ...STATE, page: { ...page, fills: [], candles: [[nowSecond, 1, 4, 0.5, 2, 5]] } },
      undefined,
      0,
    );
    expect(source.view().fills.map(({ id, price }) => [id, price])).toEqual([
      [2, 99],
      [1, 99.5],
    ]);
    expect(source.candles(0, 0)).toEqual([[nowSecond, 1, 4, 0.5, 2, 5]]);
    expect(source.view().connectors[0]).toMatchObject({ restarts: 0, lastRestartMs: undefined });
    source.setDown('gone');
    source.setDown('');
    const { restarts, lastRestartMs } = source.view().connectors[0]!;
    expect(restarts).toBe(1);
    expect(Date.now() - lastRestartMs!).toBeLessThan(5_000);
  });
});
