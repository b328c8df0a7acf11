import type { OrdersKind } from '../models/orders-kind.js';
import { isHeld, processPages } from './doctor/process-pages.js';

/**
 * Where the orders of a connector go that runs under this name, as it says in shared memory: known
 * before anything joins it.
 *
 * @returns `unknown` when none runs, when it is hftbacktest's own or of another version, when its page
 * cannot be read here, and when several of the name say different things.
 */
export function ordersOfRunning(name: string, shmFolder = '/dev/shm'): OrdersKind {
  try {
    const said = new Set(
      processPages(shmFolder)
        .filter((page) => page.owner === 'connector' && page.name === name)
        .filter((page) => isHeld(page, shmFolder))
        .map(({ hello }) => hello?.orders ?? 'unknown'),
    );
    const [orders] = said;
    return said.size === 1 ? (orders ?? 'unknown') : 'unknown';
  } catch {
    return 'unknown';
  }
}
