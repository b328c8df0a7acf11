import type { ClientEventMap } from '../../client/client-event.js';
import type { LiveClient } from '../../client/live-client.js';
import type { Level } from '../live-view.js';
import { LogTail } from '../log/log-tail.js';
import { withoutNoise } from '../../models/ticks.js';
import type { ClientListeners } from './client-listeners.js';

type OrderUpdate = ClientEventMap['orderUpdate'];

const SEVERITY: Readonly<Record<string, Level>> = { info: 'ok', warning: 'warn', error: 'bad' };

/** The log of a client for the page: what happened to it, with the symbol that it happened to. */
export class ClientLog {
  readonly tail = new LogTail();
  readonly #client: LiveClient;

  constructor(client: LiveClient, listeners: ClientListeners) {
    this.#client = client;
    const log = this.tail;
    listeners.on('connectionLost', ({ connector, reason }) => {
      log.add('bad', `connector ${connector}: connection lost (${reason})`);
    });
    listeners.on('connectionRestored', ({ connector, reason }) => {
      log.add('ok', `connector ${connector}: connection restored (${reason})`);
    });
    listeners.on('connectorDied', ({ connector, code, signal, willRestart }) => {
      const next = willRestart ? 'it is started again' : 'it is not started again';
      log.add('bad', `connector ${connector} ended by itself (${signal ?? String(code)}); ${next}`);
    });
    listeners.on('link', ({ connector, socket, state, text }) => {
      if (socket === undefined) return;
      const why = text === '' ? '' : ` (${text})`;
      if (state === 'socket_up')
        log.add('ok', `connector ${connector}: ${socket} connection is up`);
      else log.add('warn', `connector ${connector}: ${socket} connection is down${why}`);
    });
    listeners.on('notice', ({ severity, code, text, symbol, orderId }) => {
      const about = orderId === undefined ? '' : symbol;
      log.add(SEVERITY[severity] ?? 'warn', `${text} (${String(code)})`, { symbol: about });
    });
    listeners.on('gap', ({ symbol, lost }) => {
      log.add('warn', `${String(lost)} messages were lost`, { symbol, fold: 'gap' });
    });
    listeners.on('bookState', ({ symbol, state }) => {
      log.add(state === 'live' ? 'ok' : 'warn', `the book is ${state}`, { symbol });
    });
    listeners.on('dropped', ({ queue, count }) => {
      const fold = `dropped ${queue}`;
      log.add('warn', `queue ${queue} dropped ${String(count)}`, { fold });
    });
    listeners.on('alarm', ({ queue, size }) => {
      const fold = `alarm ${queue}`;
      log.add('warn', `queue ${queue} holds ${String(size)}: its consumer is too slow`, { fold });
    });
    listeners.on('error', ({ error, source, reported }) => {
      // An answer to one order is an outcome of that order, not a fault of the connector.
      const isOutcome = reported?.kind === 'order_error';
      const symbol = reported?.symbol ?? '';
      log.add(isOutcome ? 'ok' : 'bad', `${source}: ${error.message}`, { symbol });
    });
    listeners.on('state', ({ current }) => {
      log.add(current === 'failed' ? 'bad' : 'ok', `the client is ${current}`);
    });
    listeners.on('orderUpdate', (update) => {
      this.#order(update);
    });
  }

  /** What became of an order. However it ended, that is no fault. */
  #order({ order, previous, current, fill }: OrderUpdate): void {
    const { side, symbol, reject } = order;
    const what = `${side} ${this.#lots(order, order.qty)} at ${String(order.price)}`;
    const why = reject === undefined || reject.text === '' ? '' : `: ${reject.text}`;
    const add = (text: string, fold: string): void => {
      this.tail.add('ok', text, { symbol, fold });
    };
    if (fill !== undefined)
      add(
        `${what}: filled ${this.#lots(order, fill.qty)}`,
        `filled ${side} ${String(order.orderId)}`,
      );
    if (current === previous) return;
    if (current === 'rejected')
      add(`${what} rejected${why}`, `rejected ${String(reject?.code ?? 0)} ${side}`);
    else if (current === 'expired') {
      const how = order.timeInForce === 'GTX' ? 'post-only, it would have taken' : '';
      add(
        `${what} expired${why !== '' || how === '' ? why : `: ${how}`}`,
        `expired ${String(reject?.code ?? 0)} ${side}`,
      );
    } else if (current === 'denied') add(`${what} denied, not sent${why}`, `denied ${side}`);
    else if (current === 'closed') add(`${what} has ended, how was not seen`, `closed ${side}`);
  }

  #lots({ asset }: OrderUpdate['order'], qty: number): string {
    return String(withoutNoise(qty, this.#client.instruments[asset]?.lotSize ?? 1));
  }
}
