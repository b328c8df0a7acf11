import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';

import { findConnector } from '../../lib/connector/find-connector.js';
import { nowUs } from '../support/programs/unix-us.mjs';
import { ClientProcess, type Book } from './client-process.js';
import { disagreements } from './disagreements.js';
import { lookOn } from './look-on.js';
import { ownerOf, type Journal } from './journal.js';
import { isKeyRefused } from './is-key-refused.js';
import { hasEnded } from './has-ended.js';
import { idOf } from './order-ids.js';
import type { Plan, Step } from './plan.js';
import { KEY_REFUSED, WAY_MS } from './rules/rule.js';
import { ScheduleVenue } from './schedule-venue.js';
import type { ClientView, Deed, Disturbance, Story } from './story.js';
import { PRICES } from './symbols.js';

/** How long the last `cancelAll`, in calm, may take until the venue is empty. */
const LAST_MS = 20_000;
/** The connector is started so often, and after such pauses, before everything is started anew. */
const STARTS = 3;
const START_PAUSE_MS = 1_000;
/** What is noted then. */
export const STARTED_ANEW = 'the connector does not start: everything is started anew';
/** A program that was refused an instrument asks for it again so often. */
const AGAIN_MS = 6_000;
const REGISTRATION_REFUSED =
  /\b300[12]\b|\bERR_INSTRUMENT_NOT_FOUND\b|\bERR_INVALID_ARGUMENT the connector\b/;
/** Bot ids count from here: a seed may run in both modes at once, and an id is for one bot of a machine. */
const FIRST_BOT = 1_000_000n;
const FIRST_DIRECT_BOT = 1_000_000_000n;
/** The bit of the ids that are drawn by chance: whoever comes next inherits the orders of such a bot. */
const ANONYMOUS = 1n << 63n;
/** How long a process that was stopped in its tracks needs until it has caught up. */
const AWAKE_US = 300_000;

/**
 * Runs a plan: venue, connector and client in processes of their own, over real sockets; in direct mode the connector
 * is in the client's.
 */
export async function runSchedule(plan: Plan, name: string): Promise<Story> {
  const schedule = new Schedule(plan, name);
  try {
    return await schedule.run();
  } finally {
    await schedule.end();
  }
}

class Schedule {
  readonly #plan: Plan;
  readonly #name: string;
  readonly #botId: bigint;
  readonly #book: Book = { runs: [], calls: [], reported: [] };
  readonly #deeds: Deed[] = [];
  readonly #disturbed: Disturbance[] = [];
  readonly #going = new Set<Promise<unknown>>();
  #venue: ScheduleVenue | undefined;
  #connector: ChildProcess | undefined;
  #client: ClientProcess | undefined;
  #calls = 0;
  #cancelsDueFromMs: number | undefined;

  constructor(plan: Plan, name: string) {
    this.#plan = plan;
    this.#name = name;
    const first = plan.isDirect ? FIRST_DIRECT_BOT : FIRST_BOT;
    this.#botId = first + BigInt(plan.seed) + (plan.isAnonymous ? ANONYMOUS : 0n);
  }

