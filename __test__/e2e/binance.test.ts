// A client and a strategy with Binance connectors of their own, on a fake venue on this machine.
import { afterEach, expect, it } from 'vitest';

import { LiveClient, LiveInstrument, runLive, type Trade } from '../../lib/index.js';
import { FakeBinance } from '../support/fake-binance.js';
import { describeNative } from '../support/native-suite.js';
import { until } from '../support/until.js';

const venues: FakeBinance[] = [];

afterEach(async () => {
  await Promise.all(venues.splice(0).map((venue) => venue.stop()));
});

describeNative('trades of binancefutures', () => {
  it('reach a client and a strategy', async () => {
    const venue = await FakeBinance.start('usdm');
    venues.push(venue);
    const { depthUrl, restUrl } = venue.addresses;
    const options = {
      instruments: [
        new LiveInstrument('BTCUSDT').connector('binancefutures').tickSize(0.1).lotSize(0.001),
      ],
      backend: 'native' as const,
      connector: {
        kind: 'binancefutures' as const,
        config: { stream_url: depthUrl, api_url: new URL(restUrl).origin },
      },
    };
    await using client = new LiveClient(options);
    const trades: Trade[] = [];
    client.on('trade', (trade) => trades.push(trade));
    await client.start();
    const logged: unknown[] = [];
    const run = runLive({
      ...options,
      strategy: new URL('../support/programs/log-trades.mjs', import.meta.url),
      onLog: (_text, values) => logged.push(values),
    });
    const listeners = () =>
      [...venue.connections.values()].filter((streams) => streams.has('btcusdt@trade'));
    await until(() => listeners().length === 2, 'both connectors', 30_000);
    venue.trade('BTCUSDT', '100.5', '0.25');
    venue.trade('BTCUSDT', '100.6', '0.5');
    await until(() => trades.length === 2 && logged.length === 2, 'the trades', 30_000);
    run.stop();
    await run;
    const expected = [
      { price: 100.5, qty: 0.25 },
      { price: 100.6, qty: 0.5 },
    ];
    expect(trades).toMatchObject(expected);
    expect(logged).toMatchObject(expected);
  }, 90_000);
});
