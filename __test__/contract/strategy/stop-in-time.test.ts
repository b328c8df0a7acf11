// A run is stopped from the main thread, at any moment of its strategy's thread: nothing stays open.
import { expect, test } from 'vitest';
import { runLive, type LiveRun, type StrategySummary } from '../../../lib/index.js';
import { connectorOfSuite } from '../../support/live-connector-process.js';
import { fixture, instrumentOn } from './fixture.js';
import { describeNative } from '../../support/native-suite.js';

const RUNS = 20;

describeNative('a run that is stopped', () => {
  const name = connectorOfSuite('sim', 'BTCUSDT');

  /** `stopAt`: the line of the strategy's log upon which the run is stopped. */
  async function stopped(stopAt: string, strategyOptions = {}): Promise<StrategySummary> {
    let stop = (): void => undefined;
    const run: LiveRun = runLive({
      strategy: fixture('resting.mjs'),
      strategyOptions,
      instruments: [instrumentOn(name)],
      backend: 'native',
      onLog: (text) => {
        if (text === stopAt) stop();
      },
    });
    stop = () => {
      run.stop();
    };
    return await run;
  }

  // The thread may see that it is to stop before its bot does, and be past `onStop` by then.
  test('while its loop is busy waits for the answers to what onStop cancelled', async () => {
    for (let count = 0; count < RUNS; count += 1) {
      const { stop, ordersLeft } = await stopped('placed');
      expect(stop).toMatchObject({ cancelsAsked: 3, canceled: 3, cancelsUnanswered: 0 });
      expect(ordersLeft).toEqual([]);
    }
  });

  test('while it waits for the answers, goes on waiting', async () => {
    for (let count = 0; count < RUNS; count += 1) {
      const { stop, ordersLeft } = await stopped('stopping', { stopsItself: true });
      expect(stop).toMatchObject({ cancelsAsked: 3, canceled: 3, cancelsUnanswered: 0 });
      expect(ordersLeft).toEqual([]);
    }
  });
});
