// Connectors of one name that send orders to different places, on the fake venue of this machine.
import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, it } from 'vitest';

import { LiveInstrument, LiveClient, create, runLive, type Bot } from '../../lib/index.js';
import { quietBook, startFakeBybit, type FakeBybitVenue } from '../support/fake-bybit-venue.js';
import { scratchFile } from '../support/fake-program.js';
import {
  startConnector,
  startConnectorWith,
  uniqueName,
} from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';
import { ordersAt } from '../support/open-orders.js';
import { until } from '../support/until.js';

const root = path.resolve(import.meta.dirname, '..', '..');
const open: { close(): unknown }[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((one) => one.close()));
});

async function quietVenue(): Promise<FakeBybitVenue> {
  const venue = await startFakeBybit();
  await quietBook(venue);
  return venue;
}

const connectorOn = (venue: FakeBybitVenue, name: string, paper: boolean) =>
  startConnectorWith(venue.env, name, 'bybit', venue.configFile, `--paper=${String(paper)}`);

const spec = (name: string) =>
  new LiveInstrument('XRPUSDT').connector(name).tickSize(0.0001).lotSize(0.1);
const quote = (price: number) => ({ side: 'buy', price, qty: 10, timeInForce: 'GTX' }) as const;
const count = async (venue: FakeBybitVenue) => (await ordersAt(venue)).length;

/** Waits with a low-level bot until something holds. */
async function pump(bot: Bot, holds: () => boolean, what: string): Promise<void> {
  await until(
    () => {
      bot.waitBatch(20_000_000);
      return holds();
    },
    what,
    20_000,
  );
}

