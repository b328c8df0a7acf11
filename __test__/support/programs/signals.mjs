// A bot in a process that gets a signal. Arguments: name of a connector, and what the process does.
import { readFileSync } from 'node:fs';
import process from 'node:process';

/** Which signals the process catches, ignores and blocks. */
const masks = () =>
  readFileSync('/proc/self/status', 'utf8')
    .match(/^Sig(Cgt|Ign|Blk).*$/gm)
    .join();
const before = masks();

const { create, LiveInstrument, runLive } = await import('../../../dist/index.js');
const [name, does] = process.argv.slice(2);
const instrument = new LiveInstrument('BTCUSDT').connector(name).tickSize(0.1).lotSize(0.001);
const instruments = [instrument];
const strategy = new URL('./strategy.mjs', import.meta.url);
const say = (text) => process.stdout.write(`${text}\n`);
const open = () => create({ instruments, backend: 'native' });

/** Both signals: each call of a handler is a line. */
function onSignals(end) {
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, () => {
      say(`handler ${signal}`);
      // Time for a second call to show, should there be one.
      setTimeout(end, 150);
    });
  }
}

if (does === 'block') {
  const bot = open();
  bot.waitBatch(1e9);
  say('waiting');
  for (;;) bot.waitBatch(10e9);
} else if (does === 'handle') {
  const bot = open();
  let stopped = false;
  onSignals(() => {
    stopped = true;
  });
  const turn = () => {
    if (stopped) {
      bot.close();
      say('closed');
      return;
    }
    bot.waitBatch(10e6);
    setImmediate(turn);
  };
  turn();
  say('waiting');
} else if (does === 'run' || does === 'run-handled') {
  const run = runLive({
    strategy,
    instruments,
    backend: 'native',
    progressMs: 100,
    onProgress: () => say('waiting'),
  });
  if (does === 'run-handled') onSignals(() => run.stop());
  say(`stopped: ${(await run).reason}`);
} else if (does === 'masks') {
  const bot = open();
  bot.waitBatch(1e9);
  await runLive({ strategy, instruments, backend: 'native', durationMs: 100 });
  bot.close();
  say(JSON.stringify({ before, after: masks() }));
}
