// What a trader does with the live page, in a real browser, on sources that the test makes.
import { mkdirSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';

import { LiveServer } from '../../lib/server/live-server.js';
import type { LiveServerOptions } from '../../lib/server/server-options.js';
import { FakeSource } from '../server/fake-source.js';
import { browserPath, launchBrowser } from '../support/browser.js';
import { BusySource } from '../support/busy-source.js';
import { frameCosts } from '../support/frame-costs.js';
import { openPage, textOf, type OpenPage } from '../support/open-page.js';
import { startPageProxy } from '../support/page-proxy.js';
import { until } from '../support/until.js';

const describePage = describe.skipIf(browserPath === '' && process.env['REQUIRE_BROWSER'] !== '1');
/** Pictures of the page, as they were made last. */
const SHOTS = path.resolve(import.meta.dirname, '..', '..', 'target', 'live-page');
const ends: (() => Promise<void>)[] = [];
let browser: Browser;

async function serve(source: FakeSource, options: LiveServerOptions = {}): Promise<string> {
  const server = new LiveServer(source, { port: 0, ...options });
  ends.unshift(() => server.close());
  return await server.start();
}

async function open(url: string, options: Parameters<typeof openPage>[2] = {}): Promise<OpenPage> {
  const opened = await openPage(browser, url, options);
  ends.unshift(() => opened.page.context().close());
  return opened;
}

const isLive = (page: Page): Promise<void> =>
  until(async () => (await textOf(page, 'state')).startsWith('live'), 'the page is live');

/** Texts of one column of the table that is open. */
const column = (page: Page, index: number): Promise<string[]> =>
  page.locator(`[role=tabpanel]:visible tbody td:nth-child(${index})`).allInnerTexts();

describePage('the desk (skipped without a browser)', () => {
  beforeAll(async () => {
    browser = await launchBrowser();
  });
  afterAll(async () => {
    await browser.close();
  });
  afterEach(async () => {
    for (const end of ends.splice(0)) await end();
  });

  describe('markets', () => {
    it('names the connector where a symbol is there twice, and keeps the choice in the address', async () => {
      const source = new FakeSource();
      source.instruments = ['BTCUSDT', 'BTCUSDT', 'ETHUSDT'];
      source.connectors = ['binance', 'bybit', 'bybit'];
      const url = await serve(source);
      const { page, faults } = await open(url);
      await isLive(page);
      expect(await page.locator('#instrument option').allInnerTexts()).toEqual([
        'BTCUSDT · binance',
        'BTCUSDT · bybit',
        'ETHUSDT',
      ]);
      await page.selectOption('#instrument', { label: 'BTCUSDT · bybit' });
      await until(() => page.url().endsWith('#BTCUSDT@bybit'), 'the address');
      await until(async () => (await page.title()).startsWith('BTCUSDT · bybit'), 'the title');
      await page.reload();
      await until(async () => (await page.title()).startsWith('BTCUSDT · bybit'), 'after a reload');
      await page.goto(`${url}#ETHUSDT@bybit`);
      await until(async () => (await page.title()).startsWith('ETHUSDT'), 'by its address');
      await page.keyboard.press('j');
      await until(async () => (await page.title()).startsWith('BTCUSDT · binance'), 'the next one');
      await page.keyboard.press('k');
      await until(async () => (await page.title()).startsWith('ETHUSDT'), 'the one before');
      expect(faults).toEqual([]);
    });

    it('says which market it shows where the one of the address is not there', async () => {
      const { page } = await open(`${await serve(new FakeSource())}#XRPUSDT@bybit`);
      await isLive(page);
      expect(await page.locator('#notice').isVisible()).toBe(true);
      expect(await textOf(page, 'notice')).toBe(
        'There is no XRPUSDT@bybit here. This is AUSDT@fake.',
      );
      expect(page.url()).toMatch(/#AUSDT@fake$/);
    });
  });

  describe('the way to its server', () => {
    it('works under a path of a proxy that writes another Host', async () => {
      const url = await serve(new FakeSource(), { allowedHosts: ['bot.internal', '127.0.0.1'] });
      const proxy = await startPageProxy(url, 'bot.internal');
      ends.unshift(() => proxy.close());
      const { page, faults, requests } = await open(proxy.url);
      await isLive(page);
      expect(faults).toEqual([]);
      expect(requests.filter((each) => !each.startsWith('data:'))).toEqual([proxy.url]);
    });

    it('says why the server refuses it, in the words of the server, and goes on when it no longer does', async () => {
      const source = new FakeSource();
      const refusing = new LiveServer(source, { port: 0, allowedHosts: ['bot.internal'] });
      ends.unshift(() => refusing.close());
      const url = await refusing.start();
      const proxy = await startPageProxy(url, 'bot.internal');
      ends.unshift(() => proxy.close());
      const { page } = await open(proxy.url);
      await until(
        async () => (await textOf(page, 'state')).includes('are not allowed: start the server'),
        'the reason',
      );
      expect(await page.title()).toContain('✖');
      await refusing.close();
      const port = Number(new URL(url).port);
      await serve(source, { port, allowedHosts: ['bot.internal', '127.0.0.1'] });
      await isLive(page);
    }, 30_000);

    it('asks for nothing but its one WebSocket, and does nothing that its policy forbids', async () => {
      const { page, faults, requests, sockets } = await open(await serve(new BusySource(3, 60)));
      await isLive(page);
      await page.keyboard.press('t');
      await page.keyboard.press('?');
      await until(async () => await page.locator('#help').isVisible(), 'the keys');
      expect(sockets).toHaveLength(1);
      expect(
        new Set(
          requests
            .filter((each) => !each.startsWith('data:'))
            .map((each) => new URL(each).pathname),
        ),
      ).toEqual(new Set(['/']));
      expect(faults).toEqual([]);
    });
  });

  describe('the chart', () => {
    const candlesOf = (page: Page): Promise<number> =>
      page.evaluate<number>('Number(document.getElementById("chart").dataset.candles)');

    it('has ten minutes of candles after a reload', async () => {
      const { page } = await open(await serve(new BusySource(2, 600)));
      await isLive(page);
      for (let load = 0; load < 2; load += 1) {
        await until(async () => (await candlesOf(page)) >= 120, '600 s in candles of 5 s');
        expect(await candlesOf(page)).toBeLessThanOrEqual(122);
        await page.reload();
      }
      await page.getByRole('button', { name: '1 min' }).click();
      await until(async () => (await candlesOf(page)) <= 11, 'candles of 1 min');
      expect(await candlesOf(page)).toBeGreaterThanOrEqual(10);
    });

    it('keeps the width of candles that was chosen', async () => {
      const { page } = await open(await serve(new BusySource(1, 60)));
      await isLive(page);
      await page.keyboard.press('3');
      const pressed = page.locator('#widths [aria-pressed=true]');
      expect(await pressed.innerText()).toBe('15 s');
      await page.reload();
      expect(await pressed.innerText()).toBe('15 s');
    });
  });

  describe('tables', () => {
    it('list the orders of all symbols, sorted by the header that is pressed, by mouse and keyboard', async () => {
      const source = new FakeSource();
      source.instruments = ['B', 'A'];
      const order = { side: 'buy' as const, qty: 9, leavesQty: 9, state: 'new', createdMs: 1 };
      source.changes = {
        orders: [
          { ...order, id: '1', market: 0, price: 9 },
          { ...order, id: '2', market: 1, price: 100 },
          { ...order, id: '3', market: 0, price: 20 },
        ],
      };
      const { page } = await open(await serve(source));
      await until(async () => (await column(page, 1)).length === 3, 'the orders');
      expect(await column(page, 1)).toEqual(['A', 'B', 'B']);
      await page.getByRole('button', { name: 'Price' }).click();
      expect(await column(page, 4)).toEqual(['9.0', '20.0', '100.0']);
      await page.keyboard.press('Enter');
      expect(await column(page, 4)).toEqual(['100.0', '20.0', '9.0']);
      const head = page.locator('th', { hasText: 'Price' }).and(page.locator('[aria-sort]'));
      expect(await head.getAttribute('aria-sort')).toBe('descending');
    });

    it('list the last fills and every position; what is not counted says so', async () => {
      const source = new FakeSource();
      const fill = { side: 'sell' as const, qty: 2, maker: true, tsMs: 5 };
      source.changes = {
        fills: [
          { ...fill, id: 2, market: 1, price: 7.5 },
          { ...fill, id: 1, market: 0, price: 7 },
        ],
      };
      const { page } = await open(await serve(source));
      await isLive(page);
      await page.keyboard.press('f');
      await until(async () => (await column(page, 2)).length === 2, 'the fills');
      expect(await column(page, 2)).toEqual(['BUSDT', 'AUSDT']);
      expect(await column(page, 5)).toEqual(['7.5', '7.0']);
      await page.locator('#tab-fills').press('ArrowRight');
      await until(async () => (await column(page, 1)).length === 2, 'the positions');
      expect(await column(page, 6)).toEqual(['not counted', 'not counted']);
      expect(await textOf(page, 'account')).toMatch(/equity\s+not counted/);
    });
  });

  describe('the log', () => {
    it('folds what repeats, and filters by level and symbol', async () => {
      const source = new BusySource(2);
      source.changes = {};
      source.logTail.add('ok', 'started');
      for (let index = 0; index < 17; index += 1)
        source.logTail.add('ok', `buy at ${index} expired`, { symbol: 'S1USDT', fold: 'expired' });
      source.logTail.add('warn', 'the book is stale', { symbol: 'S0USDT' });
      source.logTail.add('bad', 'connection lost');
      const { page } = await open(await serve(source));
      const lines = (): Promise<string[]> => page.locator('#log li .text').allInnerTexts();
      await until(async () => (await lines()).length === 4, 'the lines');
      expect(await lines()).toEqual([
        'connection lost',
        'the book is stale',
        'buy at 16 expired',
        'started',
      ]);
      expect(await page.locator('#log .count').allInnerTexts()).toContain('×17');
      await page.selectOption('#log-level', 'warn');
      await until(async () => (await lines()).length === 2, 'warnings and errors');
      await page.selectOption('#log-level', 'ok');
      await page.selectOption('#log-symbol', 'S1USDT');
      await until(async () => (await lines()).join() === 'buy at 16 expired', 'one symbol');
      source.logTail.add('ok', 'buy at 99 expired', { symbol: 'S1USDT', fold: 'expired' });
      await until(async () => (await lines()).join() === 'buy at 99 expired', 'the repetition');
      expect(await page.locator('#log .count').first().innerText()).toBe('×18');
    });
  });

  it('makes no slow frame with 50 instruments', async () => {
    const { page } = await open(await serve(new BusySource(50, 600)), {
      width: 1920,
      viewport: { width: 1920, height: 1080 },
    });
    await until(async () => (await textOf(page, 'count-orders')) === '100', 'all orders');
    // Caches that other programs fill cost this one time too: the least of three counts.
    let best = Infinity;
    for (let attempt = 0; attempt < 3 && best >= 16; attempt += 1) {
      const costs = await frameCosts(browser, page, 5_000);
      const p95 = costs[Math.floor(costs.length * 0.95)]!;
      const text = `p95 ${p95.toFixed(1)} ms, longest ${costs.at(-1)!.toFixed(1)} ms`;
      console.log(`50 instruments: ${costs.length} frames in 5 s, ${text}`);
      expect(costs.length).toBeGreaterThan(30);
      best = Math.min(best, p95);
    }
    expect(best).toBeLessThan(16);
  }, 60_000);

  describe('everyone', () => {
    const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

    it.each(['light', 'dark'] as const)(
      'finds nothing that bars them from it, %s',
      async (colorScheme) => {
        const source = new BusySource(3, 60);
        source.level = 'warn';
        source.logTail.add('bad', 'connection lost');
        source.changes = { connectors: CONNECTORS };
        const { page } = await open(await serve(source), { colorScheme, bypassCSP: true });
        await until(async () => (await column(page, 1)).length === 6, 'the orders');
        await page.addScriptTag({ content: axe });
        for (const key of ['o', 'f', 'p', '?']) {
          await page.keyboard.press(key);
          const found = await page.evaluate<string[]>(
            `axe.run().then(({ violations }) => violations.map(({ id, nodes }) => id + ' ' + nodes.map(({ target }) => target).join(' ')))`,
          );
          expect(found).toEqual([]);
        }
      },
    );

    it('reaches every control with the Tab key, in sight', async () => {
      const { page } = await open(await serve(new BusySource(3, 60)));
      await until(async () => (await column(page, 1)).length === 6, 'the orders');
      const seen = new Set<string>();
      for (let press = 0; press < 60; press += 1) {
        await page.keyboard.press('Tab');
        const focus = await page.evaluate<{ id: string; outline: string }>(
          `(() => { const it = document.activeElement; return {
            id: it.id || it.textContent.trim(), outline: getComputedStyle(it).outlineStyle }; })()`,
        );
        if (focus.id === '' || seen.has(focus.id)) continue;
        seen.add(focus.id);
        if (focus.outline !== 'solid')
          expect(focus).toMatchObject({ id: 'the body, after the last' });
        if (focus.id.startsWith('tradingview')) break;
      }
      for (const id of [
        'instrument',
        'theme',
        'help-button',
        '1 min',
        'chart',
        'tab-orders',
        'Price',
        'log-level',
        'log-symbol',
      ])
        expect(seen).toContain(id);
    });

    it('sees paper and real apart, in words and in colour, with sockets and the last restart', async () => {
      const source = new FakeSource();
      source.connectors = ['real-one', 'paper-one'];
      source.changes = { connectors: CONNECTORS };
      const { page } = await open(await serve(source));
      await isLive(page);
      expect(await textOf(page, 'orders-kind')).toBe('REAL orders · mainnet');
      const colorOf = (): Promise<string> =>
        page.evaluate<string>(
          'getComputedStyle(document.getElementById("orders-kind")).backgroundColor',
        );
      const real = await colorOf();
      const [first = '', second = ''] = await page.locator('#connectors > li').allInnerTexts();
      expect(first).toContain('account down: pong timeout');
      expect(first).toMatch(/last restart \d\d:\d\d:\d\d \(2 since the start\)/);
      expect(second).toContain('paper orders · testnet');
      await page.keyboard.press('j');
      await until(
        async () => (await textOf(page, 'orders-kind')) === 'paper orders · testnet',
        'paper',
      );
      expect(await colorOf()).not.toBe(real);
    });

    it('sees losses in colour, and outcomes of orders without', async () => {
      const source = new FakeSource();
      source.changes = {
        outcomes: [{ name: 'expired', value: 172, unit: '', level: 'ok' }],
        losses: [{ name: 'gaps', value: 1, unit: '', level: 'warn' }],
      };
      const { page } = await open(await serve(source));
      await until(async () => (await textOf(page, 'outcomes')).includes('172'), 'the outcomes');
      const colorOf = (id: string): Promise<string> =>
        page.evaluate<string>(`getComputedStyle(document.querySelector('#${id} dd')).color`);
      const plain = await page.evaluate<string>('getComputedStyle(document.body).color');
      expect(await colorOf('outcomes')).toBe(plain);
      expect(await colorOf('losses')).not.toBe(plain);
    });

    it('sees an outage as a gap, and the middle price where there is no trade', async () => {
      const source = new FakeSource();
      const nowSecond = Math.floor(Date.now() / 1000);
      // Trades until half a minute ago, none since; the books came back with the page.
      source.candlesOf = () =>
        Array.from(
          { length: 60 },
          (_, index) => [nowSecond - 90 + index, 90, 91, 89, 90, 1] as const,
        );
      const { page } = await open(await serve(source));
      await isLive(page);
      const shown = (): Promise<string> =>
        page.evaluate<string>('JSON.stringify(document.getElementById("chart").dataset)');
      await until(async () => /"gaps":"[56]"/.test(await shown()), 'half a minute in gaps of 5 s');
      await until(async () => (await shown()).includes('"last":"mid"'), 'a candle of mids', 15_000);
    });

    it.each([390, 768, 1280, 1920])(
      'sees no empty area and nothing cut off, %i px wide',
      async (width) => {
        const { page } = await open(await serve(new BusySource(3, 600)), {
          width,
          viewport: { width, height: width === 1920 ? 1080 : 900 },
        });
        await until(async () => (await column(page, 1)).length === 6, 'the orders');
        const [covered, scrollWidth, scrollHeight] = await page.evaluate<
          [number, number, number]
        >(`(() => {
        const main = document.querySelector('main').getBoundingClientRect();
        const area = [...document.querySelectorAll('main > section')]
          .map((each) => each.getBoundingClientRect())
          .reduce((sum, { width, height }) => sum + (width + 6) * (height + 6), 0);
        const { scrollWidth, scrollHeight } = document.documentElement;
        return [area / ((main.width - 6) * (main.height - 6)), scrollWidth, scrollHeight];
      })()`);
        expect(covered).toBeGreaterThan(0.99);
        expect(scrollWidth).toBeLessThanOrEqual(width);
        if (width === 1920) expect(scrollHeight).toBeLessThanOrEqual(1080);
        // To be looked at: light and dark of this width.
        mkdirSync(SHOTS, { recursive: true });
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme });
          await page.screenshot({
            path: path.join(SHOTS, `${width}-${colorScheme}.png`),
            fullPage: true,
          });
        }
      },
    );
  });
});

const CONNECTORS = [
  {
    ...{ name: 'real-one', level: 'warn' as const, text: 'connected', pid: 1, heartbeatAgeMs: 5 },
    ...{ orders: 'real' as const, environment: 'mainnet', version: '1.0', restarts: 2 },
    lastRestartMs: 1_700_000_000_000,
    sockets: [
      { name: 'public', level: 'ok' as const, text: 'connected' },
      { name: 'private', level: 'bad' as const, text: 'down: pong timeout' },
    ],
  },
  {
    ...{ name: 'paper-one', level: 'ok' as const, text: 'connected', pid: 2, heartbeatAgeMs: 5 },
    ...{ orders: 'paper' as const, environment: 'testnet', version: '1.0', restarts: 0 },
    lastRestartMs: undefined,
    sockets: [],
  },
];
