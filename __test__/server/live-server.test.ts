// The server over real HTTP and real WebSockets on loopback.
import { request } from 'node:http';
import { connect } from 'node:net';
import { once } from 'node:events';
import { afterEach, describe, expect, it } from 'vitest';
import { WebSocket } from 'ws';

import { HftError } from '../../lib/models/hft-error.js';
import type { LiveView } from '../../lib/server/live-view.js';
import type { PageMessage } from '../../lib/server/view/page-message.js';
import { LiveServer } from '../../lib/server/live-server.js';
import type { LiveServerOptions } from '../../lib/server/server-options.js';
import { until } from '../support/until.js';
import { FakeSource } from './fake-source.js';

const servers: LiveServer[] = [];

afterEach(async () => {
  await Promise.all(servers.splice(0).map((server) => server.close()));
});

async function serve(
  options: LiveServerOptions = {},
): Promise<{ url: string; source: FakeSource; server: LiveServer }> {
  const source = new FakeSource();
  const server = new LiveServer(source, { port: 0, ...options });
  servers.push(server);
  return { url: await server.start(), source, server };
}

/** Status of a request with headers that `fetch` would not let us set. */
async function statusOf(url: string, options: object): Promise<number | undefined> {
  const asked = request(url, options);
  asked.end();
  const [answer] = (await once(asked, 'response')) as [{ statusCode?: number; resume(): void }];
  answer.resume();
  return answer.statusCode;
}

