// A client, and a strategy, that start, watch and end a real connector.
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';

import { afterEach, beforeEach, expect, it } from 'vitest';

import type { ClientEvent } from '../../lib/client/client-event.js';
import { LiveClient } from '../../lib/client/live-client.js';
import { LiveInstrument } from '../../lib/models/live-instrument.js';
import { fakeProgram, isAlive } from '../support/fake-program.js';
import { runLive } from '../../lib/strategy/run-live.js';
import { describeNative } from '../support/native-suite.js';
import { Program } from '../support/run-program.js';
import { SharedMemoryBaseline } from '../support/shared-memory.js';
import { until } from '../support/until.js';

const clients: LiveClient[] = [];
let memory: SharedMemoryBaseline;

beforeEach(() => {
  memory = new SharedMemoryBaseline();
});

afterEach(async () => {
  await Promise.all(clients.splice(0).map((client) => client.close()));
});

function simClient(): LiveClient {
  const client = new LiveClient({
    instruments: [
      new LiveInstrument('BTCUSDT').connector('sim').tickSize(0.1).lotSize(0.001),
      new LiveInstrument('ETHUSDT').connector('sim').tickSize(0.01).lotSize(0.01),
    ],
    backend: 'native',
    connector: { kind: 'sim', restart: { delayMs: 50 } },
    onError: () => undefined,
  });
  clients.push(client);
  return client;
}

/** Command lines of the processes that this one has started and that run, by process id. */
function children(): Map<number, string> {
  const rows = execFileSync('ps', ['-A', '-o', 'pid=,ppid=,command='], { encoding: 'utf8' })
    .split('\n')
    .map((row) => /^\s*(\d+)\s+(\d+)\s+(.*)$/.exec(row));
  const ours = rows.filter((row) => Number(row?.[2]) === process.pid);
  return new Map(
    ours
      .map((row): [number, string] => [Number(row?.[1]), row?.[3] ?? ''])
      .filter(([, command]) => !command.startsWith('ps ')),
  );
}

function connectorPids(): number[] {
  return [...children()].filter(([, command]) => command.includes('connector')).map(([pid]) => pid);
}

describeNative('a client with a connector of its own', () => {
  it('trades at once, and leaves neither process nor shared memory', async () => {
    await using client = simClient();
    await client.start();
    await client.ready(10_000);
    expect(await client.getTrade(10_000)).toBeDefined();
    const best = client.snapshot().bids[0]!.price;
    const outcome = await client.submitOrder({
      side: 'buy',
      price: (Math.round(best * 10) - 500) / 10,
      qty: 0.01,
      timeInForce: 'GTX',
    });
    expect(outcome.status).toBe('accepted');
    const { connectorProcess, connectors } = client.health;
    expect(connectorProcess).toMatchObject({ kind: 'sim', state: 'running', restarts: 0 });
    expect(connectors).toMatchObject([{ connector: connectorProcess!.name, connected: true }]);
    expect(connectors[0]!.pid).toBe(connectorProcess!.pid);
    await client.close();
    expect(isAlive(connectorProcess!.pid!)).toBe(false);
    await memory.expectAdded([]);
  });

  it('goes on after SIGKILL of the connector, and reports everything that happened in order', async () => {
    const client = simClient();
    const types: string[] = [];
    const note = ({ type }: ClientEvent): void => void types.push(type);
    for (const name of ['connectorDied', 'connectorRestarted', 'connectionLost', 'connectionRestored'] as const) client.on(name, note); // prettier-ignore
    await client.start();
    await client.ready(10_000);
    for (let kill = 1; kill <= 3; kill += 1) {
      types.length = 0;
      const { pid } = client.health.connectorProcess!;
      process.kill(pid!, 'SIGKILL');
      for (const type of ['connectionRestored', 'connectorRestarted'])
        await until(() => types.includes(type), type);
      await client.ready(10_000);
      expect(types.filter((type) => type.startsWith('connector'))).toEqual([
        'connectorDied',
        'connectorRestarted',
      ]);
      expect(types.filter((type) => type.startsWith('connection'))).toEqual([
        'connectionLost',
        'connectionRestored',
      ]);
      expect(client.health.connectorProcess).toMatchObject({ state: 'running', restarts: kill });
      const before = client.health.throughput.events;
      await until(() => client.health.throughput.events > before + 100, 'events');
    }
    await client.close();
  });

  it.each([
    ['close', 0],
    ['process.exit', 7],
    ['an error that nobody catches', 1],
    ['unref', 0],
  ])('ends it with the process, whichever way that ends: %s', async (way, exitCode) => {
    const program = new Program('owned-connector', way);
    const { pid } = JSON.parse(await program.line('{')) as { pid: number };
    expect(await program.end).toMatchObject({ code: exitCode, signal: null });
    await until(() => !isAlive(pid), 'the end of the connector');
  });

  it('is still there at a Ctrl+C in the terminal: open orders can be cancelled', async () => {
    // A process group of its own stands in for the terminal's.
    const program = spawn(
      process.execPath,
      [
        new URL('../support/programs/owned-connector.mjs', import.meta.url).pathname,
        'cancel at SIGINT',
      ],
      { detached: true, stdio: ['ignore', 'pipe', 'ignore'] },
    );
    const closed = once(program, 'close');
    let stdout = '';
    program.stdout.setEncoding('utf8').on('data', (chunk: string) => (stdout += chunk));
    await until(() => stdout.includes('"open"'), 'an open order', 15_000);
    process.kill(-program.pid!, 'SIGINT');
    expect(await closed).toEqual([0, null]);
    expect(stdout).toContain('{"status":"canceled"}');
  });

  it.each(['SIGKILL', 'SIGTERM', 'SIGINT'] as const)(
    'ends it with the process when %s ends that',
    async (signal) => {
      const program = new Program('owned-connector', 'wait');
      const { pid } = JSON.parse(await program.line('{')) as { pid: number };
      program.kill(signal);
      expect(await program.end).toMatchObject({ code: null, signal });
      await until(() => !isAlive(pid), 'the end of the connector');
    },
  );
});

