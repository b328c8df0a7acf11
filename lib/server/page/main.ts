import type { LiveView, PageMessage } from '../live-view.js';
import { Chart } from './chart.js';
import { byId, make } from './dom.js';
import { digitsOf } from './format.js';
import { Frames } from './frames.js';
import { drawLadder } from './ladder.js';
import { LatencyPanel } from './latency.js';
import { Panels } from './panel.js';
import {
  drawFigures,
  drawHeader,
  drawLinks,
  drawLog,
  drawOrders,
  drawState,
  drawTape,
} from './panels.js';

const RETRY_MS = [500, 1_000, 2_000, 5_000];
/** The server sends ten times a second; a silence like this is a fault. */
const SILENCE_MS = 3_000;
/** Numbers that are read one by one, and drawings that hardly move, need no more than this. */
const CALM_MS = 450;

const chart = new Chart();
const latency = new LatencyPanel();
const select = byId('instrument') as HTMLSelectElement;
const panels = new Panels([
  { shows: ['backend', 'state', 'uptimeMs'], everyMs: 0, draw: drawHeader },
  { shows: ['book', 'orders'], everyMs: 0, draw: drawLadder },
  { shows: ['trades'], everyMs: 0, draw: drawTape },
  { shows: ['orders', 'position', 'pnl'], everyMs: 0, draw: drawOrders },
  { shows: ['rates', 'losses'], everyMs: CALM_MS, draw: drawFigures },
  { shows: ['connectors', 'queues'], everyMs: CALM_MS, draw: drawLinks },
  { shows: ['log'], everyMs: 0, draw: drawLog },
  {
    shows: ['hops'],
    everyMs: CALM_MS,
    draw: (view) => {
      latency.draw(view);
    },
  },
  {
    shows: ['book'],
    everyMs: CALM_MS,
    draw: () => {
      chart.draw();
    },
  },
  { shows: ['instruments', 'instrument'], everyMs: 0, draw: drawPicker },
]);

let socket: WebSocket | undefined;
let attempts = 0;
let lastMessageMs = 0;
let view: LiveView | undefined;
let retry = 0;

const frames = new Frames(() => {
  if (view !== undefined) panels.draw(view, performance.now());
});

function drawPicker({ instruments, instrument }: LiveView): void {
  document.title = `${instruments[instrument] ?? ''} hftbacktest-live`.trim();
  if (select.options.length === instruments.length) return;
  select.replaceChildren(
    ...instruments.map((name, index) => {
      const option = make('option', '', name);
      option.value = String(index);
      option.selected = index === instrument;
      return option;
    }),
  );
  byId('picker').hidden = instruments.length < 2;
  byId('title').textContent =
    instruments.length === 1 ? (instruments[0] ?? '') : 'hftbacktest-live';
}

function take(message: PageMessage): void {
  lastMessageMs = performance.now();
  if (document.body.classList.contains('stale')) {
    document.body.classList.remove('stale');
    panels.changed();
  }
  if (message.type === 'history') {
    chart.reset(message.points);
    return;
  }
  if (message.type === 'view') {
    view = message.view;
    panels.changed();
  } else if (view === undefined) return;
  else {
    view = { ...view, ...message.change };
    panels.changed(new Set(Object.keys(message.change)));
  }
  const { book } = view;
  const [bid, ask] = [book.bids[0]?.[0], book.asks[0]?.[0]];
  const whole = bid !== undefined && ask !== undefined && book.synced;
  const point = whole ? ([(bid + ask) / 2, ask - bid] as const) : ([null, null] as const);
  chart.add([view.atMs, ...point], digitsOf(book.tickSize));
  frames.ask();
}

function lost(why: string): void {
  document.body.classList.add('stale');
  drawState({ level: 'bad', text: why });
}

/** Why the server refuses this page, as it says itself; '' when it does not. */
async function reason(): Promise<string> {
  try {
    const answer = await fetch(`ws/live?origin=${encodeURIComponent(location.origin)}`);
    const { error } = (await answer.json()) as { error?: unknown };
    return typeof error === 'string' ? error : '';
  } catch {
    return '';
  }
}

function connect(): void {
  clearTimeout(retry);
  if (document.hidden) return;
  const url = new URL('ws/live', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.searchParams.set('instrument', select.value === '' ? '0' : select.value);
  const opened = new WebSocket(url);
  socket = opened;
  opened.onmessage = (event: MessageEvent<string>) => {
    if (socket !== opened) return;
    attempts = 0;
    take(JSON.parse(event.data) as PageMessage);
  };
  opened.onclose = () => {
    if (socket !== opened || document.hidden) return;
    const waitMs = RETRY_MS[Math.min(attempts, RETRY_MS.length - 1)] ?? 5_000;
    attempts += 1;
    const again = `trying again in ${String(waitMs / 1000)} s`;
    lost(`the server does not answer; ${again}`);
    void reason().then((why) => {
      if (why !== '' && socket === opened) lost(`${why}; ${again}`);
    });
    retry = setTimeout(connect, waitMs);
  };
}

select.onchange = () => {
  const old = socket;
  connect();
  old?.close();
};
// While the page is hidden, the server makes nothing for it and the browser draws nothing.
document.addEventListener('visibilitychange', () => {
  const old = socket;
  socket = undefined;
  old?.close();
  if (!document.hidden) connect();
});
setInterval(() => {
  if (socket?.readyState === WebSocket.OPEN && performance.now() - lastMessageMs > SILENCE_MS)
    lost('the server is silent');
}, 1_000);
connect();
