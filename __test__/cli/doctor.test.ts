// The doctor against set-ups that were broken on purpose, most of them through the real program.
import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  closeSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

import { runDoctor } from '../../lib/cli/doctor/doctor.js';
import { doctorText } from '../../lib/cli/doctor/doctor-report.js';
import type { DoctorContext } from '../../lib/cli/doctor/doctor-context.js';
import type { Finding } from '../../lib/cli/doctor/finding.js';
import { LiveClient, LiveInstrument } from '../../lib/index.js';
import { ConnectorProcess } from '../../lib/connector/connector-process.js';
import { uniqueName } from '../support/live-connector-process.js';
import { describeNative } from '../support/native-suite.js';
import { pageOf } from '../support/process-page.js';
import { until } from '../support/until.js';

const root = path.resolve(import.meta.dirname, '..', '..');
const program = path.join(root, 'dist', 'cli', 'main.js');
const CANARY = 'canary-7f3a9c51e0d2';
let folder: string;

beforeAll(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'hbl-doctor-'));
});
afterAll(() => {
  rmSync(folder, { recursive: true, force: true });
});

function fileOf(name: string, text: string, mode: number): string {
  const file = path.join(folder, name);
  writeFileSync(file, text);
  chmodSync(file, mode);
  return file;
}

/** Runs `hftbacktest-live doctor --json` with this environment. */
function doctor(env: NodeJS.ProcessEnv, ...args: string[]): { findings: Finding[]; code: number } {
  const run = spawnSync(process.execPath, [program, 'doctor', '--json', ...args], {
    encoding: 'utf8',
    env: { PATH: process.env['PATH'], ...env },
  });
  expect(run.stderr).toBe('');
  const reported = JSON.parse(run.stdout) as { ok: boolean; findings: Finding[] };
  expect(reported.ok).toBe(run.status === 0);
  expect(run.stdout).not.toContain(CANARY);
  return { findings: reported.findings, code: run.status ?? -1 };
}

function find(findings: readonly Finding[], id: string): Finding {
  const found = findings.filter((finding) => finding.id === id && finding.level !== 'ok');
  expect(found, `one complaint ${id}`).toHaveLength(1);
  return found[0]!;
}

