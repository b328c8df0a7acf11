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

/** The major versions that a range begins with: `>=20`, `^16 || ^18 || >=20`, `>= 10`. */
function takesNode20(range: string): boolean {
  return range.split('||').some((part) => {
    const [, operator, major = ''] = /^(>=|\^)?\s*(\d+)(?:[.\dx]*)$/.exec(part.trim()) ?? [];
    return operator === '>=' ? Number(major) <= 20 : Number(major) === 20;
  });
}

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

  it('brings nothing that wants a Node.js newer than 20, or that runs a script', () => {
    const packages = packagesBelow(path.join(project, 'node_modules'));
    expect(packages.length).toBeGreaterThan(10);
    for (const { name, engines, scripts } of packages) {
      if (name !== 'hftbacktest-live' && engines?.node !== undefined)
        expect(takesNode20(engines.node), `${name} wants ${engines.node}`).toBe(true);
      for (const script of ['preinstall', 'install', 'postinstall'])
        expect(scripts?.[script], `${name} runs a script`).toBeUndefined();
    }
  });
});
