// What a connector process holds of bots that are gone: nothing, however they ended.
import { readdirSync, readFileSync } from 'node:fs';
import { beforeEach, expect, it } from 'vitest';

import { BotProcess, btcOn } from '../support/bot-process.js';
import { startConnector, uniqueName } from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';
import { SharedMemoryBaseline } from '../support/shared-memory.js';
import { until } from '../support/until.js';

const KILLS = 30;

let memory: SharedMemoryBaseline;

beforeEach(() => {
  memory = new SharedMemoryBaseline();
});

/** Open descriptors, and mappings of control blocks and segments, of a process. */
function heldBy(pid: number): { descriptors: number; mappings: number } {
  const maps = readFileSync(`/proc/${String(pid)}/maps`, 'utf8').split('\n');
  return {
    descriptors: readdirSync(`/proc/${String(pid)}/fd`).length,
    mappings: maps.filter((line) => line.includes('/dev/shm/')).length,
  };
}

/** Starts a bot and ends it in one of the ways in which bots end. */
const LIVES: readonly ((name: string, turn: number) => Promise<void>)[] = [
  async (name, turn) => {
    const bot = await BotProcess.start({ instruments: [btcOn(name)] });
    await bot.rest(BigInt(1_000 + turn), 500 + turn);
    await bot.kill();
  },
  async (name) => {
    const bot = await BotProcess.start({ instruments: [btcOn(name)] }, { ready: false });
    await bot.kill();
  },
  async (name, turn) => {
    // One that comes back under its id.
    const bot = await BotProcess.start({ instruments: [btcOn(name)], botId: 900n });
    await bot.rest(BigInt(turn + 2), 600 + turn);
    await bot.kill();
  },
];

describeNative('a connector process', () => {
  it.runIf(process.platform === 'linux')(
    `holds no more descriptors, mappings and segments after ${String(KILLS)} killed bots`,
    async () => {
      const name = uniqueName();
      const { pid } = await startConnector(name, 'sim', 'BTCUSDT');
      const steady = await BotProcess.start({ instruments: [btcOn(name)] });
      // The first that comes and goes may leave what the connector keeps for all.
      for (const live of LIVES) await live(name, 0);
      const last = await BotProcess.start({ instruments: [btcOn(name)], botId: 900n });
      await last.close();
      const files = memory.added();
      const before = heldBy(pid!);
      let most = before.descriptors;
      for (let turn = 1; turn <= KILLS; turn += 1) {
        await LIVES[turn % LIVES.length]!(name, turn);
        most = Math.max(most, heldBy(pid!).descriptors);
      }
      await (await BotProcess.start({ instruments: [btcOn(name)], botId: 900n })).close();
      await until(
        () => {
          const { descriptors, mappings } = heldBy(pid!);
          return descriptors <= before.descriptors && mappings <= before.mappings;
        },
        () =>
          `as little as before, ${JSON.stringify(before)}; it holds ${JSON.stringify(heldBy(pid!))}`,
        20_000,
      );
      // The dead are let go of while others come, not at the end only.
      expect(most - before.descriptors).toBeLessThan(KILLS);
      const more = (): string[] => memory.added().filter((file) => !files.includes(file));
      await until(
        () => more().length === 0,
        () => `no files but those before: ${more().join(', ')}`,
        20_000,
      );
      expect(await steady.call('stats')).toMatchObject({ lost: 0, gaps: 0, decodeErrors: 0 });
    },
    120_000,
  );
});
