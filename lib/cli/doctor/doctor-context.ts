import { availableParallelism } from 'node:os';

import type { ConnectorKind } from '../../connector/connector-kinds.js';
import type { WaitStrategy } from '../../models/wait-options.js';

/** What the doctor looks at. */
export interface DoctorContext {
  readonly env: NodeJS.ProcessEnv;
  readonly nodeVersion: string;
  /** Cores that this process may use. */
  readonly cpus: number;
  /** The wait strategy that the bot is to use. */
  readonly wait: WaitStrategy;
  /** A connector's config file; `undefined`: none. */
  readonly configFile: string | undefined;
  /** Kind of the connector whose config file it is. */
  readonly kind: ConnectorKind;
  /** Where shared memory lies. */
  readonly shmFolder: string;
  /** Where iceoryx2 keeps its register of processes. */
  readonly iceoryxFolder: string;
  readonly nowMs: number;
}

/** This machine and this process, with what the caller wants otherwise. */
export function doctorContext(given: Partial<DoctorContext> = {}): DoctorContext {
  const env = given.env ?? process.env;
  const configured = env['BYBIT_CONNECTOR_CONFIG_FILE'];
  return {
    env,
    nodeVersion: process.versions.node,
    cpus: availableParallelism(),
    wait: 'adaptive',
    configFile: configured === '' ? undefined : configured,
    kind: 'bybit',
    shmFolder: '/dev/shm',
    iceoryxFolder: '/tmp/iceoryx2',
    nowMs: Date.now(),
    ...given,
  };
}
