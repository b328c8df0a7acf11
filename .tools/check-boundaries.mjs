// Rules of the tree that no linter knows. Prints each breach; `checkBoundaries` returns how many.
import { existsSync, readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';

const topLevel = new Set([
  ...['crates', 'lib', '__test__', 'examples', 'bench', 'docs'],
  ...['Cargo.toml', 'Cargo.lock', 'rust-toolchain.toml', 'package.json', 'package-lock.json'],
  ...['tsconfig.json', 'LICENSE', 'README.md', 'BUILD_LIVE.md', 'AGENTS.md', 'CHANGELOG.md'],
  // Made by the tools, ignored by git.
  ...['target', 'dist', 'node_modules', 'coverage'],
]);

/** Layers of lib/, upper first: a layer imports only itself and what stands below it. */
const layers = [
  'cli',
  'server',
  'record',
  'feed',
  'client',
  'testing',
  'strategy',
  'bot',
  'stub',
  'connector',
  'native',
  'npz',
  'typescript',
  'orders',
  'models',
];

function filesUnder(dir, extension) {
  const absolute = path.join(root, dir);
  if (!existsSync(absolute)) return [];
  return readdirSync(absolute, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name.endsWith(extension))
    .map((entry) => path.relative(root, path.join(entry.parentPath, entry.name)))
    .filter((file) => !file.includes('node_modules'));
}

const read = (file) => readFileSync(path.join(root, file), 'utf8');

/** `check(file, text)` yields what is wrong as [line, message]. */
function* scan(files, check) {
  for (const file of files) {
    const text = read(file);
    for (const [line, message] of check(text, file)) yield `${file}:${line}: ${message}`;
  }
}

function* matches(text, pattern) {
  for (const match of text.matchAll(pattern)) {
    yield [text.slice(0, match.index).split('\n').length, match];
  }
}

function* topLevelNames() {
  for (const name of readdirSync(root)) {
    if (!name.startsWith('.') && !topLevel.has(name))
      yield `${name}: does not belong to the top level`;
  }
}

/** Only crates/node names napi. */
const napiInCore = () =>
  scan(
    ['wire', 'depth', 'livebot', 'exchange', 'venues', 'connector'].flatMap((crate) => [
      ...filesUnder(`crates/${crate}`, '.rs'),
      ...filesUnder(`crates/${crate}`, 'Cargo.toml'),
    ]),
    function* (text) {
      for (const [line] of matches(text, /\bnapi(_derive)?\s*(::|=|\.workspace)|#\[napi\b/g)) {
        yield [line, 'only crates/node may use napi'];
      }
    },
  );

/** The kit names no venue, and a venue names no other venue; paper trading stands between them. */
const venueFolders = () =>
  scan(filesUnder('crates/venues/src', '.rs'), function* (text, file) {
    const [folder] = file.split('/').slice(3);
    const allowed = { 'kinds.rs': null, kit: [], paper: ['paper'] };
    const names = folder in allowed ? allowed[folder] : [folder, 'paper'];
    if (names === null || /tests?(\.rs|\/)/.test(file)) return;
    const code = text.split('#[cfg(test)]\nmod tests {')[0].replace(/^\s*\/\/.*/gm, '');
    for (const [line, match] of matches(code, /\bcrate::(\w+)/g)) {
      if (!['kit', ...names].includes(match[1]))
        yield [line, `${folder} may not name crate::${match[1]}`];
    }
  });

/** The venues are a library: no command line, and nothing of the process. */
const venuesAlone = () =>
  scan([...filesUnder('crates/venues/src', '.rs'), 'crates/venues/Cargo.toml'], function* (text) {
    const pattern =
      /\bclap(\.workspace|::)|std::process::(exit|Command)|\bstd::env::(args|set_var)/g;
    for (const [line, match] of matches(text, pattern))
      yield [line, `${match[0]} belongs to crates/connector`];
  });

/** Only lib/native loads the addon. */
const addonLoads = () =>
  scan(
    filesUnder('lib', '.ts').filter((file) => !file.startsWith('lib/native/')),
    function* (text) {
      for (const [line] of matches(text, /process\.dlopen|(require|import)\w*\([^)]*\.node\b/g)) {
        yield [line, 'only lib/native may load the addon'];
      }
    },
  );

/** A panic in an export must become a JavaScript error: the item says `catch_unwind`. */
const unguardedExports = () =>
  scan(filesUnder('crates/node/src', '.rs'), function* (text) {
    const pattern =
      /#\[napi(?:\(([^\]]*)\))?\]\s*((?:\/\/[^\n]*\n\s*|#\[[^\]]*\]\s*)*)((?:pub(?:\([^)]*\))?\s+)?(?:unsafe\s+)?(?:async\s+)?fn\s+(\w+))/g;
    for (const [line, match] of matches(text, pattern)) {
      // What napi-rs itself calls when it loads the addon is no export.
      if (!/\b(catch_unwind|module_exports)\b/.test(match[1] ?? '')) {
        yield [line, `export ${match[4]} has no catch_unwind`];
      }
    }
  });

/** A layer imports downwards only. Type imports carry no code and may name any layer. */
const layerImports = () =>
  scan(filesUnder('lib', '.ts'), function* (text, file) {
    const layer = file.split('/')[1];
    const level = layers.indexOf(layer);
    if (file.split('/').length < 3) return;
    if (level < 0) yield [1, `lib/${layer} is not a layer that check-boundaries.mjs knows`];
    const pattern = /^(?:import|export)\s+(?!type\b)[^'"]*?from\s+'(\.[^']+)'/gm;
    for (const [line, match] of matches(text, pattern)) {
      const target = path.normalize(path.join(path.dirname(file), match[1])).split('/');
      if (target[0] !== 'lib' || target.length < 3) continue;
      if (level >= 0 && layers.indexOf(target[1]) < level) {
        yield [line, `lib/${layer} may not import lib/${target[1]}, which stands above it`];
      }
    }
  });

/** Names of files. */
function* fileNames() {
  for (const file of ['lib', '__test__', 'examples', 'bench'].flatMap((d) =>
    filesUnder(d, '.ts'),
  )) {
    if (!/^[a-z0-9.-]+$/.test(path.basename(file))) yield `${file}: not kebab-case`;
  }
  for (const file of filesUnder('crates', '.rs')) {
    if (!/^[a-z0-9_]+\.rs$/.test(path.basename(file))) yield `${file}: not snake_case`;
  }
}

/** A lock without addresses works with any registry. */
function* lockAddresses() {
  const count = read('package-lock.json').split('"resolved"').length - 1;
  if (count > 0)
    yield `package-lock.json: ${count} "resolved" addresses; they tie it to one registry`;
}

const checks = [
  topLevelNames,
  napiInCore,
  venueFolders,
  venuesAlone,
  addonLoads,
  unguardedExports,
  layerImports,
  fileNames,
  lockAddresses,
];

export function checkBoundaries() {
  const breaches = checks.flatMap((check) => [...check()]);
  for (const breach of breaches) console.error(breach);
  return breaches.length;
}
