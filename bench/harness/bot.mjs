// A bot in a process of its own, strategy mode: `bot.mjs OPTIONS`, JSON with `name`, `symbol`,
// `wait`, and optionally `handler` (a URL), `strategyOptions` and `simFile`, the config of a simulated exchange on its
// own thread. Ends with its standard input.
import process from 'node:process';
import { LiveInstrument, runLive } from 'hftbacktest-live';

const { name, symbol, wait, handler, strategyOptions = {}, simFile } = JSON.parse(process.argv[2]);
const say = (line) => console.log(JSON.stringify(line));
const run = runLive({
  strategy: handler ?? new URL('./bystander.mjs', import.meta.url),
  strategyOptions,
  instruments: [new LiveInstrument(symbol).connector(name).tickSize(0.1).lotSize(0.001)],
  backend: 'native',
  ...(simFile && { connector: { kind: 'sim', direct: true, name, configFile: simFile } }),
  wait,
  heartbeatTimeoutMs: 600_000,
  onLog: (type, values) => say({ type, ...values }),
});
process.stdin.on('end', () => run.stop()).resume();
const { lost, dropped, events } = await run;
say({ type: 'summary', lost, dropped, events });
