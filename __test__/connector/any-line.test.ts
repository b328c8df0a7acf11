// Whatever a connector writes: what cannot be read is reported and left out, and the runner goes on.
import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';

import { ConnectorRunner } from '../../lib/connector/connector-runner.js';
import { InvalidLineError, parseRunnerLine } from '../../lib/connector/parse-runner-line.js';
import { anyJsonText, deepField } from '../support/any-json.js';
import { fakeProgram } from '../support/fake-program.js';

const running: ConnectorRunner[] = [];
afterEach(async () => {
  await Promise.all(running.splice(0).map((runner) => runner.stop()));
});

describe('a line of a connector', () => {
  it('of any JSON value is an event or named as wrong', () => {
    fc.assert(
      fc.property(anyJsonText, (text) => {
        try {
          parseRunnerLine(text);
        } catch (error) {
          expect(error).toBeInstanceOf(InvalidLineError);
        }
      }),
      { numRuns: 1_000 },
    );
  });

  it.each(['type', 'id', 'symbol', 'price', 'side', 'timestamp'])(
    'with a %s nested deeper than the stack is named as wrong',
    (name) => {
      expect(() => parseRunnerLine(deepField(name))).toThrow(InvalidLineError);
    },
  );

  it('of any kind ends no process: the runner reports it and reads on', async () => {
    const lines = [
      ...fc.sample(anyJsonText, { numRuns: 300, seed: 5 }),
      ...['type', 'id', 'symbol'].map((name) => deepField(name)),
      deepField('details').replace('trade', 'status'),
      deepField('code').replace('trade', 'error'),
    ];
    const trade = { type: 'trade', timestamp: 1, symbol: 'A', price: 1, qty: 1, side: 'buy' };
    const body = `
      process.stdin.resume().on('end', () => process.exit(0));
      console.log('{"type":"status","status":"ready"}');
      for (const line of ${JSON.stringify(lines)}) console.log(line);
      console.log('${JSON.stringify(trade)}');`;
    const runner = new ConnectorRunner({ kind: 'sim', binary: fakeProgram(body) });
    running.push(runner);
    await runner.start();
    let last: unknown;
    while ((last as { symbol?: string } | undefined)?.symbol !== 'A')
      last = (await runner.nextEvent(5_000)) ?? { symbol: 'A', missing: true };
    expect(last).toMatchObject({ type: 'trade', price: 1 });
    expect(runner.health).toMatchObject({ state: 'running', restarts: 0 });
    expect(runner.health.invalidLines).toBeGreaterThan(100);
  });
});
