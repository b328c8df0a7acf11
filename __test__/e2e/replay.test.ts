// Low-level bots on `connector replay`, against a second reading of a real recording.
import { expect, it } from 'vitest';

import { RecordKind } from '../../lib/models/record-layout.js';
import { BotProcess, btcOn } from '../support/bot-process.js';
import { startConnector, uniqueName } from '../support/live-connector-process.js';
import {
  describeRecording,
  readRecording,
  recordingFile,
  type Reading,
} from '../support/recording.js';
import { until } from '../support/until.js';

describeRecording('a replay', () => {
  function levels(side: Reading['bids'], direction: 1 | -1): { price: number; qty: number }[] {
    return [...side]
      .sort(([a], [b]) => direction * (a - b))
      .map(([price, qty]) => ({ price, qty }));
  }

  it('as fast as it goes gives a bot every trade, and in the end every level, of the file', async () => {
    const name = uniqueName();
    const connector = await startConnector(name, 'replay', recordingFile, '--speed', 'max');
    let ended = false;
    connector.on('log', (line) => {
      ended ||= line.includes('end of the recording');
    });
    const bot = await BotProcess.start({ instruments: [btcOn(name).roi(1, 200_000)] });
    const truth = readRecording();
    await until(() => ended, 'the end of the recording', 45_000);
    const feed = async (): Promise<[number, string][]> => bot.call('feed', 0, Infinity);
    const trades = async (): Promise<string[][]> =>
      (await feed())
        .map(([, what]) => what.split(' '))
        .filter(([kind]) => Number(kind) === RecordKind.Trade);
    await until(async () => (await trades()).length >= truth.trades, 'all trades');
    const volumes = { true: 0, false: 0 };
    for (const [, , isBuy, , qty] of await trades())
      volumes[isBuy as 'true' | 'false'] += Math.round(Number(qty) * 1_000);
    expect(await trades()).toHaveLength(truth.trades);
    expect(volumes).toEqual({
      true: Math.round(truth.buyVolume * 1_000),
      false: Math.round(truth.sellVolume * 1_000),
    });
    // The last message of the file is one of depth: nothing lies over the levels that it left.
    expect(truth.isDepthNewest).toBe(true);
    expect(await bot.call('book', 0, 10_000)).toEqual({
      bestBid: truth.bid,
      bestAsk: truth.ask,
      synced: true,
      bids: levels(truth.bids, -1),
      asks: levels(truth.asks, 1),
    });
    // One that comes after the end gets the same book at once.
    const late = await BotProcess.start({ instruments: [btcOn(name)], depth: 'hashmap' });
    expect(await late.call('book', 0, 10_000)).toEqual(await bot.call('book', 0, 10_000));
    for (const each of [bot, late])
      expect(await each.call('stats')).toMatchObject({ lost: 0, gaps: 0, tapOverflow: 0 });
  });
});
