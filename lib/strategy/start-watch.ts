import type { Bot } from '../models/bot.js';
import type { ConnectorError } from '../models/connector-error.js';
import { HftError } from '../models/hft-error.js';
import { registrationRefusal } from '../models/registration-refusal.js';

/** A connector that runs has answered by then. */
const SAID_AFTER_NS = 2_000_000_000;

/** How a run that gets no market at its start is reported and ended. */
export interface StartWatchOptions {
  /** Ends the run when a connector is not there so long after the start, ms. `undefined`: never. */
  readonly connectTimeoutMs: number | undefined;
  /** Gets a line about a connector that is not there yet. */
  readonly onLog: (text: string) => void;
}

/**
 * Watches whether a run gets its market at all: a connector that is not there, an instrument that its
 * connector refuses. What was there once and goes is no fault of the start.
 */
export class StartWatch {
  readonly #bot: Bot;
  readonly #options: StartWatchOptions;
  readonly #wereLive = new Set<number>();
  #hasMet = false;
  #hasSaid = false;
  #failure: HftError | undefined;

  constructor(bot: Bot, options: StartWatchOptions) {
    this.#bot = bot;
    this.#options = options;
  }

  /** Why the run cannot go on; `undefined` while it can. */
  get failure(): HftError | undefined {
    return this.#failure;
  }

  /** A book became live. */
  onLive(asset: number): void {
    this.#wereLive.add(asset);
  }

  /** What a connector reported. */
  onError(reported: ConnectorError): void {
    const spec = this.#bot.instruments[reported.asset];
    if (spec === undefined || this.#wereLive.has(reported.asset)) return;
    this.#failure ??= registrationRefusal(reported, spec);
  }

  /** @param elapsedNs - Since the start. */
  look(elapsedNs: number): void {
    const endNs = (this.#options.connectTimeoutMs ?? Infinity) * 1e6;
    if (this.#hasMet || elapsedNs < Math.min(endNs, SAID_AFTER_NS)) return;
    const name = this.#absent();
    if (name === undefined) this.#hasMet = true;
    else if (elapsedNs >= endNs) this.#failure ??= absentConnector(name, elapsedNs);
    else if (!this.#hasSaid) {
      this.#hasSaid = true;
      this.#options.onLog(
        `connector ${name} is not there yet, waiting for it (hftbacktest-live doctor shows what runs)`,
      );
    }
  }

  /** The run is over: a connector that never came is its failure. */
  end(elapsedNs: number): void {
    if (this.#hasMet || this.#wereLive.size > 0) return;
    const name = this.#absent();
    if (name !== undefined) this.#failure ??= absentConnector(name, elapsedNs);
  }

  #absent(): string | undefined {
    if (this.#bot.backend === 'stub') return undefined;
    return this.#bot.links().find(({ connected }) => !connected)?.connector;
  }
}

function absentConnector(name: string, elapsedNs: number): HftError {
  const seconds = (elapsedNs / 1e9).toFixed(1);
  return new HftError(
    'ERR_CONNECTOR_DOWN',
    `connector ${name} is not there: nothing of this name answered within ${seconds} s`,
    {
      remedy:
        'Start it under this name, or correct the name, or give the run a `connector` of its own; hftbacktest-live doctor shows what runs',
    },
  );
}
