import type { Browser, Page } from 'playwright-core';

interface TraceEvent {
  readonly name: string;
  readonly pid: number;
  readonly tid: number;
  readonly ts: number;
  readonly tdur?: number;
}

/**
 * What each frame of a page costs its main thread, ms, ascending: script, style, layout and paint, and the
 * messages that come between two frames. It is the time that the thread computed, not the time that passed:
 * what else runs on the machine does not count. While it measures, the page makes every frame.
 */
export async function frameCosts(browser: Browser, page: Page, ms: number): Promise<number[]> {
  const cdp = await browser.newBrowserCDPSession();
  const events: TraceEvent[] = [];
  cdp.on('Tracing.dataCollected', ({ value }) =>
    events.push(...(value as unknown as TraceEvent[])),
  );
  const complete = new Promise((resolve) => cdp.once('Tracing.tracingComplete', resolve));
  const includedCategories = ['devtools.timeline', 'disabled-by-default-devtools.timeline'];
  await cdp.send('Tracing.start', {
    transferMode: 'ReportEvents',
    traceConfig: { includedCategories },
  });
  await page.evaluate(`new Promise((resolve) => {
    let first;
    const frame = (atMs) => {
      first ??= atMs;
      if (atMs - first < ${ms}) requestAnimationFrame(frame);
      else resolve();
    };
    requestAnimationFrame(frame);
  })`);
  await cdp.send('Tracing.end');
  await complete;
  await cdp.detach();
  const first = events.find(({ name }) => name === 'FireAnimationFrame');
  const own = events
    .filter(({ pid, tid }) => pid === first?.pid && tid === first.tid)
    .sort((a, b) => a.ts - b.ts);
  // Two callbacks of one frame begin within it, and frames are 16 ms apart at least.
  const begins: number[] = [];
  for (const { name, ts } of own)
    if (name === 'FireAnimationFrame' && ts - (begins.at(-1) ?? 0) > 8_000) begins.push(ts);
  const costs = begins.map(() => 0);
  let frame = -1;
  for (const { name, ts, tdur = 0 } of own) {
    // A task begins before the callbacks that it calls.
    while (ts >= (begins[frame + 1] ?? Infinity) - 4_000) frame += 1;
    if (name === 'RunTask' && frame >= 0) costs[frame] = (costs[frame] ?? 0) + tdur / 1000;
  }
  return costs.sort((a, b) => a - b);
}
