import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

import { buildRemedy, nativeRemedy } from '../../native/build-remedy.js';
import { packageRoot } from '../../native/package-root.js';
import { platformName } from '../../native/platform-name.js';
import type { DoctorContext } from './doctor-context.js';
import { fail, ok, warn, type Finding } from './finding.js';

/**
 * Loads the addon in a process of its own: one that crashes must not take the doctor with it, and
 * the environment looked at is the one given.
 */
export function checkAddon(context: DoctorContext): Finding[] {
  const probe = ['./addon-probe.js', '../addon-probe.js', '../../../dist/cli/addon-probe.js']
    .map((place) => fileURLToPath(new URL(place, import.meta.url)))
    .find((file) => existsSync(file));
  if (probe === undefined)
    return [fail('addon', 'the package itself is not built', buildRemedy('Run `npm run build`.'))];
  try {
    const output = execFileSync(process.execPath, [probe], {
      env: context.env,
      encoding: 'utf8',
      timeout: 20_000,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const result = JSON.parse(output) as {
      ok: boolean;
      path?: string;
      reason?: string;
      remedy?: string;
    };
    return result.ok
      ? [ok('addon', `native addon for ${platformName()}: ${result.path ?? ''}`)]
      : [
          fail(
            'addon',
            `${result.reason ?? 'no addon'}; bots would run on the stub, with made-up prices`,
            result.remedy ?? nativeRemedy(),
          ),
        ];
  } catch (error) {
    const words = error instanceof Error ? (error.message.split('\n')[0] ?? '') : String(error);
    return [fail('addon', `the addon ends the process that loads it: ${words}`, nativeRemedy())];
  }
}

/** What building from source needs. Only a hint where the addon is there already. */
export function checkBuildTools(context: DoctorContext, isBuilt: boolean): Finding[] {
  if (isBuilt || !existsSync(join(packageRoot(), 'Cargo.toml'))) return [];
  const missing = [
    { tool: 'cargo', why: 'Install Rust from https://rustup.rs.' },
    { tool: 'cc', why: 'Install a C compiler (Debian: `apt install gcc`).' },
  ].filter(({ tool }) => !onPath(tool, context.env));
  const libclang = findLibclang(context.env);
  return [
    ...missing.map(({ tool, why }) => fail(`build.${tool}`, `${tool} is not on the PATH`, why)),
    libclang === undefined
      ? warn(
          'build.libclang',
          'libclang was not found; the build will fetch one through pip',
          'Install it (Debian: `apt install libclang-dev`), or set LIBCLANG_PATH.',
        )
      : ok('build.libclang', `libclang in ${libclang}`),
  ];
}

function onPath(tool: string, env: NodeJS.ProcessEnv): boolean {
  return (env['PATH'] ?? '').split(':').some((folder) => existsSync(join(folder, tool)));
}

function findLibclang(env: NodeJS.ProcessEnv): string | undefined {
  const places = [
    env['LIBCLANG_PATH'] ?? '',
    join(packageRoot(), 'target', 'libclang'),
    '/usr/lib/llvm/lib',
    ...[19, 18, 17, 16, 15, 14].map((version) => `/usr/lib/llvm-${String(version)}/lib`),
  ];
  return places.find(
    (place) =>
      place !== '' &&
      ['libclang.so', 'libclang.so.1', 'libclang.dylib'].some((file) =>
        existsSync(join(place, file)),
      ),
  );
}
