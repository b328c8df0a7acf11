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
  candles: [[1, 99.5, 99.5, 99.5, 99.5, 0.3]],
  fills: [],
  expired: 0,
  rejected: 0,
  pid: 7,
  version: '1.0',
  heartbeatAgeMs: 5,
  quotes: [{ side: 'buy', price: 99.5, leavesQty: 0.02, cancelling: false, createdMs: 1 }],
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
      connectors: [{ text: 'connected, orders paper (mainnet)' }],
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
});
