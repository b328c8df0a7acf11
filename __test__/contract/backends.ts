import { describe } from 'vitest';
import {
  create,
  LiveInstrument,
  StubConnectorBot,
  type Bot,
  type InstrumentInput,
} from '../../lib/index.js';
import { connectorOfSuite } from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';

/** What the contract suite needs of a backend. */
export interface Backend {
  readonly name: string;
  /** Id of the book that the bots keep. */
  readonly instrument: () => LiveInstrument;
  /** A new bot; `fills`: whether resting orders of a stub may be filled. */
  readonly open: (options?: {
    fills?: boolean;
    instruments?: InstrumentInput[];
    requireLiveBook?: boolean;
  }) => Bot;
}

function instrumentOn(connector: string): LiveInstrument {
  return new LiveInstrument('BTCUSDT')
    .connector(connector)
    .tickSize(0.1)
    .lotSize(0.001)
    .roi(30_000, 70_000)
    .lastTradesCapacity(20);
}

/** Runs the same tests on the stub and, for every book, on a connector process and in direct mode. */
export function describeBackends(title: string, tests: (backend: Backend) => void): void {
  describe(`${title}: stub`, () => {
    const instrument = (): LiveInstrument => instrumentOn('stub');
    tests({
      name: 'stub',
      instrument,
      open: ({ fills = false, instruments = [instrument()], requireLiveBook = true } = {}) =>
        new StubConnectorBot({
          instruments,
          requireLiveBook,
          maxFeeds: Infinity,
          stepIntervalNs: 2_000_000,
          fillProbability: fills ? 1 : 0,
        }),
    });
  });
  for (const depth of ['hashmap', 'hashmap-upstream', 'roivector'] as const) {
    describeNative(`${title}: native, ${depth}`, () => {
      const name = connectorOfSuite('sim', 'BTCUSDT');
      const instrument = (): LiveInstrument => instrumentOn(name);
      tests({
        name: depth,
        instrument,
        open: ({ instruments = [instrument()], requireLiveBook = true } = {}) =>
          create({ instruments, depth, backend: 'native', requireLiveBook }),
      });
    });
    describeNative(`${title}: direct, ${depth}`, () => {
      const instrument = (): LiveInstrument => instrumentOn('sim');
      tests({
        name: `direct, ${depth}`,
        instrument,
        open: ({ instruments = [instrument()], requireLiveBook = true } = {}) =>
          create({
            instruments,
            depth,
            backend: 'native',
            requireLiveBook,
            connector: { kind: 'sim', direct: true, symbols: ['BTCUSDT'] },
          }),
      });
    });
  }
}
