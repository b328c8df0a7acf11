import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

import { LiveClient } from '../client/live-client.js';
import type { SymbolSizes } from '../models/connector-error.js';
import { errorText } from '../models/error-text.js';
import { findConnector } from '../connector/find-connector.js';
import { reasonOfBookState } from '../models/book-state.js';
import { HftError } from '../models/hft-error.js';
import { LiveInstrument } from '../models/live-instrument.js';
import { buildRemedy } from '../native/build-remedy.js';
import { tryLoadAddon } from '../native/load-addon.js';
import { runLive } from '../strategy/run-live.js';
import type { StrategySummary } from '../strategy/strategy-summary.js';
import { askSizes } from './ask-sizes.js';
import { awaitConnectors } from './await-connectors.js';
import {
  startDemoConnector,
  type DemoConnector,
  type DemoConnectorWatcher,
} from './demo-connector.js';
import type { DemoOptions } from './demo-options.js';
import { openDemoPage, type DemoPage } from './demo-page.js';
import { demoReport } from './demo-report.js';
import { DemoSaid } from './demo-said.js';
import { DemoScreen } from './demo-screen.js';
import type { DemoState } from './demo-state.js';
import type { DemoStrategyOptions } from './demo-strategy.js';
import { LEVELS, type DemoFrame } from './demo-view.js';
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
      remedy: buildRemedy('Run `npm run build`.'),
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

/** Sizes of made-up prices where none are given. */
const STUB_SIZES: SymbolSizes = { tickSize: 0.1, lotSize: 0.001 };

/**
 * The sizes of the demo's symbol, after its connector is there.
 *
 * @throws HftError `ERR_CONNECTOR_DOWN`, and as `askSizes`.
 */
async function sizesOf(
  { symbol, tick, lot, connectSeconds }: DemoOptions,
  backend: 'native' | 'stub',
  connector: string,
  signal: AbortSignal,
): Promise<SymbolSizes> {
  if (backend === 'stub')
    return { tickSize: tick ?? STUB_SIZES.tickSize, lotSize: lot ?? STUB_SIZES.lotSize };
  const [known] = await askSizes([{ symbol, tickSize: tick, lotSize: lot }], {
    clientOf: (instruments) =>
      new LiveClient({ instruments: [...instruments], backend: 'native', readOnly: true }),
    connector,
    connected: (client) => awaitConnectors(client, connectSeconds, signal),
    signal,
  });
  return known ?? STUB_SIZES;
}

/** The error of a demo whose time was over before it could trade. */
function lateStart(seconds: number): HftError {
  return new HftError('ERR_TIMEOUT', `the demo had not started after ${String(seconds)} s.`, {
    remedy: 'See the lines above for the cause, or raise --seconds',
  });
}

/** Rejects when the time of the demo is over. */
function deadline(
  options: DemoOptions,
  endMs: number,
): { late: Promise<never>; clear: () => void } {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    if (options.seconds === undefined) return;
    timer = setTimeout(() => {
      reject(lateStart(options.seconds ?? 0));
    }, endMs - performance.now());
  });
  late.catch(() => undefined);
  return {
    late,
    clear: () => {
      clearTimeout(timer);
    },
  };
}

/** `native` where that can be had and is wanted, else the stub, with a warning. */
function backendOf(options: DemoOptions): 'native' | 'stub' {
  const reason = whyStub(options);
  if (reason === '') return 'native';
  if (options.backend === 'native')
    throw new HftError('ERR_NATIVE_UNAVAILABLE', `--backend native cannot run: ${reason}`, {
      remedy: '--backend stub takes made-up prices.',
    });
  if (options.backend === 'auto' && options.connector !== 'sim') {
    throw new HftError(
      'ERR_NATIVE_UNAVAILABLE',
      `--connector ${options.connector} cannot run: ${reason}`,
      { remedy: 'Made-up prices are not taken instead; --backend stub asks for them.' },
    );
  }
  process.stderr.write(
    `\n*** STUB: prices are made up in this process, orders reach no venue. ***\n*** ${reason} ***\n\n`,
  );
  return 'stub';
}

/**
 * Runs the demo until its time is over or a signal comes.
 *
 * @throws HftError as `runLive`, and for a connector or backend that cannot be had, a start that takes longer
 * than the demo may, and a demo that never saw a live book.
 */