describe('the doctor', () => {
  it('finds an addon that is not there', () => {
    const { findings, code } = doctor({ HFTBACKTEST_LIVE_ADDON: path.join(folder, 'none.node') });
    expect(find(findings, 'addon')).toMatchObject({
      level: 'fail',
      found: expect.stringContaining('does not exist') as string,
      remedy: 'Correct or unset the variable.',
    });
    expect(code).toBe(1);
  });

  it('finds an addon that cannot be loaded', () => {
    const addon = fileOf('broken.node', 'not a library', 0o755);
    const { findings } = doctor({ HFTBACKTEST_LIVE_ADDON: addon });
    expect(find(findings, 'addon').found).toContain('cannot be loaded');
    expect(find(findings, 'addon').remedy).toContain('npm run build:native');
  });

  it('finds a connector that is named wrongly', () => {
    const { findings } = doctor({ HFTBACKTEST_LIVE_CONNECTOR: path.join(folder, 'none') });
    expect(find(findings, 'connector').found).toContain('not an executable file');
    expect(find(findings, 'connector').remedy).toContain('Correct or unset the variable');
  });

  it('finds a connector of another machine', () => {
    const binary = fileOf('foreign', '\u007fELF no program at all', 0o755);
    const { findings } = doctor({ HFTBACKTEST_LIVE_CONNECTOR: binary });
    expect(find(findings, 'connector')).toMatchObject({
      level: 'fail',
      remedy: expect.stringContaining('another machine') as string,
    });
  });

  it('finds a connector of another version', () => {
    const binary = fileOf('old', '#!/bin/sh\necho connector 0.0.1\n', 0o755);
    const { findings } = doctor({ HFTBACKTEST_LIVE_CONNECTOR: binary });
    expect(find(findings, 'connector')).toMatchObject({
      level: 'warn',
      found: expect.stringContaining('0.0.1') as string,
    });
  });

  it.each([
    ['says nothing', '#!/bin/sh\nexit 0\n'],
    ['says something else', '#!/bin/sh\necho wget 1.21.4\n'],
  ])('finds a program that is no connector, which %s', (_what, text) => {
    const binary = fileOf('other', text, 0o755);
    const { findings, code } = doctor({ HFTBACKTEST_LIVE_CONNECTOR: binary });
    expect(find(findings, 'connector')).toMatchObject({
      level: 'fail',
      found: expect.stringContaining(`${binary} is no connector`) as string,
      remedy: expect.stringContaining('HFTBACKTEST_LIVE_CONNECTOR') as string,
    });
    expect(code).toBe(1);
  });

  it('finds a channel config that is missing, broken, incomplete, or has more than it should', () => {
    const channel = (file: string): ReturnType<typeof doctor> =>
      doctor({ HFTBACKTEST_CHANNEL_CONFIG: file });
    const missing = channel(path.join(folder, 'nowhere.toml'));
    expect(missing.code).toBe(1);
    expect(find(missing.findings, 'channel-config')).toMatchObject({
      level: 'fail',
      found: expect.stringContaining('nowhere.toml, which cannot be read: ENOENT') as string,
      remedy: expect.stringContaining('HFTBACKTEST_CHANNEL_CONFIG') as string,
    });
    for (const [text, line, what] of [
      ['buffer_size = 10000\nmax_bots = ', 'line 2', ''],
      ['buffer_size = 10000\n\nmax_bots = 0\n', 'line 3', 'max_bots must be a whole number'],
      ['max_bots = 4\n', '', 'buffer_size is missing'],
    ] as const) {
      const { findings, code } = channel(fileOf('channel.toml', text, 0o644));
      const { level, found } = find(findings, 'channel-config');
      expect([level, code], text).toEqual(['fail', 1]);
      expect(found).toContain('channel.toml');
      expect(found).toContain(line);
      expect(found).toContain(what);
    }
    const more = 'buffer_size = 10000\nmax_bots = 4\nmax_bot = 5\n';
    const { findings, code } = channel(fileOf('channel.toml', more, 0o644));
    expect(find(findings, 'channel-config')).toMatchObject({
      level: 'warn',
      found: expect.stringContaining('line 3: max_bot is not read') as string,
      remedy: 'Did you mean max_bots?',
    });
    expect(code).toBe(0);
  });

  it('finds a config file that is no TOML, with its line, and does not repeat it', () => {
    const file = fileOf('broken.toml', `# one\napi_key = ${CANARY}\n`, 0o600);
    const { findings, code } = doctor({}, '--config', file);
    expect(find(findings, 'config')).toMatchObject({
      level: 'fail',
      found: expect.stringContaining(`${file}: line 2`) as string,
    });
    expect(code).toBe(1);
  });

  it('says which proxy is used, and of one that cannot be, without their passwords', () => {
    const { findings } = doctor({ https_proxy: `http://ann:${CANARY}@proxy.example:3128` });
    expect(findings.find(({ id }) => id === 'proxy')).toMatchObject({
      level: 'ok',
      found: expect.stringContaining('http://proxy.example:3128 (https_proxy)') as string,
    });
    const socks = doctor({ ALL_PROXY: `socks5://ann:${CANARY}@proxy.example` });
    expect(find(socks.findings, 'proxy')).toMatchObject({
      level: 'warn',
      found: expect.stringContaining('ALL_PROXY is not used') as string,
    });
  });

  it('finds half a pair of keys, and shows none', () => {
    const { findings } = doctor({ BYBIT_API_KEY: CANARY });
    expect(find(findings, 'keys')).toMatchObject({
      level: 'fail',
      remedy: 'Set both BYBIT_API_KEY and BYBIT_API_SECRET, or neither.',
    });
  });

  it('finds a key with quotes or blanks around it, and shows none', () => {
    for (const key of [`"${CANARY}"`, ` ${CANARY}`]) {
      const { findings, code } = doctor({ BYBIT_API_KEY: 'k', BYBIT_API_SECRET: key });
      expect(find(findings, 'keys').found).toContain('BYBIT_API_SECRET: has quotes or blanks');
      expect(code).toBe(1);
    }
  });

  it('finds a flag that is neither true nor false, and does not repeat it', () => {
    for (const name of ['CONNECTOR_PAPER_TRADING', 'BYBIT_CONNECTOR_TESTNET']) {
      const { findings, code } = doctor({ [name]: CANARY });
      expect(find(findings, 'flags')).toMatchObject({
        level: 'fail',
        found: expect.stringContaining(name) as string,
        remedy: 'Write true or false.',
      });
      expect(code).toBe(1);
    }
  });

  it('says loudly that orders would be real, and that they cannot be without keys', () => {
    const keys = { BYBIT_API_KEY: CANARY, BYBIT_API_SECRET: CANARY };
    const real = doctor({ ...keys, CONNECTOR_PAPER_TRADING: 'false' });
    expect(find(real.findings, 'orders').found).toContain('REAL ORDERS');
    expect(find(real.findings, 'orders').found).toMatch(
      /main net, by the variable CONNECTOR_PAPER/,
    );
    const none = doctor({ CONNECTOR_PAPER_TRADING: 'false' });
    expect(find(none.findings, 'orders')).toMatchObject({ level: 'fail' });
    const text = 'paper_trading = false\nenvironment = "testnet"\n';
    const file = fileOf('real.toml', text, 0o600);
    expect(find(doctor(keys, '--config', file).findings, 'orders').found).toBe(
      `REAL ORDERS go to Bybit's testnet, by paper_trading of ${file}`,
    );
    const safe = doctor({ ...keys, CONNECTOR_PAPER_TRADING: 'true' }, '--config', file).findings;
    expect(safe.find(({ id }) => id === 'orders')).toMatchObject({ level: 'ok' });
  });

  it('finds a config file with keys that others may read, and one that is not there', () => {
    const open = fileOf('bybit.toml', `api_key = "${CANARY}"\nsecret = "${CANARY}"\n`, 0o644);
    const { findings } = doctor({}, '--config', open);
    expect(find(findings, 'config')).toMatchObject({ level: 'fail' });
    expect(find(findings, 'config').remedy).toContain(`chmod 600 ${open}`);
    chmodSync(open, 0o600);
    const closed = doctor({}, '--config', open).findings;
    expect(closed.find(({ id }) => id === 'config')).toMatchObject({ level: 'ok' });
    const missing = doctor({ BYBIT_CONNECTOR_CONFIG_FILE: path.join(folder, 'none.toml') });
    expect(find(missing.findings, 'config').found).toContain('ENOENT');
  });

  const with_ = (context: Partial<DoctorContext>): Finding[] => runDoctor({ env: {}, ...context });

  it('finds a wait strategy that one core cannot bear', () => {
    expect(find(with_({ cpus: 1, wait: 'spin' }), 'cores')).toMatchObject({ level: 'fail' });
    expect(find(with_({ cpus: 2, wait: 'spin' }), 'cores').remedy).toContain("'adaptive'");
    expect(with_({ cpus: 1 }).find(({ id }) => id === 'cores')).toMatchObject({ level: 'ok' });
  });

  it('finds a Node.js that is too old, and a clock that is not set', () => {
    expect(find(with_({ nodeVersion: '20.16.0' }), 'node').remedy).toContain('20.17');
    expect(find(with_({ nodeVersion: '18.20.0' }), 'node').level).toBe('fail');
    expect(with_({ nodeVersion: '20.17.0' })[0]).toMatchObject({ id: 'node', level: 'ok' });
    const clock = find(with_({ nowMs: 5_000 }), 'clock');
    expect([clock.level, clock.remedy]).toEqual(['fail', expect.stringContaining('timedatectl')]);
  });

  it('finds shared memory that cannot be written, and a register that is no folder', () => {
    const file = fileOf('no-folder', '', 0o600);
    expect(find(with_({ shmFolder: file }), 'shm').remedy).toContain('mount -t tmpfs');
    const register = find(with_({ iceoryxFolder: file }), 'shm.register');
    expect([register.level, register.remedy]).toEqual([
      'fail',
      expect.stringContaining(`rm ${file}`),
    ]);
  });

  it('finds a register that was emptied under processes that run', () => {
    const [shmFolder, iceoryxFolder] = ['shm', 'register'].map((name) => path.join(folder, name));
    mkdirSync(shmFolder!);
    mkdirSync(path.join(iceoryxFolder!, 'services'), { recursive: true });
    const registerOf = (): Finding | undefined =>
      with_({ shmFolder: shmFolder!, iceoryxFolder: iceoryxFolder! }).find(
        ({ id }) => id === 'shm.register',
      );
    expect(registerOf()).toMatchObject({ level: 'ok' });
    const page = Buffer.alloc(4096);
    page.write('hblPage1', 'latin1');
    page.writeUInt32LE(process.pid, 12);
    writeFileSync(path.join(shmFolder!, 'hbl-0-connector-sim'), page);
    expect(registerOf()).toMatchObject({
      level: 'fail',
      found: expect.stringContaining('is empty although 1 process(es)') as string,
      remedy: expect.stringContaining('/etc/tmpfiles.d') as string,
    });
    writeFileSync(path.join(iceoryxFolder!, 'services', 'iox2_1.service'), '');
    expect(registerOf()).toMatchObject({ level: 'ok' });
  });

  it.skipIf(process.platform !== 'linux')(
    'lists the connectors that run: what they do with orders, and the bots that they know',
    () => {
      const shmFolder = path.join(folder, 'pages');
      mkdirSync(shmFolder);
      const running = (): string[] =>
        with_({ shmFolder })
          .filter(({ id }) => id === 'running')
          .map(({ found }) => found);
      expect(running()).toEqual(['no connector of this package runs']);
      const [page, dead] = [pageOf(4, 4, 'mainnet'), pageOf(4, 3, 'testnet')];
      writeFileSync(path.join(shmFolder, 'hbl-0-connector-dead'), dead);
      writeFileSync(path.join(shmFolder, 'hbl-0-bot-gone'), dead);
      // Whose pages they are is seen by who holds them open.
      const held = [
        ['hbl-0-connector-mine%2fone', page],
        ['hbl-0-connector-old', pageOf(3, 0, '')],
        ['hbl-0-bot-01', pageOf(4, 0, '', 32)],
      ].map(([name, bytes]) => {
        const file = path.join(shmFolder, name as string);
        writeFileSync(file, bytes as Buffer);
        return openSync(file, 'r');
      });
      try {
        const pid = String(process.pid);
        expect(running()).toEqual([
          `mine/one: sim, orders REAL ORDERS: real (mainnet), pid ${pid}, 1 bot (pid ${pid}, read-only)`,
          `old (pid ${pid}) is of another version: what it does with orders is not known`,
        ]);
      } finally {
        for (const handle of held) closeSync(handle);
      }
      expect(running()).toEqual(['no connector of this package runs']);
    },
  );

  it('says what building takes, when something is not built', () => {
    const none = path.join(folder, 'none.node');
    const bare = with_({ env: { PATH: folder, HFTBACKTEST_LIVE_ADDON: none } });
    expect(find(bare, 'build.cargo').remedy).toContain('rustup.rs');
    expect(find(bare, 'build.cc').remedy).toContain('apt install gcc');
    fileOf('libclang.so', '', 0o644);
    const env = { PATH: process.env['PATH'], LIBCLANG_PATH: folder, HFTBACKTEST_LIVE_ADDON: none };
    expect(with_({ env }).find(({ id }) => id === 'build.libclang')).toMatchObject({
      level: 'ok',
      found: `libclang in ${folder}`,
    });
  });

  it('writes its findings for people with the remedy below', () => {
    const text = doctorText(with_({ cpus: 1, wait: 'spin' }), false);
    expect(text).toMatch(/FAIL {2}cores .*\n\s+→ Use `wait: 'adaptive'`/);
    expect(text).toMatch(/1 thing\(s\) do not work|\d+ thing\(s\) do not work/);
  });
});

