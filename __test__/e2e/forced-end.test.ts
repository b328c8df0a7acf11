// What may stay open at the venue when the thread of a strategy is ended by force.
import { setTimeout as sleep } from 'node:timers/promises';
import { expect, it } from 'vitest';

import { HftError, LiveInstrument, runLive } from '../../lib/index.js';
import { startConnector, uniqueName } from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';
import { Program } from '../support/run-program.js';

async function venue(): Promise<string> {
  const name = uniqueName();
  await startConnector(name, 'sim', 'BTCUSDT');
  return name;
}

/** Runs the strategy until it has got stuck and was ended, and returns the ids of its orders with the error. */
async function stuck(how: 'loop' | 'exit', strategy = 'stuck.mjs') {
  const ids: string[] = [];
  const lines: string[] = [];
  const run = runLive({
    strategy: new URL(`../support/programs/${strategy}`, import.meta.url),
    strategyOptions: { how },
    instruments: [
      new LiveInstrument('BTCUSDT')
        .connector(await venue())
        .tickSize(0.1)
        .lotSize(0.001),
    ],
    backend: 'native',
    stopTimeoutMs: 300,
    stopWaitMs: 0,
    onLog: (text, values) => {
      lines.push(text);
      ids.push(...((values?.['ids'] as string[] | undefined) ?? []));
      if (text === 'stuck') run.stop();
    },
  });
  const error: unknown = await run.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!HftError.is(error)) throw new Error(`the run ended otherwise: ${String(error)}`);
  return { ids, lines, error };
}

describeNative('a strategy that is ended by force', () => {
  it.each([
    ['loop', 'ERR_TIMEOUT'],
    ['exit', 'ERR_STRATEGY_MODULE'],
  ] as const)('leaves a list of its orders in the error and the log: %s', async (how, code) => {
    const { ids, lines, error } = await stuck(how);
    const [first, second, third] = ids;
    expect(ids).toHaveLength(3);
    expect(error.code).toBe(code);
    const symbol = 'BTCUSDT';
    expect(error.ordersLeft).toMatchObject([
      { symbol, orderId: first, side: 'buy', leavesQty: 0.002, known: true },
      { symbol, orderId: second, side: 'sell', leavesQty: 0.003, known: true },
      { symbol, orderId: third, side: 'buy', leavesQty: 0.001, known: false },
    ]);
    for (const { price } of error.ordersLeft ?? []) expect(price).toBeGreaterThan(10_000);
    for (const id of ids) expect(error.message).toContain(`order ${id}`);
    expect(error.message).toContain('3 orders may be open at the venue');
    expect(lines.filter((line) => line.includes('3 orders may be open'))).toHaveLength(1);
  });

  it('prints them on the standard error when the time for its end is over', async () => {
    const program = new Program('stuck-run', await venue(), '300');
    const ids = await idsOf(program);
    program.kill('SIGTERM');
    const { lines, stderr } = await program.end;
    expect(lines.at(-1)).toBe('rejected ERR_TIMEOUT');
    expectListed(stderr, ids);
  });

  it('prints them before a second signal ends the process', async () => {
    const program = new Program('stuck-run', await venue(), '60000');
    const ids = await idsOf(program);
    program.kill('SIGINT');
    await sleep(1_300);
    program.kill('SIGINT');
    const { signal, stderr } = await program.end;
    expect(signal).toBe('SIGINT');
    expectListed(stderr, ids);
  });
});

async function idsOf(program: Program): Promise<string[]> {
  const both = await program.line('sent ');
  const last = await program.line('stuck ');
  const ids = `${both} ${last}`.split(' ').filter((word) => /^\d+$/.test(word));
  expect(ids).toHaveLength(3);
  return ids;
}

function expectListed(stderr: string, ids: readonly string[]): void {
  expect(stderr.match(/3 orders may be open at the venue/g)).toHaveLength(1);
  for (const id of ids)
    expect(stderr).toMatch(new RegExp(`BTCUSDT (buy|sell) 0\\.00\\d at [\\d.]+, order ${id}`));
  expect(stderr).toContain(`order ${ids[2]!} (not answered)`);
}
