export {
  ConnectorProcess,
  type ConnectorExit,
  type ConnectorProcessHealth,
  type ConnectorProcessState,
} from './connector-process.js';
export type { ConnectorProcessOptions, ConnectorRestart } from './connector-process-options.js';
export type { ReadyInfo } from './ready-line.js';
export { CONNECTOR_ENV, findConnector } from './find-connector.js';
export {
  bybitConnectorSettings,
  type BybitConnectorOptions,
  type BybitConnectorSettings,
} from './bybit-connector-settings.js';
export type {
  RunnerChannel,
  RunnerDepth,
  RunnerError,
  RunnerEvent,
  RunnerLevel,
  RunnerStatus,
  RunnerTrade,
} from './runner-event.js';
export type { RunnerHealth, RunnerPort } from './runner-port.js';
export {
  BybitConnectorRunner,
  type BybitConnectorRunnerOptions,
} from './bybit-connector-runner.js';
export {
  ConnectorRunner,
  type ConnectorRunnerOptions,
  type RunnerTuning,
} from './connector-runner.js';
export type { OwnedConnectorHealth } from './owned-connector.js';
export type {
  ConfigValue,
  ConnectorKind,
  OwnedConnectorOptions,
} from './owned-connector-options.js';
