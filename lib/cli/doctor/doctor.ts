import { errorText } from '../../models/error-text.js';
import { checkAddon, checkBuildTools } from './check-addon.js';
import { checkClock } from './check-clock.js';
import { checkConnector } from './check-connector.js';
import { checkRunning } from './check-running.js';
import { checkRuntime } from './check-runtime.js';
import { checkSettings } from './check-settings.js';
import { checkSharedMemory } from './check-shared-memory.js';
import { doctorContext, type DoctorContext } from './doctor-context.js';
import { fail, type Finding } from './finding.js';

/**
 * Looks at everything that a live bot needs here. Changes nothing, needs no network, and survives
 * what is broken: a check that fails by itself is a finding.
 */
export function runDoctor(given: Partial<DoctorContext> = {}): Finding[] {
  const context = doctorContext(given);
  const addon = guarded('addon', () => checkAddon(context));
  const connector = guarded('connector', () => checkConnector(context));
  const isBuilt = [...addon, ...connector].every(({ level }) => level !== 'fail');
  return [
    ...guarded('runtime', () => checkRuntime(context)),
    ...addon,
    ...connector,
    ...guarded('build', () => checkBuildTools(context, isBuilt)),
    ...guarded('shm', () => checkSharedMemory(context)),
    ...guarded('running', () => checkRunning(context)),
    ...guarded('clock', () => checkClock(context)),
    ...guarded('settings', () => checkSettings(context)),
  ];
}

function guarded(id: string, check: () => Finding[]): Finding[] {
  try {
    return check();
  } catch (error) {
    const words = errorText(error);
    return [
      fail(id, `could not be looked at: ${words}`, 'Please report this with the line above.'),
    ];
  }
}
