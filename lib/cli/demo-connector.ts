import { OwnedConnector } from '../connector/owned-connector.js';
import type { OwnedConnectorOptions } from '../connector/owned-connector-options.js';
import type { DemoOptions } from './demo-options.js';
import { FakeBybit } from './fake-bybit.js';

/** What the demo trades on. */
export interface DemoConnector {
  /** Name that the bot connects to. */
  readonly name: string;
  /** For the banner: what it is, and where orders go. */
  readonly text: string;
  /** Where orders go, as the connector says; `undefined` for one that runs already. */
  readonly orders: string | undefined;
  stop(): Promise<void>;
}

const ORDERS: Readonly<Record<string, string>> = {
  simulated: 'a simulated exchange',
  paper: 'paper trading: no order leaves this machine',
  real: 'orders are sent to the venue',
  none: 'market data only',
};

/** Hears what becomes of a connector that was started. */
export interface DemoConnectorWatcher {
  /** It is gone, and why. */
  onDown(text: string): void;
  /** It runs again. */
  onUp(): void;
  /** It will not come back. */
  onFailed(text: string): void;
}

/**
 * Starts what `--connector` asks for.
 *
 * @throws HftError as `ConnectorProcess.start` and `FakeBybit.start`.
 */
export async function startDemoConnector(
  options: DemoOptions,
  watcher: DemoConnectorWatcher,
): Promise<DemoConnector> {
  const { connector: kind, symbol, fake, realOrders } = options;
  if (kind !== 'sim' && kind !== 'bybit')
    return {
      name: kind,
      text: `connector ${kind}`,
      orders: undefined,
      stop: () => Promise.resolve(),
    };
  const venue = fake ? await FakeBybit.start() : undefined;
  const owned: OwnedConnectorOptions = {
    kind,
    symbols: [symbol],
    ...(kind === 'bybit' ? { paper: !realOrders } : {}),
    ...(venue === undefined ? {} : { config: venue.connectorConfig, env: venue.connectorEnv }),
  };
  const name = `demo-${String(process.pid)}-${Math.random().toString(36).slice(2, 8)}`;
  try {
    const connector = new OwnedConnector({ name, options: owned, symbols: [symbol] });
    connector
      .on('died', ({ code, signal, stderrTail }, willRestart) => {
        const next = willRestart ? 'it is started again' : 'it is not started again';
        watcher.onDown(
          `the connector ended by itself (${signal ?? String(code)}); ${next}.\n${stderrTail}`,
        );
      })
      .on('restarted', () => {
        watcher.onUp();
      })
      .on('failed', (error) => {
        watcher.onFailed(error.message);
      });
    await connector.start();
    const { orders } = connector.health;
    const what = venue === undefined ? kind : `${kind} on a fake venue`;
    return {
      name,
      text: `connector ${what} (${ORDERS[orders ?? ''] ?? 'orders: unknown'})`,
      orders,
      stop: async () => {
        await connector.stop();
        await venue?.stop();
      },
    };
  } catch (error) {
    await venue?.stop();
    throw error;
  }
}
