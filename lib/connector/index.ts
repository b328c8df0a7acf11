export {
  ConnectorProcess,
  type ConnectorExit,
  type ConnectorProcessHealth,
  type ConnectorProcessOptions,
  type ConnectorProcessState,
} from './connector-process.js';
export { CONNECTOR_ENV, findConnector } from './find-connector.js';