describeNative('orders that would go elsewhere than before', () => {
  it('are denied to a client that began on paper, until it agrees', async () => {
    const venue = await quietVenue();
    const name = uniqueName();
    const paper = await connectorOn(venue, name, true);
    const client = new LiveClient({
      instruments: [spec(name)],
      backend: 'native',
      onError: () => undefined,
    });
    open.push(client);
    const codes: string[] = [];
    client.on('error', ({ error }) => codes.push((error as { code?: string }).code ?? ''));
    await client.start();
    await client.ready(20_000);
    expect(client.health.connectors).toMatchObject([{ orders: 'paper', environment: 'custom' }]);
    expect((await client.submitOrder(quote(2.45))).status).toBe('accepted');
    await paper.stop();
    await connectorOn(venue, name, false);
    await until(() => codes.includes('ERR_ORDERS_CHANGED'), 'the change', 20_000);
    expect(client.health.connectors).toMatchObject([
      { orders: 'real', environment: 'custom', ordersAgreed: false },
    ]);
    await client.ready(20_000);
    expect(await client.submitOrder(quote(2.46))).toMatchObject({
      status: 'denied',
      rule: 'orders_changed',
    });
    expect(await count(venue)).toBe(0);
    client.agreeOrders(name, 'real', 'custom');
    expect((await client.submitOrder(quote(2.47))).status).toBe('accepted');
    expect(await count(venue)).toBe(1);
    expect(client.health.connectors[0]!.ordersAgreed).toBe(true);
    await client.cancelAll();
  });

  it('are refused to a low-level bot that began on paper, until it agrees', async () => {
    const venue = await quietVenue();
    const name = uniqueName();
    const paper = await connectorOn(venue, name, true);
    const bot = create({ instruments: [spec(name)], backend: 'native' });
    open.push(bot);
    await pump(bot, () => bot.depth(0).synced, 'the book');
    await paper.stop();
    await connectorOn(venue, name, false);
    await pump(bot, () => bot.links()[0]?.orders === 'real' && bot.depth(0).synced, 'the other');
    const order = { ...quote(2.45), orderId: 5n, orderType: 'limit' } as const;
    expect(() => {
      bot.submitOrder(0, order);
    }).toThrow(expect.objectContaining({ code: 'ERR_ORDERS_CHANGED' }));
    expect(await count(venue)).toBe(0);
    expect(() => {
      bot.agreeOrders(name, 'real', 'mainnet');
    }).toThrow(expect.objectContaining({ code: 'ERR_ORDERS_CHANGED' }));
    bot.agreeOrders(name, 'real', 'custom');
    bot.submitOrder(0, order);
    // `new` from the moment it is sent; acknowledged once it can be cancelled.
    await pump(bot, () => bot.orders(0).get(5n)?.cancellable === true, 'the order');
    expect(await count(venue)).toBe(1);
    bot.cancel(0, 5n);
    await pump(bot, () => bot.orders(0).get(5n)?.status === 'canceled', 'its end');
  });

  it('are refused before the first one where something else is demanded', async () => {
    const venue = await quietVenue();
    const name = uniqueName();
    await connectorOn(venue, name, false);
    const instruments = [spec(name)];
    const mismatch: unknown = expect.objectContaining({ code: 'ERR_ORDERS_MISMATCH' });
    expect(() => create({ instruments, backend: 'native', requireOrders: 'paper' })).toThrow(
      mismatch,
    );
    const client = new LiveClient({
      instruments,
      requireOrders: 'paper',
      onError: () => undefined,
    });
    open.push(client);
    await client.start();
    await expect(client.ready(20_000)).rejects.toMatchObject({ code: 'ERR_ORDERS_MISMATCH' });
    expect(await client.submitOrder(quote(2.45))).toMatchObject({ status: 'denied' });
    const module = scratchFile('strategy.mjs');
    writeFileSync(module, 'export default { onStart(ctx) { ctx.log("began"); } };');
    const run = runLive({
      instruments,
      strategy: pathToFileURL(module),
      requireOrders: 'real',
      requireEnvironment: 'testnet',
      durationMs: 5_000,
    });
    await expect(run).rejects.toMatchObject({ code: 'ERR_ORDERS_MISMATCH' });
    const right = create({ instruments, requireOrders: 'real', requireEnvironment: 'custom' });
    open.push(right);
    expect(right.links()).toMatchObject([{ orders: 'real', ordersAgreed: true }]);
    expect(await count(venue)).toBe(0);
  });

  it('are announced by a program that a variable made real, with the variable', async () => {
    const venue = await quietVenue();
    const program = scratchFile('program.mjs');
    const index = pathToFileURL(path.join(root, 'dist', 'index.js')).href;
    writeFileSync(
      program,
      `import { LiveClient, LiveInstrument } from ${JSON.stringify(index)};
      const client = new LiveClient({
        instruments: [new LiveInstrument('XRPUSDT').connector('bybit').tickSize(0.0001).lotSize(0.1)],
        connector: { kind: 'bybit', configFile: ${JSON.stringify(venue.configFile)} },
      });
      await client.start();
      await client.ready(20_000);
      console.log(JSON.stringify(client.health.connectors.map(({ orders, environment }) => [orders, environment])));
      await client.close();`,
    );
    const says = (env: NodeJS.ProcessEnv) => {
      const run = spawnSync(process.execPath, [program], {
        encoding: 'utf8',
        env: { ...process.env, ...venue.env, ...env },
        timeout: 60_000,
      });
      expect(run.status, run.stderr).toBe(0);
      return run;
    };
    const real = says({ CONNECTOR_PAPER_TRADING: 'false', LOG_LEVEL: 'error' });
    expect(real.stdout).toContain('["real","custom"]');
    expect(real.stderr.match(/REAL ORDERS/g)).toHaveLength(1);
    expect(real.stderr).toMatch(
      /REAL ORDERS: connector bybit-\S+ is real \(custom\), because of the variable CONNECTOR_PAPER_TRADING/,
    );
    const paper = says({ CONNECTOR_PAPER_TRADING: undefined });
    expect(paper.stdout).toContain('["paper","custom"]');
    expect(paper.stderr).not.toContain('REAL');
  });

  it('are printed by the read-only commands when they join a connector', async () => {
    const name = uniqueName();
    await startConnector(name, 'sim', '--paper');
    const main = path.join(root, 'dist', 'cli', 'main.js');
    const joined = ['--connector', name, '--backend', 'native', '--seconds', '1'];
    for (const command of [
      ['serve', '--port', '0'],
      ['record', '--out', path.dirname(scratchFile('recording'))],
    ]) {
      const run = spawnSync(process.execPath, [main, ...command, ...joined], {
        encoding: 'utf8',
        timeout: 60_000,
      });
      expect(run.stderr.split('\n')).toContain(`connector ${name}: orders paper (simulated)`);
    }
  });
});
