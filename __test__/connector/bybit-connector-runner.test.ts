import { afterEach, describe, expect, it } from 'vitest';

import {
  BybitConnectorRunner,
  type BybitConnectorRunnerOptions,
} from '../../lib/connector/bybit-connector-runner.js';
import { bybitConnectorSettings } from '../../lib/connector/bybit-connector-settings.js';
import type { RunnerStatus } from '../../lib/connector/runner-event.js';
import { LINES_CONNECTOR, fakeProgram } from '../support/fake-program.js';

const running: BybitConnectorRunner[] = [];

afterEach(async () => {
  await Promise.all(running.splice(0).map((runner) => runner.stop()));
});

function settings(env: NodeJS.ProcessEnv, options = {}) {
  const warnings: string[] = [];
  const found = bybitConnectorSettings(options, env, (text) => warnings.push(text));
  return { ...found, warnings };
}

async function startedWith(options: BybitConnectorRunnerOptions) {
  const runner = new BybitConnectorRunner({
    binary: fakeProgram(LINES_CONNECTOR),
    env: {},
    ...options,
  });
  running.push(runner);
  await runner.start();
  const { details } = (await runner.nextEvent(5_000)) as RunnerStatus;
  return { runner, args: details['args'], env: details['env'] };
}

describe('settings of the Bybit connector', () => {
  it('are paper trading on the main net without keys when nothing is given', () => {
    expect(settings({})).toEqual({
      apiKey: undefined,
      apiSecret: undefined,
      configFile: undefined,
      testnet: false,
      paperTrading: true,
      warnings: [],
    });
  });

  it('come from the environment, and from options before it', () => {
    const env = {
      BYBIT_API_KEY: 'key',
      BYBIT_API_SECRET: 'secret',
      BYBIT_CONNECTOR_CONFIG_FILE: 'bybit.toml',
      BYBIT_CONNECTOR_TESTNET: 'Yes',
      CONNECTOR_PAPER_TRADING: '0',
    };
    expect(settings(env)).toEqual({
      apiKey: 'key',
      apiSecret: 'secret',
      configFile: 'bybit.toml',
      testnet: true,
      paperTrading: false,
      warnings: [],
    });
    expect(settings(env, { paperTrading: true, testnet: false, apiKey: 'other' })).toMatchObject({
      apiKey: 'other',
      testnet: false,
      paperTrading: true,
    });
  });

  it.each(['maybe', 'constructor', 'fasle', '2', '"true"', "'false'"])(
    'refuse the flag %s, and do not repeat it',
    (word) => {
      for (const name of ['BYBIT_CONNECTOR_TESTNET', 'CONNECTOR_PAPER_TRADING']) {
        const refused: unknown = expect.objectContaining({
          code: 'ERR_INVALID_ARGUMENT',
          message: expect.stringMatching(
            new RegExp(`^${name} is neither(?!.*${word === '2' ? ' 2' : word})`),
          ) as string,
        });
        expect(() => settings({ [name]: word })).toThrow(refused);
        expect(() => new BybitConnectorRunner({ env: { [name]: word } })).toThrow(refused);
      }
    },
  );

  it('take flags in any case and with blanks around, and an empty one as none', () => {
    const env = { BYBIT_CONNECTOR_TESTNET: ' TRUE ', CONNECTOR_PAPER_TRADING: '\tOff' };
    expect(settings(env)).toMatchObject({ testnet: true, paperTrading: false });
    const empty = { BYBIT_CONNECTOR_TESTNET: '', CONNECTOR_PAPER_TRADING: ' ' };
    expect(settings(empty)).toMatchObject({ testnet: false, paperTrading: true });
  });

  it.each(['false', 0, null, 'flase'])('refuse the option %j, which is no boolean', (value) => {
    for (const name of ['testnet', 'paperTrading'])
      expect(() => settings({}, { [name]: value })).toThrow(
        expect.objectContaining({
          code: 'ERR_INVALID_ARGUMENT',
          message: expect.stringContaining(name) as string,
        }),
      );
  });

  it('are public data only when half of the keys is missing, which is reported', () => {
    const { apiKey, apiSecret, warnings } = settings({
      BYBIT_API_KEY: 'key',
      BYBIT_API_SECRET: '',
    });
    expect({ apiKey, apiSecret }).toEqual({ apiKey: undefined, apiSecret: undefined });
    expect(warnings).toEqual([expect.stringContaining('BYBIT_API_SECRET is not') as string]);
  });
});

describe('BybitConnectorRunner', () => {
  it('starts `connector bybit bybit --stdio` without keys, and leaves flags to the config file', async () => {
    const { runner, args, env } = await startedWith({});
    expect(args).toEqual(['bybit', 'bybit', '--stdio']);
    expect(env).toEqual({ paper: null, testnet: null, hasKey: false, hasSecret: false });
    expect(runner).toMatchObject({ isPublicOnly: true });
  });

  it('hands keys on by the environment only, and the config file as a word', async () => {
    const { runner, args, env } = await startedWith({
      apiKey: 'some-long-key',
      apiSecret: 'some-long-secret',
      configFile: 'mine.toml',
      paperTrading: false,
      testnet: true,
    });
    expect(args).toEqual(['bybit', 'bybit', 'mine.toml', '--stdio']);
    expect(env).toEqual({ paper: 'false', testnet: 'true', hasKey: true, hasSecret: true });
    expect(runner).toMatchObject({ isPublicOnly: false });
  });

  it('hands flags of the environment on as words that cannot be misread, and no others', async () => {
    const flags = { BYBIT_CONNECTOR_TESTNET: 'ON', CONNECTOR_PAPER_TRADING: ' ' };
    const { env } = await startedWith({ env: flags });
    expect(env).toMatchObject({ paper: null, testnet: 'true' });
  });

  it('keeps half a pair of keys to itself', async () => {
    const { env } = await startedWith({ env: { BYBIT_API_KEY: 'some-key' }, onWarning: () => {} });
    expect(env).toMatchObject({ hasKey: false, hasSecret: false });
  });
});

describe('a key', () => {
  it.each([
    '"quoted"',
    "'quoted'",
    '`quoted`',
    ' quoted',
    'quoted\r',
    'quo ted',
    '“quoted”',
    'quoted\u200b',
  ])('that is %j is refused by its name and not repeated', (secret) => {
    const env = { BYBIT_API_KEY: 'k', BYBIT_API_SECRET: secret };
    for (const call of [
      () => bybitConnectorSettings({}, env),
      () => new BybitConnectorRunner({ env }),
      () => new BybitConnectorRunner({ apiKey: 'k', apiSecret: secret, env: {} }),
    ]) {
      expect(call).toThrow(/^(BYBIT_API_SECRET|apiSecret): has quotes or blanks/);
      expect(call).not.toThrow(/quoted/);
    }
  });
});
