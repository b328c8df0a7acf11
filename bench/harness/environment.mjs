// What a figure means nothing without.
import os from 'node:os';
import process from 'node:process';
import { spawnSync } from 'node:child_process';
import { root } from '../../.tools/paths.mjs';

export function environment() {
  const git = spawnSync('git', ['rev-parse', '--short', 'HEAD'], { cwd: root, encoding: 'utf8' });
  return {
    commit: git.stdout.trim(),
    node: process.version,
    kernel: os.release(),
    cpu: os.cpus()[0]?.model ?? 'unknown',
    cores: os.cpus().length,
    profile: 'release',
  };
}
