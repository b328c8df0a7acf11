import type { Balances } from '../models/balances.js';
import type { ConnectorError } from '../models/connector-error.js';
import type { ConnectorNotice } from '../models/connector-notice.js';
import { HftError } from '../models/hft-error.js';
import type { LinkChange } from '../models/link-change.js';
import { linkStateFromCode, isLinkUp } from '../models/link-state.js';
import { registrationRefusal } from '../models/registration-refusal.js';
import type { NativeLink } from '../native/addon.js';
import type { ClientErrorEvent } from './client-event.js';
import type { ClientMetrics } from './client-metrics.js';
import type { ClientReadiness } from './client-readiness.js';
import { REFUSAL_GRACE_MS, type ConnectorAccounts } from './connector-accounts.js';
import type { ConnectorLinks } from './connector-links.js';
import type { EventHub } from './event-hub.js';
import type { InstrumentState } from './instrument-state.js';
import type { OrderManager } from './order-manager.js';

export interface ConnectorReportsOptions {
  readonly instruments: readonly InstrumentState[];
  readonly links: ConnectorLinks;
  readonly accounts: ConnectorAccounts;
  readonly balances: Balances;
  readonly orders: OrderManager;
  readonly readiness: ClientReadiness;
  readonly metrics: ClientMetrics;
  readonly hub: EventHub;
  /** Levels per side of a `snapshot` event. */
  readonly snapshotLevels: number;
  /** The bot's links now; none while no session is open. */
  readonly linksNow: () => readonly NativeLink[];
  readonly reportError: (
    error: Error,
    source: ClientErrorEvent['source'],
    reported?: ConnectorError,
  ) => void;
}

/**
 * Applies what connectors report besides market data and orders: links, states of books, notices,
 * errors. Brings the client's state up to date, then emits the event.
 */
export class ConnectorReports {
  readonly #options: ConnectorReportsOptions;

  constructor(options: ConnectorReportsOptions) {
    this.#options = options;
  }

  onLink(change: LinkChange): void {
    const { links, accounts, balances, orders, readiness, metrics, hub } = this.#options;
    const effect = links.apply(change);
    // The answers to the registrations that follow bring them anew.
    if (change.state === 'connected' || change.state === 'restarted') {
      accounts.meet(change.connector, this.#linkOf(change.connector));
      balances.forget(change.connector);
      for (const asset of links.assetsOf(change.connector)) this.#forgetRefusal(asset);
    }
    accounts.onLink(change);
    if (effect.lost) {
      const assets = links.assetsOf(change.connector);
      for (const asset of assets) {
        const state = this.#options.instruments[asset];
        if (state !== undefined) state.book.synced = false;
      }
      orders.onLinkLost(assets, 'connection_lost');
    }
    hub.emit('link', change);
    for (const event of effect.events) {
      if (event.type === 'connectionLost') {
        hub.emit('connectionLost', event);
      } else {
        if (event.reason === 'connector') metrics.reconnections += 1;
        hub.emit('connectionRestored', event);
      }
    }
    readiness.changed();
  }

  /** Links that the bot made before its records had a ring to go to, should there be any. */
  adoptLinks(): void {
    const { instruments, links } = this.#options;
    for (const link of this.#options.linksNow()) {
      const first = instruments.find(({ spec }) => spec.connector === link.connector);
      const state = linkStateFromCode(link.status);
      if (first === undefined || !isLinkUp(state) || links.isUp(first.asset)) continue;
      this.onLink(
        Object.freeze({
          type: 'link',
          state: 'connected',
          asset: first.asset,
          symbol: first.spec.symbol,
          connector: link.connector,
          epoch: link.epoch,
          socket: undefined,
          text: '',
        }),
      );
    }
  }

  /** The state of a book was reported; the instrument's own is up to date. */
  onBookState(asset: number): void {
    const state = this.#options.instruments[asset];
    if (state?.bookState === 'live') {
      state.complaint = '';
      state.refusal = undefined;
    }
    this.#options.readiness.changed();
  }

  /** A book was sent in full. `ordersKnown`: the connector knows the account's orders. */
  onBookReady(asset: number, ordersKnown: boolean): void {
    const { instruments, accounts, hub, readiness, snapshotLevels } = this.#options;
    const state = instruments[asset];
    accounts.onBookReady(state?.spec.connector ?? '', ordersKnown);
    if (state !== undefined && hub.wants('snapshot'))
      hub.emit('snapshot', state.snapshot(snapshotLevels));
    readiness.changed();
  }

  onError(reported: ConnectorError): void {
    const code =
      reported.kind === 'connection_interrupted' || reported.kind === 'critical_connection_error'
        ? 'ERR_CONNECTOR_DOWN'
        : 'ERR_CUSTOM';
    const about = this.#options.instruments[reported.asset];
    if (about !== undefined && about.bookState !== 'live') {
      about.complaint = reported.text;
      about.refusal = registrationRefusal(reported, about.spec);
    }
    const number = reported.value === 0n ? '' : ` ${String(reported.value)}`;
    this.#options.reportError(
      new HftError(
        code,
        `${reported.symbol}: the connector reported ${reported.kind}${number}: ${reported.text || 'no text'}.`,
      ),
      'connector',
      reported,
    );
    if (about?.refusal !== undefined) this.#options.readiness.changed();
  }

  /** Something was reported that no other event carries: a refused key, orders that go elsewhere. */
  onNotice(notice: ConnectorNotice): void {
    const { hub, accounts, readiness } = this.#options;
    hub.emit('notice', notice);
    const error = accounts.onNotice(notice, this.#linkOf(notice.connector));
    if (error !== undefined) this.#options.reportError(error, 'connector');
    readiness.changed();
    // A refused key fails `ready()` once it has had time to be accepted after all.
    setTimeout(() => {
      readiness.changed();
    }, REFUSAL_GRACE_MS + 50).unref();
  }

  /** The connector that came judges the instrument anew. */
  #forgetRefusal(asset: number): void {
    const state = this.#options.instruments[asset];
    if (state !== undefined) state.refusal = undefined;
  }

  #linkOf(connector: string): NativeLink | undefined {
    return this.#options.linksNow().find((each) => each.connector === connector);
  }
}
