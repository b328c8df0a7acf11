// How bots end, and what they leave behind: in processes of their own, on a real connector.
import { beforeEach, describe, expect, it } from 'vitest';

import { runLive } from '../../lib/strategy/run-live.js';
import { BotProcess, btcOn } from '../support/bot-process.js';
import { startConnector, uniqueName } from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';
import { Program } from '../support/run-program.js';
import { SharedMemoryBaseline } from '../support/shared-memory.js';

let name = '';
/** What there is in shared memory while only the connector runs. */
let memory: SharedMemoryBaseline;

beforeEach(async () => {
  name = uniqueName();
  await startConnector(name, 'sim', 'BTCUSDT');
  memory = new SharedMemoryBaseline();
});

describeNative('a worker that is terminated', () => {
  it.each(['waitBatch', 'run'])(
    'in the midst of %s ends at once, frees its memory and disturbs nobody',
    async (mode) => {
      const watcher = await BotProcess.start({ instruments: [btcOn(name)] });
      memory = new SharedMemoryBaseline();
      const before = (await watcher.call('stats')).received;
      const program = new Program('terminate', name, mode, '30');
      const { tookMs, mappings, mappingsAfter } = JSON.parse(await program.line('{', 50_000)) as {
        tookMs: number[];
        mappings: number;
        mappingsAfter: number;
      };
      expect(tookMs).toHaveLength(30);
      // The waits that are cut short would last 10 s.
      expect(Math.max(...tookMs)).toBeLessThan(5_000);
      // The process is still alive here: what is freed was freed by the end of the workers.
      expect(mappingsAfter).toBe(mappings);
      await memory.expectAdded([]);
      program.endInput();
      expect(await program.end).toMatchObject({ code: 0, stderr: '' });
      const stats = await watcher.call('stats');
      expect(stats.received - before).toBeGreaterThan(1_000);
      expect(stats).toMatchObject({ lost: 0, gaps: 0, decodeErrors: 0 });
      await watcher.rest(1n);
    },
  );
});

describeNative('a bot', () => {
  it('can be closed in every state, and again', async () => {
    const { code, lines, stderr } = await new Program('close-in-every-state', name).end;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const results = JSON.parse(lines.at(-1)!) as { state: string; tookMs: number }[];
    expect(results).toHaveLength(12);
    for (const result of results) {
      expect(result).toMatchObject({
        existed: true,
        left: false,
        closed: true,
        code: 'ERR_CLOSED',
      });
      expect(result.tookMs, result.state).toBeLessThan(2_000);
    }
    // One of them had its connector killed, whose page goes when the next bot comes.
    await (await BotProcess.start({ instruments: [btcOn(name)] })).close();
    await memory.expectAdded([]);
  });

  it('works on the main thread and in several workers at once', async () => {
    const { code, lines, stderr } = await new Program('many-threads', name).end;
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const results = JSON.parse(lines.at(-1)!) as { botId: string }[];
    expect(new Set(results.map(({ botId }) => botId)).size).toBe(5);
    for (const result of results) {
      expect(result).toMatchObject({ lost: 0, decodeErrors: 0, synced: true, code: 0 });
    }
    await memory.expectAdded([]);
  });

  it.each([
    ['a closed bot', 0],
    ['an open bot', 0],
    ['an open port', 0],
    ['process.exit with an open bot', 7],
    ['process.exit during a run', 7],
    ['an error that nobody catches', 1],
    ['an error in the midst of a run', 1],
  ])('keeps no process alive and changes no exit code: %s', async (way, exitCode) => {
    const program = new Program('ends', name, way);
    const { code, signal, stderr } = await program.end;
    expect({ code, signal }).toEqual({ code: exitCode, signal: null });
    expect(stderr.includes('nobody catches this')).toBe(exitCode === 1);
    await memory.expectAdded([]);
  });
});

describeNative('the signals of a process with a bot', () => {
  it('are the same ones before and after the addon is loaded and used', async () => {
    const { lines } = await new Program('signals', name, 'masks').end;
    const { before, after } = JSON.parse(lines.at(-1)!) as { before: string; after: string };
    expect(before).toContain('SigCgt');
    expect(after).toBe(before);
  });

  describe.each(['SIGINT', 'SIGTERM'] as const)('%s', (signal) => {
    it.each(['block', 'run'])('ends it as Node does where nobody listens (%s)', async (does) => {
      const program = new Program('signals', name, does);
      await program.line('waiting');
      program.kill(signal);
      expect(await program.end).toMatchObject({ code: null, signal });
      // Like SIGKILL it leaves files behind, which the next bot removes.
      const next = await BotProcess.start({ instruments: [btcOn(name)] });
      await next.close();
      await memory.expectAdded([]);
    });

    it.each([
      ['handle', 'closed'],
      ['run-handled', 'stopped: stopped'],
    ])('is handled once by who listens (%s)', async (does, last) => {
      const program = new Program('signals', name, does);
      await program.line('waiting');
      program.kill(signal);
      const { code, lines, stderr } = await program.end;
      expect({ code, stderr }).toMatchObject({ code: 0 });
      expect(lines.filter((line) => line.startsWith('handler'))).toEqual([`handler ${signal}`]);
      expect(lines.at(-1)).toBe(last);
      await memory.expectAdded([]);
    });
  });
});

describeNative('a handler of a strategy that fails', () => {
  const strategy = new URL('../support/programs/strategy.mjs', import.meta.url);

  it.each(['error', 'null', 'rejection'])(
    'is caught, counted and passed to onError: %s',
    async (throws) => {
      const logged: unknown[] = [];
      const run = runLive({
        strategy,
        strategyOptions: { throws },
        instruments: [btcOn(name)],
        backend: 'native',
        progressMs: 50,
        onProgress: ({ levels }) => {
          if (levels > 200) run.stop();
        },
        onLog: (_text, values) => logged.push(values),
      });
      const summary = await run;
      expect(summary).toMatchObject({ reason: 'stopped', gaps: 0, lost: 0 });
      expect(summary.levels).toBeGreaterThan(200);
      expect(summary.handlerErrors).toBe(Math.floor(summary.levels / 50));
      expect(logged).toEqual([{ updates: summary.levels, errors: summary.handlerErrors }]);
      await memory.expectAdded([]);
    },
  );
});
