// Child processes, the way these tools need them.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { root } from './paths.mjs';

/** An error whose message is all that the user needs to see. */
export class ToolError extends Error {}

/**
 * Runs a command with its output shown; resolves to its exit code (128 + n when a signal ended it).
 * `onStdout` takes standard output instead of the terminal.
 */
export function run(command, args, { env = process.env, cwd = root, onStdout, stdout } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd,
      env,
      stdio: ['inherit', onStdout ? 'pipe' : (stdout ?? 'inherit'), 'inherit'],
    });
    const forward = (signal) => child.kill(signal);
    process.on('SIGINT', forward);
    process.on('SIGTERM', forward);
    if (onStdout) {
      child.stdout.setEncoding('utf8');
      child.stdout.on('data', onStdout);
    }
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.off('SIGINT', forward);
      process.off('SIGTERM', forward);
      resolve(code ?? (signal === 'SIGINT' ? 130 : 143));
    });
  });
}

/** Runs a command and throws when it fails. */
export async function mustRun(command, args, options) {
  const code = await run(command, args, options);
  if (code !== 0) throw new ToolError(`${[command, ...args].join(' ')} ended with ${code}`);
}

/** Standard output of a command, trimmed; `null` when it is missing or fails. */
export function outputOf(command, args, options = {}) {
  const { status, stdout } = spawnSync(command, args, {
    cwd: root,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
    ...options,
  });
  return status === 0 ? stdout.trim() : null;
}

/** Runs a tool of `node_modules/.bin`. */
export async function runBin(name, args, options) {
  const file = path.join(root, 'node_modules', '.bin', name);
  if (!existsSync(file)) throw new ToolError(`${name} is not installed; run \`npm ci\` first`);
  return run(file, args, options);
}

/** Runs `main`; a `ToolError` becomes one line on stderr, anything else keeps its stack. */
export function runMain(main) {
  main().then(
    (code) => {
      process.exitCode = code ?? 0;
    },
    (error) => {
      console.error(error instanceof ToolError ? `error: ${error.message}` : error);
      process.exitCode = 1;
    },
  );
}

/** Whether the file is the script that node was started with. */
export function isMain(moduleUrl) {
  return process.argv[1] !== undefined && moduleUrl.endsWith(path.basename(process.argv[1]));
}