describeNative('the doctor on a machine that works', () => {
  it('has nothing to complain about', () => {
    const { findings, code } = doctor({});
    expect(findings.filter(({ level }) => level === 'fail')).toEqual([]);
    expect(code).toBe(0);
  });

  it.skipIf(process.platform !== 'linux')('lists a connector that runs, and its bot', async () => {
    const name = uniqueName();
    const connector = new ConnectorProcess({ args: [name, 'sim', '--paper'] });
    await connector.start();
    const running = (): string | undefined =>
      runDoctor({ env: {} }).find(
        ({ id, found }) => id === 'running' && found.startsWith(`${name}: `),
      )?.found;
    const said = `${name}: sim, orders paper (simulated), pid ${String(connector.pid)}`;
    expect(running()).toBe(`${said}, no bots of this package`);
    const client = new LiveClient({
      instruments: [new LiveInstrument('BTCUSDT').connector(name).tickSize(0.1).lotSize(0.001)],
      readOnly: true,
    });
    try {
      await client.start();
      await client.ready(20_000);
      expect(running()).toBe(`${said}, 1 bot (pid ${String(process.pid)}, read-only)`);
    } finally {
      await client.close();
      await connector.stop();
    }
    expect(running()).toBeUndefined();
  });

  it.skipIf(process.platform !== 'linux')(
    'finds what a killed connector left, and not what runs',
    async () => {
      const name = uniqueName();
      const left = (): Finding | undefined =>
        runDoctor({ env: {} }).find(({ id }) => id === 'shm.leftovers');
      const killOne = async (): Promise<Finding | undefined> => {
        const connector = new ConnectorProcess({ args: [name, 'sim'] });
        connector.on('died', () => undefined);
        await connector.start();
        expect(left()?.found).not.toContain(name);
        const { pid } = connector;
        process.kill(pid!, 'SIGKILL');
        await new Promise((resolve) => connector.once('exit', resolve));
        const finding = left();
        return finding?.found.includes(`connector-${name} (pid ${String(pid)})`) === true
          ? finding
          : undefined;
      };
      // Any bot or connector of this machine that starts meanwhile clears it away.
      let finding: Finding | undefined;
      await until(async () => (finding = await killOne()) !== undefined, 'what it left');
      expect(finding).toMatchObject({ level: 'warn' });
      const again = new ConnectorProcess({ args: [name, 'sim'] });
      await again.start();
      expect(left()?.found).not.toContain(name);
      await again.stop();
    },
  );
});

