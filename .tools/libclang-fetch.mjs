// Fetches libclang without root and without installing anything: as the Python wheel `libclang`
// through pip (or through the index that pip is configured for, where Debian has split pip out),
// else as Debian packages. Whatever host serves the wheel, its digest must be a known one.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  realpathSync,
  renameSync,
  rmSync,
} from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { outputOf } from './run.mjs';

const version = '18.1.1';
/** The wheels of that version by platform: file name and SHA-256. */
const wheels = {
  'linux-x64': [
    `libclang-${version}-py2.py3-none-manylinux2010_x86_64.whl`,
    'c533091d8a3bbf7460a00cb6c1a71da93bffe148f172c7d03b1c31fbf8aa2a0b',
  ],
  'linux-arm64': [
    `libclang-${version}-py2.py3-none-manylinux2014_aarch64.whl`,
    '54dda940a4a0491a9d1532bf071ea3ef26e6dbaf03b5000ed94dd7174e8f9592',
  ],
  'darwin-arm64': [
    `libclang-${version}-1-py2.py3-none-macosx_11_0_arm64.whl`,
    '0b2e143f0fac830156feb56f9231ff8338c20aecfe72b4ffe96f19e5a1dbb69a',
  ],
  'darwin-x64': [
    `libclang-${version}-py2.py3-none-macosx_10_9_x86_64.whl`,
    '6f14c3f194704e5d09769108f03185fce7acaf1d1ae4bbb2f30a72c2400cb7c5',
  ],
};

/** Runs a command quietly; '' when it worked, else the end of what it said. */
function attempt(command, args, options = {}) {
  const result = spawnSync(command, args, { encoding: 'utf8', timeout: 300_000, ...options });
  if (result.error) return result.error.message;
  if (result.status === 0) return '';
  return (
    (result.stderr || result.stdout).trim().split('\n').slice(-1)[0] || `code ${result.status}`
  );
}

/** All files under a folder. */
function filesUnder(dir) {
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => !entry.isDirectory())
    .map((entry) => path.join(entry.parentPath, entry.name));
}

/** pip itself runs from its wheel: Python ships one for `ensurepip`. */
function bundledPip() {
  const code =
    "import glob,os\nd=['/usr/share/python-wheels']\ntry:\n import ensurepip; d.append(os.path.join(os.path.dirname(ensurepip.__file__),'_bundled'))\nexcept ImportError: pass\nprint('\\n'.join(f for x in d for f in glob.glob(x+'/pip-*.whl')))";
  return outputOf('python3', ['-c', code])?.split('\n')[0] || null;
}

function pipDownload(wheelDir, env) {
  return attempt(
    'python3',
    [
      '-m',
      'pip',
      'download',
      '--quiet',
      '--disable-pip-version-check',
      '--no-input',
      '--no-deps',
      '--only-binary=:all:',
      '--dest',
      wheelDir,
      `libclang==${version}`,
    ],
    { env },
  );
}

/** Reads pip's settings (variables, then its files) and asks that index with urllib. */
const indexScript = `
import configparser, glob, os, re, shutil, sys, urllib.parse, urllib.request
name, dest = sys.argv[1:3]
settings = configparser.ConfigParser(interpolation=None)
home = os.path.expanduser('~')
settings.read(['/etc/pip.conf', home + '/.pip/pip.conf', home + '/.config/pip/pip.conf', os.environ.get('PIP_CONFIG_FILE', '')])
def setting(key, variable):
    return os.environ.get(variable) or settings.get('global', key, fallback='')
for place in setting('find-links', 'PIP_FIND_LINKS').split():
    file = os.path.join(place, name)
    if os.path.exists(file):
        shutil.copy(file, dest); sys.exit(0)
index = setting('index-url', 'PIP_INDEX_URL')
if not index:
    sys.exit('no index is configured for pip')
page = index.rstrip('/') + '/libclang/'
html = urllib.request.urlopen(page, timeout=60).read().decode()
for href in re.findall(r'href="([^"]+)"', html):
    if urllib.parse.unquote(href.split('#')[0]).endswith('/' + name) or href.split('#')[0] == name:
        with urllib.request.urlopen(urllib.parse.urljoin(page, href), timeout=300) as body, open(os.path.join(dest, name), 'wb') as out:
            shutil.copyfileobj(body, out)
        sys.exit(0)
sys.exit('the index has no ' + name)
`;

