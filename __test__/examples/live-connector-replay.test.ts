// The example on a real recording: its statistics must equal a second reading of the file.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { expect, it } from 'vitest';

import { startConnector, uniqueName } from '../support/live-connector-process.js';
import { describeRecording, readRecording, recordingFile } from '../support/recording.js';
import { until } from '../support/until.js';

const example = path.resolve(import.meta.dirname, '../../examples/live-connector/index.mjs');

describeRecording(
  'live-connector on 345 seconds of a real market, replayed at 20 times their speed',
  () => {
    it('has the statistics of a second reading of the file, and loses nothing', async () => {
      const name = uniqueName();
      const connector = await startConnector(name, 'replay', recordingFile, '--speed', '20');
      let ended = '';
      connector.on('log', (line) => {
        if (line.includes('end of the recording')) ended = line;
      });
      const child = spawn(process.execPath, [example, '--connector', name, '--json']);
      let out = '';
      child.stdout.setEncoding('utf8').on('data', (chunk: string) => (out += chunk));
      let errors = '';
      child.stderr.setEncoding('utf8').on('data', (chunk: string) => (errors += chunk));
      const truth = readRecording();
      await until(() => ended !== '', 'the end of the recording', 45_000);
      child.kill('SIGINT');
      const [code] = (await once(child, 'close')) as [number];
      expect(code, errors).toBe(0);
      const result = JSON.parse(out) as Record<string, number>;
      expect(result).toMatchObject({
        backend: 'native',
        tradeCount: truth.trades,
        buyVolume: truth.buyVolume,
        sellVolume: truth.sellVolume,
        bid: truth.bid,
        ask: truth.ask,
        gaps: 0,
        lost: 0,
        dropped: 0,
        decodeErrors: 0,
      });
      // How many level changes three streams of one book make depends on how they are fused, so a
      // second reading has no number of its own. What the connector published must have arrived:
      // each level of each batch, which the example counts one by one.
      const changes = Number(/changes: (\d+)/.exec(ended.replaceAll(/\u001b\[\d*m/g, ''))?.[1]);
      expect(changes).toBeGreaterThan(100_000);
      expect(result['levelChanges']).toBe(changes);
      // Every one of them in an update, and every update gave the book anew.
      expect(result['depthUpdates']).toBeGreaterThan(10_000);
      expect(result['minSpread']).toBeGreaterThan(0);
      expect(result['seconds']).toBeGreaterThan(345 / 20);
    });
  },
);
