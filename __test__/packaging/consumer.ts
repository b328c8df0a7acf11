import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';

/** For hooks that pack and install: npm takes a minute of a busy machine. */
export const PACK_TIMEOUT_MS = 240_000;

const root = path.resolve(import.meta.dirname, '..', '..');

export interface Manifest {
  name: string;
  main: string;
  files: string[];
  /** The platform package has none. */
  dependencies?: Record<string, string>;
  optionalDependencies: Record<string, string>;
  scripts?: Record<string, string>;
  devDependencies?: Record<string, string>;
}

/** What a program of the consumer left behind. */
export interface Outcome {
  status: number | null;
  stdout: string;
  stderr: string;
}

/** Packs what is published into `dir`, as `npm run pack:all` does; returns the tarballs. */
export function pack(dir: string, which: 'main' | 'platform'): string {
  const script = path.join(root, '.tools', 'pack.mjs');
  const output = execFileSync(process.execPath, [script, '--out', dir, `--${which}-only`], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const tarball = output.trim().split('\n').at(-1);
  if (tarball?.endsWith('.tgz') !== true) throw new Error(`pack.mjs named no tarball: ${output}`);
  return tarball;
}

/**
 * A project outside the repository with packed tarballs in its `node_modules`. The registry stays
 * out of it: tarballs are unpacked, their dependencies are links to this checkout's.
 */
export class Consumer {
  readonly dir = mkdtempSync(path.join(tmpdir(), 'hftbacktest-live-consumer-'));

  constructor() {
    mkdirSync(path.join(this.dir, 'node_modules'));
    this.write('package.json', JSON.stringify({ name: 'consumer', private: true }));
  }

  /** Unpacks a tarball as npm would and links what it depends on. */
  install(tarball: string): Manifest {
    const unpacked = path.join(this.dir, 'unpacked');
    mkdirSync(unpacked);
    execFileSync('tar', ['-xzf', tarball, '-C', unpacked]);
    const source = path.join(unpacked, 'package');
    const manifest = JSON.parse(
      readFileSync(path.join(source, 'package.json'), 'utf8'),
    ) as Manifest;
    const target = path.join(this.dir, 'node_modules', manifest.name);
    execFileSync('mv', [source, target]);
    rmSync(unpacked, { recursive: true });
    for (const name of Object.keys(manifest.dependencies ?? {})) this.link(name);
    return manifest;
  }

  /** Links a package of this checkout's `node_modules`. */
  link(name: string): void {
    const target = path.join(this.dir, 'node_modules', name);
    mkdirSync(path.dirname(target), { recursive: true });
    symlinkSync(path.join(root, 'node_modules', name), target);
  }

  write(name: string, text: string): void {
    writeFileSync(path.join(this.dir, name), text);
  }

  /** Runs a script of the project in a fresh Node.js. */
  node(script: string, env: NodeJS.ProcessEnv = {}): Outcome {
    const { status, stdout, stderr } = spawnSync(process.execPath, [script], {
      cwd: this.dir,
      encoding: 'utf8',
      timeout: 55_000,
      env: { ...process.env, NODE_OPTIONS: '', HFTBACKTEST_LIVE_ADDON: '', ...env },
    });
    return { status, stdout, stderr };
  }

  /** Type-checks the project with this checkout's compiler; what it prints, '' when all is well. */
  typeCheck(compilerOptions: Record<string, unknown>, files: string[]): string {
    this.write(
      'tsconfig.json',
      JSON.stringify({
        compilerOptions: {
          strict: true,
          exactOptionalPropertyTypes: true,
          noEmit: true,
          target: 'ES2022',
          lib: ['ES2023', 'ESNext.Disposable'],
          types: ['node'],
          ...compilerOptions,
        },
        files,
      }),
    );
    const tsc = path.join(root, 'node_modules', 'typescript', 'bin', 'tsc');
    return spawnSync(process.execPath, [tsc, '-p', '.'], { cwd: this.dir, encoding: 'utf8' })
      .stdout;
  }

  remove(): void {
    rmSync(this.dir, { recursive: true, force: true });
  }
}
