export {
  ConnectorProcess,
  type ConnectorExit,
  type ConnectorProcessHealth,
  type ConnectorProcessOptions,
  type ConnectorProcessState,
} from './connector-process.js';
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
