import { LiveInstrument } from '../../../lib/index.js';

/** A strategy of the folder `fixtures`. */
export function fixture(name: string): URL {
  return new URL(`./fixtures/${name}`, import.meta.url);
}

export function instrumentOn(connector: string): LiveInstrument {
  return new LiveInstrument('BTCUSDT').connector(connector).tickSize(0.1).lotSize(0.001);
}
