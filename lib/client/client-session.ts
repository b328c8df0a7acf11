import type { DepthKind } from '../bot/depth-kind.js';
import type { BotOptions } from '../models/bot-options.js';
import type { NativeBotConfig } from '../native/addon.js';
import type { OrderLeft } from '../models/order-left.js';
import type { InstrumentSpec } from '../models/live-instrument.js';
import type { StubOptions } from '../stub/stub-options.js';
import type { ClientPort } from './client-port.js';
import type { RingMemory } from '../models/ring.js';

/** What a session is opened with. */
export interface SessionContext {
  readonly ring: RingMemory;
  /** The producer wrote to the ring while its reader slept. Never throws. */
  readonly onWake: () => void;
  readonly instruments: readonly InstrumentSpec[];
  readonly config: NativeBotConfig;
  readonly depth: DepthKind;
  readonly stub: StubOptions;
  /** What is demanded of connectors. */
  readonly requirement: Pick<BotOptions, 'requireOrders' | 'requireEnvironment'>;
}

/**
 * A bot that fills a ring and takes commands: the native one in its worker, or the stub. Keeps
 * no process alive by itself.
 */
export interface ClientSession {
  readonly backend: 'native' | 'stub';
  /** True for a strategy's run that is looked at only: what it sends is the strategy's. */
  readonly watches?: boolean;
  readonly botId: bigint;
  readonly port: ClientPort;
  /** CLOCK_MONOTONIC (or the stub's clock) now, ns. */
  readonly monotonicNs: () => number;
  /** Settles when the bot has ended: with an error when it was not asked to. */
  readonly ended: Promise<Error | undefined>;
  /** Orders that a connector on the bot's thread leaves at the venue; known once the bot has ended. */
  readonly ordersLeft: () => readonly OrderLeft[];
  /** Ends the bot, joins its thread, frees the port. Idempotent. */
  close(): Promise<void>;
}

/** Opens a session; `LiveClient` has one for the native bot and one for the stub. */
export interface OpenSession {
  (context: SessionContext): Promise<ClientSession>;
  /** Where its records come; without it the client makes one. */
  readonly ring?: RingMemory;
}
