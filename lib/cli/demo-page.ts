import type { SymbolSizes } from '../models/connector-error.js';
import type { LiveServer } from '../server/live-server.js';
import type { DemoOptions } from './demo-options.js';
import { DemoSource } from './demo-source.js';

/** The live page of the demo. */
export interface DemoPage {
  readonly source: DemoSource;
  readonly server: LiveServer;
  /** Its address. */
  readonly url: string;
}

/**
 * Opens the page when the options ask for it, and says where it is.
 *
 * @throws HftError as `LiveServer.start`.
 */
export async function openDemoPage(
  options: Pick<DemoOptions, 'servePort' | 'symbol'>,
  { tickSize, lotSize }: SymbolSizes,
  backend: 'native' | 'stub',
  connector: string,
): Promise<DemoPage | undefined> {
  if (options.servePort === undefined) return undefined;
  const { LiveServer } = await import('../server/live-server.js');
  const source = new DemoSource({
    symbol: options.symbol,
    tickSize,
    lotSize,
    backend,
    connector,
  });
  const server = new LiveServer(source, { port: options.servePort });
  const url = await server.start();
  process.stderr.write(`live page: ${url}\n`);
  return { source, server, url };
}