describe.skipIf(process.platform !== 'linux')('the doctor where short sleeps end late', () => {
  it('says so, and what may be the reason', () => {
    const slow = 'echo 200000 > /proc/self/timerslack_ns; exec "$@"';
    const run = spawnSync('sh', ['-c', slow, 'sh', process.execPath, program, 'doctor', '--json'], {
      encoding: 'utf8',
    });
    const { findings } = JSON.parse(run.stdout) as { findings: Finding[] };
    expect(find(findings, 'timer-slack')).toMatchObject({
      level: 'warn',
      found: 'short sleeps may end 200 µs late',
    });
  });
});

/** In namespaces of its own this program stays in sight where a fresh `/tmp` would hide it. */
const SEEN = '/mnt';
const isolated = (script: string): [string, string[]] => [
  'unshare',
  ['-rm', 'sh', '-c', `mount --bind "${root}" ${SEEN} && ${script}`],
];
const canMount = spawnSync(...isolated('mount -t tmpfs tmpfs /tmp')).status === 0;

/** What the doctor finds after a script has changed what it sees of the system. */
function after(script: string): Finding[] {
  const run = spawnSync(
    ...isolated(`${script} && "$NODE" ${SEEN}/dist/cli/main.js doctor --json`),
    {
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], NODE: process.execPath },
    },
  );
  expect(run.stdout, run.stderr).not.toBe('');
  return (JSON.parse(run.stdout) as { findings: Finding[] }).findings;
}

