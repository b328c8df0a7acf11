// A client that starts its connector itself: against a program that only looks like one.
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { inspect } from 'node:util';
import { afterEach, describe, expect, it } from 'vitest';

import type { ClientEvent } from '../../lib/client/client-event.js';
import type { LiveClientOptions } from '../../lib/client/client-options.js';
import { LiveClient } from '../../lib/client/live-client.js';
import { CONNECTOR_KINDS } from '../../lib/connector/connector-kinds.js';
import type { OwnedConnectorOptions } from '../../lib/connector/owned-connector-options.js';
import { LiveInstrument } from '../../lib/models/live-instrument.js';
import { SILENT_CONNECTOR, fakeProgram, isAlive, scratchFile } from '../support/fake-program.js';
import { until } from '../support/until.js';
import { FakeSession } from './fake-session.js';

const open: LiveClient[] = [];

afterEach(async () => {
  await Promise.all(open.splice(0).map((client) => client.close()));
});

function make(
  connector: Partial<OwnedConnectorOptions> = {},
  options: Partial<LiveClientOptions> = {},
  session = new FakeSession(),
): { client: LiveClient; session: FakeSession; events: ClientEvent[] } {
  const kind = connector.kind ?? 'sim';
  const client = new LiveClient(
    {
      instruments: [new LiveInstrument('BTCUSDT').connector(kind).tickSize(0.5).lotSize(0.1)],
      connector: {
        kind,
        binary: fakeProgram(SILENT_CONNECTOR),
        restart: { delayMs: 20 },
        ...connector,
      },
      ...options,
    },
    options.backend === 'stub' ? undefined : session.open,
  );
  open.push(client);
  const events: ClientEvent[] = [];
  for (const name of ['connectorDied', 'connectorRestarted', 'error', 'state'] as const)
    client.on(name, (event) => events.push(event));
  return { client, session, events };
}

/** What the program said about itself. */
function said(client: LiveClient): Record<string, unknown> {
  const { stderrTail } = client.health.connectorProcess!;
  return JSON.parse(stderrTail.split('\n').at(-1)!) as Record<string, unknown>;
}

