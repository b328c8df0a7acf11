// The connector's simulated venue for one round.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ConnectorProcess } from 'hftbacktest-live';

/** A market in which hardly anything happens but what bots do: the least that it can be set to. */
export function quietMarket(symbol) {
  return `[[symbols]]\nsymbol = "${symbol}"\nlevels_per_second = 0.1\ntrades_per_second = 0\n`;
}

export async function startSimulator(name, config) {
  const folder = mkdtempSync(path.join(tmpdir(), 'hbl-bench-sim-'));
  const file = path.join(folder, 'sim.toml');
  writeFileSync(file, config);
  const connector = new ConnectorProcess({ args: [name, 'sim', file] });
  const stop = async () => {
    await connector.stop();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    await connector.start();
  } catch (error) {
    await stop();
    throw error;
  }
  return { pid: connector.pid, stop };
}
