import type { InstrumentSpec } from '../models/live-instrument.js';
import type { LinkChange } from '../models/link-change.js';
import type { ConnectionChange } from './client-event.js';

/** What a change of a link means. */
export interface LinkEffect {
  /** The link went: orders under way are unconfirmed, books are not synced. */
  readonly lost: boolean;
  /** Events to emit, in this order. */
  readonly events: readonly ConnectionChange[];
}

/** Which connectors are there, as the bot reported it last. */
export class ConnectorLinks {
  readonly #specs: readonly InstrumentSpec[];
  readonly #up = new Map<string, boolean>();
  readonly #venueDown = new Set<string>();

  constructor(specs: readonly InstrumentSpec[]) {
    this.#specs = specs;
  }

  isUp(asset: number): boolean {
    const spec = this.#specs[asset];
    return spec !== undefined && this.#up.get(spec.connector) === true;
  }

  get allUp(): boolean {
    return this.#specs.every((spec) => this.#up.get(spec.connector) === true);
  }

  /** Instruments of a connector. */
  assetsOf(connector: string): Set<number> {
    const assets = new Set<number>();
    for (const [asset, spec] of this.#specs.entries())
      if (spec.connector === connector) assets.add(asset);
    return assets;
  }

  /** The bot ended: every link is gone. */
  dropAll(): string[] {
    const up = [...this.#up].filter(([, is]) => is).map(([connector]) => connector);
    this.#up.clear();
    this.#venueDown.clear();
    return up;
  }

  apply(change: LinkChange): LinkEffect {
    const { connector, state } = change;
    const wasUp = this.#up.get(connector);
    switch (state) {
      case 'connected':
      case 'restarted': {
        this.#up.set(connector, true);
        const again = state === 'restarted' && wasUp === true;
        // A restart without a loss before it is reported as both: what was under way is lost all the same.
        const events = again ? [this.#change('connectionLost', connector, 'connector')] : [];
        if (again || wasUp === false)
          events.push(this.#change('connectionRestored', connector, 'connector'));
        return { lost: again, events };
      }
      case 'lost':
        this.#up.set(connector, false);
        return wasUp === true
          ? { lost: true, events: [this.#change('connectionLost', connector, 'connector')] }
          : { lost: false, events: [] };
      case 'venue_down':
        if (this.#venueDown.has(connector)) break;
        this.#venueDown.add(connector);
        return { lost: false, events: [this.#change('connectionLost', connector, 'venue')] };
      case 'venue_up':
        if (!this.#venueDown.delete(connector)) break;
        return { lost: false, events: [this.#change('connectionRestored', connector, 'venue')] };
      default:
    }
    return { lost: false, events: [] };
  }

  #change(
    type: ConnectionChange['type'],
    connector: string,
    reason: ConnectionChange['reason'],
  ): ConnectionChange {
    const symbols = this.#specs
      .filter((spec) => spec.connector === connector)
      .map((spec) => spec.symbol);
    return Object.freeze({ type, connector, symbols, reason });
  }
}