export async function runDemo(options: DemoOptions): Promise<void> {
  const endMs = performance.now() + (options.seconds ?? Infinity) * 1000;
  const backend = backendOf(options);
  // Before it is waited for: what comes later under the name was not known.
  const readOnly = backend === 'native' && mustBeReadOnly(options);
  const abort = new AbortController();
  const giveUp = (): void => {
    abort.abort();
  };
  const letGo = onStopSignal(giveUp);
  const said = new DemoSaid();
  let page: DemoPage | undefined;
  const onDown = (text: string): void => {
    said.say(`demo: ${text}`);
    page?.source.setDown(text.split('\n')[0] ?? '');
  };
  const watcher: DemoConnectorWatcher = {
    onDown,
    onUp() {
      said.say('demo: the connector runs again.');
      page?.source.setDown('');
    },
    onFailed(text) {
      onDown(text);
      giveUp();
    },
  };
  const { late, clear } = deadline(options, endMs);
  const starting =
    backend === 'native' ? startDemoConnector(options, watcher) : Promise.resolve(STUB_CONNECTOR);
  try {
    const connector = await Promise.race([starting, late]);
    const asked = sizesOf(options, backend, connector.name, abort.signal);
    asked.catch(() => undefined);
    const sizes = await Promise.race([asked, late]);
    page = await openDemoPage(options, sizes, backend, connector.name);
    clear();
    const run = {
      options,
      readOnly,
      sizes,
      backend,
      connector,
      page,
      said,
      endMs,
      signal: abort.signal,
    };
    const { summary, orders } = await trade(run);
    const on = backend === 'native' ? options.connector : 'stub';
    process.stdout.write(
      options.json
        ? `${JSON.stringify(demoReport(summary, sizes.lotSize, { connector: on, orders: orders ?? null }))}\n`
        : `${describeEnd(summary)}\n`,
    );
  } catch (error) {
    if (!HftError.is(error, 'ERR_INTERRUPTED')) throw error;
  } finally {
    clear();
    giveUp();
    letGo();
    await page?.server.close();
    await starting.then(
      (connector) => connector.stop(),
      () => undefined,
    );
  }
}

/** Everything that the trading part of the demo works with. */
interface DemoRun {
  readonly options: DemoOptions;
  readonly readOnly: boolean;
  readonly sizes: SymbolSizes;
  readonly backend: 'native' | 'stub';
  readonly connector: DemoConnector;
  readonly page: DemoPage | undefined;
  readonly said: DemoSaid;
  /** When it ends, by `performance.now()`. */
  readonly endMs: number;
  readonly signal: AbortSignal;
}

async function trade({
  options,
  readOnly,
  sizes,
  backend,
  connector,
  page,
  said,
  endMs,
  signal,
}: DemoRun): Promise<{ readonly summary: StrategySummary; readonly orders: string | undefined }> {
  const { tickSize, lotSize } = sizes;
  const qty = lotSize * 20;
  const strategyOptions: DemoStrategyOptions = {
    qty,
    maxPosition: qty * 10,
    levels: LEVELS,
    // Bybit takes ten orders per second and symbol.
    requoteMs: options.connector === 'bybit' ? 300 : 5,
    realOrders: options.realOrders,
    readOnly,
  };
  const out = options.json ? process.stderr : process.stdout;
  const screen = new DemoScreen(out, !options.json && out.isTTY);
  said.begin(screen);
  const seen = { live: false };
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
          .tickSize(tickSize)
          .lotSize(lotSize),
      ],
      backend,
      readOnly,
      strategy: strategyUrl(),
      strategyOptions,
      stub: { stepIntervalNs: 1_000_000, maxFeeds: Infinity },
      signal,
      // A second signal ends the process, and the orders that may be open are said before.
      handleSignals: true,
      connectTimeoutMs: options.connectSeconds * 1000,
      ...(endMs === Infinity ? {} : { durationMs: Math.max(0, endMs - performance.now()) }),
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
          said.say(text);
          return;
        }
        state = values?.['state'] as DemoState;
        if (state.orders !== 'unknown') orders = state.orders;
        seen.live ||= state.book === 'live';
        const frame: DemoFrame = {
          banner,
          symbol: options.symbol,
          tickSize,
          lotSize,
          page: page?.url,
          message: said.last,
          elapsedMs: performance.now() - startedMs,
          state,
          summary: progress,
          eventsPerSecond,
        };
        screen.show(frame);
        page?.source.update(state, progress, eventsPerSecond);
      },
    });
    if (!seen.live && !signal.aborted) throw noBook(options.symbol, state);
    return { summary, orders };
  } finally {
    screen.close();
    said.end();
  }
}

function describeEnd(summary: StrategySummary): string {
  return (
    `${summary.backend}: ${String(summary.events)} events in ${(summary.durationMs / 1000).toFixed(1)} s, ` +
    `${String(summary.ordersSubmitted)} orders, ${String(summary.fills)} fills, gaps ${String(summary.gaps)}, dropped ${String(summary.dropped)}`
  );
}

function noBook(symbol: string, state: DemoState | undefined): HftError {
  const book = state?.book ?? 'disconnected';
  return new HftError(
    'ERR_BOOK_NOT_LIVE',
    `the demo saw no live book of ${symbol}: it is ${book} (${reasonOfBookState(book)}), and the link with the connector is ${state?.link ?? 'waiting'}`,
    { remedy: 'See whether the connector has its venue: its log says why not' },
  );
}
