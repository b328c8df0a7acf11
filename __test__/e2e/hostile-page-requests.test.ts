// What any page, port scanner or broken proxy can send to the live page's server, against a process of
// its own: the bot beside it must not notice.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { readdirSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { fileURLToPath } from 'node:url';
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';

import { until } from '../support/until.js';

const PROGRAM = fileURLToPath(new URL('../support/programs/page-server.mjs', import.meta.url));

class ServerProcess {
  readonly child: ChildProcess;
  url = '';
  port = 0;
  stderr = '';

  constructor(descriptors = 4096) {
    const command = `ulimit -n ${String(descriptors)}; exec "$0" "$1"`;
    this.child = spawn('bash', ['-c', command, process.execPath, PROGRAM]);
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
  }

  async start(): Promise<this> {
    let said = '';
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (said += text));
    await until(() => said.includes('\n'), 'the address of the server');
    this.url = said.trim();
    this.port = Number(new URL(this.url).port);
    return this;
  }

  get descriptors(): number {
    return readdirSync(`/proc/${String(this.child.pid)}/fd`).length;
  }

  connect(): Socket {
    const socket = connect(this.port, '127.0.0.1');
    socket.on('error', () => undefined);
    socket.resume();
    return socket;
  }

  /** Sends bytes, waits until the server closes or 100 ms went by. */
  async send(bytes: string | Buffer, reset = false): Promise<void> {
    const socket = this.connect();
    await once(socket, 'connect');
    socket.write(bytes);
    if (reset) {
      await new Promise(setImmediate);
      socket.resetAndDestroy();
      return;
    }
    await Promise.race([
      once(socket, 'close'),
      new Promise((resolve) => setTimeout(resolve, 100)),
    ]).catch(() => undefined);
    socket.destroy();
  }

  async expectAlive(): Promise<void> {
    expect(this.stderr).toBe('');
    expect([this.child.exitCode, this.child.signalCode]).toEqual([null, null]);
    expect((await fetch(`${this.url}ready`)).status).toBe(200);
  }
}

const servers: ServerProcess[] = [];

async function serve(descriptors?: number): Promise<ServerProcess> {
  const server = new ServerProcess(descriptors);
  servers.push(server);
  return server.start();
}

afterEach(async () => {
  for (const { child } of servers.splice(0)) {
    if (child.exitCode !== null || child.signalCode !== null) continue;
    child.kill('SIGKILL');
    await once(child, 'exit');
  }
});

function upgrade(target: string, headers = 'Host: 127.0.0.1\r\n'): string {
  return (
    `GET ${target} HTTP/1.1\r\n${headers}Connection: Upgrade\r\nUpgrade: websocket\r\n` +
    'Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n'
  );
}

const TARGETS = [
  '//',
  '///',
  '/\\',
  'http://[',
  '*',
  '/%',
  '/ws/live?%',
  '?',
  '/ws/live?instrument=',
];

describe('the live page’s server', () => {
  it('lives through requests to switch to a WebSocket that are none', async () => {
    const server = await serve();
    for (const target of TARGETS) await server.send(upgrade(target));
    for (const headers of ['', 'Host: \r\n', 'Host: [\r\n', 'Host: a\r\nOrigin: http://[\r\n'])
      await server.send(upgrade('/ws/live', headers));
    await server.send(upgrade('/ws/live').replace('dGhlIHNhbXBsZSBub25jZQ==', '%'));
    await server.send(upgrade('/ws/live').replace('websocket', 'h2c'));
    await server.send('CONNECT 127.0.0.1:1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n');
    await server.expectAlive();
  });

  it('lives through connections that are reset in the midst of an answer', async () => {
    const server = await serve();
    for (let round = 0; round < 20; round += 1) {
      const texts = [...TARGETS, '/ws/live', '/ws/else'].map((target) => upgrade(target));
      const plain = `GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n`;
      await Promise.all([...texts, plain].map((text) => server.send(text, true)));
    }
    await server.expectAlive();
  });

  it('lives through any bytes before and after the switch', async () => {
    const server = await serve();
    const line = fc.stringMatching(/^[ -~]{0,40}$/);
    await fc.assert(
      fc.asyncProperty(line, line, fc.uint8Array({ maxLength: 64 }), async (target, host, rest) => {
        const head = Buffer.from(upgrade(target, `Host: ${host}\r\n`));
        await server.send(Buffer.concat([head, rest]), true);
        const accepted = Buffer.from(upgrade('/ws/live'));
        await server.send(Buffer.concat([accepted, rest]), true);
        await server.send(Buffer.from(rest), true);
      }),
      { numRuns: 150 },
    );
    await server.expectAlive();
  });

  it('ends requests that never become whole, and answers others meanwhile', async () => {
    const server = await serve();
    const slow = ['', 'GET', 'GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: '].map((start) => {
      const socket = server.connect();
      socket.write(start);
      return socket;
    });
    const drip = setInterval(() => slow[2]?.write('a'), 500);
    const closed = Promise.all(slow.map((socket) => once(socket, 'close')));
    await server.expectAlive();
    await closed;
    clearInterval(drip);
    await server.expectAlive();
  });

  it('lives through 10 000 connections and keeps few of them', async () => {
    const server = await serve();
    await server.expectAlive();
    const before = server.descriptors;
    let most = 0;
    for (let wave = 0; wave < 10; wave += 1) {
      const sockets = Array.from({ length: 1_000 }, () => server.connect());
      await Promise.all(sockets.map((socket) => once(socket, 'connect').catch(() => undefined)));
      most = Math.max(most, server.descriptors);
      for (const socket of sockets) socket.resetAndDestroy();
    }
    expect(most - before).toBeLessThanOrEqual(260);
    await until(() => server.descriptors <= before + 5, 'the connections are freed');
    await server.expectAlive();
  });

  it('lives on where descriptors run out', async () => {
    const server = await serve(60);
    const sockets = Array.from({ length: 200 }, () => server.connect());
    await new Promise((resolve) => setTimeout(resolve, 500));
    for (const socket of sockets) socket.destroy();
    const answers = async (): Promise<boolean> => (await fetch(`${server.url}ready`)).ok;
    await until(() => answers().catch(() => false), 'an answer');
    expect(server.child.exitCode).toBeNull();
  });
});
