// What may stand in the config of a connector that a bot owns; from JavaScript anything may come.
import { expect, it } from 'vitest';

import { ownedConnectorName } from '../../lib/connector/owned-connector.js';

const named = (config: unknown, direct: boolean): (() => string) => {
  return () => ownedConnectorName({ kind: 'sim', direct, config: config as object as never });
};

for (const direct of [false, true]) {
  it(`refuses what is no object of settings and says where a path goes, direct: ${String(direct)}`, () => {
    for (const [config, shown] of [
      ['sim.toml', '"sim.toml"'],
      [null, 'null'],
      [7, '7'],
      [['a'], 'object'],
    ] as const) {
      expect(named(config, direct)).toThrow(
        expect.objectContaining({
          code: 'ERR_INVALID_ARGUMENT',
          message: expect.stringContaining(`connector.config: ${shown} is no object`) as string,
          remedy: expect.stringContaining('`configFile`') as string,
        }),
      );
    }
  });

  it(`refuses a function in it by its name, direct: ${String(direct)}`, () => {
    const config = { symbols: [{ tick: () => 1 }] };
    expect(named(config, direct)).toThrow(/connector\.config\.symbols\.0\.tick: a function/);
    expect(named({ symbols: [{ symbol: 'A' }] }, direct)).not.toThrow();
  });
}
