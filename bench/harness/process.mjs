// A program that speaks in lines of JSON on its standard output.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export function start(program, args, { stdin = 'ignore' } = {}) {
  const child = spawn(program, args, { stdio: [stdin, 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const exit = once(child, 'exit');
  return {
    pid: child.pid,
    /** A line for its standard input. */
    say(line) {
      child.stdin?.write(`${line}\n`);
    },
    /** Ends its standard input, which ends a program that has one. */
    stop() {
      child.stdin?.end();
    },
    /** The next line; throws when the program ends before. */
    async next() {
      const { value, done } = await lines.next();
      if (done) throw new Error(`${program} ended with ${(await exit)[0]} before it said more`);
      return JSON.parse(value);
    },
    async ended() {
      const [code] = await exit;
      if (code !== 0) throw new Error(`${program} ended with ${code}`);
    },
    /** As Ctrl-C. */
    interrupt() {
      child.kill('SIGINT');
    },
    kill() {
      if (child.exitCode === null) child.kill('SIGKILL');
    },
  };
}

/** What a program says that says one line and ends. */
export async function resultOf(program, args) {
  const running = start(program, args);
  try {
    const result = await running.next();
    await running.ended();
    return result;
  } finally {
    running.kill();
  }
}