describe('the doctor in a container', () => {
  it.runIf(canMount).each([
    ['8m', 'fail', '--shm-size=256m'],
    ['40m', 'warn', '--shm-size=256m'],
    ['200m', 'ok', undefined],
  ] as const)('says of a /dev/shm of %s: %s', (size, level, remedy) => {
    const findings = after(`mount -t tmpfs -o size=${size} tmpfs /dev/shm`);
    const room = findings.filter(({ id }) => id === 'shm.room');
    expect(room).toMatchObject([{ level }]);
    if (remedy === undefined) expect(room[0]?.remedy).toBeUndefined();
    else expect(room[0]?.remedy).toContain(remedy);
  });

  it.runIf(canMount)('finds a register that it may not write, and no place for one', () => {
    const closed = 'mount -o remount,ro tmpfs /tmp';
    const folder = 'mount -t tmpfs tmpfs /tmp && mkdir -p /tmp/iceoryx2/nodes';
    const register = find(after(`${folder} && ${closed}`), 'shm.register');
    expect(register.found).toContain('/tmp/iceoryx2 cannot be used: EROFS');
    const nowhere = find(after(`mount -t tmpfs tmpfs /tmp && ${closed}`), 'shm.register');
    expect(nowhere.remedy).toContain('Make /tmp writable');
  });
});

describeNative('the doctor, with the connector', () => {
  it.each([
    ['bybit', 'paper_trading = true\npaper_tradign = false\n', 'line 2', 'paper_tradign'],
    ['bybit', '\n[paper]\nmaker_fee_rate = 9.0\n', 'line 3', 'maker_fee_rate'],
    ['sim', 'seed = 1\nsed = 2\n', 'line 2', 'sed'],
    ['binancefutures', 'silence_s = 0\n', 'line 1', 'silence_s'],
  ])('finds a key of a config for %s that it does not take: %j', (kind, text, line, key) => {
    const file = fileOf('wrong.toml', text, 0o600);
    const { findings, code } = doctor({}, '--config', file, '--kind', kind);
    const { level, found, remedy } = find(findings, 'config');
    expect([level, code]).toEqual(['fail', 1]);
    for (const part of [file, line, key]) expect(found).toContain(part);
    expect(remedy).toContain('Correct the file');
  });

  it('says that the connector takes a config, and looks at it without keys and flags', () => {
    const file = fileOf('right.toml', 'category = "linear"\npaper_trading = false\n', 0o600);
    const { findings } = doctor({ BYBIT_API_KEY: 'k', BYBIT_API_SECRET: 's' }, '--config', file);
    expect(findings.find(({ id }) => id === 'config')).toMatchObject({
      level: 'ok',
      found: `${file}: connector bybit takes it`,
    });
  });
});
