import { afterEach } from 'vitest';

import { FakeBinance } from './fake-binance.js';

const ending: (() => Promise<void>)[] = [];

afterEach(async () => {
  await Promise.all(ending.splice(0).map((end) => end()));
});

/** Starts a fake Binance with a trade and a new level of the book every 5 ms, and returns the variables that lead there. */
export async function startBusyBinance(): Promise<NodeJS.ProcessEnv> {
  const venue = await FakeBinance.start();
  let turn = 0;
  const timer = setInterval(() => {
    turn += 1;
    const price = 100 + (turn % 10);
    venue.depth('BTCUSDT', [[String(price), '1']], [[String(price + 20), '2']]);
    venue.trade('BTCUSDT', String(price), '0.5');
  }, 5);
  ending.push(async () => {
    clearInterval(timer);
    await venue.stop();
  });
  const { depthUrl, tradesUrl, restUrl } = venue.addresses;
  return {
    BINANCE_DEPTH_URL: depthUrl,
    BINANCE_TRADES_URL: tradesUrl,
    BINANCE_REST_URL: restUrl,
  };
}
