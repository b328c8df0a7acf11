import { afterAll, afterEach, beforeAll } from 'vitest';

import { ConnectorProcess } from '../../lib/connector/connector-process.js';

const running: ConnectorProcess[] = [];

afterEach(stopConnectors);

/** Stops every connector of the test, before its end. */
export async function stopConnectors(): Promise<void> {
  await Promise.all(running.splice(0).map((connector) => connector.stop()));
}

/** A name that no other run uses. */
export function uniqueName(): string {
  return `t-${String(process.pid)}-${Math.random().toString(36).slice(2, 10)}`;
}

/** Starts the real connector; stopped after the test. */
export async function startConnector(name: string, ...args: string[]): Promise<ConnectorProcess> {
  return await startConnectorWith({}, name, ...args);
}

/** Runs the real connector while the tests of a `describe` run, and returns its name. */
export function connectorOfSuite(...args: string[]): string {
  const name = uniqueName();
  const connector = new ConnectorProcess({ args: [name, ...args] });
  beforeAll(async () => {
    await connector.start();
  });
  afterAll(async () => {
    await connector.stop();
  });
  return name;
}

/** The same with more in its environment. */
export async function startConnectorWith(
  env: NodeJS.ProcessEnv,
  name: string,
  ...args: string[]
): Promise<ConnectorProcess> {
  const connector = new ConnectorProcess({
    args: [name, ...args],
    env: { ...process.env, ...env },
  });
  running.push(connector);
  await connector.start();
  return connector;
}
