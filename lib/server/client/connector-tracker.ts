import type { ConnectionHealth } from '../../models/connection-health.js';
import type { LinkChange } from '../../models/link-change.js';
import { isLinkUp, type LinkState } from '../../models/link-state.js';
import { ordersText } from '../../models/orders-kind.js';
import type { ConnectorView, SocketView } from '../live-view.js';

interface Tracked {
  readonly sockets: Map<string, SocketView>;
  restarts: number;
  lastRestartMs: number | undefined;
}

const WORDS: Partial<Record<LinkState, string>> = {
  waiting: 'not there yet',
  lost: 'lost',
  venue_down: 'connected, its venue is down',
  feed_stale: 'connected, its feed is stale',
};

/** Keeps what links report and no snapshot of health has: connections with the venue, and restarts. */
export class ConnectorTracker {
  readonly #tracked = new Map<string, Tracked>();

  /** Takes a change of a link; Unix ms. */
  onLink({ connector, state, socket, text }: LinkChange, atMs = Date.now()): void {
    const tracked = this.#of(connector);
    if (state === 'restarted') {
      tracked.restarts += 1;
      tracked.lastRestartMs = atMs;
    }
    // Its next run reports its own connections.
    if (state === 'restarted' || state === 'connected' || state === 'lost') tracked.sockets.clear();
    if (socket === undefined) return;
    const isUp = state === 'socket_up';
    const why = text === '' ? 'down' : `down: ${text}`;
    tracked.sockets.set(socket, {
      name: socket,
      level: isUp ? 'ok' : 'bad',
      text: isUp ? 'connected' : why,
    });
  }

  /** One connector as the page shows it. */
  view(health: ConnectionHealth): ConnectorView {
    const { state, connector, orders, environment, ordersAgreed, version } = health;
    const { sockets, restarts, lastRestartMs } = this.#of(connector);
    const isTroubled =
      state === 'venue_down' ||
      state === 'feed_stale' ||
      [...sockets.values()].some(({ level }) => level !== 'ok');
    const level = !isLinkUp(state) || !ordersAgreed ? 'bad' : isTroubled ? 'warn' : 'ok';
    const changed = ordersAgreed
      ? ''
      : `, orders ${ordersText(orders, environment)} now: CHANGED and not agreed to`;
    return {
      name: connector,
      level,
      text: `${WORDS[state] ?? 'connected'}${changed}`,
      pid: health.pid,
      heartbeatAgeMs: health.heartbeatAgeMs,
      orders,
      environment: environment === 'unknown' ? '' : environment,
      version,
      sockets: [...sockets.values()],
      restarts,
      lastRestartMs,
    };
  }

  #of(connector: string): Tracked {
    const known = this.#tracked.get(connector);
    if (known !== undefined) return known;
    const made = { sockets: new Map(), restarts: 0, lastRestartMs: undefined };
    this.#tracked.set(connector, made);
    return made;
  }
}
