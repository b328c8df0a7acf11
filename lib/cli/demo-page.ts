import type { LiveServer } from '../server/live-server.js';
import type { DemoOptions } from './demo-options.js';
import { DemoSource } from './demo-source.js';

/** The live page of the demo. */
export interface DemoPage {
  readonly source: DemoSource;
  readonly server: LiveServer;
}

/**
 * Opens the page when the options ask for it, and says where it is.
 *
 * @throws HftError as `LiveServer.start`.
 */
export async function openDemoPage(
  options: DemoOptions,
  backend: 'native' | 'stub',
  connector: string,
): Promise<DemoPage | undefined> {
  if (options.servePort === undefined) return undefined;
  const { LiveServer } = await import('../server/live-server.js');
  const source = new DemoSource({
    symbol: options.symbol,
    tickSize: options.tick,
    lotSize: options.lot,
    backend,
    connector,
  });
  const server = new LiveServer(source, { port: options.servePort });
  process.stderr.write(`live page: ${await server.start()}\n`);
  return { source, server };
}