describe('a client with a connector of its own', () => {
  it('starts it under a unique name before its bot, and ends it after it', async () => {
    const { client, session } = make();
    expect(client.health.connectorProcess).toBeUndefined();
    const starting = client.start();
    await until(() => client.health.connectorProcess?.processAlive === true, 'its process');
    expect(session.opened).toBe(0);
    await starting;
    const { name } = client.health.connectorProcess!;
    expect(name).toMatch(new RegExp(`^sim-${String(process.pid)}-\\w{6,}$`));
    expect(client.instruments[0]!.connector).toBe(name);
    expect(session.context!.instruments[0]!.connector).toBe(name);
    expect(said(client)).toMatchObject({
      args: [name, 'sim', 'BTCUSDT', '--ready-json', '--with-stdin'],
    });
    expect(client.health.connectorProcess).toMatchObject({
      kind: 'sim',
      state: 'running',
      orders: 'simulated',
      restarts: 0,
    });
    const { pid } = client.health.connectorProcess!;
    await Promise.all([client.close(), client.close()]);
    expect(session.closed).toBe(1);
    expect(isAlive(pid!)).toBe(false);
    expect(client.health.connectorProcess).toMatchObject({ state: 'stopped', pid: undefined });
  });

  it.each(CONNECTOR_KINDS.flatMap((name) => CONNECTOR_KINDS.map((kind) => [name, kind] as const)))(
    'spells name and kind, also when the name is a kind and a symbol is one: %s %s',
    async (name, kind) => {
      const instrument = new LiveInstrument('BTCUSDT').connector(name).tickSize(0.5).lotSize(0.1);
      const symbols = ['BTCUSDT', 'bybit'];
      const env = { BYBIT_CONNECTOR_CONFIG_FILE: '' };
      const { client } = make({ kind, name, symbols, env }, { instruments: [instrument] });
      await client.start();
      expect(said(client)['args']).toEqual([
        ...[name, kind, 'BTCUSDT', 'bybit'],
        ...['--ready-json', '--with-stdin'],
      ]);
    },
  );

  it('refuses words that the connector would read as options', () => {
    for (const connector of [
      { name: '--paper=false' },
      { symbols: ['--testnet=false'] },
      { files: ['-x.gz'] },
      { configFile: '' },
    ]) {
      expect(() => make({ kind: 'bybit', ...connector })).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }),
      );
    }
  });

  it('starts nothing when `paper` or its variable is no flag', async () => {
    for (const paper of ['false', 0, null] as unknown as boolean[]) {
      const { client } = make({ kind: 'bybit', paper });
      await expect(client.start()).rejects.toMatchObject({
        code: 'ERR_INVALID_ARGUMENT',
        message: expect.stringContaining('connector.paper') as string,
      });
    }
    for (const name of ['CONNECTOR_PAPER_TRADING', 'BYBIT_CONNECTOR_TESTNET']) {
      const { client } = make({ kind: 'bybit', env: { [name]: 'treu' } });
      await expect(client.start()).rejects.toMatchObject({
        code: 'ERR_INVALID_ARGUMENT',
        message: expect.stringContaining(name) as string,
      });
    }
  });

  it('is ended by `await using`, and starts a new one when it is started again', async () => {
    const { client } = make();
    await client.start();
    const first = client.health.connectorProcess!;
    await client.stop();
    expect(isAlive(first.pid!)).toBe(false);
    await client.start();
    const second = client.health.connectorProcess!;
    expect(second.pid).not.toBe(first.pid);
    expect(second.name).toBe(first.name);
    await client[Symbol.asyncDispose]();
    expect(isAlive(second.pid!)).toBe(false);
  });

  it('reports its death and starts it again', async () => {
    const { client, events } = make();
    await client.start();
    const { pid, name } = client.health.connectorProcess!;
    process.kill(pid!, 'SIGKILL');
    await until(() => events.some(({ type }) => type === 'connectorRestarted'), 'its return');
    expect(events.filter(({ type }) => type.startsWith('connector'))).toEqual([
      expect.objectContaining({
        type: 'connectorDied',
        connector: name,
        code: null,
        signal: 'SIGKILL',
        willRestart: true,
      }),
      { type: 'connectorRestarted', connector: name, restarts: 1 },
    ]);
    expect(client.health.connectorProcess).toMatchObject({ state: 'running', restarts: 1 });
    expect(client.state).toBe('running');
  });

  it('reports an error when it gives up, and runs on without it', async () => {
    const marker = scratchFile('runs');
    const { client, events } = make({
      binary: fakeProgram(
        `const files = require('fs'); if (files.existsSync(${JSON.stringify(marker)})) { console.error('worn out'); process.exit(4); }
         files.writeFileSync(${JSON.stringify(marker)}, ''); ${SILENT_CONNECTOR}`,
      ),
      restart: { delayMs: 10, maxAttempts: 2 },
    });
    await client.start();
    process.kill(client.health.connectorProcess!.pid!, 'SIGKILL');
    await until(() => events.some(({ type }) => type === 'error'), 'the error');
    expect(events.at(-1)).toMatchObject({
      source: 'connector',
      error: {
        code: 'ERR_CONNECTOR_EXITED',
        message: expect.stringContaining('worn out') as string,
      },
    });
    expect(client.health.connectorProcess!.state).toBe('failed');
    expect(client.state).toBe('running');
  });

  it('is not started again when that is not wanted', async () => {
    const { client, events } = make({ restart: false });
    await client.start();
    process.kill(client.health.connectorProcess!.pid!, 'SIGKILL');
    await until(() => events.some(({ type }) => type === 'connectorDied'), 'its death');
    expect(events.at(-1)).toMatchObject({ willRestart: false });
    expect(client.health.connectorProcess!.state).toBe('failed');
  });

  it('fails to start without its binary, and with what it said when it does not come up', async () => {
    const missing = make({ binary: scratchFile('missing') });
    await expect(missing.client.start()).rejects.toMatchObject({ code: 'ERR_CONNECTOR_NOT_FOUND' });
    expect(missing.session.opened).toBe(0);
    expect(missing.client.state).toBe('stopped');
    await missing.client.close();

    const broken = make({ binary: fakeProgram(`console.error('wrong key x'); process.exit(2);`) });
    await expect(broken.client.start()).rejects.toMatchObject({
      code: 'ERR_CONNECTOR_EXITED',
      message: expect.stringContaining('wrong key x') as string,
    });
  });

  it('leaves no process when its bot cannot start or ends by itself', async () => {
    const session = new FakeSession();
    session.openError = new Error('no memory');
    const refused = make({}, {}, session);
    await expect(refused.client.start()).rejects.toThrow('no memory');
    expect(refused.client.health.connectorProcess!.state).toBe('stopped');

    const ended = make();
    await ended.client.start();
    const { pid } = ended.client.health.connectorProcess!;
    ended.session.die(new Error('thread gone'));
    await until(() => !isAlive(pid!), 'the end of its process');
    expect(ended.client.state).toBe('failed');
  });

  it.each(['stop', 'close'] as const)('can %s while the connector starts', async (end) => {
    const { client, session } = make({ binary: fakeProgram(`setInterval(() => {}, 1000);`) });
    const starting = client.start().catch((error: unknown) => error);
    await until(() => client.health.connectorProcess?.processAlive === true, 'its process');
    const { pid } = client.health.connectorProcess!;
    const startMs = performance.now();
    await client[end]();
    expect(performance.now() - startMs).toBeLessThan(5_000);
    expect(await starting).toMatchObject({ code: 'ERR_CLOSED' });
    expect(isAlive(pid!)).toBe(false);
    expect(session.opened).toBe(0);
    expect(client.state).toBe(end === 'stop' ? 'stopped' : 'closed');
  });

  it('writes a config that only this user can read, and removes it', async () => {
    const { client } = make({ config: { seed: 7, latency: { feed_ns: 5 }, symbols: [{ symbol: 'BTCUSDT', price: 1.5 }] } }); // prettier-ignore
    await client.start();
    const { args, config, mode } = said(client) as { args: string[]; config: string; mode: string };
    expect(mode).toBe('600');
    expect(config).toMatch(/seed = 7[^]*\[latency\]\s+feed_ns = 5[^]*\[\[symbols\]\]\s+symbol = "BTCUSDT"\s+price = 1.5/); // prettier-ignore
    // The config says what is traded.
    expect(args).toHaveLength(5);
    expect(existsSync(args[2]!)).toBe(true);
    await client.close();
    expect(existsSync(path.dirname(args[2]!))).toBe(false);
  });

  it('has a config file, symbols, recordings and options on its command line', async () => {
    const file = scratchFile('mine.toml');
    const { client } = make({
      kind: 'replay',
      name: `t-${String(process.pid)}-given`,
      symbols: ['A'],
      files: ['x.gz'],
      args: ['--speed', '20'],
    }, { instruments: [new LiveInstrument('A').connector(`t-${String(process.pid)}-given`).tickSize(1).lotSize(1)] }); // prettier-ignore
    await client.start();
    expect(said(client)['args']).toEqual([
      `t-${String(process.pid)}-given`,
      'replay',
      'A',
      'x.gz',
      '--speed',
      '20',
      '--ready-json',
      '--with-stdin',
    ]);
    expect(() => make({ config: {}, configFile: file })).toThrow('not both');
  });

  it.each([
    ['config.api_secret', { config: { api_secret: 'abc' } }],
    ['config.accounts.apiKey', { config: { accounts: { apiKey: 'abc' } } }],
    ['kind', { kind: 'kraken' as never }],
    ['no instrument is on other: they are on', { name: 'other' }],
  ])('refuses what cannot be: %s', (what, options) => {
    expect(() => make(options)).toThrow(
      expect.objectContaining({
        code: 'ERR_INVALID_ARGUMENT',
        message: expect.stringContaining(what) as string,
      }) as Error,
    );
  });

  it('hands keys on by the environment, and shows them nowhere', async () => {
    const key = 'canary-key-0123456789';
    const { client, events } = make({
      kind: 'bybit',
      env: {
        BYBIT_API_KEY: key,
        BYBIT_API_SECRET: `${key}-secret`,
        CONNECTOR_PAPER_TRADING: 'false',
      },
      binary: fakeProgram(`console.error('using', process.env.BYBIT_API_KEY); ${SILENT_CONNECTOR}`),
    });
    await client.start();
    expect(said(client)).toMatchObject({ paper: 'false', hasKey: true });
    expect(client.health.connectorProcess!.orders).toBe('simulated');
    const { pid } = client.health.connectorProcess!;
    const arguments_ = existsSync('/proc/self') ? readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8') : ''; // prettier-ignore
    process.kill(pid!, 'SIGKILL');
    await until(() => events.some(({ type }) => type === 'connectorDied'), 'its death');
    const shown = [arguments_, inspect([client, client.health, events], { depth: 12, showHidden: true })].join('\n'); // prettier-ignore
    expect(shown).toContain('[redacted]');
    expect(shown).not.toContain('canary');
  });

  it('leaves half a pair of keys to the connector, which refuses it where orders are real', async () => {
    const { client } = make({ kind: 'bybit', env: { BYBIT_API_KEY: 'k', BYBIT_API_SECRET: '' } });
    await client.start();
    expect(said(client)).toMatchObject({ hasKey: true });
  });

  it('takes no key in its config that the environment holds', async () => {
    const env = { BYBIT_API_KEY: 'canary-key-0123456789', BYBIT_API_SECRET: 'x'.repeat(20) };
    const { client } = make({ kind: 'bybit', env, config: { note: 'canary-key-0123456789' } });
    await expect(client.start()).rejects.toMatchObject({
      code: 'ERR_INVALID_ARGUMENT',
      message: expect.not.stringContaining('canary') as string,
    });
  });

  it('is not started for the stub', async () => {
    const { client } = make({ binary: scratchFile('missing') }, { backend: 'stub' });
    await client.start();
    expect(client.health).toMatchObject({ backend: 'stub', connectorProcess: undefined });
  });
});
