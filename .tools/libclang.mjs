// Finds libclang for the build of iceoryx2 (its build script runs bindgen), or fetches it.
//
// Order: LIBCLANG_PATH, the system's, Python's `clang.native`, an earlier download, a download.
// Nothing is installed: a download goes to target/libclang.
//
//   node .tools/libclang.mjs            prints shell lines for a `cargo` of your own:
//   eval "$(node .tools/libclang.mjs)"
import { existsSync, readdirSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import process from 'node:process';
import { fetchLibclang } from './libclang-fetch.mjs';
import { targetDir } from './paths.mjs';
import { ToolError, isMain, outputOf, runMain } from './run.mjs';

const downloadDir = path.join(targetDir, 'libclang');

/** The names bindgen loads at run time. libclang-cpp is another library with the same prefix. */
const libraryName =
  process.platform === 'darwin'
    ? /^libclang\.dylib$/
    : /^libclang(-(?!cpp)[^/]*)?\.so(\.[0-9.]+)?$/;

function list(dir) {
  try {
    return readdirSync(dir);
  } catch {
    return [];
  }
}

/** Subfolders of `dir` whose names match, newest version first. */
function subfolders(dir, pattern) {
  return list(dir)
    .filter((name) => pattern.test(name))
    .sort((a, b) => b.localeCompare(a, 'en', { numeric: true }))
    .map((name) => path.join(dir, name));
}

/** The libclang in a folder, `null` when there is none. */
export function libraryIn(dir) {
  const names = list(dir)
    .filter((name) => libraryName.test(name) && existsSync(path.join(dir, name)))
    .sort((a, b) => a.length - b.length);
  return names.length > 0 ? path.join(dir, names[0]) : null;
}

/** A library that cannot be loaded (wrong machine, missing libLLVM) is worse than none. */
function loads(library, libraryPath) {
  const env = { ...process.env, ...(libraryPath ? { LD_LIBRARY_PATH: libraryPath } : {}) };
  if (outputOf('python3', ['-c', 'print(1)'], { env }) === null) return true;
  const code = 'import ctypes,sys; ctypes.CDLL(sys.argv[1])';
  return outputOf('python3', ['-c', code, library], { env }) !== null;
}

function systemDirs() {
  const dirs = [];
  const fromLlvmConfig = outputOf('llvm-config', ['--libdir']);
  if (fromLlvmConfig) dirs.push(fromLlvmConfig);
  if (process.platform === 'darwin') {
    const xcode = outputOf('xcode-select', ['--print-path']);
    if (xcode) {
      dirs.push(path.join(xcode, 'usr/lib'));
      dirs.push(path.join(xcode, 'Toolchains/XcodeDefault.xctoolchain/usr/lib'));
    }
    dirs.push('/opt/homebrew/opt/llvm/lib', '/usr/local/opt/llvm/lib');
    return dirs;
  }
  for (const base of ['/usr/lib', '/usr/local/lib', '/usr/local', '/usr/lib64']) {
    dirs.push(
      ...subfolders(base, /^llvm/).flatMap((d) => [path.join(d, 'lib'), path.join(d, 'lib64')]),
    );
    dirs.push(base, ...subfolders(base, /-linux-(gnu|musl)/));
  }
  return dirs;
}

/** clang's own headers (stddef.h, …) lie beside a full installation, but not in the wheel. */
function hasOwnHeaders(library) {
  const dir = path.dirname(realpathSync(library));
  return [
    dir,
    path.dirname(dir),
    ...subfolders('/usr/lib', /^llvm-/).map((d) => path.join(d, 'lib')),
  ]
    .flatMap((d) => subfolders(path.join(d, 'clang'), /^\d/))
    .some((d) => existsSync(path.join(d, 'include', 'stddef.h')));
}

/** The environment for a library: where it is, and gcc's headers in place of clang's. */
function environmentFor(library, source, { libraryPath } = {}) {
  const env = { LIBCLANG_PATH: path.dirname(library) };
  if (process.env.BINDGEN_EXTRA_CLANG_ARGS === undefined && !hasOwnHeaders(library)) {
    const include = outputOf('gcc', ['-print-file-name=include']);
    if (include && path.isAbsolute(include)) env.BINDGEN_EXTRA_CLANG_ARGS = `-I${include}`;
  }
  if (libraryPath) {
    env.LD_LIBRARY_PATH = [libraryPath, process.env.LD_LIBRARY_PATH].filter(Boolean).join(':');
  }
  return { library, source, env };
}

function fromVariable() {
  const value = process.env.LIBCLANG_PATH;
  if (!value) return null;
  const library = existsSync(value) && statSync(value).isFile() ? value : libraryIn(value);
  if (library === null) {
    throw new ToolError(
      `LIBCLANG_PATH is set to ${value}, but no libclang is there. Correct it, or unset it to have libclang found or fetched.`,
    );
  }
  return { ...environmentFor(library, 'LIBCLANG_PATH'), keepPath: true };
}

function fromSystem() {
  for (const dir of systemDirs()) {
    const library = libraryIn(dir);
    if (library !== null && loads(library)) return environmentFor(library, 'system');
  }
  return null;
}

function fromPython() {
  const code = 'import clang.native,os; print(os.path.dirname(clang.native.__file__))';
  const dir = outputOf('python3', ['-c', code]);
  const library = dir === null ? null : libraryIn(dir);
  return library !== null && loads(library) ? environmentFor(library, 'python module') : null;
}

function fromDownload() {
  const library = libraryIn(downloadDir);
  if (library === null) return null;
  // Debian's libclang needs the libLLVM that was downloaded beside it.
  const libraryPath = list(downloadDir).some((n) => n.startsWith('libLLVM'))
    ? downloadDir
    : undefined;
  return loads(library, libraryPath)
    ? environmentFor(library, 'target/libclang', { libraryPath })
    : null;
}

/**
 * The environment variables that make bindgen find libclang, with where it was found.
 * Throws a `ToolError` that names the remedies when there is none to be had.
 */
export async function findLibclang({ log = (line) => console.error(line) } = {}) {
  const found = fromVariable() ?? fromSystem() ?? fromPython() ?? fromDownload();
  if (found !== null) {
    if (found.keepPath) found.env.LIBCLANG_PATH = process.env.LIBCLANG_PATH;
    return found;
  }
  const tried = await fetchLibclang(downloadDir, { log });
  const fetched = fromDownload();
  if (fetched !== null) return fetched;
  throw new ToolError(
    [
      'libclang was not found and could not be fetched; the build of iceoryx2 needs it.',
      ...tried.map((line) => `  - ${line}`),
      'Remedies, any one of them:',
      '  - Debian, Ubuntu: apt-get install libclang-dev (Fedora: clang-devel, macOS: xcode-select --install)',
      '  - python3 -m pip install libclang',
      '  - set LIBCLANG_PATH to the folder that holds libclang.so',
    ].join('\n'),
  );
}

if (isMain(import.meta.url)) {
  runMain(async () => {
    const { env, source } = await findLibclang();
    console.log(`# libclang: ${source}`);
    for (const [name, value] of Object.entries(env)) {
      console.log(`export ${name}='${value.replaceAll("'", "'\\''")}'`);
    }
  });
}