describeNative('a strategy with a connector of its own', () => {
  const strategy = new URL('../support/programs/strategy.mjs', import.meta.url);
  const options = {
    strategy,
    instruments: [new LiveInstrument('BTCUSDT').connector('sim').tickSize(0.1).lotSize(0.001)],
    backend: 'native' as const,
    connector: { kind: 'sim' as const, restart: { delayMs: 50 } },
  };

  it('runs on it, and goes on after its death', async () => {
    const logged: [string, Readonly<Record<string, unknown>> | undefined][] = [];
    let updates = 0;
    const run = runLive({
      ...options,
      progressMs: 20,
      onProgress: (progress) => void (updates = progress.levels),
      onLog: (text, values) => void logged.push([text, values]),
    });
    await until(() => updates > 100, 'updates');
    const [pid] = connectorPids();
    process.kill(pid!, 'SIGKILL');
    await until(() => logged.some(([text]) => text.includes('runs again')), 'its return');
    const before = updates;
    await until(() => updates > before + 100, 'more updates');
    run.stop();
    expect(await run).toMatchObject({ backend: 'native', reason: 'stopped' });
    expect(logged.slice(0, 2)).toEqual([
      [
        'the connector ended by itself',
        expect.objectContaining({ signal: 'SIGKILL', willRestart: true }),
      ],
      ['the connector runs again', { restarts: 1 }],
    ]);
    expect(connectorPids()).toEqual([]);
  });

  it('ends at once when it is stopped while the connector starts', async () => {
    const run = runLive({
      ...options,
      connector: { ...options.connector, binary: fakeProgram('setInterval(() => {}, 1000);') },
      onLog: () => undefined,
    });
    await until(() => children().size > 0, 'its process');
    run.stop();
    expect(await run).toMatchObject({ reason: 'stopped', events: 0 });
    expect([...children()]).toEqual([]);
  });

  it('rejects with what keeps the connector from starting', async () => {
    const failing = { ...options.connector, binary: fakeProgram('process.exit(4);') };
    await expect(runLive({ ...options, connector: failing })).rejects.toMatchObject({
      code: 'ERR_CONNECTOR_EXITED',
    });
  });

  it('needs none on the stub', async () => {
    const summary = await runLive({
      ...options,
      backend: 'stub',
      durationMs: 50,
      connector: { kind: 'sim', binary: 'missing' },
      onLog: () => undefined,
    });
    expect(summary.backend).toBe('stub');
  });
});
