import type { BotOptions } from '../models/bot-options.js';
import { checkRequirement } from '../models/check-requirement.js';
import type { ConnectorNotice } from '../models/connector-notice.js';
import { announceRealOrders } from '../models/announce-real-orders.js';
import { HftError } from '../models/hft-error.js';
import type { InstrumentSpec } from '../models/live-instrument.js';
import type { LinkChange } from '../models/link-change.js';
import { ordersFromCode, ordersText, type OrdersKind } from '../models/orders-kind.js';
import type { NativeLink } from '../native/addon.js';

/** Notice: the venue refused the key. */
const KEY_REFUSED = 3213;
/** Notice of the bot: orders go elsewhere than before. */
const ORDERS_CHANGED = 3112;
/** Notice of the bot: orders go elsewhere than the program demands. */
const NOT_AS_REQUIRED = 3113;
/** A refused login is tried again at once for reasons that pass, a clock for instance. */
export const REFUSAL_GRACE_MS = 2_000;

type Requirement = Pick<BotOptions, 'requireOrders' | 'requireEnvironment'>;

/** What is known of the account behind one connector. */
interface Account {
  orders: OrdersKind;
  /** Its orders and positions have been read. */
  known: boolean;
  /** Connections that orders need and that are lost. */
  readonly down: Set<string>;
  refusal: HftError | undefined;
  refusedMs: number;
  mismatch: HftError | undefined;
}

/**
 * Whether orders can go where they are meant to: what a client needs besides links and books to be
 * ready. A connector with real orders is ready when its venue has let it in and reported the account's
 * orders.
 */
export class ConnectorAccounts {
  readonly #accounts = new Map<string, Account>();

  readonly #requirement: Requirement;

  constructor(options: {
    readonly instruments: readonly InstrumentSpec[];
    readonly requirement: Requirement;
  }) {
    const { instruments, requirement } = options;
    this.#requirement = requirement;
    for (const { connector } of instruments)
      this.#accounts.set(connector, {
        orders: 'unknown',
        known: false,
        down: new Set(),
        refusal: undefined,
        refusedMs: 0,
        mismatch: undefined,
      });
  }

  /** A connector is there, perhaps another run than before. */
  meet(connector: string, link: NativeLink | undefined): void {
    const account = this.#accounts.get(connector);
    if (account === undefined) return;
    account.orders = ordersFromCode(link?.orders);
    account.known = false;
    account.down.clear();
    account.refusal = undefined;
    account.mismatch = this.#mismatch(connector, account.orders, link?.environment ?? '');
    announceRealOrders(connector, account.orders, link?.environment ?? '');
  }

  #mismatch(connector: string, orders: OrdersKind, environment: string): HftError | undefined {
    try {
      checkRequirement(this.#requirement, connector, orders, environment);
      return undefined;
    } catch (error) {
      if (HftError.is(error)) return error;
      throw error;
    }
  }

  onLink({ connector, state, socket }: LinkChange): void {
    const account = this.#accounts.get(connector);
    if (account === undefined || socket === undefined || socket === 'public') return;
    if (state === 'socket_down') account.down.add(socket);
    if (state !== 'socket_up') return;
    account.down.delete(socket);
    account.refusal = undefined;
  }

  onBookReady(connector: string, ordersKnown: boolean): void {
    const account = this.#accounts.get(connector);
    if (account === undefined) return;
    account.known = ordersKnown;
    if (ordersKnown) account.refusal = undefined;
  }

  /** The error to report, for a notice that is one. */
  onNotice({ connector, code, text }: ConnectorNotice, link?: NativeLink): HftError | undefined {
    const account = this.#accounts.get(connector);
    if (account === undefined) return undefined;
    if (code === KEY_REFUSED) {
      account.refusal = new HftError('ERR_VENUE_REFUSED', `connector ${connector}: ${text}.`, {
        remedy: 'Correct key, secret and environment, and start the connector again.',
      });
      account.refusedMs = performance.now();
      return undefined; // Reported as an error of the connector already.
    }
    const where = ordersText(ordersFromCode(link?.orders), link?.environment ?? '');
    if (code === ORDERS_CHANGED)
      return new HftError('ERR_ORDERS_CHANGED', `${text}.`, {
        remedy: `When ${where} is meant, call agreeOrders() with it; else look at who started the connector.`,
      });
    return code === NOT_AS_REQUIRED ? account.mismatch : undefined;
  }

  /** Why the client cannot become ready unless something changes; `undefined` while it can. */
  failure(): HftError | undefined {
    const nowMs = performance.now();
    for (const { mismatch, refusal, refusedMs, orders } of this.#accounts.values()) {
      if (mismatch !== undefined) return mismatch;
      if (orders === 'real' && refusal !== undefined && nowMs - refusedMs >= REFUSAL_GRACE_MS)
        return refusal;
    }
    return undefined;
  }

  /** What is missing until orders can be sent, in words; '' when nothing is. */
  missing(): string {
    for (const [connector, { orders, known, down, refusal, mismatch }] of this.#accounts) {
      if (mismatch !== undefined) return mismatch.message;
      if (orders !== 'real') continue;
      if (refusal !== undefined) return refusal.message;
      if (down.size > 0)
        return `connector ${connector} has no ${[...down].join(' and ')} connection`;
      if (!known) return `the account behind connector ${connector} is not known yet`;
    }
    return '';
  }
}
