// Our bots: a strategy on a connector process over shared memory, or on a connector of its own thread.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { ConnectorProcess, LiveInstrument, runLive } from 'hftbacktest-live';
import { newName } from '../harness/names.mjs';

/** The connector's config and keys, in a folder that `remove` takes away. */
function prepare(at) {
  const folder = mkdtempSync(path.join(tmpdir(), 'hbl-bench-ttt-'));
  const config = {
    public_url: at.publicUrl,
    private_url: at.privateUrl,
    trade_url: at.tradeUrl,
    rest_url: at.restUrl,
    depths: [50],
  };
  if (at.authorityPem !== null) {
    config.ca_file = path.join(folder, 'authority.pem');
    writeFileSync(config.ca_file, at.authorityPem);
  }
  const configFile = path.join(folder, 'bybit.toml');
  const lines = Object.entries(config).map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`);
  writeFileSync(configFile, lines.join(''));
  return {
    configFile,
    env: { BYBIT_API_KEY: at.apiKey, BYBIT_API_SECRET: at.apiSecret },
    remove: () => rmSync(folder, { recursive: true, force: true }),
  };
}

/** Runs the strategy; `end` comes after it. */
function running(at, options, end) {
  let run;
  const ready = new Promise((resolve) => {
    run = runLive({
      strategy: new URL('./taker.mjs', import.meta.url),
      strategyOptions: { cheapQty: Number(at.cheapQty) },
      backend: 'native',
      ...options,
      onLog: (text) => {
        if (text === 'ready') resolve();
        else console.error(text);
      },
    });
    // Whoever stops it sees the error.
    run.catch(resolve);
  });
  let stopping;
  const stop = async () => {
    run.stop();
    try {
      await run;
    } finally {
      await end();
    }
  };
  return { ready, stop: () => (stopping ??= stop()) };
}

const instrument = (at, name) =>
  new LiveInstrument(at.symbol).connector(name).tickSize(0.0001).lotSize(0.1);

/** On a connector process; `wait` is the strategy's wait. */
export const shared = (wait) => async (at) => {
  const name = newName();
  const { configFile, env, remove } = prepare(at);
  const connector = new ConnectorProcess({
    args: [name, 'bybit', configFile, '--paper=false'],
    env: { ...process.env, ...env },
  });
  const end = async () => {
    await connector.stop();
    remove();
  };
  try {
    await connector.start();
    return running(at, { instruments: [instrument(at, name)], wait }, end);
  } catch (error) {
    await end();
    throw error;
  }
};

/** On a connector of the strategy's own thread. */
export const direct = (wait) => async (at) => {
  const name = newName();
  const { configFile, env, remove } = prepare(at);
  const connector = { kind: 'bybit', direct: true, paper: false, name, configFile, env };
  return running(at, { instruments: [instrument(at, name)], wait, connector }, remove);
};