  async run(): Promise<Story> {
    const plan = this.#plan;
    this.#venue = await ScheduleVenue.start(plan, (why) => {
      this.#deed(`refused: ${why}`);
    });
    if (!plan.isDirect) await this.#startConnector();
    await this.#startClient();
    const startMs = performance.now();
    for (const step of plan.steps) {
      await sleep(Math.max(0, startMs + step.atMs - performance.now()));
      await this.#do(step);
    }
    await sleep(Math.max(0, startMs + plan.stormMs - performance.now()));
    await Promise.all(this.#going);
    await this.#calm();
    const settled = await this.#settle();
    const last = await this.#lastCancelAll();
    return {
      plan,
      botId: this.#botId,
      runs: this.#book.runs,
      calls: this.#book.calls,
      reported: this.#book.reported,
      deeds: this.#deeds,
      disturbed: this.#disturbed,
      ...settled,
      ...last,
    };
  }

  /** Ends every process of the schedule. */
  async end(): Promise<void> {
    await Promise.allSettled(this.#going);
    await this.#client?.kill();
    const connector = this.#connector;
    if (connector?.exitCode === null && connector.signalCode === null) {
      const gone = once(connector, 'exit');
      connector.kill('SIGTERM');
      const timer = setTimeout(() => connector.kill('SIGKILL'), 3_000);
      await gone;
      clearTimeout(timer);
    }
    await this.#venue?.stop();
  }

  async #command<T = unknown>(command: Readonly<Record<string, unknown>>): Promise<T> {
    if (this.#venue === undefined) throw new Error('there is no venue');
    return this.#venue.command<T>(command);
  }

  /**
   * Starts the connector as a supervisor does: again when it ends at its start. What a killed one left in
   * shared memory may keep it from that; then its bot ends and starts too, as its message says.
   */
  async #startConnector(): Promise<void> {
    for (let at = 0; at < STARTS; at += 1) {
      if (await this.#tryConnector()) return;
      this.#deed('the connector ended at its start');
      await sleep(START_PAUSE_MS);
    }
    const client = this.#client;
    this.#client = undefined;
    this.#deed(STARTED_ANEW);
    const disturbed = this.#disturb('bot');
    await client?.stop();
    if (!(await this.#tryConnector())) this.#deed('the connector cannot be started');
    if (client !== undefined) await this.#startClient();
    disturbed.untilUs = nowUs();
  }

  /** False: it ended before it was ready. */
  async #tryConnector(): Promise<boolean> {
    const config = this.#venue?.configFile ?? '';
    const args = ['--name', this.#name, 'bybit', config, '--paper=false', '--ready-json'];
    const child = spawn(findConnector(), [...args, '--with-stdin'], {
      env: { ...process.env, ...this.#venue?.env, RUST_LOG: 'warn' },
      stdio: ['pipe', 'pipe', 'pipe'],
    });
    this.#connector = child;
    child.on('error', () => undefined);
    child.stderr.on('data', (chunk: Buffer) => {
      for (const line of chunk.toString().split('\n'))
        if (line !== '') this.#deed(`  log: ${line}`);
    });
    const ended = once(child, 'exit').then(() => false);
    const isReady = await Promise.race([once(child.stdout, 'data').then(() => true), ended]);
    child.stdout.resume();
    return isReady;
  }

  async #startClient(): Promise<void> {
    const client = new ClientProcess(this.#book, this.#plan.kind);
    this.#client = client;
    const symbols = this.#plan.symbols.map((symbol) => ({ symbol, ...PRICES[symbol] }));
    const { answerTimeoutMs, isDirect } = this.#plan;
    const { configFile, env } = this.#venue ?? {};
    await client.open({
      connector: this.#name,
      direct: isDirect ? { configFile, env } : undefined,
      symbols,
      botId: this.#botId,
      answerTimeoutMs,
    });
  }

  async #do(step: Step): Promise<void> {
    const client = this.#client;
    switch (step.do) {
      case 'submit':
        this.#call('submit', { orderId: idOf(step.order), terms: step.terms });
        return;
      case 'cancel':
        this.#call('cancel', { orderId: idOf(step.order) });
        return;
      case 'modify':
        this.#call('modify', { orderId: idOf(step.order), price: step.price, qty: step.qty });
        return;
      case 'cancelAll':
        this.#call('cancelAll', { symbol: step.symbol });
        return;
      case 'resync':
        this.#deed(`resync ${step.symbol}`);
        client?.send('resync', { symbol: step.symbol });
        return;
      case 'look':
        this.#deed(`a read-only bot registers ${step.symbol}`);
        this.#later(
          lookOn(
            {
              connector: this.#name,
              symbol: { symbol: step.symbol, ...PRICES[step.symbol] },
            },
            this.#book.reported,
          ),
        );
        return;
      case 'venue':
        this.#deed(`venue ${JSON.stringify(step.command)}`);
        this.#noteWay(step.command);
        await this.#command(step.command);
        return;
      case 'connector':
        this.#later(this.#renewConnector(step.how, step.awayMs));
        return;
      case 'bot':
        this.#later(this.#renewBot(step.how, step.awayMs));
        return;
      case 'stall':
        this.#later(this.#stall(step.who, step.forMs));
        return;
    }
  }

  #call(what: string, args: object): void {
    this.#calls += 1;
    this.#client?.send(what, { number: this.#calls, ...args });
  }

  #later(doing: Promise<unknown>): void {
    const done = doing.catch((error: unknown) => {
      this.#deed(`failed: ${String(error)}`);
    });
    this.#going.add(done);
    void done.finally(() => this.#going.delete(done));
  }

  async #renewConnector(how: 'kill' | 'stop', awayMs: number): Promise<void> {
    const connector = this.#connector;
    // One at a time: it is on its way down or up.
    if (connector?.exitCode !== null || connector.signalCode !== null) return;
    this.#connector = undefined;
    this.#deed(`connector: ${how}`);
    const disturbed = this.#disturb('connector');
    const gone = once(connector, 'exit');
    connector.kill('SIGCONT');
    connector.kill(how === 'kill' ? 'SIGKILL' : 'SIGTERM');
    await gone;
    await sleep(awayMs);
    this.#deed('connector: start');
    await this.#startConnector();
    disturbed.untilUs = nowUs();
  }

  async #renewBot(how: 'kill' | 'stop', awayMs: number): Promise<void> {
    const client = this.#client;
    if (client === undefined) return;
    this.#client = undefined;
    this.#deed(`bot: ${how}`);
    const disturbed = this.#disturb('bot');
    client.signal('SIGCONT');
    await (how === 'kill' ? client.kill() : client.stop());
    await sleep(awayMs);
    this.#deed('bot: start');
    await this.#startClient();
    disturbed.untilUs = nowUs();
  }

  async #stall(who: 'connector' | 'bot', forMs: number): Promise<void> {
    const target = who === 'bot' ? this.#client : this.#connector;
    const signal = (name: NodeJS.Signals): void => {
      if (target instanceof ClientProcess) target.signal(name);
      else target?.kill(name);
    };
    this.#deed(`${who}: SIGSTOP for ${String(forMs)} ms`);
    const disturbed = this.#disturb(who);
    signal('SIGSTOP');
    await sleep(forMs);
    signal('SIGCONT');
    this.#deed(`${who}: SIGCONT`);
    disturbed.untilUs = nowUs() + AWAKE_US;
  }

  /** Something does not work from now on. */
  #disturb(who: Disturbance['who']): Disturbance {
    const disturbed = { who, fromUs: nowUs(), untilUs: Infinity };
    this.#disturbed.push(disturbed);
    return disturbed;
  }

  /** Notes faults by which requests may not reach the venue; ends of trade connections are in its journal. */
  #noteWay({ cmd, socket, faults }: Readonly<Record<string, unknown>>): void {
    const isDeaf = (faults as { deaf?: boolean } | undefined)?.deaf === true;
    if (cmd === 'faults' && socket === 'trade' && isDeaf) this.#disturb('trade');
    // Each request has a connection of its own to lose; which cut meets which, nobody notes.
    if (socket === 'rest') this.#disturb('rest');
  }

  /** All faults end; what is down is started. */
  async #calm(): Promise<void> {
    this.#deed('calm');
    await this.#command({ cmd: 'clearFaults' });
    for (const disturbed of this.#disturbed)
      if (disturbed.untilUs === Infinity) disturbed.untilUs = nowUs();
    const settings = { cancelRaces: 0, orderRate: 200, ackDelayMs: 0, privateDelayMs: 1 };
    await this.#command({ cmd: 'set', settings });
    for (const symbol of this.#plan.symbols) {
      await this.#command({ cmd: 'listing', symbol, listing: {} });
    }
    for (const command of this.#plan.lasting) await this.#command(command);
    if (this.#plan.isDirect) return;
    const connector = this.#connector;
    if (connector?.exitCode !== null || connector.signalCode !== null) await this.#startConnector();
  }

  #journal(): Promise<Journal> {
    return this.#command<Journal>({ cmd: 'journal' });
  }

  /** What the client shows; a low-level bot and a strategy say by a notice only that there is no account. */
  async #view(): Promise<ClientView | undefined> {
    const view = await this.#client?.view();
    if (view === undefined || !isKeyRefused(this.#book.reported, this.#client?.run)) return view;
    return { ...view, isReady: false, why: KEY_REFUSED };
  }

  /** Waits until client and venue agree, and looks what they do not agree in when the time is over. */
  async #settle(): Promise<Pick<Story, 'view' | 'viewJournal' | 'differs'>> {
    const startMs = performance.now();
    const isGarbled = this.#plan.lasting.length > 0;
    let againMs = startMs + AGAIN_MS;
    for (;;) {
      const view = await this.#view();
      const viewJournal = await this.#journal();
      const differsNow = (mayDoubt: boolean): string[] => {
        if (view === undefined) return ['the client does not answer'];
        if (!view.isReady) return [`the client is not ready: ${view.why}`];
        return disagreements(view, viewJournal, this.#botId, mayDoubt, this.#book.reported);
      };
      const differs = differsNow(false);
      const waits = this.#book.calls.some(
        ({ run, outcome }) => run === this.#client?.run && outcome === undefined,
      );
      if (differs.length === 0 && !waits && performance.now() > this.#cancelsDueMs(view))
        return { view, viewJournal, differs };
      if (performance.now() - startMs > this.#plan.settleMs) {
        for (const text of differs) this.#deed(`  differs: ${text}`);
        // What cannot be read to the end is not known to the end, and the client says so.
        return { view, viewJournal, differs: differsNow(isGarbled) };
      }
      if (view?.isReady !== true && performance.now() > againMs) {
        againMs = performance.now() + AGAIN_MS;
        await this.#registerAgain();
      }
      await sleep(250);
    }
  }

  /**
   * When every cancel without an answer must have been sent, should it still be: the last `cancelAll`
   * would hide that it was lost.
   */
  #cancelsDueMs(view: ClientView | undefined): number {
    const open = new Set(
      view?.orders.filter(({ state }) => !hasEnded(state)).map((o) => o.orderId),
    );
    const isWaiting = this.#book.calls.some(
      ({ what, outcome }) =>
        (what === 'cancel' || what === 'cancelAll') &&
        outcome?.results.some((one) => one.status === 'unknown' && open.has(one.order.orderId)),
    );
    if (!isWaiting) return 0;
    this.#cancelsDueFromMs ??= performance.now();
    return this.#cancelsDueFromMs + Number(this.#plan.config['order_wait_ms']) + 2 * WAY_MS;
  }

  /**
   * A registration that the connector refused, because the instrument was another then, is made again by
   * the program: nobody else does. A strategy's run that ended so is started again, as a supervisor does.
   */
  async #registerAgain(): Promise<void> {
    const isRefused = this.#book.reported.some(
      ({ run, kind, text }) =>
        run === this.#client?.run && kind === 'error' && REGISTRATION_REFUSED.test(text),
    );
    if (!isRefused) return;
    if (this.#plan.kind === 'strategy') {
      await this.#renewBot('stop', 0);
      return;
    }
    this.#deed('registered again');
    for (const symbol of this.#plan.symbols) this.#client?.send('resync', { symbol });
  }

  /** Everything is cancelled in calm: what the client knows must end, and be reported. */
  async #lastCancelAll(): Promise<Pick<Story, 'journal' | 'lastCancelAll'>> {
    const lastCancelAll = this.#book.calls.length;
    this.#deed('last cancelAll');
    this.#call('cancelAll', {});
    const endMs = performance.now() + LAST_MS;
    for (;;) {
      const journal = await this.#journal();
      const open = journal.orders.some(
        ({ endedUs, orderLinkId }) =>
          endedUs === null && ownerOf(orderLinkId)?.botId === this.#botId,
      );
      const answered = this.#book.calls[lastCancelAll]?.outcome !== undefined;
      if ((!open && answered) || performance.now() > endMs) return { journal, lastCancelAll };
      await sleep(200);
    }
  }

  #deed(text: string): void {
    this.#deeds.push({ atUs: nowUs(), text });
  }
}