function takeWheel(work, wheelDir, [name, sha256]) {
  const file = path.join(wheelDir, name);
  if (!existsSync(file)) return `pip brought ${readdirSync(wheelDir).join(', ')}, not ${name}`;
  const actual = createHash('sha256').update(readFileSync(file)).digest('hex');
  if (actual !== sha256)
    return `${name} has the SHA-256 ${actual}, not the known ${sha256}: refused`;
  const unpacked = path.join(work, 'unpacked');
  const problem = attempt('python3', ['-m', 'zipfile', '-e', file, unpacked]);
  if (problem) return `unzip: ${problem}`;
  const library = filesUnder(unpacked).find((f) =>
    /\/clang\/native\/libclang\.(so|dylib)$/.test(f),
  );
  if (library === undefined) return `${name} holds no libclang`;
  mkdirSync(path.join(work, 'out'));
  renameSync(library, path.join(work, 'out', path.basename(library)));
  return '';
}

function fetchWheel(work, wheel) {
  if (outputOf('python3', ['-c', 'print(1)']) === null)
    return ['Python wheel: there is no python3'];
  const wheelDir = path.join(work, 'wheels');
  mkdirSync(wheelDir);
  const tried = [];
  const routes = [['pip', () => pipDownload(wheelDir, process.env)]];
  const pip = bundledPip();
  if (pip) {
    routes.push([
      `pip of ${pip}`,
      () => pipDownload(wheelDir, { ...process.env, PYTHONPATH: pip }),
    ]);
  }
  routes.push([
    'the configured index',
    () => attempt('python3', ['-c', indexScript, wheel[0], wheelDir]),
  ]);
  for (const [name, route] of routes) {
    const problem = route() || takeWheel(work, wheelDir, wheel);
    if (!problem) return null;
    tried.push(`${name}: ${problem}`);
  }
  return tried;
}

/** libclang and the libLLVM it needs, unpacked side by side; apt's lists must be there. */
function fetchDebian(work) {
  if (outputOf('dpkg', ['--version']) === null) return ['apt: not a Debian system'];
  const names = (outputOf('apt-cache', ['pkgnames', 'libclang1-']) ?? '')
    .split('\n')
    .filter((name) => /^libclang1-\d+$/.test(name))
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }));
  if (names.length === 0)
    return ['apt: knows no libclang1-*, its lists may be empty (apt-get update)'];
  const debs = path.join(work, 'debs');
  mkdirSync(debs);
  const wanted = [names[0]];
  for (const [pattern, from] of [
    [/^\s*Depends: (libllvm\S+)/m, names[0]],
    [/^\s*Depends: (libedit\d\S*)/m, null],
    [/^\s*Depends: (libbsd\d\S*)/m, null],
    [/^\s*Depends: (libz3-\S+)/m, null],
  ]) {
    const of = from ?? wanted[wanted.length - 1];
    const match = pattern.exec(outputOf('apt-cache', ['depends', of]) ?? '');
    if (match) wanted.push(match[1]);
  }
  const problem = attempt('apt-get', ['download', ...wanted], { cwd: debs });
  if (problem) return [`apt-get download: ${problem}`];
  const unpacked = path.join(work, 'debian');
  for (const deb of readdirSync(debs)) {
    const failed = attempt('dpkg', ['-x', path.join(debs, deb), unpacked]);
    if (failed) return [`dpkg -x ${deb}: ${failed}`];
  }
  const out = path.join(work, 'out');
  mkdirSync(out);
  for (const file of filesUnder(unpacked)) {
    if (!/\.so[.\d]*$/.test(file) || !existsSync(file)) continue;
    copyFileSync(realpathSync(file), path.join(out, path.basename(file)));
  }
  return null;
}

/**
 * Fetches libclang into `dir`; says what was tried without success. Whether what came can be used
 * is for the caller to see.
 */
export async function fetchLibclang(dir, { log }) {
  log('libclang: not on this machine, fetching it into target/libclang (25 MB)…');
  mkdirSync(path.dirname(dir), { recursive: true });
  const work = mkdtempSync(`${dir}-`);
  try {
    const wheel = wheels[`${process.platform}-${process.arch}`];
    const tried = wheel
      ? fetchWheel(work, wheel)
      : [`Python wheel: none is known for ${process.platform}-${process.arch}`];
    if (tried !== null) {
      const more = fetchDebian(work);
      if (more !== null) return [...tried, ...more];
    }
    rmSync(dir, { recursive: true, force: true });
    renameSync(path.join(work, 'out'), dir);
    return [];
  } finally {
    rmSync(work, { recursive: true, force: true });
  }
}