async function openPage(
  url: string,
  query = '',
  headers: Record<string, string> = {},
): Promise<{ socket: WebSocket; messages: PageMessage[] }> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}ws/live${query}`, { headers });
  const messages: PageMessage[] = [];
  socket.on('message', (data: Buffer) => {
    messages.push(JSON.parse(data.toString('utf8')) as PageMessage);
  });
  await once(socket, 'open');
  return { socket, messages };
}

/** Views that the chart may have taken since then: one per second of each of two instruments. */
function chartPoints(sinceMs: number): number {
  return 2 * (Math.ceil((performance.now() - sinceMs) / 1000) + 1);
}

describe('the pages of the server', () => {
  it('give health and metrics under the names of the connector feed', async () => {
    const { url } = await serve();
    const health = await (await fetch(`${url}ws/health`)).json();
    expect(health).toEqual({
      connector: {
        connected: true,
        last_ts: 5,
        queue_size: 1,
        reconnection_attempts: 2,
        connector_health: {
          connected: true,
          subscribed_trades: true,
          subscribed_depth: false,
          event_counter: 7,
        },
      },
    });
    const metrics = await (await fetch(`${url}metrics`)).json();
    expect(metrics).toEqual({
      trades: { per_minute_count: 120, per_second_rate: 2, queue_size: 3 },
      depth: { per_minute_count: 600, per_second_rate: 10, queue_size: 0 },
    });
  });

  it('give Prometheus its text when it asks for it', async () => {
    const { url } = await serve();
    const answer = await fetch(`${url}metrics`, {
      headers: { accept: 'application/openmetrics-text;version=1.0.0,text/plain;version=0.0.4' },
    });
    const text = await answer.text();
    expect(answer.headers.get('content-type')).toContain('text/plain');
    expect(text).toContain('# TYPE hftbacktest_live_events_total counter');
    expect(text).toContain('hftbacktest_live_events_total 42');
    expect(text).toContain('hftbacktest_live_events_per_second{kind="trades"} 2');
    expect(text).not.toContain('NaN');
    expect(text).toContain('process_resident_memory_bytes');
  });

  it('say whether the bot is ready, and what is missing', async () => {
    const { url, source } = await serve();
    expect((await fetch(`${url}ready`)).status).toBe(200);
    source.missing = ['no whole book of AUSDT'];
    const answer = await fetch(`${url}ready`);
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({ ready: false, missing: ['no whole book of AUSDT'] });
  });

  it('hold the live page whole, and let it run only what is in it', async () => {
    const { url } = await serve();
    const answer = await fetch(url);
    const html = await answer.text();
    // Nothing is loaded from anywhere; one link names the maker of the chart.
    expect(html.match(/(src|href)="(?!data:,")[^"]*/g)).toEqual([
      'href="https://www.tradingview.com/',
    ]);
    expect(html).not.toContain('page.js');
    const policy = answer.headers.get('content-security-policy') ?? '';
    expect(policy).toMatch(/default-src 'none'; script-src 'sha256-[^']+'; style-src 'sha256-/);
    expect(policy).toContain("frame-ancestors 'none'");
  });

  it('take nothing but GET, and name what there is', async () => {
    const { url } = await serve();
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH']) {
      const answer = await fetch(url, { method });
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
    }
    expect((await fetch(url, { method: 'HEAD' })).status).toBe(200);
    const unknown = await fetch(`${url}orders`);
    expect([unknown.status, await unknown.json()]).toMatchObject([404, { error: 'not found' }]);
  });

  it('do not answer under a name that is not theirs', async () => {
    const { url } = await serve({ allowedHosts: ['Bot.Example'] });
    for (const host of [
      'evil.example',
      'evil.example:80',
      '127.0.0.1.evil.example',
      'local host',
      '[::1',
      '@',
    ])
      expect([host, await statusOf(url, { headers: { host } })]).toEqual([host, 421]);
    for (const host of ['localhost', 'localhost:99', '127.0.0.1', '[::1]:8787', 'bot.example'])
      expect([host, await statusOf(url, { headers: { host } })]).toEqual([host, 200]);
  });

  it('survive bytes that are no HTTP', async () => {
    const { url } = await serve();
    const socket = connect(Number(new URL(url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    socket.resume();
    socket.write(Buffer.from([0, 255, 13, 10, 13, 10, 7]));
    await once(socket, 'close');
    expect((await fetch(`${url}ready`)).status).toBe(200);
  });
});

describe('the live page’s socket', () => {
  it('sends the history, then views of the instrument it was asked for', async () => {
    const { url } = await serve();
    const { socket, messages } = await openPage(url, '?instrument=1');
    await until(() => messages.length > 5, 'six messages');
    expect(messages[0]).toMatchObject({ type: 'history' });
    expect(messages[1]).toMatchObject({ type: 'view', view: { instrument: 1 } });
    expect(messages.slice(2).every(({ type }) => type === 'change')).toBe(true);
    socket.close();
  });

  it('sends the market that is asked for by name, and the first for one that is not there', async () => {
    const { url, source } = await serve();
    source.instruments = ['A', 'B', 'B'];
    source.connectors = ['x', 'x', 'y/z'];
    const shown = async (market: string): Promise<unknown> => {
      const query = `?market=${encodeURIComponent(market)}`;
      const { socket, messages } = await openPage(url, query);
      await until(() => messages.length > 1, 'the view');
      socket.close();
      return messages.find(({ type }) => type === 'view');
    };
    for (const [market, instrument] of [
      ['B@y/z', 2],
      ['B@x', 1],
      ['B', 1],
      ['C@x', 0],
    ] as const)
      expect(await shown(market)).toMatchObject({ view: { instrument } });
  });

  it('sends ten minutes of candles first, and then those that change', async () => {
    const { url, source } = await serve();
    // Ahead of the clock, so that it stays the newest however slow the machine is.
    const nowSecond = Math.floor(Date.now() / 1000) + 60;
    const candle = (second: number, close: number) => [second, 1, 9, 1, close, 1] as const;
    const past = Array.from({ length: 600 }, (_, index) => candle(nowSecond - 600 + index, 5));
    let close = 6;
    source.candlesOf = () => [...past, candle(nowSecond, close)];
    const { socket, messages } = await openPage(url);
    await until(() => messages.length > 3, 'the first messages');
    expect(messages[0]).toMatchObject({ type: 'history' });
    expect(messages[0]?.type === 'history' && messages[0].candles).toHaveLength(601);
    const sent = (): unknown[] =>
      messages.flatMap((message) => (message.type === 'change' ? (message.candles ?? []) : []));
    close = 7;
    const changed = JSON.stringify(candle(nowSecond, 7));
    const times = (): number => sent().filter((each) => JSON.stringify(each) === changed).length;
    await until(() => times() > 0, 'the candle that changed');
    const before = messages.length;
    await until(() => messages.length > before + 3, 'more messages');
    expect(times()).toBe(1);
    socket.close();
  });

  it('sends what changed, from which the page has the whole at any time', async () => {
    const { url, source } = await serve();
    const { socket, messages } = await openPage(url);
    await until(() => messages.length > 3, 'the first messages');
    const late = await openPage(url);
    source.bid = 50;
    await until(() => late.messages.length > 3, 'messages of the second page');
    source.bid = 51.5;
    const whole = (of: PageMessage[]): Partial<LiveView> =>
      Object.assign(
        {},
        ...of.map((message) =>
          message.type === 'view' ? message.view : message.type === 'change' ? message.change : {},
        ),
      ) as Partial<LiveView>;
    for (const of of [messages, late.messages])
      await until(() => whole(of).book?.bids[0]?.[0] === 51.5, 'the last change');
    const shown = JSON.parse(JSON.stringify(source.view(0))) as Partial<LiveView>;
    for (const of of [messages, late.messages])
      expect(whole(of)).toMatchObject({ ...shown, atMs: expect.any(Number) as number });
    const changes = messages.flatMap((m) => (m.type === 'change' ? [Object.keys(m.change)] : []));
    expect(changes.some((fields) => fields.includes('book'))).toBe(true);
    expect(changes.some((fields) => fields.includes('instruments'))).toBe(false);
    socket.close();
    late.socket.close();
  });

  it('sends at most ten updates a second, each made once for all pages', async () => {
    const { url, source } = await serve();
    const pages = await Promise.all([1, 2, 3, 4].map(() => openPage(url)));
    source.views = 0;
    const before = pages.map(({ messages }) => messages.length);
    const got = (): number[] =>
      pages.map(({ messages }, index) => messages.length - (before[index] ?? 0));
    const startMs = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 1_000));
    await until(() => Math.min(...got()) >= 5, 'five updates for each');
    const most = Math.ceil((performance.now() - startMs) / 100) + 1;
    for (const count of got()) expect(count).toBeLessThanOrEqual(most);
    // The chart takes one more per instrument and second.
    expect(source.views).toBeLessThanOrEqual(most + chartPoints(startMs));
    for (const { socket } of pages) socket.close();
  });

  it('makes nothing while nobody looks, but the chart’s point', async () => {
    const { source } = await serve();
    const startMs = performance.now();
    await new Promise((resolve) => setTimeout(resolve, 1_050));
    expect(source.views).toBeLessThanOrEqual(chartPoints(startMs));
  });

  it('skips updates for a page that does not read, and keeps no queue for it', async () => {
    const { url, source, server } = await serve();
    source.ballast = 'x'.repeat(200_000);
    const { socket, messages } = await openPage(url);
    socket.pause();
    await until(() => server.pages.skippedUpdates > 3, 'skipped updates');
    socket.resume();
    source.ballast = '';
    const isNew = (message: PageMessage): boolean =>
      (message.type === 'change' && message.change.state?.text === 'live') ||
      (message.type === 'view' && message.view.state.text === 'live');
    await until(() => messages.some(isNew), 'the page has caught up');
    const [read, skipped] = [messages.length, server.pages.skippedUpdates];
    for (const bid of [60, 61, 62]) {
      source.bid = bid;
      await until(() => messages.length > read + bid - 60, 'the next update');
    }
    expect(server.pages.skippedUpdates - skipped).toBeLessThan(4);
    socket.close();
  });

  it('refuses other origins, other paths, unknown instruments, and one page too many', async () => {
    const { url, server } = await serve({ maxPages: 1 });
    const refused = async (path: string, headers: Record<string, string> = {}): Promise<number> => {
      const socket = new WebSocket(url.replace('http', 'ws') + path, { headers });
      socket.on('error', () => undefined);
      const [, answer] = (await once(socket, 'unexpected-response')) as [
        unknown,
        { statusCode: number; destroy(): void },
      ];
      answer.destroy();
      return answer.statusCode;
    };
    expect(await refused('ws/live', { origin: 'http://evil.example' })).toBe(421);
    expect(await refused('ws/live', { origin: 'null' })).toBe(421);
    expect(await refused('ws/live', { host: 'evil.example' })).toBe(421);
    expect(await refused('ws/else')).toBe(404);
    for (const instrument of ['2', '-1', 'x', '0.5', '__proto__'])
      expect(await refused(`ws/live?instrument=${instrument}`)).toBe(400);
    const { socket } = await openPage(url, '', { origin: url.slice(0, -1) });
    expect(await refused('ws/live')).toBe(503);
    socket.close();
    await until(() => server.pages.open === 0, 'the page is gone');
    expect((await openPage(url)).socket.readyState).toBe(WebSocket.OPEN);
  });

  it('takes a page from a name that was given, though a proxy writes another Host, and says why not', async () => {
    const { url } = await serve({ allowedHosts: ['bot.example'] });
    const { socket } = await openPage(url, '', { origin: 'https://bot.example' });
    socket.close();
    const why = async (origin: string): Promise<unknown> => {
      const answer = await fetch(`${url}ws/live?origin=${encodeURIComponent(origin)}`);
      return [answer.status, ((await answer.json()) as { error: string }).error];
    };
    expect(await why('https://bot.example')).toEqual([426, '']);
    const [status, error] = (await why('https://other.example')) as [number, string];
    expect(status).toBe(426);
    expect(error).toMatch(/https:\/\/other\.example are not allowed.*--allowed-hosts/);
  });

  it('ends a page that sends it too much', async () => {
    const { url } = await serve();
    const { socket } = await openPage(url);
    socket.on('error', () => undefined);
    socket.send('x'.repeat(5_000));
    const [code] = (await once(socket, 'close')) as [number];
    expect(code).toBe(1009);
  });
});

describe('the life of a server', () => {
  it('frees its port and closes pages and source, once', async () => {
    const { url, source, server } = await serve();
    const { socket } = await openPage(url);
    const closed = once(socket, 'close');
    await Promise.all([server.close(), server.close()]);
    await closed;
    expect(source.closed).toBe(1);
    await expect(fetch(url)).rejects.toThrow();
    await expect(server.start()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });

  it('says that its port is in use', async () => {
    const { url } = await serve();
    const second = new LiveServer(new FakeSource(), { port: Number(new URL(url).port) });
    await expect(second.start()).rejects.toMatchObject({
      code: 'ERR_ALREADY_RUNNING',
      message: expect.stringContaining('is in use') as string,
    });
    await second.close();
  });

  it('refuses wrong options by name', () => {
    const source = new FakeSource();
    const wrong: [LiveServerOptions, string][] = [
      [{ port: 70_000 }, 'port'],
      [{ port: 0.5 }, 'port'],
      [{ host: '' }, 'host'],
      [{ updatesPerSecond: 11 }, 'updatesPerSecond'],
      [{ maxPages: 0 }, 'maxPages'],
    ];
    for (const [options, name] of wrong) {
      expect(() => new LiveServer(source, options)).toThrow(HftError);
      expect(() => new LiveServer(source, options)).toThrow(name);
    }
  });
});
