// One paced round into a JavaScript handler in strategy mode.
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { LiveInstrument, runLive } from 'hftbacktest-live';
import { peer } from '../harness/build.mjs';
import { newName } from '../harness/names.mjs';
import { pacedFigures } from '../harness/paced-figures.mjs';
import { start } from '../harness/process.mjs';

/**
 * `strategy` is the wait strategy, `handler` the module with the handlers. It logs `result`, which
 * comes back with the figures of the run and the publisher. With `yields` 1 the publisher gives its core away while
 * nothing is due; `warmUp` events come before the others and are not measured.
 */
export async function strategyRound({
  rate,
  seconds,
  strategy,
  sampleEvery,
  skip = 0,
  yields = 0,
  warmUp = 0,
  handler = new URL('./handler.mjs', import.meta.url),
}) {
  const name = newName();
  const publisher = start(peer('bench-publisher'), [
    name,
    String(rate),
    String(seconds),
    `yields=${yields}`,
    `warm_up=${warmUp}`,
  ]);
  let run;
  try {
    await publisher.next();
    let result;
    run = runLive({
      strategy: handler,
      strategyOptions: { sampleEvery, skip: Math.max(skip, warmUp) },
      instruments: [new LiveInstrument('BENCH').connector(name).tickSize(0.1).lotSize(0.001)],
      backend: 'native',
      wait: { strategy },
      // The publisher shows its life every 1024 events only.
      heartbeatTimeoutMs: 600_000,
      onLog: (text, values) => {
        if (text === 'result') result = values;
      },
    });
    // The publisher is quiet for 300 ms after the registration: what the start costs is not counted.
    await delay(280);
    const cpuBefore = process.cpuUsage();
    const published = await publisher.next();
    const cpu = process.cpuUsage(cpuBefore);
    run.stop();
    const summary = await run;
    await publisher.ended();
    return {
      ...result,
      lost: summary.lost,
      dropped: summary.dropped,
      gaps: summary.gaps,
      ...pacedFigures(published, cpu),
    };
  } finally {
    run?.stop();
    publisher.kill();
  }
}
