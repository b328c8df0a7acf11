import { describe, expect, it } from 'vitest';

import { CONNECTOR_KINDS } from '../../lib/connector/connector-kinds.js';
import { ownedConnectorEnv } from '../../lib/connector/owned-connector-env.js';

const env = { BYBIT_API_KEY: 'key', BYBIT_API_SECRET: 'secret', HOME: 'home' };
const others = CONNECTOR_KINDS.filter((kind) => kind !== 'bybit');

describe('the environment of an own connector', () => {
  it.each(others)('has no key of Bybit for %s', (kind) => {
    expect(ownedConnectorEnv(kind, {}, env)).toEqual({ HOME: 'home' });
    // Nor does a malformed one stop it.
    const malformed = { ...env, BYBIT_API_KEY: '"key"' };
    expect(ownedConnectorEnv(kind, {}, malformed)).toEqual({ HOME: 'home' });
  });

  it('has them for bybit, and refuses a malformed one', () => {
    expect(ownedConnectorEnv('bybit', {}, env)).toEqual(env);
    const malformed = { ...env, BYBIT_API_KEY: '"key"' };
    expect(() => ownedConnectorEnv('bybit', {}, malformed)).toThrow(/BYBIT_API_KEY/);
  });

  it('says whether orders are on paper, where a venue has orders', () => {
    const flag = 'CONNECTOR_PAPER_TRADING';
    const of = (kind: (typeof CONNECTOR_KINDS)[number]) =>
      ownedConnectorEnv(kind, { paperTrading: true }, {})[flag];
    expect(CONNECTOR_KINDS.map((kind) => [kind, of(kind)])).toEqual([
      ['sim', undefined],
      ['replay', undefined],
      ['bybit', 'true'],
      ['binancefutures', 'true'],
    ]);
    expect(() => ownedConnectorEnv('binancefutures', {}, { [flag]: 'treu' })).toThrow(flag);
  });
});
