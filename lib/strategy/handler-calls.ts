import { asError } from '../models/as-error.js';
import type { EventView } from '../models/event-view.js';
import { connectorErrorFromView, rejectFromView } from '../models/event-from-view.js';
import { HftError } from '../models/hft-error.js';
import type { InstrumentSpec } from '../models/live-instrument.js';
import { registrationRefusal } from '../models/registration-refusal.js';
import { RecordKind } from '../models/record-layout.js';
import type { OrderUpdate } from '../orders/order-update.js';
import type { Strategy } from './strategy.js';
import type { StrategyContext } from './strategy-context.js';

/** What to do about a report that refuses nothing. */
const CODES = 'Its number is explained in docs/guide/connector-reference.md.';

/** Who hears of errors besides the strategy. */
export interface HandlerReports {
  readonly onLog?: (text: string, values: undefined) => void;
  readonly onHandlerError?: (error: Error) => void;
}

/** Calls the handlers of a strategy: what they throw is contained, counted and passed to `onError`. */
export class HandlerCalls {
  readonly #strategy: Strategy;
  readonly #ctx: StrategyContext;
  readonly #instruments: readonly InstrumentSpec[];
  readonly #onLog: HandlerReports['onLog'];
  readonly #onHandlerError: HandlerReports['onHandlerError'];
  #errors = 0;

  constructor(strategy: Strategy, ctx: StrategyContext, { onLog, onHandlerError }: HandlerReports) {
    this.#strategy = strategy;
    this.#ctx = ctx;
    this.#instruments = ctx.instruments;
    this.#onLog = onLog;
    this.#onHandlerError = onHandlerError;
  }

  /** Handlers that threw. */
  get errors(): number {
    return this.#errors;
  }

  call(handler: 'onStart' | 'onBatch' | 'onTimer' | 'onStop'): void {
    try {
      this.refusePromise(this.#strategy[handler]?.(this.#ctx));
    } catch (error) {
      this.contain(error);
    }
  }

  /**
   * The loop holds the thread: what an async handler does after its first `await` would only run
   * when the strategy has ended, and what it throws would go unheard.
   */
  refusePromise(result: unknown): void {
    if (!(result instanceof Promise)) return;
    result.catch(() => undefined);
    throw new HftError('ERR_STRATEGY_MODULE', 'A handler returned a promise.', {
      remedy: 'Handlers are synchronous: make it a plain function without `async` and `await`.',
    });
  }

  contain(error: unknown): void {
    this.#errors += 1;
    const failure = asError(error);
    this.#onHandlerError?.(failure);
    if (this.#strategy.onError === undefined) {
      if (this.#errors === 1)
        this.#onLog?.(
          `A handler threw. Later exceptions are only counted (handlerErrors); onError gets each. ${failure.stack ?? failure.message}`,
          undefined,
        );
      return;
    }
    try {
      this.#strategy.onError(this.#ctx, failure);
    } catch {
      this.#errors += 1;
    }
  }

  /** Hands an update to `onOrderUpdate`. */
  readonly orderUpdate = (update: OrderUpdate): void => {
    try {
      this.refusePromise(this.#strategy.onOrderUpdate?.(this.#ctx, update));
    } catch (error) {
      this.contain(error);
    }
  };

  /** A connector's error, or a refusal that no `onOrderUpdate` takes. */
  reportError(view: EventView): void {
    if (view.kind === RecordKind.Reject) {
      const { symbol, orderId, code, text } = rejectFromView(view, this.#instruments);
      const about = orderId === undefined ? 'cancelAll' : `order ${String(orderId)}`;
      const what = `${symbol}: ${about} was refused: ${String(code)} ${text}`.trimEnd();
      const remedy = 'onOrderUpdate gets refusals together with their orders.';
      this.#report(new HftError('ERR_CUSTOM', `${what}.`, { remedy }));
      return;
    }
    const reported = connectorErrorFromView(view, this.#instruments);
    const { kind, text, value, symbol } = reported;
    const spec = this.#instruments[reported.asset];
    const refusal = spec === undefined ? undefined : registrationRefusal(reported, spec);
    const what = `${symbol}: ${kind} ${String(value)} ${text}`.trimEnd();
    this.#report(
      refusal ?? new HftError('ERR_CUSTOM', `The connector reported: ${what}.`, { remedy: CODES }),
    );
  }

  /** Unheard, it would leave a strategy without data and without a word. */
  #report(error: HftError): void {
    if (this.#strategy.onError !== undefined) this.#strategy.onError(this.#ctx, error);
    else this.#onLog?.(error.message, undefined);
  }
}
