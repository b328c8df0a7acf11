// Ends of programs in direct mode, in every way and every state: nothing is left on the machine, no order is lost.
// TEARDOWN_TIMES: how often each (default 1 of each mode).
import { existsSync, writeFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';

import { FakeBybit } from '../../lib/cli/fake-bybit.js';
import { scratchFile } from '../support/fake-program.js';
import { describeNative } from '../support/native-suite.js';
import { Program } from '../support/run-program.js';
import { SharedMemoryBaseline } from '../support/shared-memory.js';
import { until } from '../support/until.js';
import { venueControl } from '../support/programs/venue-control.mjs';

const MODES = ['client', 'bot', 'strategy'] as const;
const STATES = ['connecting', 'login', 'live', 'order in flight', 'stopping'] as const;
const WAYS = ['kill', 'sigterm', 'exit', 'close', 'terminate'] as const;
type Way = (typeof WAYS)[number];
type State = (typeof STATES)[number];
type Mode = (typeof MODES)[number];

/** Each way in each state so often, the modes in turn. */
const TIMES = Number(process.env['TEARDOWN_TIMES'] ?? MODES.length);
/** Cases at once: most of each is waiting. */
const AT_ONCE = 6;
/** Ends by force take no longer, whatever is under way. */
const END_MS = 5_000;

interface Case {
  readonly way: Way;
  readonly state: State;
}

const CASES: readonly Case[] = WAYS.flatMap((way) => STATES.map((state) => ({ way, state })));
const nameOf = ({ way, state }: Case): string => `${way}, ${state}`;

/** What went wrong, by case. */
const faults = new Map<string, string[]>();

/** One venue, and the programs that trade on it one after the other. */
class Lane {
  readonly #venue: FakeBybit;
  readonly #configFile = scratchFile('bybit.toml');
  readonly #botId: bigint;
  readonly #case: Case;

  private constructor(venue: FakeBybit, botId: bigint, one: Case) {
    this.#venue = venue;
    this.#botId = botId;
    this.#case = one;
    const lines = Object.entries(venue.connectorConfig);
    const text = lines.map(([key, value]) => `${key} = ${JSON.stringify(value)}\n`).join('');
    writeFileSync(this.#configFile, text, { mode: 0o600 });
  }

  static async run(one: Case, botId: bigint): Promise<string[]> {
    const market = { category: 'linear', symbol: 'BTCUSDT', tick: '0.10', step: '0.001' };
    const rates = { px: 60_000, levels: 250, levelRateHz: 2, tradeRateHz: 0 };
    const file = scratchFile('venue.json');
    // The last bot cancels what all before it have left, in the time of one call.
    const settings = { orderRate: 1_000 };
    writeFileSync(file, JSON.stringify({ markets: [{ ...market, ...rates }], settings }));
    const venue = await FakeBybit.start(['--config', file]);
    try {
      return await new Lane(venue, botId, one).#run();
    } finally {
      await venue.stop();
    }
  }

  async #run(): Promise<string[]> {
    const found: string[] = [];
    const isHere = this.#case.way === 'close' || this.#case.way === 'terminate';
    const runs = isHere ? MODES.length : TIMES;
    for (let at = 0; at < runs; at += 1) {
      const mode = MODES[at % MODES.length]!;
      // After a first one, which may leave what is made once per process.
      const cycles = Math.max(2, Math.ceil(TIMES / MODES.length));
      const wrong = await (isHere ? this.#cycles(mode, cycles) : this.#end(mode));
      if (wrong !== undefined) found.push(`${mode}: ${wrong}`);
      // What the program has done to the venue goes with it.
      await this.#command({ cmd: 'clearFaults' });
    }
    const wrong = await this.#successor();
    if (wrong !== undefined) found.push(`the next bot: ${wrong}`);
    return found;
  }

  #start(mode: Mode, change: object = {}): Program {
    const { state, way } = this.#case;
    const options = {
      mode, state, way, cycles: 0, botId: String(this.#botId),
      configFile: this.#configFile, env: this.#venue.connectorEnv, control: this.#venue.info.urls.control,
    }; // prettier-ignore
    return new Program('direct-end', JSON.stringify({ ...options, ...change }));
  }

  #command(fields: object): Promise<unknown> {
    return venueControl(this.#venue.info.urls.control).command(fields);
  }

  /** A process that is ended; what was wrong with its end. */
  async #end(mode: Mode): Promise<string | undefined> {
    const { way, state } = this.#case;
    const program = this.#start(mode);
    if (way !== 'exit') {
      await program.line('at');
      if (state === 'stopping') await sleep(Math.random() * 100);
      program.kill(way === 'kill' ? 'SIGKILL' : 'SIGTERM');
    }
    const startMs = performance.now();
    const end = await program.end;
    const tookMs = performance.now() - startMs;
    if (way !== 'exit' && tookMs > END_MS) return `it took ${String(Math.round(tookMs))} ms to end`;
    const { code, signal, stderr, lines } = end;
    if (lines.includes('it has child processes')) return 'it has child processes';
    if (!this.#isRightEnd(mode, code, signal))
      return `it ended with ${String(signal ?? code)}: ${stderr}`;
    const isGraceful = signal === null;
    // `onStop` cancels; what the venue has not acknowledged cannot be.
    if (isGraceful && mode === 'strategy' && state === 'live' && way === 'sigterm') {
      const open = await this.#openOrders();
      if (open > 0) return `${String(open)} orders are open after onStop has cancelled`;
    }
    return isGraceful && this.#hasPage() ? 'its control block is left' : undefined;
  }

  async #openOrders(): Promise<number> {
    const { orders } = (await this.#command({ cmd: 'truth' })) as {
      orders: { orderStatus: string }[];
    };
    return orders.filter(({ orderStatus }) => orderStatus === 'New').length;
  }

  #isRightEnd(mode: Mode, code: number | null, signal: NodeJS.Signals | null): boolean {
    const { way, state } = this.#case;
    if (way === 'exit') return code === 7;
    // A stop that was under way may have come to its end before.
    if (state === 'stopping' && code === 0) return true;
    if (way === 'kill') return signal === 'SIGKILL';
    // The run was asked to listen, and stops; a client and a bot end as Node does where nobody listens.
    return mode === 'strategy' ? code === 0 : signal === 'SIGTERM';
  }

  #hasPage(): boolean {
    const id = this.#botId.toString(16).padStart(16, '0');
    return existsSync(`/dev/shm/hbl-${String(process.geteuid?.())}-bot-${id}`);
  }

  /** Cycles within one process; what was wrong. */
  async #cycles(mode: Mode, cycles: number): Promise<string | undefined> {
    const { code, signal, stderr, lines } = await this.#start(mode, { cycles }).end;
    const held = lines.find((line) => line.startsWith('held '));
    if (held === undefined || code !== 0)
      return `it ended with ${String(signal ?? code)}: ${stderr} ${lines.join('\n')}`;
    const more = JSON.parse(held.slice('held '.length)) as Record<string, number>;
    const left = Object.entries(more).filter(([, count]) => count > 0);
    if (left.length > 0) return `after ${String(cycles + 1)} cycles it holds more: ${held}`;
    return this.#hasPage() ? 'its control block is left' : undefined;
  }

  /** A bot that comes after all of them takes over what they left, cancels it and ends. */
  async #successor(): Promise<string | undefined> {
    const change = { state: 'live', way: 'close', cycles: 0 };
    const { code, signal, stderr, lines } = await this.#start('client', change).end;
    if (code !== 0) return `it ended with ${String(signal ?? code)}: ${stderr} ${lines.join('\n')}`;
    return this.#hasPage() ? 'its control block is left' : undefined;
  }
}

async function runAll(): Promise<void> {
  const waiting = CASES.map((one, at) => ({ one, botId: 8_000_000n + BigInt(at) }));
  const lane = async (): Promise<void> => {
    for (let next = waiting.shift(); next !== undefined; next = waiting.shift()) {
      const { one, botId } = next;
      const found = await Lane.run(one, botId).catch((error: unknown) => [String(error)]);
      faults.set(nameOf(one), found);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, lane));
}

describeNative('a program in direct mode that ends', () => {
  let memory: SharedMemoryBaseline;

  beforeAll(async () => {
    memory = new SharedMemoryBaseline();
    await runAll();
  }, 3_600_000);

  it.each(CASES.map((one) => [nameOf(one)]))(
    'leaves nothing, and its orders to the next bot: %s',
    (name) => {
      expect(faults.get(name)).toEqual([]);
    },
  );

  afterAll(async () => {
    await until(
      () => memory.added().length === 0,
      () => `no files in shared memory: ${memory.added().join(', ')}`,
      10_000,
    );
  });
});
