import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';

import { nowUs } from '../support/programs/unix-us.mjs';
import type { Plan } from './plan.js';
import type { BotRun, Call, ClientView, Outcome, Reported } from './story.js';

const PROGRAMS = {
  client: new URL('../support/programs/order-client.mjs', import.meta.url),
  bot: new URL('../support/programs/order-bot.mjs', import.meta.url),
  strategy: new URL('../support/programs/order-strategy.mjs', import.meta.url),
};

/** Keeps what clients call and say, over all lives of the bot. */
export interface Book {
  readonly runs: BotRun[];
  readonly calls: Call[];
  readonly reported: Reported[];
}

type Message = { readonly kind: string; readonly atUs: number } & Record<string, unknown>;

/** A `LiveClient` (or a low-level bot, or a strategy) in a process of its own that can be killed and stopped in its tracks. */
export class ClientProcess {
  readonly #child: ChildProcess;
  readonly #book: Book;
  readonly #run: BotRun;
  readonly #waiting = new Map<string, (message: Message) => void>();
  readonly #exited: Promise<unknown>;

  constructor(book: Book, kind: Plan['kind']) {
    this.#book = book;
    this.#run = { run: book.runs.length, startedUs: nowUs(), endedUs: undefined, killed: false };
    book.runs.push(this.#run);
    this.#child = fork(PROGRAMS[kind], {
      serialization: 'advanced',
      execArgv: [],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    let errors = '';
    this.#child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    this.#child.on('message', (message) => {
      this.#onMessage(message as Message);
    });
    this.#child.on('error', () => undefined);
    this.#exited = once(this.#child, 'close').then(() => {
      this.#run.endedUs = nowUs();
      if (errors !== '') this.note(`stderr: ${errors.trim()}`);
    });
  }

  get run(): number {
    return this.#run.run;
  }

  get alive(): boolean {
    return this.#child.exitCode === null && this.#child.signalCode === null;
  }

  /** Starts the client; resolves once it is ready, or has said that it is not. */
  async open(options: object): Promise<void> {
    const ready = this.#wait('ready', 25_000);
    this.send('open', options);
    const message = await ready;
    if (message === undefined) this.note('the client did not get ready');
    else if (typeof message['text'] === 'string') this.note(`not ready: ${message['text']}`);
  }

  send(what: string, args: object = {}): void {
    if (this.#child.connected) this.#child.send({ do: what, ...args });
  }

  async view(): Promise<ClientView | undefined> {
    const view = this.#wait('view', 5_000);
    this.send('view');
    return (await view) as ClientView | undefined;
  }

  signal(signal: NodeJS.Signals): void {
    if (this.alive) this.#child.kill(signal);
  }

  async kill(): Promise<void> {
    this.#run.killed = true;
    this.signal('SIGKILL');
    await this.#exited;
  }

  /** Ends the client as a program does. */
  async stop(): Promise<void> {
    this.send('stop');
    const timer = setTimeout(() => {
      this.note('the client did not end within 20 s');
      this.signal('SIGKILL');
    }, 20_000);
    await this.#exited;
    clearTimeout(timer);
  }

  note(text: string): void {
    this.#book.reported.push({ run: this.run, atUs: nowUs(), kind: 'note', text });
  }

  #wait(kind: string, timeoutMs: number): Promise<Message | undefined> {
    return new Promise((resolve) => {
      const timer = setTimeout(resolve, timeoutMs, undefined);
      const done = (message?: Message): void => {
        clearTimeout(timer);
        resolve(message);
      };
      this.#waiting.set(kind, done);
      void this.#exited.then(() => {
        done();
      });
    });
  }

  #onMessage(message: Message): void {
    const { kind, atUs } = message;
    switch (kind) {
      case 'call': {
        const { call, what, orderIds } = message as unknown as Call;
        this.#book.calls.push({
          run: this.run, call, what, atUs, orderIds, terms: {}, outcome: undefined,
        }); // prettier-ignore
        return;
      }
      case 'asked':
      case 'outcome': {
        const at = this.#book.calls.findIndex(
          ({ run, call }) => run === this.run && call === message['call'],
        );
        const call = this.#book.calls[at];
        if (call === undefined) return;
        if (kind === 'asked') {
          this.#book.calls[at] = { ...call, askedUs: atUs };
          return;
        }
        const { thrown, results } = message as unknown as Outcome;
        // A low-level bot hears of each order by itself.
        const before = call.outcome?.results ?? [];
        this.#book.calls[at] = {
          ...call,
          outcome: { atUs, thrown, results: [...before, ...results] },
        };
        return;
      }
      case 'ready':
      case 'view':
      case 'stopped':
        this.#waiting.get(kind)?.(message);
        this.#waiting.delete(kind);
        return;
      default:
        this.#book.reported.push({ run: this.run, ...message } as unknown as Reported);
    }
  }
}
