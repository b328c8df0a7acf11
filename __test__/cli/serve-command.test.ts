// `hftbacktest-live serve` as a program, on made-up data.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { request } from 'node:http';
import path from 'node:path';
import { expect, it } from 'vitest';

import { until } from '../support/until.js';

const main = path.resolve(import.meta.dirname, '..', '..', 'dist', 'cli', 'main.js');

/** Runs `serve` while `use` asks for its page. */
async function serving(args: readonly string[], use: (url: URL) => Promise<void>): Promise<void> {
  const words = ['serve', '--backend', 'stub', '--port', '0', ...args];
  const child = spawn(process.execPath, [main, ...words], {
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'] },
  });
  let stderr = '';
  child.stderr.setEncoding('utf8').on('data', (chunk: string) => (stderr += chunk));
  const closed = once(child, 'close');
  try {
    await until(() => /live page: \S+\n/.test(stderr), 'the address of the page', 15_000);
    const [, url = ''] = /live page: (\S+)/.exec(stderr) ?? [];
    await use(new URL(url));
  } finally {
    child.kill('SIGTERM');
    expect(await closed, stderr).toEqual([0, null]);
  }
}

/** The status of the page for one who calls it by this name. */
async function statusFor(url: URL, host: string): Promise<number | undefined> {
  const asked = request(url, { headers: { host } });
  asked.end();
  const [answer] = (await once(asked, 'response')) as [{ statusCode?: number; resume(): void }];
  answer.resume();
  return answer.statusCode;
}

it.each([
  ['--allowed-hosts', ['--allowed-hosts', 'bot.example', 'Other.Example']],
  ['both names of the option', ['--allow-host', 'bot.example', '--allowed-hosts', 'other.example']],
])('answers under the names of %s, and under no further ones', async (_how, args) => {
  await serving(args, async (url) => {
    expect(url.hostname).toBe('127.0.0.1');
    const names = [url.host, 'bot.example', `bot.example:${url.port}`, 'other.example'];
    for (const name of names) expect(await statusFor(url, name), name).toBe(200);
    for (const name of ['evil.example', 'bot.example.evil', 'example'])
      expect(await statusFor(url, name), name).toBe(421);
  });
});

it('answers under the names of this machine only without the option', async () => {
  await serving([], async (url) => {
    expect(await statusFor(url, `localhost:${url.port}`)).toBe(200);
    expect(await statusFor(url, 'bot.example')).toBe(421);
  });
});
