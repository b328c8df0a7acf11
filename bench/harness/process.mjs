// A program that speaks in lines of JSON on its standard output.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';

export function start(program, args) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const exit = once(child, 'exit');
  return {
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
    kill() {
      if (child.exitCode === null) child.kill('SIGKILL');
    },
  };
}
