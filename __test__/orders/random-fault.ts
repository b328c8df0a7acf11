import type { Random } from '../../lib/stub/random.js';
import type { Step } from './plan.js';
import { randomGarble } from './random-garble.js';
import { LISTING_CHANGES, randomListing } from './random-listing.js';

const SOCKETS = ['public', 'private', 'trade', 'rest'] as const;
const ENDS = ['reset', 'drop', 'close', 'midFrame', 'halfClose'] as const;
const POINTS = ['accept', 'open', 'auth', 'authReply', 'subscribe', 'subscribeReply', 'data', 'request', 'reply', 'replySent', 'ping'] as const; // prettier-ignore
const PATHS = ['/v5/order/realtime', '/v5/execution/list', '/v5/position/list', '/v5/order/history', '/v5/account/wallet-balance', '/v5/market/instruments-info'] as const; // prettier-ignore
const OPS = ['order.create', 'order.create', 'order.cancel', 'order.cancel-batch', 'order.amend'] as const; // prettier-ignore

/** All faults of a kind of socket off. */
const CALM = { stall: false, deaf: false, silent: false, noPong: false, refuseMs: 0, httpStatus: 0, delayMs: 0, jitterMs: 0, duplicate: 0, reorder: 0, drop: 0, auth: 'normal' }; // prettier-ignore

/** One fault, and the end of it where it does not end by itself. */
export function randomFault(
  random: Random,
  symbols: readonly string[],
  atMs: number,
  stormMs: number,
): Step[] {
  const pick = <T>(of: readonly T[]): T => of[random.whole(0, of.length - 1)] as T;
  const venue = (command: Record<string, unknown>, at = atMs): Step => ({
    do: 'venue',
    command,
    atMs: at,
  });
  const laterMs = Math.min(stormMs, atMs + pick([80, 300, 1_000, 2_500]));
  const end = pick(ENDS);
  const socket = pick(SOCKETS);
  const symbol = pick(symbols);
  switch (random.whole(0, 16)) {
    case 0:
      return [venue({ cmd: 'cut', socket, end })];
    case 1:
    case 2:
      return [venue({ cmd: 'cutAt', socket, point: pick(POINTS), end, count: random.whole(1, 2) })];
    case 3:
    case 4: {
      const faults = pick([
        { stall: true },
        { deaf: true },
        { silent: true },
        { noPong: true },
        { refuseMs: 400 },
        { httpStatus: 503, httpCount: 2 },
        { delayMs: 60, jitterMs: 80 },
        { duplicate: 0.3 },
        { reorder: 0.3 },
        { drop: 0.3 },
        { auth: pick(['silent', 'refuse']) },
      ]);
      return [
        venue({ cmd: 'faults', socket, faults }),
        venue({ cmd: 'faults', socket, faults: CALM }, laterMs),
      ];
    }
    // A silent private stream, with lost acknowledgements for good measure.
    case 5:
      return [
        venue({ cmd: 'faults', socket: 'private', faults: { silent: true } }),
        venue({ cmd: 'reply', op: pick(OPS), shape: 'none', count: random.whole(1, 2) }),
        venue({ cmd: 'faults', socket: 'private', faults: CALM }, laterMs),
      ];
    case 6:
    case 7:
    case 8: {
      const rule = pick([
        { shape: 'none' },
        { shape: 'none', execute: false },
        { shape: 'noReqId' },
        { shape: 'snake', retCode: 10016, execute: true },
        { shape: 'notJson' },
        { retCode: 10016, execute: true },
        { retCode: 10019, execute: true, then: end },
        { retCode: 10006 },
        { retCode: 10000, delayMs: 300 },
        { delayMs: 700 },
      ]);
      return [venue({ cmd: 'reply', op: pick(OPS), count: random.whole(1, 3), ...rule })];
    }
    case 9: {
      const rule = pick([
        { httpStatus: 502 },
        { shape: 'notJson' },
        { shape: 'none' },
        { retCode: 10016 },
        { delayMs: 400 },
      ]);
      return [venue({ cmd: 'reply', op: pick(PATHS), count: random.whole(1, 3), ...rule })];
    }
    case 10:
      return [venue({ cmd: pick(['gap', 'restart', 'snapshot', 'cross']), symbol, depth: pick([1, 50]) })]; // prettier-ignore
    case 11:
      return [
        { do: 'connector', how: pick(['kill', 'kill', 'stop']), awayMs: pick([0, 200, 800]), atMs },
      ];
    case 12:
      return [{ do: 'bot', how: pick(['kill', 'stop']), awayMs: pick([0, 300]), atMs }];
    case 13:
      return [
        { do: 'stall', who: pick(['connector', 'connector', 'bot']), forMs: pick([150, 600, 2_500]), atMs }, // prettier-ignore
      ];
    case 14: {
      const change = pick(LISTING_CHANGES);
      return [venue({ cmd: 'listing', symbol, listing: randomListing(random, symbol, change) })];
    }
    case 15:
      return [venue(randomGarble(random, symbols, random.whole(1, 6)))];
    default:
      return [venue({ cmd: 'set', settings: { cancelRaces: random.whole(1, 2) } })];
  }
}
