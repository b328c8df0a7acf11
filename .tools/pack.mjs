// npm run pack:all [-- --out DIR] [--main-only]: what is published, as tarballs in target/pack.
//
// - hftbacktest-live: the TypeScript layer. Its published manifest names the platform packages as
//   optional dependencies; the repository's does not, since they exist only once published, and
//   `npm ci` of a checkout would look for them.
// - hftbacktest-live-<platform>: the addon and the connector for this machine's platform. A
//   release builds one on each platform (`--profile dist`).
import {
  chmodSync,
  copyFileSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import path from 'node:path';
import { parseArgs } from 'node:util';
import { addonFile, connectorFile, platformArchAbi, root, targetDir } from './paths.mjs';
import { ToolError, isMain, outputOf, runMain } from './run.mjs';

const manifest = JSON.parse(readFileSync(path.join(root, 'package.json'), 'utf8'));
const write = (dir, content) =>
  writeFileSync(path.join(dir, 'package.json'), `${JSON.stringify(content, null, 2)}\n`);

/** Packs a staged folder; returns the tarball's path. */
function npmPack(staged, out) {
  const json = outputOf(
    'npm',
    ['pack', '--json', '--silent', '--ignore-scripts', '--pack-destination', out],
    {
      cwd: staged,
    },
  );
  if (json === null) throw new ToolError(`npm pack failed in ${staged}`);
  const parsed = JSON.parse(json);
  const [packed] = Array.isArray(parsed) ? parsed : Object.values(parsed);
  return path.join(out, packed.filename);
}

/** The napi-rs command makes the platform packages' manifests; it makes them for all targets. */
async function platformManifests(work) {
  const { NapiCli } = await import('@napi-rs/cli');
  await new NapiCli().createNpmDirs({ cwd: root, npmDir: path.relative(root, work) });
}

/** Stages and packs the main package. `dist` must be built. */
export function packMain(out, work) {
  if (!existsSync(path.join(root, 'dist', 'index.js')))
    throw new ToolError('run `npm run build` first');
  const dir = path.join(work, 'main');
  mkdirSync(dir);
  for (const name of [...manifest.files, 'README.md', 'LICENSE']) {
    const from = path.join(root, name);
    if (existsSync(from)) cpSync(from, path.join(dir, name), { recursive: true });
  }
  const { scripts, devDependencies, overrides, allowScripts, napi, ...published } = manifest;
  const platforms = napi.targets.map((triple) => platformOfTriple(triple));
  write(dir, {
    ...published,
    optionalDependencies: Object.fromEntries(
      platforms.map((platform) => [`${manifest.name}-${platform}`, manifest.version]),
    ),
  });
  return npmPack(dir, out);
}

function platformOfTriple(triple) {
  const [cpu, , os, abi] = triple.split('-');
  const arch = { x86_64: 'x64', aarch64: 'arm64' }[cpu];
  return [os === 'darwin' ? 'darwin' : os, arch, abi].filter(Boolean).join('-');
}

/** Stages and packs the platform package of this machine. The native parts must be built. */
export async function packPlatform(out, work) {
  for (const file of [addonFile, connectorFile]) {
    if (!existsSync(file)) {
      throw new ToolError(
        `${path.relative(root, file)} is missing: npm run build:native -- --features live`,
      );
    }
  }
  await platformManifests(path.join(work, 'npm'));
  const dir = path.join(work, 'npm', platformArchAbi());
  if (!existsSync(dir))
    throw new ToolError(`package.json names no target for ${platformArchAbi()}`);
  copyFileSync(addonFile, path.join(dir, path.basename(addonFile)));
  const connector = path.join(dir, 'connector');
  copyFileSync(connectorFile, connector);
  chmodSync(connector, 0o755);
  copyFileSync(path.join(root, 'LICENSE'), path.join(dir, 'LICENSE'));
  const platform = JSON.parse(readFileSync(path.join(dir, 'package.json'), 'utf8'));
  write(dir, { ...platform, files: [...platform.files, 'connector'] });
  return npmPack(dir, out);
}

if (isMain(import.meta.url)) {
  runMain(async () => {
    const { values } = parseArgs({
      options: {
        out: { type: 'string', default: path.join(targetDir, 'pack') },
        'main-only': { type: 'boolean', default: false },
        'platform-only': { type: 'boolean', default: false },
      },
    });
    const out = path.resolve(values.out);
    mkdirSync(out, { recursive: true });
    mkdirSync(targetDir, { recursive: true });
    const work = mkdtempSync(path.join(targetDir, 'pack-'));
    try {
      if (!values['platform-only']) console.log(packMain(out, work));
      if (!values['main-only']) console.log(await packPlatform(out, work));
    } finally {
      rmSync(work, { recursive: true, force: true });
    }
  });
}
