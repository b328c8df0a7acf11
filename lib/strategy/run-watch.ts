import type { ConnectionHealth } from '../models/connection-health.js';
import type { InstrumentSpec } from '../models/live-instrument.js';
import { createRing, type RingMemory } from '../models/ring.js';
import type { NativePort } from '../native/addon.js';
import type { WatchMemory } from './worker-protocol.js';

/** 4 MB, which take no memory before somebody watches. */
const RING_RECORDS = 32_768;

/** What the thread of a strategy tells when its loop begins. */
export interface RunBegin {
  readonly botId: bigint;
  readonly links: readonly ConnectionHealth[];
}

/** The main thread's end of a run that may be watched: by one at a time. */
export class RunWatch {
  readonly instruments: readonly InstrumentSpec[];
  readonly backend: 'native' | 'stub';
  /** Counters and links of the bot; `null` on the stub. */
  readonly port: NativePort | null;
  readonly memory: WatchMemory;
  readonly ring: RingMemory = createRing(RING_RECORDS);
  /** `undefined` when the run ends without having begun. */
  readonly began: Promise<RunBegin | undefined>;
  /** Resolves when the run has ended, however it did. */
  readonly ended: Promise<void>;
  readonly #wanted: Int32Array;
  #watchers = 0;
  #onWake: (() => void) | undefined;
  #settleBegan: (begin: RunBegin | undefined) => void = () => undefined;
  #settleEnded: () => void = () => undefined;

  constructor(
    instruments: readonly InstrumentSpec[],
    backend: 'native' | 'stub',
    port: NativePort | null,
  ) {
    this.instruments = instruments;
    this.backend = backend;
    this.port = port;
    const wanted = new SharedArrayBuffer(4);
    this.#wanted = new Int32Array(wanted);
    this.memory = { ring: this.ring.bytes.buffer, wanted };
    this.began = new Promise((resolve) => {
      this.#settleBegan = resolve;
    });
    this.ended = new Promise((resolve) => {
      this.#settleEnded = resolve;
    });
  }

  /** Returns what ends the watch; `undefined` while somebody else watches. */
  attach(onWake: () => void): (() => void) | undefined {
    if (this.#onWake !== undefined) return undefined;
    this.#onWake = onWake;
    this.#watchers += 1;
    Atomics.store(this.#wanted, 0, this.#watchers);
    return () => {
      if (this.#onWake !== onWake) return;
      this.#onWake = undefined;
      Atomics.store(this.#wanted, 0, 0);
    };
  }

  wake(): void {
    this.#onWake?.();
  }

  begin(botId: bigint, links: readonly ConnectionHealth[]): void {
    this.#settleBegan({ botId, links });
  }

  end(): void {
    this.#settleBegan(undefined);
    this.#settleEnded();
  }
}

const WATCHES = new WeakMap<object, RunWatch>();

/** Notes how a run can be watched. */
export function keepWatch(run: object, watch: RunWatch): void {
  WATCHES.set(run, watch);
}

/** `undefined` for what `runLive` did not return. */
export function watchOf(run: unknown): RunWatch | undefined {
  return typeof run === 'object' && run !== null ? WATCHES.get(run) : undefined;
}
