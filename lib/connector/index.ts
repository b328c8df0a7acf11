export {
  ConnectorProcess,
  type ConnectorProcessHealth,
  type ConnectorProcessState,
} from './connector-process.js';
export type { ConnectorExit } from './connector-run.js';
export type { ConnectorProcessOptions, ConnectorRestart } from './connector-process-options.js';
export type { ConnectorKind } from './connector-kinds.js';
export type {
  RunnerChannel,
  RunnerDepth,
  RunnerError,
  RunnerEvent,
  RunnerLevel,
  RunnerStatus,
  RunnerTrade,
} from './runner-event.js';
export type { RunnerHealth, RunnerPort, RunnerSizes } from './runner-port.js';
export {
  BybitConnectorRunner,
  type BybitConnectorRunnerOptions,
} from './bybit-connector-runner.js';
export { ConnectorRunner, type ConnectorRunnerOptions } from './connector-runner.js';
export type { OwnedConnectorHealth } from './owned-connector.js';
export type { ConfigValue, OwnedConnectorOptions } from './owned-connector-options.js';
