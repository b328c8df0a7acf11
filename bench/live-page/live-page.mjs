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
import { compareRow, contest } from '../harness/contest.mjs';
import { residentMb } from '../harness/proc.mjs';
import { us } from '../harness/statistics.mjs';
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
  let said = '';
  child.stdout.setEncoding('utf8').on('data', (chunk) => (out += chunk));
  child.stderr.setEncoding('utf8').on('data', (chunk) => (said = (said + chunk).slice(-4096)));
  const ended = once(child, 'exit');
  let page;
  let first = '';
  try {
    if (withPage) {
      while ((first = /live page: (\S+)/.exec(said)?.[1] ?? '') === '') await delay(20);
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

/** One side of the comparison: what the demo measured of itself. */
async function side(options) {
  const { latencyUs, dropped, gaps } = await demo(options);
  return { p50Ns: latencyUs.feedP50 * 1000, p99Ns: latencyUs.feedP99 * 1000, dropped, gaps };
}

async function latency({ config, seconds, pairs }) {
  console.error(` ${EVENTS_PER_SECOND} events/s, with the page and without`);
  const outcome = await contest({
    pairs,
    sides: {
      page: () => side({ config, seconds, withPage: true }),
      'no page': () => side({ config, seconds, withPage: false }),
    },
    show: ({ p50Ns, p99Ns }) => `p50 ${us(p50Ns)} p99 ${us(p99Ns)}`,
  });
  return compareRow({
    outcome,
    what: `p50 to the handler at ${EVENTS_PER_SECOND} levels/s`,
    ours: 'page',
    peer: 'no page',
    field: 'p50Ns',
    show: (of) => `${us(of('p50Ns'))} (p99 ${us(of('p99Ns'))})`,
    goal: '<= 1.5x, none lost',
    within: (ratio) => ratio <= 1.5,
    sound: ({ dropped, gaps }) => dropped + gaps === 0,
  });
}

async function soak({ config, minutes }) {
  console.error(` soak of ${minutes} min with the page open`);
  const samples = [];
  const pageSamples = [];
  const { events, dropped, gaps, latencyUs } = await demo({
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
  // Two looks at the least in the second half, or there is no slope.
  const ofPage = Number.isNaN(pageSlope) ? 'too short to tell' : `${pageSlope.toFixed(2)} MB/min`;
  return {
    what: `${minutes} min at ${Math.round(events / (minutes * 60))} events/s: latency, private memory, losses`,
    ours: `p50 ${us(latencyUs.feedP50 * 1000)}, p99 ${us(latencyUs.feedP99 * 1000)}, ${slope.toFixed(2)} MB/min, ${samples.at(-1).toFixed(0)} MB, page's heap ${ofPage}, dropped ${dropped}, gaps ${gaps}`,
    peer: '-',
    ratio: '-',
    goal: '<= 0.5 MB/min, none lost',
    held: slope <= 0.5 && !(pageSlope > 0.5) && dropped + gaps === 0,
    samples,
    pageSamples,
  };
}

export async function run({ quick }) {
  const folder = mkdtempSync(path.join(tmpdir(), 'hbl-bench-page-'));
  const config = path.join(folder, 'sim.toml');
  writeFileSync(
    config,
    `[[symbols]]\nsymbol = "BTCUSDT"\nlevels_per_second = ${EVENTS_PER_SECOND}\ntrades_per_second = 100\n`,
  );
  try {
    return {
      rows: [
        await latency({ config, seconds: quick ? 5 : 12, pairs: quick ? 2 : 5 }),
        await soak({ config, minutes: Number(process.env.SOAK_MINUTES ?? (quick ? 0.5 : 2)) }),
      ],
    };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
