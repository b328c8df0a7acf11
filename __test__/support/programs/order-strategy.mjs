// Strategy mode in a process of its own, driven as `order-client.mjs` is. The loop of a strategy holds its
// thread, so commands and reports go over a channel that `order-strategy-module.mjs` polls.
import process from 'node:process';
import { LiveInstrument, runLive } from '../../../dist/index.js';
import { directConnector, drivenBy, say } from './driven.mjs';

const channel = new BroadcastChannel(`orders-${process.pid}`);
channel.onmessage = ({ data }) => process.connected && process.send(data);

let run;

const forwarded = ['submit', 'cancel', 'cancelAll', 'modify', 'view'].map((name) => [
  name,
  (args) => channel.postMessage({ do: name, ...args }),
]);

drivenBy({
  ...Object.fromEntries(forwarded),
  open({ connector, direct, symbols, botId }) {
    run = runLive({
      strategy: new URL('./order-strategy-module.mjs', import.meta.url),
      strategyOptions: { channel: channel.name },
      instruments: symbols.map(({ symbol, tick, lot }) =>
        new LiveInstrument(symbol).connector(connector).tickSize(tick).lotSize(lot),
      ),
      backend: 'native',
      ...directConnector(connector, direct),
      botId,
      wait: 'park',
      onLog: (text) => say({ kind: 'note', text }),
    });
    run.catch((error) => {
      say({ kind: 'error', text: `runLive: ${error.code} ${error.message}` });
      say({ kind: 'ready', text: 'the run has ended' });
    });
  },
  // The context of a strategy has no such call.
  resync() {},
  async stop() {
    run?.stop();
    await run?.catch(() => undefined);
    channel.close();
    say({ kind: 'stopped' });
    process.disconnect();
  },
});
