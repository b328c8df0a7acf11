import { createHash } from 'node:crypto';
import { execFileSync } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';
import path from 'node:path';

const root = path.resolve(import.meta.dirname, '..', '..');

interface Lock {
  readonly packages: Readonly<Record<string, { readonly dev?: boolean }>>;
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Readonly<Record<string, string>>;
}

interface Packed {
  readonly manifest: Manifest;
  readonly tarball: Buffer;
}

/** What this checkout's lock installs for users of the package, packed from its `node_modules`. */
function installedPackages(): Packed[] {
  const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
  const lock = read(path.join(root, 'package-lock.json')) as Lock;
  const { overrides } = read(path.join(root, 'package.json')) as {
    overrides: Record<string, string>;
  };
  const dirs = Object.entries(lock.packages)
    .filter(([at, { dev }]) => at !== '' && dev !== true)
    .map(([at]) => path.join(root, at))
    .filter((dir) => existsSync(dir));
  const manifests = new Map<string, [string, Manifest]>();
  // One of several copies: packed again, the same files make another tarball.
  for (const dir of dirs) {
    const manifest = read(path.join(dir, 'package.json')) as Manifest;
    manifests.set(`${manifest.name}@${manifest.version}`, [dir, manifest]);
  }
  return [...manifests.values()].map(([dir, manifest]) => ({
    manifest: overridden(manifest, overrides),
    // npm takes off the first folder, whatever its name.
    tarball: execFileSync(
      'tar',
      ['-cz', '--exclude=node_modules', '-C', path.dirname(dir), path.basename(dir)],
      { maxBuffer: 2 ** 28 },
    ),
  }));
}

/** Where this checkout holds a dependency back, its dependents here want that version too. */
function overridden(manifest: Manifest, overrides: Readonly<Record<string, string>>): Manifest {
  const dependencies = Object.entries(manifest.dependencies ?? {}).map(([name, range]) => [
    name,
    overrides[name] ?? range,
  ]);
  return { ...manifest, dependencies: Object.fromEntries(dependencies) as Record<string, string> };
}

/**
 * A package registry on loopback that has what this checkout has installed, and answers 404 to
 * anything else. It stands in for the internet.
 */
export class LoopbackRegistry {
  readonly #server: Server;
  readonly #packages = new Map<string, Packed[]>();

  private constructor() {
    for (const packed of installedPackages()) {
      const { name } = packed.manifest;
      this.#packages.set(name, [...(this.#packages.get(name) ?? []), packed]);
    }
    this.#server = createServer((request, response) => {
      const answer = this.#answer(decodeURIComponent(request.url ?? '').slice(1));
      if (answer === undefined) {
        response.writeHead(404, { 'content-type': 'application/json' }).end('{}');
      } else if (Buffer.isBuffer(answer)) {
        response.writeHead(200, { 'content-type': 'application/octet-stream' }).end(answer);
      } else {
        response.writeHead(200, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      }
    });
  }

  static async start(): Promise<LoopbackRegistry> {
    const registry = new LoopbackRegistry();
    registry.#server.listen(0, '127.0.0.1');
    await once(registry.#server, 'listening');
    return registry;
  }

  get url(): string {
    return `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}/`;
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  #answer(asked: string): Buffer | object | undefined {
    const [name = '', version] = asked.split('/-/');
    const versions = this.#packages.get(name);
    if (versions === undefined) return undefined;
    if (version !== undefined)
      return versions.find(({ manifest }) => manifest.version === version)?.tarball;
    return {
      name,
      'dist-tags': { latest: versions.at(-1)?.manifest.version },
      versions: Object.fromEntries(
        versions.map(({ manifest, tarball }) => [
          manifest.version,
          {
            ...manifest,
            dist: {
              tarball: `${this.url}${name}/-/${manifest.version}`,
              integrity: `sha512-${createHash('sha512').update(tarball).digest('base64')}`,
            },
          },
        ]),
      ),
    };
  }
}
