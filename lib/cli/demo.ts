import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { errorText } from '../models/error-text.js';
import { findConnector } from '../connector/find-connector.js';
import { HftError } from '../models/hft-error.js';
import { LiveInstrument } from '../models/live-instrument.js';
import { tryLoadAddon } from '../native/load-addon.js';
import { runLive } from '../strategy/run-live.js';
import type { StrategySummary } from '../strategy/strategy-summary.js';
import {
  startDemoConnector,
  type DemoConnector,
  type DemoConnectorWatcher,
} from './demo-connector.js';
import type { DemoOptions } from './demo-options.js';
import { openDemoPage, type DemoPage } from './demo-page.js';
import { demoReport } from './demo-report.js';
import { DemoScreen } from './demo-screen.js';
import type { DemoState } from './demo-state.js';
import type { DemoStrategyOptions } from './demo-strategy.js';
import type { DemoFrame } from './demo-view.js';
import { ordersOfRunning } from './orders-of-running.js';
import { onStopSignal } from '../strategy/on-stop-signal.js';

const STUB_CONNECTOR: DemoConnector = {
  name: 'stub',
  text: '',
  orders: 'simulated',
  stop: () => Promise.resolve(),
};

/** The strategy as the worker imports it: beside this file once bundled. */
function strategyUrl(): URL {
  const places = ['./demo-strategy.js', '../../dist/cli/demo-strategy.js'].map(
    (place) => new URL(place, import.meta.url),
  );
  const found = places.find((place) => existsSync(fileURLToPath(place)));
  if (found === undefined)
    throw new HftError('ERR_STRATEGY_MODULE', "the demo's strategy is not built.", {
      remedy: 'Run `npm run build`.',
    });
  return found;
}

/**
 * True for a connector that was joined and may trade with real money, unless that was asked for: a
 * trading bot would be given the orders that dead ones have left.
 */
function mustBeReadOnly({ connector, realOrders }: DemoOptions): boolean {
  if (connector === 'sim' || connector === 'bybit' || realOrders) return false;
  return !['simulated', 'paper', 'none'].includes(ordersOfRunning(connector));
}

/** Why the demo must run on the stub; '' when it can be native. */
function whyStub(options: DemoOptions): string {
  if (options.backend === 'stub') return 'asked for by --backend stub';
  const loaded = tryLoadAddon();
  if (!loaded.ok) return `${loaded.reason}. ${loaded.remedy}`;
  if (options.connector !== 'sim' && options.connector !== 'bybit') return '';
  try {
    findConnector();
    return '';
  } catch (error) {
    return errorText(error);
  }
}

/**
 * Runs the demo until its time is over or a signal comes.
 *
 * @throws HftError as `runLive`, and for a connector or backend that cannot be had.
 */
export async function runDemo(options: DemoOptions): Promise<void> {
  const reason = whyStub(options);
  if (reason !== '' && options.backend === 'native') {
    throw new HftError('ERR_NATIVE_UNAVAILABLE', `--backend native cannot run: ${reason}`);
  }
  if (reason !== '' && options.backend === 'auto' && options.connector !== 'sim') {
    throw new HftError(
      'ERR_NATIVE_UNAVAILABLE',
      `--connector ${options.connector} cannot run: ${reason}`,
      { remedy: 'Made-up prices are not taken instead; --backend stub asks for them.' },
    );
  }
  const backend = reason === '' ? 'native' : 'stub';
  if (backend === 'stub') {
    process.stderr.write(
      `\n*** STUB: prices are made up in this process, orders reach no venue. ***\n*** ${reason} ***\n\n`,
    );
  }
  const abort = new AbortController();
  const giveUp = (): void => {
    abort.abort();
  };
  onStopSignal(giveUp);
  let page: DemoPage | undefined;
  const onDown = (text: string): void => {
    process.stderr.write(`demo: ${text}\n`);
    page?.source.setDown(text.split('\n')[0] ?? '');
  };
  const watcher: DemoConnectorWatcher = {
    onDown,
    onUp() {
      process.stderr.write('demo: the connector runs again.\n');
      page?.source.setDown('');
    },
    onFailed(text) {
      onDown(text);
      giveUp();
    },
  };
  const connector =
    backend === 'native' ? await startDemoConnector(options, watcher) : STUB_CONNECTOR;
  try {
    page = await openDemoPage(options, backend, connector.name);
    const { summary, orders } = await trade(options, backend, connector, page, abort.signal);
    const on = backend === 'native' ? options.connector : 'stub';
    process.stdout.write(
      options.json
        ? `${JSON.stringify(demoReport(summary, options.lot, { connector: on, orders: orders ?? null }))}\n`
        : `${describeEnd(summary)}\n`,
    );
  } finally {
    await page?.server.close();
    await connector.stop();
  }
}

