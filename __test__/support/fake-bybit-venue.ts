import { writeFileSync } from 'node:fs';
import { afterEach } from 'vitest';

import { FakeBybit } from '../../lib/cli/fake-bybit.js';
import { scratchFile } from './fake-program.js';

const running: FakeBybit[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((venue) => venue.stop()));
});

/** A fake Bybit and the ways to it. */
export interface FakeBybitVenue {
  readonly config: Readonly<Record<string, string>>;
  /** The same as a file. */
  readonly configFile: string;
  /** Its keys, as a connector's environment. */
  readonly env: Readonly<Record<string, string>>;
  /** Runs a command of its control socket; see crates/fake-bybit. */
  run<T = unknown>(cmd: string, fields?: object): Promise<T>;
}

/** Makes the book of XRPUSDT, which has no other traders there: this bid and this ask are all there is. */
export async function quietBook(venue: FakeBybitVenue, bid = '2.4', ask = '2.6'): Promise<void> {
  const level = { symbol: 'XRPUSDT', owner: 'other', qty: '1000' };
  await venue.run('place', { ...level, side: 'Buy', price: bid });
  await venue.run('place', { ...level, side: 'Sell', price: ask });
}

/** One whose only market is BTCUSDT, in which nobody trades: what rests stays. */
export async function startStillBybit(): Promise<FakeBybitVenue> {
  const market = { category: 'linear', symbol: 'BTCUSDT', tick: '0.10', step: '0.001' };
  const rates = { px: 60_000, levels: 250, levelRateHz: 2, tradeRateHz: 0 };
  const file = scratchFile('venue.json');
  writeFileSync(file, JSON.stringify({ markets: [{ ...market, ...rates }] }));
  return startFakeBybit('--config', file);
}

/** Starts the fake venue; stopped after the test. */
export async function startFakeBybit(...args: string[]): Promise<FakeBybitVenue> {
  const venue = await FakeBybit.start(args);
  running.push(venue);
  const { connectorConfig: config, connectorEnv: env } = venue;
  const configFile = scratchFile('bybit.toml');
  const lines = Object.entries(config).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
  writeFileSync(configFile, lines.join(''), { mode: 0o600 });
  return {
    config,
    configFile,
    env,
    run: async <T>(cmd: string, fields = {}) => {
      const body = JSON.stringify({ cmd, ...fields });
      const response = await fetch(venue.info.urls.control, { method: 'POST', body });
      const answer = (await response.json()) as { ok: boolean; result: T; error?: string };
      if (!answer.ok) throw new Error(`the fake venue refused ${body}: ${String(answer.error)}`);
      return answer.result;
    },
  };
}
