// The two bots that are compared, and a round of one of them.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { ConnectorProcess, LiveInstrument, runLive } from 'hftbacktest-live';
import { peer } from '../harness/build.mjs';
import { newName } from '../harness/names.mjs';
import { start } from '../harness/process.mjs';

/** Until both ends have logged in and read what they read at the start. */
const SETTLE_MS = 500;

/** One round: a venue, and `bot` on it, which returns `{ ready, stop }`. */
export async function round({ rate, seconds, every }, bot) {
  const args = [rate, seconds, every].map(String);
  const venue = start(peer('bench-bybit-venue'), args, { stdin: 'pipe' });
  let running;
  try {
    const at = await venue.next();
    running = await bot(at);
    await running.ready;
    await delay(SETTLE_MS);
    venue.say('go');
    const result = await venue.next();
    await running.stop();
    venue.stop();
    await venue.ended();
    return result;
  } finally {
    await running?.stop();
    venue.kill();
  }
}

/** `wait` is the strategy's wait. */
export const ours = (wait) => async (at) => {
  const name = newName();
  const folder = mkdtempSync(path.join(tmpdir(), 'hbl-bench-ttt-'));
  const config = path.join(folder, 'bybit.toml');
  const urls = [`public_url = "${at.publicUrl}"`, `private_url = "${at.privateUrl}"`];
  urls.push(`trade_url = "${at.tradeUrl}"`, `rest_url = "${at.restUrl}"`);
  writeFileSync(config, [...urls, 'depths = [50]', ''].join('\n'));
  const connector = new ConnectorProcess({
    args: [name, 'bybit', config, '--paper=false'],
    env: { ...process.env, BYBIT_API_KEY: at.apiKey, BYBIT_API_SECRET: at.apiSecret },
  });
  let run;
  let stopping;
  const stop = async () => {
    run?.stop();
    await run;
    await connector.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  const stopOnce = () => (stopping ??= stop());
  try {
    await connector.start();
    const ready = new Promise((resolve) => {
      run = runLive({
        strategy: new URL('./taker.mjs', import.meta.url),
        strategyOptions: { cheapQty: Number(at.cheapQty) },
        instruments: [new LiveInstrument(at.symbol).connector(name).tickSize(0.0001).lotSize(0.1)],
        backend: 'native',
        wait,
        onLog: (text) => {
          if (text === 'ready') resolve();
          else console.error(text);
        },
      });
      run.catch(resolve);
    });
    return { ready, stop: stopOnce };
  } catch (error) {
    await stopOnce();
    throw error;
  }
};

export async function jsonBot(at) {
  const bot = start(
    process.execPath,
    [path.join(import.meta.dirname, 'json-bot.mjs'), JSON.stringify(at)],
    { stdin: 'pipe' },
  );
  let stopping;
  const stop = async () => {
    bot.stop();
    await bot.ended();
  };
  return { ready: bot.next(), stop: () => (stopping ??= stop()) };
}
