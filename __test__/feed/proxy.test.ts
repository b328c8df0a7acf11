// The feed of Binance behind a proxy that alone knows the way to the venue.
import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { afterEach, describe, expect, it, vi } from 'vitest';

import { proxyFor, proxyText, proxyWarnings } from '../../lib/connector/proxy-env.js';
import { createFeed } from '../../lib/feed/create-feed.js';
import { startBusyBinance } from '../support/busy-binance.js';
import { until } from '../support/until.js';

const ends: (() => unknown)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0)) await end();
  vi.unstubAllEnvs();
});

/** A proxy that leads to that port of this machine, whatever the host; or refuses with a status. */
async function startProxy(status = 200): Promise<{ url: string; asked: string[] }> {
  const asked: string[] = [];
  const server: Server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const sockets: Duplex[] = [];
  server.on('connect', ({ url = '', headers }, client: Duplex) => {
    asked.push(`${url} ${headers['proxy-authorization'] ?? ''}`.trim());
    sockets.push(client);
    client.on('error', () => undefined);
    if (status !== 200) {
      client.end(`HTTP/1.1 ${String(status)} No\r\n\r\n`);
      return;
    }
    const venue = connect(Number(url.split(':').at(-1)), '127.0.0.1', () => {
      client.write('HTTP/1.1 200 OK\r\n\r\n');
      venue.pipe(client).pipe(venue);
    });
    venue.on('error', () => undefined);
    sockets.push(venue);
  });
  ends.push(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return { url: `http://ann:b@127.0.0.1:${String((server.address() as AddressInfo).port)}`, asked };
}

/** The addresses of a fake venue under a name that no name server knows. */
async function hiddenBinance(): Promise<NodeJS.ProcessEnv> {
  const env = await startBusyBinance();
  return Object.fromEntries(
    Object.entries(env).map(([name, url]) => [name, url?.replace('127.0.0.1', 'venue.test')]),
  );
}

describe('the feed binance_ws', () => {
  it('reaches sockets and REST through the proxy of the environment', async () => {
    const { url, asked } = await startProxy();
    vi.stubEnv('ALL_PROXY', url);
    const env = await hiddenBinance();
    const { feed } = createFeed({ dataSource: 'binance_ws', env, logger: false });
    ends.push(() => feed.stop());
    let books = 0;
    feed.on('depth', ({ snapshot }) => {
      if (snapshot) books += 1;
    });
    await feed.start();
    await until(() => books > 0, 'a book, whose snapshot comes by REST');
    expect(asked.length).toBeGreaterThanOrEqual(2);
    for (const line of asked) expect(line).toMatch(/^venue\.test:\d+ Basic YW5uOmI=$/);
  });

  it.each([
    [407, 'it wants a login'],
    [403, 'it refused CONNECT venue.test:'],
  ])('says what a proxy answers with %d', async (status, words) => {
    const { url } = await startProxy(status);
    vi.stubEnv('ALL_PROXY', url);
    const env = await hiddenBinance();
    const stream = { backoff: { maxAttempts: 0 } };
    const { feed } = createFeed({ dataSource: 'binance_ws', env, logger: false, stream });
    ends.push(() => feed.stop());
    await expect(feed.start()).rejects.toThrow(words);
    await expect(feed.start()).rejects.not.toThrow('ann');
  });
});

describe('the proxy of the environment', () => {
  const env = {
    HTTPS_PROXY: 'proxy.test:3128',
    all_proxy: 'http://other.test',
    no_proxy: 'internal.test, .local,venue.test:9',
  };
  const of = (url: string): string | undefined => {
    const proxy = proxyFor(url, env);
    return proxy === undefined ? undefined : proxyText(proxy);
  };

  it.each([
    ['wss://api.bybit.com/v5', 'http://proxy.test:3128 (HTTPS_PROXY)'],
    ['https://venue.test', 'http://proxy.test:3128 (HTTPS_PROXY)'],
    ['ws://api.bybit.com', 'http://other.test:80 (all_proxy)'],
    ['wss://localhost:1', undefined],
    ['wss://127.0.0.1:1', undefined],
    ['wss://[::1]:1', undefined],
    ['wss://internal.test', undefined],
    ['wss://a.internal.test', undefined],
    ['wss://x.local', undefined],
    ['wss://venue.test:9', undefined],
  ])('for %s is %s', (url, proxy) => {
    expect(of(url)).toBe(proxy);
  });

  it('that cannot be used is said once, without its password', () => {
    const warnings = proxyWarnings({ ALL_PROXY: 'socks5://ann:secret@proxy.test:1080' });
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain('socks5:// proxies are not supported');
    expect(warnings[0]).not.toContain('secret');
    expect(proxyWarnings(env)).toEqual([]);
  });
});
