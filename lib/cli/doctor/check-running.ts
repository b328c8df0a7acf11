import { ordersText } from '../../models/orders-kind.js';
import type { DoctorContext } from './doctor-context.js';
import { ok, warn, type Finding } from './finding.js';
import { isHeld, pagesHeldBy, processPages, type ProcessPage } from './process-pages.js';

/** The connectors that run: kind, where their orders go, process, and the bots that they know. */
export function checkRunning({ shmFolder }: DoctorContext): Finding[] {
  if (process.platform !== 'linux') return [];
  let pages: ProcessPage[];
  try {
    pages = processPages(shmFolder);
  } catch {
    return []; // The check of shared memory says why.
  }
  const bots = pages.filter(({ owner }) => owner === 'bot');
  const connectors = pages
    .filter(({ owner }) => owner === 'connector')
    .filter((page) => isHeld(page, shmFolder))
    .sort((a, b) => a.name.localeCompare(b.name));
  if (connectors.length === 0) return [ok('running', 'no connector of this package runs')];
  return connectors.map((connector) => describe(connector, bots, shmFolder));
}

function describe(
  { name, pid = 0, hello }: ProcessPage,
  bots: readonly ProcessPage[],
  folder: string,
): Finding {
  if (hello === undefined)
    return warn(
      'running',
      `${name} (pid ${String(pid)}) is of another version: what it does with orders is not known`,
      'Start it again with the connector of this package.',
    );
  const { kind, orders, environment } = hello;
  const where = ordersText(orders, environment === '' ? 'unknown' : environment);
  const held = pagesHeldBy(pid, folder);
  const known =
    held === undefined
      ? 'bots not known: its open files may not be read here'
      : botsText(bots.filter(({ file }) => held.has(file)));
  const shout = orders === 'real' ? 'REAL ORDERS: ' : '';
  return ok('running', `${name}: ${kind}, orders ${shout}${where}, pid ${String(pid)}, ${known}`);
}

/** hftbacktest's own bots have no page, so that they cannot be listed. */
function botsText(bots: readonly ProcessPage[]): string {
  if (bots.length === 0) return 'no bots of this package';
  const texts = bots.map(({ pid, hello }) => {
    const role = hello?.isReadOnly === true ? ', read-only' : '';
    return `pid ${pid === undefined ? 'unknown' : String(pid)}${role}`;
  });
  return `${String(bots.length)} bot${bots.length === 1 ? '' : 's'} (${texts.join('; ')})`;
}
