// Opens a bot and says how that went. Argument: name of a connector.
import process from 'node:process';

import { create, LiveInstrument } from '../../../dist/index.js';

const [name] = process.argv.slice(2);
const instrument = new LiveInstrument('BTCUSDT').connector(name).tickSize(0.1).lotSize(0.001);
try {
  create({ instruments: [instrument], backend: 'native' }).close();
  console.log(JSON.stringify({ code: null }));
} catch ({ code, message }) {
  console.log(JSON.stringify({ code, message }));
}
