import type { AssignedConnector } from '../connector/assign-connector.js';
import { DirectConnector } from '../connector/direct-connector.js';
import { OwnedConnector, type OwnedConnectorHealth } from '../connector/owned-connector.js';
import type { BotOptions } from '../models/bot-options.js';
import type { NativeDirectConnector } from '../native/addon.js';
import type { HftError } from '../models/hft-error.js';
import { ordersLeftOpen } from '../models/order-left.js';
import type { EventHub } from './event-hub.js';

type Requirement = Pick<BotOptions, 'requireOrders' | 'requireEnvironment'>;

/** The connector process of a client: one per start, reported by the client's events. */
export class ClientConnector {
  readonly #given: AssignedConnector | undefined;
  readonly #hub: EventHub;
  readonly #reportError: (error: HftError) => void;
  #connector: OwnedConnector | undefined;
  #direct: DirectConnector | undefined;
  #isRef = true;

  constructor(
    given: AssignedConnector | undefined,
    hub: EventHub,
    reportError: (error: HftError) => void,
  ) {
    this.#given = given;
    this.#hub = hub;
    this.#reportError = reportError;
  }

  /** For the addon, when it runs on the bot's thread. */
  get direct(): NativeDirectConnector[] {
    return this.#direct === undefined ? [] : [this.#direct.native];
  }

  /** True when the client has a connector of its own. */
  get isOwned(): boolean {
    return this.#given !== undefined;
  }

  /** `undefined` when there is none, or it was not started yet. */
  get health(): OwnedConnectorHealth | undefined {
    return this.#connector?.health;
  }

  /**
   * Starts a new process and waits until bots may connect. Does nothing when the client has none.
   *
   * @throws HftError as `OwnedConnector.start`.
   */
  async start(required: Requirement): Promise<void> {
    if (this.#given === undefined) return;
    if (this.#given.options.direct === true) {
      this.#direct?.remove();
      this.#direct = new DirectConnector(this.#given);
      return;
    }
    const { name } = this.#given;
    const connector = new OwnedConnector(this.#given);
    this.#connector = connector;
    connector
      .on('died', ({ code, signal, stderrTail }, willRestart) => {
        this.#hub.emit(
          'connectorDied',
          Object.freeze({
            type: 'connectorDied',
            connector: name,
            code,
            signal,
            willRestart,
            stderrTail,
          }),
        );
      })
      .on('restarted', (restarts) => {
        this.#hub.emit(
          'connectorRestarted',
          Object.freeze({ type: 'connectorRestarted', connector: name, restarts }),
        );
      })
      .on('ordersLeft', (orders) => {
        this.#reportError(ordersLeftOpen(`the connector ${name}`, orders));
      })
      .on('failed', this.#reportError);
    if (!this.#isRef) connector.unref();
    await connector.start(required);
  }

  /** Ends the process; its last condition stays readable. Idempotent, never throws. */
  async stop(): Promise<void> {
    this.#direct?.remove();
    await this.#connector?.stop();
  }

  unref(): void {
    this.#isRef = false;
    this.#connector?.unref();
  }

  ref(): void {
    this.#isRef = true;
    this.#connector?.ref();
  }
}
