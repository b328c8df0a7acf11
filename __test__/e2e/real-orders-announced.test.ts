// Programs whose orders are real say so on standard error, once per connector, whatever made their bots.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { beforeAll, afterAll, expect, it } from 'vitest';

import { ConnectorProcess } from '../../lib/connector/connector-process.js';
import { FakeBybit } from '../../lib/cli/fake-bybit.js';
import { scratchFile } from '../support/fake-program.js';
import { uniqueName } from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';

const root = path.resolve(import.meta.dirname, '..', '..');

/** Runs a program at a connector with real orders, and returns what it wrote to standard error. */
function run(body: string, names: readonly string[]): string {
  const program = scratchFile('program.mjs');
  const strategy = scratchFile('strategy.mjs');
  writeFileSync(
    strategy,
    `export default {
      onStart() { console.error('a line of the strategy'); },
      onBatch(ctx) { if (ctx.links().every(({ orders }) => orders === 'real') && ctx.depth().synced) ctx.stop(); },
    };`,
  );
  writeFileSync(
    program,
    `import { create, LiveClient, LiveInstrument, runLive } from ${JSON.stringify(pathToFileURL(path.join(root, 'dist', 'index.js')).href)};
    const backend = 'native';
    const instruments = ${JSON.stringify(names)}.map((name) =>
      new LiveInstrument('BTCUSDT').connector(name).tickSize(0.1).lotSize(0.001));
    const runOne = () => runLive({ instruments, backend, strategy: new URL(${JSON.stringify(pathToFileURL(strategy).href)}), durationMs: 15_000 });
    const createOne = () => {
      const bot = create({ instruments, backend });
      for (let turn = 0; turn < 500 && !bot.links().every(({ orders }) => orders === 'real'); turn += 1)
        bot.waitBatch(20_000_000);
      bot.close();
    };
    ${body}
    console.log('done');`,
  );
  const ended = spawnSync(process.execPath, [program], { encoding: 'utf8', timeout: 50_000 });
  expect(ended.stdout, ended.stderr).toContain('done');
  return ended.stderr;
}

describeNative('REAL ORDERS', () => {
  const [one, two] = [uniqueName(), uniqueName()];
  const ending: { stop(): Promise<unknown> }[] = [];

  beforeAll(async () => {
    for (const name of [one, two]) {
      const venue = await FakeBybit.start();
      ending.unshift(venue);
      const config = scratchFile('bybit.toml');
      const lines = Object.entries(venue.connectorConfig).map(
        ([key, value]) => `${key} = ${JSON.stringify(value)}\n`,
      );
      writeFileSync(config, lines.join(''), { mode: 0o600 });
      const connector = new ConnectorProcess({
        args: [name, 'bybit', 'BTCUSDT', config, '--paper=false'],
        env: { ...process.env, ...venue.connectorEnv },
      });
      ending.unshift(connector);
      await connector.start();
    }
  });
  afterAll(async () => {
    for (const each of ending) await each.stop();
  });

  it.each([
    ['create', 'createOne();'],
    ['create, twice', 'createOne(); createOne();'],
    ['runLive', 'await runOne();'],
    ['runLive, one after the other', 'await runOne(); await runOne();'],
    ['runLive, side by side', 'await Promise.all([runOne(), runOne()]);'],
    ['runLive and create', 'await runOne(); createOne();'],
    [
      'create, runLive and LiveClient',
      `createOne(); await runOne();
       const client = new LiveClient({ instruments, backend });
       await client.start(); await client.ready(15_000); await client.close();`,
    ],
  ])('are announced once by %s', (_how, body) => {
    const said = run(body, [one]).match(/REAL ORDERS: connector \S+ is real \(custom\)/g);
    expect(said).toEqual([`REAL ORDERS: connector ${one} is real (custom)`]);
  });

  it('are announced of each connector while the strategy runs, not at its end', () => {
    const body = `
      const written = [];
      const run = runLive({ instruments, backend, durationMs: 20_000, onLog: () => undefined,
        strategy: new URL('data:text/javascript,export default {onStart(){console.error("first")}}') });
      const write = process.stderr.write.bind(process.stderr);
      process.stderr.write = (chunk, ...rest) => { written.push(String(chunk)); return write(chunk, ...rest); };
      const endMs = performance.now() + 10_000;
      const count = () => written.join('').split('REAL ORDERS').length - 1;
      while (count() < 2 && performance.now() < endMs) await new Promise((resolve) => setTimeout(resolve, 20));
      console.error('while it ran: ' + count());
      run.stop();
      await run;`;
    const stderr = run(body, [one, two]);
    expect(stderr).toContain('while it ran: 2');
    expect(stderr.match(/REAL ORDERS/g)).toHaveLength(2);
  });
});
