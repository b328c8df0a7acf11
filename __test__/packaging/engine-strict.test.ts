// What users install suits every Node.js that the package says it runs on: their npm knows none of this
// repository's `overrides`.
import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { pack, PACK_TIMEOUT_MS } from './consumer.js';
import { LoopbackRegistry } from './loopback-registry.js';
import { NpmUser } from './npm-user.js';

interface Installed {
  readonly name: string;
  readonly engines?: { readonly node?: string };
  readonly scripts?: Readonly<Record<string, string>>;
}

/** Every package below a `node_modules`, those below packages too. */
function packagesBelow(modules: string): Installed[] {
  if (!existsSync(modules)) return [];
  return readdirSync(modules).flatMap((name) => {
    const dir = path.join(modules, name);
    if (name.startsWith('@')) return packagesBelow(dir);
    const file = path.join(dir, 'package.json');
    if (!existsSync(file)) return [];
    const manifest = JSON.parse(readFileSync(file, 'utf8')) as Installed;
    return [manifest, ...packagesBelow(path.join(dir, 'node_modules'))];
  });
}

/** The Node.js versions that this package is for: the oldest of each line, major and minor. */
const VERSIONS: readonly (readonly [number, number])[] = [
  [20, 17],
  [22, 0],
  [24, 0],
  [26, 0],
];

/** Whether a range takes a version: `>=20`, `^16 || ^18 || >=20`, `>= 10.x`. Other forms take none. */
function takes(range: string, [major, minor]: readonly [number, number]): boolean {
  return range.split('||').some((part) => {
    const found = /^(>=|\^)?\s*(\d+)(?:\.(\d+|x))?(?:\.[\dx]+)?$/.exec(part.trim());
    if (found === null) return false;
    const first = Number(found[2]);
    const enough = major > first || minor >= Number(found[3]?.replace('x', '0') ?? 0);
    return found[1] === '>=' ? major >= first && enough : major === first && enough;
  });
}

it('a range takes the versions from its first on', () => {
  const taken = (range: string): string =>
    VERSIONS.filter((version) => takes(range, version)).join(' ');
  expect(taken('>=20.17')).toBe('20,17 22,0 24,0 26,0');
  expect(taken('>= 20.19.0')).toBe('22,0 24,0 26,0');
  expect(taken('^16 || ^20.9 || >=24.x')).toBe('20,17 24,0 26,0');
  expect(taken('>=20 <23')).toBe('');
});

describe('npm install hftbacktest-live', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'hftbacktest-live-engines-'));
  let registry: LoopbackRegistry;
  let user: NpmUser;
  let project: string;

  beforeAll(async () => {
    registry = await LoopbackRegistry.start({ published: [pack(folder, 'main')] });
    user = new NpmUser(registry.url);
    project = user.emptyFolder('app');
  }, PACK_TIMEOUT_MS);

  afterAll(async () => {
    await registry.stop();
    user.remove();
    rmSync(folder, { recursive: true, force: true });
  });

  it('needs no overrides, gives no warning, and is not refused with --engine-strict', async () => {
    const { stderr } = await user.run(project, [
      'npm',
      'install',
      '--engine-strict',
      'hftbacktest-live',
    ]);
    expect(stderr).toBe('');
  });

  it('brings nothing that refuses a Node.js that the package is for, or that runs a script', () => {
    const packages = packagesBelow(path.join(project, 'node_modules'));
    expect(packages.length).toBeGreaterThan(10);
    for (const { name, engines, scripts } of packages) {
      const wanted = engines?.node;
      if (wanted !== undefined)
        for (const version of VERSIONS)
          expect(takes(wanted, version), `${name} wants ${wanted}`).toBe(true);
      for (const script of ['preinstall', 'install', 'postinstall'])
        expect(scripts?.[script], `${name} runs a script`).toBeUndefined();
    }
  });
});
