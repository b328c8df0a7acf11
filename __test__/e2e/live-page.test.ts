// The live page in a real browser, fed by a client on a real connector.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import type { Browser } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { LiveClient } from '../../lib/client/live-client.js';
import { LiveInstrument } from '../../lib/models/live-instrument.js';
import { ClientSource } from '../../lib/server/client-source.js';
import { LiveServer } from '../../lib/server/live-server.js';
import { browserPath, launchBrowser } from '../support/browser.js';
import { startConnector, uniqueName } from '../support/live-connector-process.js';
import { openPage, textOf, type OpenPage } from '../support/open-page.js';
import { nativeMissing } from '../support/native-suite.js';
import { until } from '../support/until.js';

const describePage = describe.skipIf(browserPath === '' && process.env['REQUIRE_BROWSER'] !== '1');
const ends: (() => Promise<void>)[] = [];
let browser: Browser;

async function open(url: string, width = 1280): Promise<OpenPage> {
  const opened = await openPage(browser, url, { width });
  ends.unshift(() => opened.page.context().close());
  return opened;
}

async function serve(client: LiveClient): Promise<string> {
  const server = new LiveServer(new ClientSource(client), { port: 0 });
  ends.unshift(() => server.close());
  return await server.start();
}

const text = textOf;

describePage('the live page (skipped without a browser)', () => {
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
  });
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });

  describe.skipIf(nativeMissing !== '' && process.env['REQUIRE_NATIVE'] !== '1')(
    'on a connector',
    () => {
      it('shows a moving book, and a connector that dies and comes back', async () => {
        const name = uniqueName();
        const first = await startConnector(name, 'sim', 'BTCUSDT');
        const client = new LiveClient({
          instruments: [new LiveInstrument('BTCUSDT').connector(name).tickSize(0.1).lotSize(0.001)],
          backend: 'native',
          onError: () => undefined,
        });
        ends.unshift(() => client.close());
        await client.start();
        await client.ready(10_000);
        const { page, faults } = await open(await serve(client));
        await until(async () => (await text(page, 'state')) === 'live', 'the page is live');
        expect(await text(page, 'backend')).toBe('native');

        // Far from the market: a fill would take it off the page again.
        const price = Math.round(client.snapshot().bids[0]!.price - 50);
        const outcome = await client.submitOrder({
          side: 'buy',
          price,
          qty: 0.5,
          timeInForce: 'GTX',
        });
        expect(outcome.status).toBe('accepted');
        await until(
          async () => (await text(page, 'panel-orders')).includes(price.toFixed(1)),
          'the order is on the page',
        );

        const ladder = await text(page, 'ladder');
        expect(ladder.split('\n').length).toBeGreaterThan(20);
        await until(async () => (await text(page, 'ladder')) !== ladder, 'the book moves');
        expect(await text(page, 'tape')).toMatch(/\d\d:\d\d:\d\d\.\d{3}\s+\d{5}\.\d\s+\d+\.\d{3}/);
        expect(await text(page, 'latency')).toMatch(
          /feed from the connector to the bot\s+[\d.]+ (ns|µs|ms)/,
        );
        expect(await text(page, 'orders-kind')).toBe('simulated orders');
        expect(await text(page, 'connectors')).toContain('no restart');
        const icon = (): Promise<string | null> => page.locator('#icon').getAttribute('href');
        const iconWhileLive = await icon();
        expect(iconWhileLive).toContain('circle');
        expect(await page.title()).toMatch(/^BTCUSDT \d{5}\.\d – live$/);
        const { hash } = new URL(page.url());
        expect(hash).toBe(`#BTCUSDT@${name}`);

        process.kill(first.pid!, 'SIGKILL');
        await until(
          async () => (await text(page, 'state')).includes(`connector ${name} is not there`),
          'the page says that the connector is gone',
        );
        await until(
          async () => (await text(page, 'log')).includes('connection lost'),
          'the log has it',
        );
        await until(
          async () => (await page.title()).startsWith('✖ BTCUSDT – connector'),
          'the title',
        );
        expect(await icon()).not.toBe(iconWhileLive);
        const stale = await text(page, 'ladder');
        await startConnector(name, 'sim', 'BTCUSDT');
        await until(async () => (await text(page, 'state')) === 'live', 'live again', 15_000);
        await until(
          async () => (await text(page, 'log')).includes('connection restored'),
          'the log has that too',
        );
        await until(async () => (await page.title()).endsWith('– live'), 'the title again');
        expect(await icon()).toBe(iconWhileLive);
        // It says when, and not "restarted" for ever.
        await until(
          async () => /last restart \d\d:\d\d:\d\d/.test(await text(page, 'connectors')),
          'the restart',
        );
        expect(await text(page, 'connectors')).toContain('connected');
        await until(async () => (await text(page, 'ladder')) !== stale, 'the new book moves');
        expect(faults).toEqual([]);
      }, 60_000);
    },
  );

  it('says that it lost its server, and goes on with the next one', async () => {
    const client = new LiveClient({
      instruments: [
        new LiveInstrument('AUSDT').connector('c').tickSize(0.1).lotSize(0.001),
        new LiveInstrument('BUSDT').connector('c').tickSize(0.1).lotSize(0.001),
      ],
      backend: 'stub',
      stub: { stepIntervalNs: 5_000_000, maxFeeds: Infinity },
    });
    ends.unshift(() => client.close());
    await client.start();
    const server = new LiveServer(new ClientSource(client), { port: 0 });
    ends.unshift(() => server.close());
    const url = await server.start();
    const { page } = await open(url, 390);
    await until(async () => (await text(page, 'state')) === 'live', 'live');
    expect(await text(page, 'backend')).toContain('STUB');
    // A phone shows one column, and nothing sticks out of it.
    expect(await page.evaluate<number>('document.documentElement.scrollWidth')).toBeLessThanOrEqual(
      390,
    );
    await page.selectOption('#instrument', 'BUSDT@c');
    await until(async () => (await page.title()).startsWith('BUSDT'), 'the other instrument');
    await server.close();
    await until(async () => (await text(page, 'state')).includes('does not answer'), 'lost');
    const next = new LiveServer(new ClientSource(client), { port: Number(new URL(url).port) });
    ends.unshift(() => next.close());
    await next.start();
    await until(async () => (await text(page, 'state')) === 'live', 'live again', 15_000);
  }, 60_000);

  it('shows the demo, and says when the demo has ended', async () => {
    const main = path.resolve(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');
    const args = ['demo', '--backend', 'stub', '--serve', '0', '--seconds', '60', '--json'];
    const demo = spawn(process.execPath, [main, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
    const ended = once(demo, 'exit');
    ends.push(() => Promise.resolve(void demo.kill('SIGKILL')));
    let said = '';
    demo.stdout.resume();
    demo.stderr.setEncoding('utf8').on('data', (chunk: string) => (said += chunk));
    await until(() => said.includes('live page: '), 'the page’s address');
    const { page } = await open(/live page: (\S+)/.exec(said)![1]!);
    await until(async () => (await text(page, 'state')) === 'live', 'the demo is live');
    await until(async () => /\d/.test(await text(page, 'panel-orders')), 'its quotes');
    expect(await text(page, 'account')).toContain('session PnL, before fees');
    demo.kill('SIGINT');
    expect(await ended).toEqual([0, null]);
    await until(async () => (await text(page, 'state')).includes('does not answer'), 'the end');
  }, 30_000);

  it('is one file under 200 kB, with the licence of the chart beside it and its maker named in it', () => {
    const dist = (name: string): string =>
      readFileSync(new URL(`../../dist/${name}`, import.meta.url), 'utf8');
    const page = dist('page.html');
    expect(Buffer.byteLength(page)).toBeLessThan(200_000);
    expect(page).toContain('TradingView Lightweight Charts™');
    expect(page).toContain('<a href="https://www.tradingview.com/"');
    const notices = dist('THIRD-PARTY-NOTICES.txt');
    expect(notices).toContain(
      'TradingView Lightweight Charts™\nCopyright (c) 2025 TradingView, Inc.',
    );
    expect(notices).toContain('Apache License');
  });
});
