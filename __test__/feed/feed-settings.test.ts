import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

import { FEED_VARIABLES, feedSettings } from '../../lib/feed/feed-settings.js';

const root = path.resolve(import.meta.dirname, '..', '..');

function settingsOf(env: NodeJS.ProcessEnv, options = {}) {
  const warnings: string[] = [];
  const settings = feedSettings(options, env, (text) => warnings.push(text));
  return { settings, warnings };
}

describe('feedSettings', () => {
  it('has the defaults where nothing is set, and says nothing', () => {
    const { settings, warnings } = settingsOf({});
    expect(settings).toEqual({
      dataSource: 'binance_ws',
      connectorName: 'bybit',
      pollIntervalMs: 100,
      paperTrading: true,
      symbols: ['BTCUSDT'],
      logLevel: 'info',
      tickSize: 0.1,
      lotSize: 0.001,
      binanceMarket: 'spot',
      binanceDepthUrl: undefined,
      binanceTradesUrl: undefined,
      binanceRestUrl: undefined,
    });
    expect(warnings).toEqual([]);
    expect(Object.isFrozen(settings)).toBe(true);
  });

  it('reads the environment', () => {
    const { settings, warnings } = settingsOf({
      DATA_SOURCE: 'Bybit_Connector',
      CONNECTOR_NAME: 'mine',
      CONNECTOR_POLL_INTERVAL_MS: ' 250 ',
      CONNECTOR_PAPER_TRADING: 'No',
      SYMBOL: 'ETHUSDT, SOLUSDT',
      LOG_LEVEL: 'WARNING',
      CONNECTOR_TICK_SIZE: '0.01',
      BINANCE_MARKET: 'USDM',
      BINANCE_REST_URL: 'http://127.0.0.1:1/fapi/v1',
    });
    expect(settings).toMatchObject({
      dataSource: 'bybit_connector',
      connectorName: 'mine',
      pollIntervalMs: 250,
      paperTrading: false,
      symbols: ['ETHUSDT', 'SOLUSDT'],
      logLevel: 'warn',
      tickSize: 0.01,
      binanceMarket: 'usdm',
      binanceRestUrl: 'http://127.0.0.1:1/fapi/v1',
    });
    expect(warnings).toEqual([]);
  });

  it('prefers options to the environment, and the environment to the default', () => {
    const { settings } = settingsOf(
      { SYMBOL: 'ETHUSDT', LOG_LEVEL: 'debug' },
      { symbols: ['XRPUSDT'], logLevel: undefined },
    );
    expect(settings).toMatchObject({ symbols: ['XRPUSDT'], logLevel: 'debug' });
  });

  it.each([
    ['CONNECTOR_POLL_INTERVAL_MS', 'soon', 'pollIntervalMs', 100],
    ['CONNECTOR_POLL_INTERVAL_MS', '0', 'pollIntervalMs', 100],
    ['CONNECTOR_POLL_INTERVAL_MS', '1.5', 'pollIntervalMs', 100],
    ['LOG_LEVEL', 'loud', 'logLevel', 'info'],
    ['SYMBOL', ',', 'symbols', ['BTCUSDT']],
    ['CONNECTOR_LOT_SIZE', '-1', 'lotSize', 0.001],
  ])('%s=%s is the default, with a warning that does not repeat it', (name, value, key, preset) => {
    const { settings, warnings } = settingsOf({ [name]: value });
    expect(settings[key as keyof typeof settings]).toEqual(preset);
    expect(warnings).toHaveLength(1);
    expect(warnings[0]).toContain(name);
    if (value.length > 3) expect(warnings[0]).not.toContain(value);
  });

  it.each([
    ['DATA_SOURCE', 'kraken', 'ERR_UNKNOWN_DATA_SOURCE'],
    ['CONNECTOR_NAME', 'a b', 'ERR_INVALID_ARGUMENT'],
    ['CONNECTOR_PAPER_TRADING', 'fasle', 'ERR_INVALID_ARGUMENT'],
    ['CONNECTOR_PAPER_TRADING', '"true"', 'ERR_INVALID_ARGUMENT'],
    ['CONNECTOR_PAPER_TRADING', 'constructor', 'ERR_INVALID_ARGUMENT'],
    ['BINANCE_MARKET', 'coinm', 'ERR_INVALID_ARGUMENT'],
    ['BINANCE_REST_URL', 'nowhere', 'ERR_INVALID_ARGUMENT'],
    ['BINANCE_DEPTH_URL', 'nowhere', 'ERR_INVALID_ARGUMENT'],
    ['BINANCE_TRADES_URL', 'nowhere', 'ERR_INVALID_ARGUMENT'],
  ])('%s=%s decides about money or the venue and is an error', (name, value, code) => {
    expect(() => settingsOf({ [name]: value })).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(name) as string }),
    );
    expect(() => settingsOf({ [name]: value })).not.toThrow(value);
  });

  it('treats an empty variable as none', () => {
    expect(settingsOf({ LOG_LEVEL: ' ', SYMBOL: '' }).warnings).toEqual([]);
  });

  it.each([
    [{ dataSource: 'kraken' }, 'ERR_UNKNOWN_DATA_SOURCE', 'kraken'],
    [{ pollIntervalMs: 0 }, 'ERR_INVALID_ARGUMENT', 'pollIntervalMs'],
    [{ paperTrading: 'yes' }, 'ERR_INVALID_ARGUMENT', 'paperTrading'],
    [{ symbols: [] }, 'ERR_INVALID_ARGUMENT', 'symbols'],
    [{ symbol: 'X' }, 'ERR_INVALID_ARGUMENT', 'symbol'],
    [{ logLevel: 'loud' }, 'ERR_INVALID_ARGUMENT', 'logLevel'],
  ])('refuses the option %j', (options, code, name) => {
    expect(() => settingsOf({}, options)).toThrow(
      expect.objectContaining({ code, message: expect.stringContaining(name) as string }),
    );
  });

  it('knows the data sources it is given', () => {
    const env = { DATA_SOURCE: 'mine' };
    expect(feedSettings({}, env, undefined, ['binance_ws', 'mine']).dataSource).toBe('mine');
  });

  it('.env.example and the guide name every variable', () => {
    const example = readFileSync(path.join(root, '.env.example'), 'utf8');
    const guide = readFileSync(path.join(root, 'docs', 'guide', 'feeds.md'), 'utf8');
    const bybit = ['API_KEY', 'API_SECRET', 'CONNECTOR_CONFIG_FILE', 'CONNECTOR_TESTNET'];
    for (const name of [...FEED_VARIABLES, ...bybit.map((end) => `BYBIT_${end}`)]) {
      expect(example).toMatch(new RegExp(`^#?${name}=`, 'm'));
      expect(guide).toContain(`\`${name}\``);
    }
  });
});
