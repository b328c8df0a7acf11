// Builds what is measured: the package, the addon, and the peers, all with the release profile.
import { existsSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { spawnSync } from 'node:child_process';
import { cargoEnv } from '../../.tools/cargo.mjs';
import { root } from '../../.tools/paths.mjs';

const peers = path.join(root, 'target', 'release');

/** A program of bench/peers. */
export function peer(name) {
  return path.join(peers, name);
}

function must(command, args, env = process.env) {
  const result = spawnSync(command, args, { cwd: root, env, stdio: ['ignore', 2, 2] });
  if (result.status !== 0)
    throw new Error(`${command} ${args.join(' ')} ended with ${result.status}`);
}

export async function build() {
  must('npm', ['run', '--silent', 'build']);
  must('npm', ['run', '--silent', 'build:native', '--', '--features', 'live']);
  must('cargo', ['build', '--release', '-p', 'hbl-bench-peers'], await cargoEnv());
  for (const own of [
    'bare-wake',
    'cold-lines',
    'floor-bot',
    'bybit-decode',
    'bybit-venue',
    'publisher',
    'upstream-bot',
    'upstream-orders',
    'upstream-venue',
    'own-bot',
  ]) {
    const name = `bench-${own}`;
    if (!existsSync(peer(name))) throw new Error(`${name} was not built`);
  }
}
