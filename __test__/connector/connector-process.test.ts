import { afterEach, describe, expect, it } from 'vitest';

import { ConnectorProcess } from '../../lib/connector/connector-process.js';
import type { ConnectorProcessOptions } from '../../lib/connector/connector-process-options.js';
import { findConnector } from '../../lib/connector/find-connector.js';
import { fakeProgram, isAlive, scratchFile } from '../support/fake-program.js';
import { until } from '../support/until.js';

const running: ConnectorProcess[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((each) => each.stop()));
});

function make(body: string, options: Partial<ConnectorProcessOptions> = {}): ConnectorProcess {
  const connector = new ConnectorProcess({
    args: ['name', 'sim'],
    binary: fakeProgram(body),
    ...options,
  });
  running.push(connector);
  return connector;
}

const READY = `console.log('noise'); console.log(JSON.stringify({ type: 'ready', args: process.argv.slice(2) })); setInterval(() => {}, 1000);`;

describe('ConnectorProcess', () => {
  it('is ready with the line of the connector, and stops with SIGTERM', async () => {
    const connector = make(READY);
    expect(await connector.start()).toMatchObject({
      args: ['name', 'sim', '--ready-json', '--with-stdin'],
    });
    const { pid } = connector;
    expect(connector.health).toMatchObject({
      state: 'running',
      processAlive: true,
      pid,
      restarts: 0,
    });
    await connector.stop();
    await connector.stop();
    expect(connector.health).toMatchObject({
      state: 'stopped',
      processAlive: false,
      pid: undefined,
    });
    expect(isAlive(pid!)).toBe(false);
    await expect(connector.start()).rejects.toMatchObject({ code: 'ERR_CLOSED' });
  });

  it('kills what does not end by itself', async () => {
    const connector = make(`process.on('SIGTERM', () => {}); ${READY}`, { stopTimeoutMs: 100 });
    await connector.start();
    const { pid } = connector;
    await connector.stop();
    expect(isAlive(pid!)).toBe(false);
  });

  it('fails to start with what the connector said', async () => {
    const connector = make(`console.error('no such symbol'); process.exit(2);`);
    await expect(connector.start()).rejects.toMatchObject({
      code: 'ERR_CONNECTOR_EXITED',
      message: expect.stringMatching(/code 2[^]*no such symbol/) as string,
    });
  });

  it('fails to start when it is never ready, and leaves no process', async () => {
    const connector = make(`console.error('thinking'); setInterval(() => {}, 1000);`, {
      readyTimeoutMs: 2_000,
    });
    const starting = connector.start().catch((error: unknown) => error);
    await until(() => connector.pid !== undefined, 'its process');
    const { pid } = connector;
    expect(await starting).toMatchObject({
      code: 'ERR_TIMEOUT',
      message: expect.stringContaining('thinking') as string,
    });
    await until(() => !isAlive(pid!), 'its end');
  });

  it('fails to start when the binary is none', async () => {
    const connector = new ConnectorProcess({ args: [], binary: scratchFile('missing') });
    await expect(connector.start()).rejects.toMatchObject({ code: 'ERR_CONNECTOR_NOT_FOUND' });
  });

  it('ends a connector that is another than was asked for', async () => {
    const said = { type: 'ready', name: 'bybit', kind: 'bybit' };
    const body = `console.log(${JSON.stringify(JSON.stringify(said))}); setInterval(() => {}, 1000);`;
    const asked = [
      { kind: 'sim', name: 'bybit' },
      { kind: 'bybit', name: 'mine' },
    ];
    for (const mustBe of asked) {
      const connector = make(body, { mustBe });
      await expect(connector.start()).rejects.toMatchObject({
        code: 'ERR_CONNECTOR_EXITED',
        message: expect.stringContaining('"bybit"') as string,
      });
      expect(connector.health).toMatchObject({ state: 'failed' });
      await connector.stop();
      expect(connector.pid).toBeUndefined();
    }
    const right = make(body, { mustBe: { kind: 'bybit', name: 'bybit' } });
    await expect(right.start()).resolves.toMatchObject({ kind: 'bybit' });
  });

  it('reports its death', async () => {
    const connector = make(READY);
    await connector.start();
    const died = new Promise((resolve) => connector.once('died', resolve));
    process.kill(connector.pid!, 'SIGKILL');
    expect(await died).toMatchObject({ signal: 'SIGKILL' });
    expect(connector.health.state).toBe('failed');
  });

  it('starts again after its death, with growing pauses, and gives up in the end', async () => {
    const marker = scratchFile('runs');
    const body = `const fs = require('fs'); fs.appendFileSync(${JSON.stringify(marker)}, 'x');
      if (fs.readFileSync(${JSON.stringify(marker)}).length > 2) process.exit(1); ${READY}`;
    const connector = make(body, { restart: { delayMs: 20, maxAttempts: 3 } });
    await connector.start();
    const again = new Promise((resolve) => connector.once('ready', resolve));
    process.kill(connector.pid!, 'SIGKILL');
    await again;
    expect(connector.health).toMatchObject({ state: 'running', restarts: 1 });
    const failed = new Promise((resolve) => connector.once('failed', resolve));
    process.kill(connector.pid!, 'SIGKILL');
    expect(await failed).toMatchObject({ code: 'ERR_CONNECTOR_EXITED' });
    expect(connector.health.state).toBe('failed');
  });
});

describe('findConnector', () => {
  it('takes what the environment names, or says that it is none', () => {
    const file = fakeProgram('');
    expect(findConnector({ HFTBACKTEST_LIVE_CONNECTOR: file })).toBe(file);
    expect(() => findConnector({ HFTBACKTEST_LIVE_CONNECTOR: scratchFile('missing') })).toThrow(
      expect.objectContaining({ code: 'ERR_CONNECTOR_NOT_FOUND' }) as Error,
    );
  });
});