async function trade(
  options: DemoOptions,
  backend: 'native' | 'stub',
  connector: DemoConnector,
  page: DemoPage | undefined,
  signal: AbortSignal,
): Promise<{ readonly summary: StrategySummary; readonly orders: string | undefined }> {
  const qty = options.lot * 20;
  const readOnly = backend === 'native' && mustBeReadOnly(options);
  const strategyOptions: DemoStrategyOptions = {
    qty,
    maxPosition: qty * 10,
    levels: 10,
    // Bybit takes ten orders per second and symbol.
    requoteMs: options.connector === 'bybit' ? 300 : 5,
    realOrders: options.realOrders,
    readOnly,
  };
  const out = options.json ? process.stderr : process.stdout;
  const screen = new DemoScreen(out, !options.json && out.isTTY);
  const banner =
    backend === 'native'
      ? `hftbacktest-live  ·  native, ${connector.text}${readOnly ? ', read-only,' : ''} over shared memory  ·  strategy in a worker thread`
      : 'hftbacktest-live  ·  STUB: made-up prices, no venue';
  const startedMs = performance.now();
  let state: DemoState | undefined;
  let orders = connector.orders;
  let progress: StrategySummary | undefined;
  let before = { atMs: startedMs, events: 0 };
  let eventsPerSecond = 0;
  try {
    const summary = await runLive({
      instruments: [
        new LiveInstrument(options.symbol)
          .connector(connector.name)
          .tickSize(options.tick)
          .lotSize(options.lot),
      ],
      backend,
      readOnly,
      strategy: strategyUrl(),
      strategyOptions,
      stub: { stepIntervalNs: 1_000_000, maxFeeds: Infinity },
      signal,
      // A second signal ends the process, and the orders that may be open are said before.
      handleSignals: true,
      ...(options.seconds === undefined ? {} : { durationMs: options.seconds * 1000 }),
      progressMs: 500,
      onProgress: (summary) => {
        const nowMs = performance.now();
        if (nowMs > before.atMs)
          eventsPerSecond = ((summary.events - before.events) * 1000) / (nowMs - before.atMs);
        before = { atMs: nowMs, events: summary.events };
        progress = summary;
      },
      onLog: (text, values) => {
        if (text !== 'demo') {
          process.stderr.write(`${text}\n`);
          return;
        }
        state = values?.['state'] as DemoState;
        if (state.orders !== 'unknown') orders = state.orders;
        const frame: DemoFrame = {
          banner,
          symbol: options.symbol,
          elapsedMs: performance.now() - startedMs,
          state,
          summary: progress,
          eventsPerSecond,
        };
        screen.show(frame);
        page?.source.update(state, progress, eventsPerSecond);
      },
    });
    return { summary, orders };
  } finally {
    screen.close();
  }
}

function describeEnd(summary: StrategySummary): string {
  return (
    `${summary.backend}: ${String(summary.events)} events in ${(summary.durationMs / 1000).toFixed(1)} s, ` +
    `${String(summary.ordersSubmitted)} orders, ${String(summary.fills)} fills, gaps ${String(summary.gaps)}, dropped ${String(summary.dropped)}`
  );
}
