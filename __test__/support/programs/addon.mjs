// The addon itself, without the classes that check its arguments.
import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import process from 'node:process';
import { fileURLToPath } from 'node:url';

const built = new URL('../../../target/node/', import.meta.url);
const file =
  process.env.HFTBACKTEST_LIVE_ADDON ??
  fileURLToPath(
    new URL(
      readdirSync(built).find((name) => name.endsWith('.node')),
      built,
    ),
  );

export const addon = createRequire(import.meta.url)(file);

/** An instrument and a bot as the addon takes them. */
export function nativeConfig(connector, change = {}) {
  return {
    instruments: [
      {
        connector,
        symbol: 'BTCUSDT',
        tickSize: 0.1,
        lotSize: 0.001,
        roiLb: 30_000,
        roiUb: 70_000,
        lastTradesCapacity: 10,
        ...change.instrument,
      },
    ],
    botId: change.botId ?? 0n,
    wait: {
      strategy: 'adaptive',
      spinNs: 20_000,
      yieldNs: 100_000,
      yieldMaxNs: 2_000_000,
      parkNs: 50_000,
      shareCore: true,
    },
    heartbeatTimeoutNs: 3e9,
    ...change.config,
  };
}
