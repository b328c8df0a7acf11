// A canary as key and secret: whatever the connector does with it, it must not come out here.
import { readFileSync } from 'node:fs';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';

import { BybitConnectorRunner } from '../../lib/connector/bybit-connector-runner.js';
import { ConnectorProcess } from '../../lib/connector/connector-process.js';
import { SecretRedactor } from '../../lib/connector/secret-redactor.js';
import { TailBuffer } from '../../lib/connector/tail-buffer.js';
import { fakeProgram } from '../support/fake-program.js';
import { until } from '../support/until.js';

const KEY = 'CANARYKEY"0123456789';
const SECRET = 'canary/secret+abcdefghijklmnop';
const keys = { BYBIT_API_KEY: KEY, BYBIT_API_SECRET: SECRET };

/** Prints its keys in every way that a careless program could; dies after the first command. */
const CARELESS = `
const { BYBIT_API_KEY: key, BYBIT_API_SECRET: secret } = process.env;
console.error('signing with', key, secret);
console.error(JSON.stringify({ key }), encodeURIComponent(secret), Buffer.from(secret).toString('base64'));
process.stderr.write('half: ' + secret.slice(0, 9));
const say = (value) => console.log(JSON.stringify(value));
say({ type: 'status', status: 'ready', key, nested: { secret } });
say({ type: 'status', status: 'named', key });
say({ type: 'error', code: 'auth', message: 'refused: ' + key + ' ' + secret });
say({ type: 'trade', price: secret });
process.stdin.once('data', () => {
  process.stderr.write(secret.slice(9));
  setTimeout(() => { console.error(' and ' + key); process.exit(1); }, 100);
});`;

function expectClean(texts: readonly string[]): void {
  const all = texts.join('\n');
  expect(all).toContain('[redacted]');
  for (const part of [KEY, KEY.replace('"', '\\"'), 'CANARY', SECRET, 'canary/', 'canary%2F'])
    expect(all).not.toContain(part);
  expect(all).not.toContain(Buffer.from(SECRET).toString('base64').slice(0, 12));
}

describe('keys', () => {
  it('are in no event, log, error, health or argument, whatever the connector prints', async () => {
    const texts: string[] = [];
    const runner = new BybitConnectorRunner({
      binary: fakeProgram(CARELESS),
      env: { ...process.env, ...keys },
      restart: { delayMs: 10, maxAttempts: 1 },
    });
    const note = (...values: unknown[]): void => {
      texts.push(JSON.stringify(values), inspect(values, { depth: 10, showHidden: true }));
    };
    runner.on('log', note).on('died', note).on('failed', note).on('restarted', note);
    await runner.start();
    note(runner.health);
    texts.push(inspect(runner, { depth: 10, showHidden: true }));
    const { pid } = runner.health;
    if (process.platform === 'linux') {
      const read = (name: string): string => readFileSync(`/proc/${String(pid)}/${name}`, 'latin1');
      expect(read('environ')).toContain(SECRET);
      texts.push(read('cmdline'));
    }
    runner.subscribe('trades', 'BTCUSDT');
    await until(() => runner.health.state === 'failed', 'its end');
    note(runner.health);
    const codes: string[] = [];
    for (let event = runner.nextEventNowait(); event; event = runner.nextEventNowait()) {
      note(event);
      if (event.type === 'error') codes.push(event.code);
    }
    await runner.stop();
    expect(codes).toContain('auth');
    expect(codes).toContain('invalid_line');
    expect(codes).toContain('bybit_connector_process_died');
    expectClean(texts);
  });

  it('are in no error of a connector that does not become ready', async () => {
    const connector = new ConnectorProcess({
      args: ['bybit'],
      binary: fakeProgram(`console.error('bad key', process.env.BYBIT_API_KEY); process.exit(2);`),
      env: { ...process.env, ...keys },
    });
    const error: unknown = await connector.start().catch((reason: unknown) => reason);
    expectClean([inspect(error, { depth: 10 }), String(error), connector.health.stderrTail]);
  });

  it('are refused as arguments, without being named', () => {
    const build = (arg: string) => () =>
      new ConnectorProcess({ args: ['bybit', arg], env: { ...process.env, ...keys } });
    for (const arg of [SECRET, `--secret=${SECRET}`]) {
      expect(build(arg)).toThrow(
        expect.objectContaining({ code: 'ERR_INVALID_ARGUMENT' }) as Error,
      );
      expect(build(arg)).not.toThrow('canary');
    }
  });
});

describe('a log without secrets', () => {
  const redactor = new SecretRedactor([SECRET]);

  it('knows a secret that comes in pieces, also while the line is not complete', () => {
    for (let cut = 1; cut < SECRET.length; cut += 1) {
      const tail = new TailBuffer(5, redactor);
      tail.push(`key ${SECRET.slice(0, cut)}`);
      if (cut >= 6) expect(tail.text()).toBe('key [redacted]');
      expect(tail.push(`${SECRET.slice(cut)} end\n`)).toEqual(['key [redacted] end']);
    }
  });

  it('cuts a line without an end, and never through a secret', () => {
    const tail = new TailBuffer(5, redactor);
    for (let i = 0; i < 200; i += 1) tail.push(`${SECRET}${'.'.repeat(37)}`);
    expect(tail.text().length).toBeLessThanOrEqual(4096);
    expect(tail.text()).not.toMatch(/canary|mnop/);
  });

  it('takes secrets by the names of variables, and leaves values too short to be one', () => {
    const env = { MY_API_KEY: 'abcdefgh', A_TOKEN: 'true', HOME: 'somewhere', db_password: 'hunter22' }; // prettier-ignore
    expect(SecretRedactor.fromEnv(env).redact('abcdefgh true somewhere hunter22')).toBe(
      '[redacted] true somewhere [redacted]',
    );
  });
});
