import { isHeld, processPages } from './doctor/process-pages.js';

/** Names of the connectors of this package that run here, as a sentence; '' when it cannot be found out. */
export function runningConnectors(shmFolder = '/dev/shm'): string {
  try {
    const names = processPages(shmFolder)
      .filter((page) => page.owner === 'connector' && isHeld(page, shmFolder))
      .map(({ name }) => name);
    return names.length === 0
      ? 'No connector of this package runs here.'
      : `There run ${[...new Set(names)].sort().join(', ')}.`;
  } catch {
    return '';
  }
}
