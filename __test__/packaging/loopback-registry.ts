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

/** What a registry has beside the dependencies of the package. */
interface RegistryOptions {
  /** Tarballs of `pack()`. */
  readonly published?: readonly string[];
  /** Names of packages for development. */
  readonly also?: readonly string[];
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

/** Packages of this checkout's `node_modules`, packed. */
function installedPackages(also: readonly string[]): Packed[] {
  const read = (file: string): unknown => JSON.parse(readFileSync(file, 'utf8'));
  const lock = read(path.join(root, 'package-lock.json')) as Lock;
  const dirs = Object.entries(lock.packages)
    .filter(([at, { dev }]) => at !== '' && (dev !== true || also.includes(nameAt(at))))
    .map(([at]) => path.join(root, at))
    .filter((dir) => existsSync(dir));
  const manifests = new Map<string, [string, Manifest]>();
  // One of several copies: packed again, the same files make another tarball.
  for (const dir of dirs) {
    const manifest = read(path.join(dir, 'package.json')) as Manifest;
    manifests.set(`${manifest.name}@${manifest.version}`, [dir, manifest]);
  }
  return [...manifests.values()].map(([dir, manifest]) => ({
    manifest,
    // npm takes off the first folder, whatever its name.
    tarball: execFileSync(
      'tar',
      ['-cz', '--exclude=node_modules', '-C', path.dirname(dir), path.basename(dir)],
      { maxBuffer: 2 ** 28 },
    ),
  }));
}

const nameAt = (at: string): string => at.replace(/^.*node_modules\//, '');

/** A tarball of ours, as the registry has it once it is published. */
function publishedPackage(file: string): Packed {
  const text = execFileSync('tar', ['-xzOf', file, 'package/package.json'], { encoding: 'utf8' });
  return { manifest: JSON.parse(text) as Manifest, tarball: readFileSync(file) };
}

/**
 * A package registry on loopback that has what this checkout has installed for users, and answers 404 to
 * anything else. It stands in for the internet.
 */
export class LoopbackRegistry {
  readonly #server: Server;
  readonly #packages = new Map<string, Packed[]>();

  private constructor({ published = [], also = [] }: RegistryOptions) {
    for (const packed of [...published.map(publishedPackage), ...installedPackages(also)]) {
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

  static async start(options: RegistryOptions = {}): Promise<LoopbackRegistry> {
    const registry = new LoopbackRegistry(options);
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
