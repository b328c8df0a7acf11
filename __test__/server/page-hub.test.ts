// What every answer has in common, and pages whose other end is gone without a word.
import { once } from 'node:events';
import { afterEach, expect, it, vi } from 'vitest';
import { WebSocket } from 'ws';

import { LiveServer } from '../../lib/server/live-server.js';
import type { LiveView } from '../../lib/server/live-view.js';
import type { PageMessage } from '../../lib/server/view/page-message.js';
import { until } from '../support/until.js';
import { FakeSource } from './fake-source.js';

const ends: (() => unknown)[] = [];

afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  vi.useRealTimers();
});

async function serve(): Promise<{ url: string; server: LiveServer }> {
  const server = new LiveServer(new FakeSource(), { port: 0 });
  ends.push(() => server.close());
  return { url: await server.start(), server };
}

it('closes a page that answers no ping, and keeps one that does', async () => {
  vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
  const { url, server } = await serve();
  const open = async (autoPong: boolean): Promise<WebSocket> => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}ws/live`, { autoPong });
    ends.push(() => {
      socket.terminate();
    });
    await once(socket, 'open');
    return socket;
  };
  const [dead, alive] = [await open(false), await open(true)];
  await until(() => server.pages.open === 2, 'two pages');
  const closed = once(dead, 'close');
  for (let ping = 0; ping < 2; ping += 1) {
    const answered = once(alive, 'ping');
    vi.advanceTimersByTime(10_000);
    await answered;
    // The answer travels over a real socket: it has arrived once what is sent after it is answered.
    const arrived = once(alive, 'pong');
    alive.ping();
    await arrived;
  }
  await closed;
  await until(() => server.pages.open === 1, 'one page');
  expect(alive.readyState).toBe(WebSocket.OPEN);
});

it('shows each page its own instrument, whatever the others look at', async () => {
  const { url } = await serve();
  const pages = [0, 1, 0, 1].map((instrument) => {
    const socket = new WebSocket(`${url.replace('http', 'ws')}ws/live?instrument=${instrument}`);
    ends.push(() => {
      socket.terminate();
    });
    const page = { instrument, updates: 0, view: {} as Partial<LiveView> };
    socket.on('message', (data: Buffer) => {
      const message = JSON.parse(data.toString('utf8')) as PageMessage;
      if (message.type === 'history') return;
      page.updates += 1;
      page.view = message.type === 'view' ? message.view : { ...page.view, ...message.change };
    });
    return page;
  });
  await until(() => pages.every(({ updates }) => updates > 3), 'some updates');
  for (const { instrument, view } of pages) {
    expect(view.instrument).toBe(instrument);
    expect(view.book?.bids).toEqual([[99.5 + instrument, 1]]);
  }
});

it('lets nobody keep, guess at or pass on what it answers', async () => {
  const { url } = await serve();
  for (const [path, init, status] of [
    ['', {}, 200],
    ['metrics', {}, 200],
    ['ws/health', {}, 200],
    ['ready', {}, 200],
    ['none', {}, 404],
    ['metrics', { method: 'POST' }, 405],
  ] as const) {
    const { status: got, headers } = await fetch(url + path, init);
    expect([path, got]).toEqual([path, status]);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('no-referrer');
  }
});
