// No Docker engine runs here: what the files name is held against what there is.
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';

const root = path.resolve(import.meta.dirname, '..', '..');
const read = (name: string): string => readFileSync(path.join(root, name), 'utf8');
const manifest = JSON.parse(read('package.json')) as {
  scripts: Record<string, string>;
  bin: Record<string, string>;
  engines: { node: string };
};
const dockerfile = read('examples/docker/Dockerfile').replaceAll('\\\n', ' ');
const compose = read('examples/docker/compose.yaml');
const readme = read('examples/docker/README.md');

function helpOf(command: string): string {
  const main = path.join(root, 'dist', 'cli', 'main.js');
  return execFileSync(process.execPath, [main, command, '--help'], { encoding: 'utf8' });
}

/** Words after the image's name: what the container runs. */
const runs: string[][] = [
  ...[...dockerfile.matchAll(/^CMD (\[.*\])$/gm)].map(
    ([, words]) => JSON.parse(words ?? '') as string[],
  ),
  ...[...compose.matchAll(/^ +command: \[(.*)\]$/gm)].map(([, words]) => (words ?? '').split(', ')),
  ...[...readme.matchAll(/^docker run .* hftbacktest-live (\w[^#\n]*)/gm)].map(([, words]) =>
    (words ?? '').trim().split(' '),
  ),
];

describe('the Docker files', () => {
  it('build with scripts and options that there are', () => {
    const called = [...dockerfile.matchAll(/npm run ([\w:]+)(?: -- ([^&\n]*))?/g)];
    expect(called.length).toBeGreaterThan(2);
    for (const [, script = '', options = ''] of called) {
      const file = /node (\S+)/.exec(manifest.scripts[script] ?? '')?.[1];
      expect(file, `npm run ${script}`).toBeDefined();
      for (const [, option = ''] of options.matchAll(/--([a-z-]+)/g))
        expect(read(file ?? ''), `npm run ${script} -- --${option}`).toMatch(
          new RegExp(`\\b${option}\\b`),
        );
    }
  });

  it('install Rust where every user of the image finds it, and no path of a machine', () => {
    expect(dockerfile).not.toMatch(/\/(root|home|Users)\b/);
    const env = /^ENV (.*CARGO_HOME.*)$/m.exec(dockerfile)?.[1] ?? '';
    const cargoHome = /CARGO_HOME=(\S+)/.exec(env)?.[1];
    expect(env).toContain(`PATH=${String(cargoHome)}/bin:$PATH`);
    expect(dockerfile.indexOf('CARGO_HOME')).toBeLessThan(dockerfile.indexOf('rustup.rs'));
  });

  it('run the command itself, with commands and options that it has', () => {
    const entry = JSON.parse(/^ENTRYPOINT (.*)$/m.exec(dockerfile)?.[1] ?? '') as string[];
    expect(entry).toHaveLength(1);
    expect(Object.keys(manifest.bin)).toContain(path.basename(entry[0] ?? ''));
    expect(runs.length).toBeGreaterThanOrEqual(3);
    for (const [command = '', ...words] of runs) {
      const help = helpOf(command);
      expect(help).toContain(`Usage: hftbacktest-live ${command} `);
      for (const option of words.filter((word) => word.startsWith('--')))
        expect(help, `${command} ${option}`).toContain(`${option} `);
    }
  });

  it('take a Node.js that the package works on, the same for building and running', () => {
    const versions = [...dockerfile.matchAll(/^FROM node:(\d+)-/gm)].map(([, major]) => major);
    expect(new Set(versions).size).toBe(1);
    expect(Number(versions[0])).toBeGreaterThanOrEqual(
      Number(/\d+/.exec(manifest.engines.node)?.[0]),
    );
  });

  it('name files that there are', () => {
    const named = [...`${readme}${dockerfile}`.matchAll(/-f (\S+)/g)];
    expect(named.length).toBeGreaterThan(0);
    for (const [, file = ''] of named) expect(existsSync(path.join(root, file)), file).toBe(true);
  });
});
