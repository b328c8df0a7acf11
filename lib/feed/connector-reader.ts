import { asError } from '../models/as-error.js';
import type { ConnectorWrapper } from './connector-wrapper.js';
import type { StopGate } from './stop-gate.js';
import type { ResolvedStreamOptions } from './stream-options.js';

/** What a reader does with what it reads. */
export interface ReaderHooks {
  onEvent(raw: unknown): void;
  onPollError(error: Error): void;
  /** A promise of room while a consumer blocks. */
  room(): Promise<void> | undefined;
  /** Why the connector is gone, as far as it said. */
  lossReason(): string;
}

/** Events in a row before others on this thread have their turn. */
const TURN_EVENTS = 256;
/** Polls that may fail in a row before the connection counts as lost. */
const POLL_FAILURES_MAX = 5;

/** Takes the events of a connector, by polling or by iterating. */
export class ConnectorReader {
  readonly #wrapper: ConnectorWrapper;
  readonly #options: Pick<ResolvedStreamOptions, 'mode' | 'pollIntervalMs'>;
  readonly #hooks: ReaderHooks;

  constructor(
    wrapper: ConnectorWrapper,
    options: Pick<ResolvedStreamOptions, 'mode' | 'pollIntervalMs'>,
    hooks: ReaderHooks,
  ) {
    this.#wrapper = wrapper;
    this.#options = options;
    this.#hooks = hooks;
  }

  /** Reads until the connection is lost or the gate is shut; returns why. */
  async read(gate: StopGate): Promise<string> {
    return this.#options.mode === 'iterate' ? await this.#iterate(gate) : await this.#poll(gate);
  }

  async #poll(gate: StopGate): Promise<string> {
    const { pollIntervalMs } = this.#options;
    let failures = 0;
    for (let turn = 1; !gate.isStopped(); turn += 1) {
      const askedAtMs = performance.now();
      let raw: unknown;
      try {
        const given: unknown = this.#wrapper.nextEvent(pollIntervalMs);
        raw = given instanceof Promise ? await gate.race(given) : given;
        failures = raw === undefined ? failures : 0;
      } catch (error) {
        failures += 1;
        const failure = asError(error);
        this.#hooks.onPollError(failure);
        if (!this.#wrapper.health.connected || failures >= POLL_FAILURES_MAX)
          return failure.message;
      }
      if (gate.isStopped()) break;
      if (raw === undefined || raw === null) {
        if (!this.#wrapper.health.connected) return this.#hooks.lossReason();
        const restMs = pollIntervalMs - (performance.now() - askedAtMs);
        if (restMs > 1) await gate.pause(restMs);
        turn = 0;
        continue;
      }
      this.#hooks.onEvent(raw);
      await this.#yield(gate, turn);
    }
    return 'stopped';
  }

  async #iterate(gate: StopGate): Promise<string> {
    const iterator = this.#wrapper[Symbol.asyncIterator]?.();
    if (iterator === undefined) return 'the connector has no async iterator';
    try {
      for (let turn = 1; !gate.isStopped(); turn += 1) {
        const result = await gate.race(iterator.next());
        if (result === undefined) break;
        if (result.done === true) return this.#hooks.lossReason();
        this.#hooks.onEvent(result.value);
        await this.#yield(gate, turn);
      }
    } finally {
      // Not waited for: a generator that waits for its venue answers when it hears from it.
      iterator.return?.().then(undefined, () => undefined);
    }
    return 'stopped';
  }

  /** Waits for consumers that block, and lets others on this thread have their turn. */
  async #yield(gate: StopGate, turn: number): Promise<void> {
    for (let room = this.#hooks.room(); room !== undefined; room = this.#hooks.room()) {
      await gate.race(room);
      if (gate.isStopped()) return;
    }
    if (turn % TURN_EVENTS === 0) await new Promise(setImmediate);
  }
}
