import { reasonOfBookState } from '../models/book-state.js';
import type { HftError } from '../models/hft-error.js';
import type { ConnectorAccounts } from './connector-accounts.js';
import type { ConnectorLinks } from './connector-links.js';
import type { InstrumentState } from './instrument-state.js';

/** Whether a running client can trade: every link up, every account known, every book live. */
export class ClientReadiness {
  readonly #links: ConnectorLinks;
  readonly #accounts: ConnectorAccounts;
  readonly #instruments: readonly InstrumentState[];
  readonly #waiters = new Set<() => void>();

  constructor(
    links: ConnectorLinks,
    accounts: ConnectorAccounts,
    instruments: readonly InstrumentState[],
  ) {
    this.#links = links;
    this.#accounts = accounts;
    this.#instruments = instruments;
  }

  get isReady(): boolean {
    return (
      this.#links.allUp &&
      this.#accounts.missing() === '' &&
      this.#instruments.every((state) => state.bookState === 'live')
    );
  }

  /** Why the client cannot become ready unless something changes; `undefined` while it can. */
  get refusal(): HftError | undefined {
    const refused = this.#instruments.find(({ refusal }) => refusal !== undefined);
    return refused?.refusal ?? this.#accounts.failure();
  }

  /** What is missing, in words. */
  missing(): string {
    const account = this.#accounts.missing();
    return this.#instruments
      .filter((state) => !this.#links.isUp(state.asset) || state.bookState !== 'live')
      .map((state) => {
        if (!this.#links.isUp(state.asset)) return `connector ${state.spec.connector} is not there`;
        const why = state.complaint === '' ? '' : ` (the connector says: ${state.complaint})`;
        const { bookState, spec } = state;
        return `the book of ${spec.symbol} is ${bookState}: ${reasonOfBookState(bookState)}${why}`;
      })
      .concat(account === '' ? [] : [account])
      .join(', ');
  }

  /** Runs `check` now and whenever readiness may have changed, until it returns true. */
  whenChanged(check: () => boolean): () => void {
    const waiter = (): void => {
      if (check()) this.#waiters.delete(waiter);
    };
    this.#waiters.add(waiter);
    waiter();
    return () => this.#waiters.delete(waiter);
  }

  /** Readiness may have changed: runs the checks. */
  changed(): void {
    for (const waiter of [...this.#waiters]) waiter();
  }
}
