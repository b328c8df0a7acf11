// The connector's simulated venue for one round.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConnectorProcess } from 'hftbacktest-live';

/** A market in which hardly anything happens but what bots do: the least that it can be set to. */
export function quietMarket(symbol) {
  return `[[symbols]]\nsymbol = "${symbol}"\nlevels_per_second = 0.1\ntrades_per_second = 0\n`;
}

/** A config file, in a folder that `remove` takes away. */
export function simulatorFile(config) {
  const folder = mkdtempSync(path.join(tmpdir(), 'hbl-bench-sim-'));
  const file = path.join(folder, 'sim.toml');
  writeFileSync(file, config);
  return { file, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

export async function startSimulator(name, config) {
  const { file, remove } = simulatorFile(config);
  const connector = new ConnectorProcess({ args: [name, 'sim', file] });
  const stop = async () => {
    await connector.stop();
    remove();
  };
  try {
    await connector.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return { pid: connector.pid, stop };
}
