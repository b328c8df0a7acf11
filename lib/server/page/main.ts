import type { LiveView, PageMessage } from '../live-view.js';
import { Chart } from './chart.js';
import { byId, make } from './dom.js';
import { digitsOf } from './format.js';
import { drawLadder } from './ladder.js';
import { LatencyPanel } from './latency.js';
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

const chart = new Chart();
const latency = new LatencyPanel();
const select = byId('instrument') as HTMLSelectElement;

let socket: WebSocket | undefined;
let attempts = 0;
let lastMessageMs = 0;
let pending: LiveView | undefined;

function draw(): void {
  const view = pending;
  pending = undefined;
  if (view === undefined) return;
  drawHeader(view);
  drawLadder(view);
  drawTape(view);
  drawOrders(view);
  drawFigures(view);
  drawLinks(view);
  drawLog(view);
  latency.draw(view);
  chart.draw();
  drawPicker(view);
}

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
  document.body.classList.remove('stale');
  if (message.type === 'history') {
    chart.reset(message.points);
    return;
  }
  const { view } = message;
  const { book } = view;
  const [bid, ask] = [book.bids[0]?.[0], book.asks[0]?.[0]];
  const whole = bid !== undefined && ask !== undefined && book.trusted;
  const point = whole ? ([(bid + ask) / 2, ask - bid] as const) : ([null, null] as const);
  chart.add([view.atMs, ...point], digitsOf(book.tickSize));
  if (pending === undefined) requestAnimationFrame(draw);
  pending = view;
}

function lost(why: string): void {
  document.body.classList.add('stale');
  drawState({ level: 'bad', text: why });
}

function connect(): void {
  const url = new URL('/ws/live', location.href);
  url.protocol = url.protocol === 'https:' ? 'wss:' : 'ws:';
  url.searchParams.set('instrument', select.value === '' ? '0' : select.value);
  const opened = new WebSocket(url);
  socket = opened;
  opened.onmessage = (event: MessageEvent<string>) => {
    attempts = 0;
    take(JSON.parse(event.data) as PageMessage);
  };
  opened.onclose = () => {
    if (socket !== opened) return;
    const waitMs = RETRY_MS[Math.min(attempts, RETRY_MS.length - 1)] ?? 5_000;
    attempts += 1;
    lost(`the server does not answer; trying again in ${String(waitMs / 1000)} s`);
    setTimeout(connect, waitMs);
  };
}

select.onchange = () => {
  const old = socket;
  connect();
  old?.close();
};
setInterval(() => {
  if (socket?.readyState === WebSocket.OPEN && performance.now() - lastMessageMs > SILENCE_MS)
    lost('the server is silent');
}, 1_000);
connect();
