// What the live page costs the strategy: the demo at 20 000 events/s with the page open, against the
// same demo without a server; then a soak with the page open, for its memory.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import process from 'node:process';
import { setTimeout as delay } from 'node:timers/promises';
import { ConnectorProcess } from 'hftbacktest-live';
import { WebSocket } from 'ws';
import { root } from '../../.tools/paths.mjs';
import { stealTicks } from '../harness/environment.mjs';
import { residentMb } from '../harness/proc.mjs';
import { median, spread, us } from '../harness/rounds.mjs';
import { slopeOf } from '../harness/slope.mjs';

const EVENTS_PER_SECOND = 20_000;
/** The page's garbage is collected for it: seldom, for it takes its time. */
const PAGE_EVERY_S = 10;
const main = path.join(root, 'dist', 'cli', 'main.js');
const chromiumPath = [process.env.CHROMIUM ?? '', '/usr/bin/chromium'].find(
  (place) => place !== '' && existsSync(place),
);

let serial = 0;

/**
 * The page in a browser, or where there is none a reader of its socket. `heapMb()` is what lives in the
 * page's JavaScript heap.
 */
async function openPage(url) {
  if (chromiumPath === undefined) {
    const socket = new WebSocket(`${url.replace('http', 'ws')}ws/live`);
    await once(socket, 'open');
    return { close: () => socket.close(), heapMb: () => Promise.resolve(NaN) };
  }
  const { chromium } = await import('playwright-core');
  const browser = await chromium.launch({
    executablePath: chromiumPath,
    args: ['--no-sandbox', '--disable-gpu', '--disable-background-networking', '--no-first-run'],
  });
  const page = await browser.newPage({ viewport: { width: 1280, height: 900 } });
  await page.goto(url);
  const inspector = await page.context().newCDPSession(page);
  const heapMb = async () => {
    await inspector.send('HeapProfiler.collectGarbage');
    return (await inspector.send('Runtime.getHeapUsage')).usedSize / 2 ** 20;
  };
  return { close: () => browser.close(), heapMb };
}

/** One run of the demo; `withPage` serves it and looks at it. */
async function demo({ config, seconds, withPage, onSecond = () => undefined }) {
  const name = `bench-page-${process.pid}-${++serial}`;
  const connector = new ConnectorProcess({ args: [name, 'sim', config] });
  await connector.start();
  const serve = withPage ? ['--serve', '0'] : [];
  const args = [main, 'demo', '--connector', name, '--json', '--seconds', String(seconds)];
  const child = spawn(process.execPath, [...args, '--backend', 'native', ...serve]);
  let out = '';
  let told = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => (out += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk) => (told = (told + chunk).slice(-4096)));
  const ended = once(child, 'exit');
  let page;
  let first = '';
  try {
    if (withPage) {
      while ((first = /live page: (\S+)/.exec(told)?.[1] ?? '') === '') await delay(20);
      page = await openPage(first);
    }
    const timer = setInterval(() => {
      if (child.exitCode === null) onSecond(child.pid, page);
    }, 1_000);
    await ended;
    clearInterval(timer);
    return JSON.parse(out);
  } finally {
    await page?.close();
    if (child.exitCode === null) child.kill('SIGKILL');
    await connector.stop();
  }
}

async function pairs({ config, seconds, count }) {
  const good = [];
  let voided = 0;
  for (let i = 0; good.length < count && i < count * 2; i++) {
    const before = stealTicks();
    const order = i % 2 === 0 ? [true, false] : [false, true];
    const results = [];
    for (const withPage of order) results.push(await demo({ config, seconds, withPage }));
    const after = stealTicks();
    const stolen = (after.steal - before.steal) / Math.max(1, after.total - before.total);
    const [ours, theirs] = i % 2 === 0 ? results : results.reverse();
    const line = (of) =>
      `p50 ${us(of.latencyUs.feedP50 * 1000)} p99 ${us(of.latencyUs.feedP99 * 1000)}`;
    console.error(
      `  round ${i + 1}: page ${line(ours)}, none ${line(theirs)}${stolen > 0.02 ? ' (void: steal)' : ''}`,
    );
    if (stolen > 0.02) voided++;
    else good.push({ ours, theirs });
  }
  if (good.length === 0)
    throw new Error('every round was voided: the machine is too busy to measure');
  return { good, voided };
}

export async function run({ quick }) {
  const folder = mkdtempSync(path.join(tmpdir(), 'hbl-bench-page-'));
  const config = path.join(folder, 'sim.toml');
  writeFileSync(
    config,
    `[[symbols]]\nsymbol = "BTCUSDT"\nlevels_per_second = ${EVENTS_PER_SECOND}\ntrades_per_second = 100\n`,
  );
  try {
    console.error(` ${EVENTS_PER_SECOND} events/s, with the page and without`);
    const { good, voided } = await pairs({ config, seconds: quick ? 5 : 12, count: quick ? 2 : 5 });
    const ratios = good.map(
      (round) => round.ours.latencyUs.feedP50 / round.theirs.latencyUs.feedP50,
    );
    const [low, high] = spread(ratios);
    const of = (side, field) =>
      us(median(good.map((round) => round[side].latencyUs[field])) * 1000);
    const minutes = Number(process.env.SOAK_MINUTES ?? (quick ? 0.5 : 2));
    console.error(` soak of ${minutes} min with the page open`);
    const samples = [];
    const pageSamples = [];
    const soak = await demo({
      config,
      seconds: minutes * 60,
      withPage: true,
      onSecond: (pid, page) => {
        const { rss, shared } = residentMb(pid);
        if (rss > 0) samples.push(rss - shared);
        if (samples.length % PAGE_EVERY_S === 0)
          page?.heapMb().then(
            (mb) => pageSamples.push(mb),
            () => undefined, // The last one may find the browser closed.
          );
      },
    });
    const slope = slopeOf(samples);
    const pageSlope = slopeOf(pageSamples) / PAGE_EVERY_S;
    const p99 = median(
      good.map((round) => round.ours.latencyUs.feedP99 / round.theirs.latencyUs.feedP99),
    );
    const rate = soak.events / (minutes * 60);
    return {
      rows: [
        {
          what: `p50 to the handler at ${EVENTS_PER_SECOND} levels/s`,
          ours: `${of('ours', 'feedP50')} (p99 ${of('ours', 'feedP99')})`,
          peer: `${of('theirs', 'feedP50')} (p99 ${of('theirs', 'feedP99')})`,
          ratio: `${median(ratios).toFixed(2)}x (${low.toFixed(2)} to ${high.toFixed(2)}); p99 ${p99.toFixed(2)}x`,
          goal: '<= 1.5x',
          held: median(ratios) <= 1.5 && good.every(({ ours }) => ours.dropped + ours.gaps === 0),
          rounds: good,
          voided,
        },
        {
          what: `${minutes} min at ${Math.round(rate)} events/s: private memory, losses`,
          ours: `${slope.toFixed(2)} MB/min, ${samples.at(-1).toFixed(0)} MB, page's heap ${pageSlope.toFixed(2)} MB/min, dropped ${soak.dropped}, gaps ${soak.gaps}`,
          peer: '-',
          ratio: '-',
          goal: '<= 0.5 MB/min, none lost',
          held: slope <= 0.5 && !(pageSlope > 0.5) && soak.dropped + soak.gaps === 0,
          samples,
          pageSamples,
        },
      ],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
