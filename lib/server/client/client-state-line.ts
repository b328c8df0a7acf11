import type { ClientHealth } from '../../client/client-health.js';
import { ordersText } from '../../models/orders-kind.js';
import type { StateLine } from '../live-view.js';

/** A book that has not changed for longer is mentioned. */
const QUIET_MS = 5_000;

/** How a client is, in one line: the worst that is the matter. */
export function clientStateLine(health: ClientHealth): StateLine {
  if (health.state !== 'running') {
    const why = health.failure === '' ? '' : `: ${health.failure}`;
    return {
      level: health.state === 'starting' ? 'warn' : 'bad',
      text: `client ${health.state}${why}`,
    };
  }
  const gone = health.connectors.find((connector) => !connector.connected);
  if (gone !== undefined)
    return { level: 'bad', text: `connector ${gone.connector} is not there (${gone.state})` };
  const other = health.connectors.find((connector) => !connector.ordersAgreed);
  if (other !== undefined)
    return {
      level: 'bad',
      text: `orders to ${other.connector} are ${ordersText(other.orders, other.environment)} now: denied until agreed to`,
    };
  const down = health.connectors.find(({ state }) => state === 'venue_down');
  if (down !== undefined)
    return { level: 'bad', text: `connector ${down.connector} lost its venue` };
  const broken = health.instruments.find((instrument) => !instrument.bookSynced);
  if (broken !== undefined)
    return { level: 'warn', text: `the book of ${broken.symbol} is ${broken.bookState}` };
  const quiet = health.instruments.find(({ lastEventAgeMs }) => (lastEventAgeMs ?? 0) > QUIET_MS);
  if (quiet !== undefined)
    return {
      level: 'warn',
      text: `nothing from ${quiet.symbol} for ${String(Math.round((quiet.lastEventAgeMs ?? 0) / 1000))} s`,
    };
  return { level: 'ok', text: 'live' };
}
