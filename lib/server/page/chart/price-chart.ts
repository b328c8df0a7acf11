import {
  CandlestickSeries,
  createChart,
  LineStyle,
  type CandlestickData,
  type IChartApi,
  type IPriceLine,
  type ISeriesApi,
  type UTCTimestamp,
  type WhitespaceData,
} from 'lightweight-charts';
import type { Candle } from '../../history/candle-history.js';
import type { MidPoint } from '../../history/mid-history.js';
import type { LiveView, OrderView } from '../../live-view.js';
import { byId } from '../frame/dom.js';
import { digitsOf, timeText } from '../frame/format.js';
import { ChartData, type Bucket } from './chart-data.js';
import { FillMarks } from './fill-marks.js';
import { Overlay } from './overlay.js';

/** Own orders that get a line each. */
const LINES = 20;
/** A candle is never wider than this, px. */
const WIDEST = 40;

/** Candles with own fills and working orders. */
export class PriceChart {
  readonly #data = new ChartData();
  readonly #overlay = new Overlay();
  readonly #chart: IChartApi;
  readonly #series: ISeriesApi<'Candlestick'>;
  readonly #lines: IPriceLine[] = [];
  readonly #fills = new FillMarks();
  /** All candles are shown, until someone moves or widens them. */
  #isFitted = true;
  #width: number;
  #digits = -1;
  /** Candles that the chart has, and the begin of the newest. */
  #count = 0;
  #drawn = NaN;
  #gaps: number[] = [];
  #colors = { buy: '', sell: '', quiet: '' };

  /** @param width - Seconds of a candle. */
  constructor(width: number) {
    this.#width = width;
    const time = (seconds: unknown): string => timeText(Number(seconds) * 1000);
    this.#chart = createChart(byId('chart'), {
      autoSize: true,
      layout: { attributionLogo: false, fontSize: 11, fontFamily: 'system-ui, sans-serif' },
      localization: { timeFormatter: time },
      timeScale: {
        timeVisible: true,
        secondsVisible: true,
        rightOffset: 3,
        maxBarSpacing: WIDEST,
        tickMarkFormatter: time,
      },
      handleScroll: { vertTouchDrag: false },
    });
    for (const type of ['wheel', 'pointerdown'])
      byId('chart').addEventListener(type, () => (this.#isFitted = false), { passive: true });
    this.#series = this.#chart.addSeries(CandlestickSeries, { borderVisible: false });
    this.#series.attachPrimitive(this.#overlay);
    this.paint();
  }

  /** Takes the colours of the page. */
  paint(): void {
    const css = getComputedStyle(document.documentElement);
    const color = (name: string): string => css.getPropertyValue(`--${name}`).trim();
    const [buy, sell, quiet, line] = [color('buy'), color('sell'), color('quiet'), color('line')];
    this.#colors = { buy, sell, quiet };
    this.#chart.applyOptions({
      layout: { background: { color: color('card') }, textColor: quiet },
      grid: { vertLines: { color: line }, horzLines: { color: line } },
      rightPriceScale: { borderColor: line },
      timeScale: { borderColor: line },
    });
    this.#series.applyOptions({
      upColor: buy,
      downColor: sell,
      wickUpColor: buy,
      wickDownColor: sell,
    });
    this.#overlay.colors = {
      ...{ buy, sell, edge: color('card'), gap: color('gap'), text: quiet },
    };
    this.#drawn = NaN;
  }

  /** Seconds of a candle. */
  set width(width: number) {
    this.#width = width;
    this.#drawn = NaN;
  }

  /** Starts anew with the server's past. */
  reset(candles: readonly Candle[], mids: readonly MidPoint[]): void {
    this.#data.reset(candles, mids);
    this.#drawn = NaN;
  }

  add(candles: readonly Candle[], atMs: number, mid: number | null): void {
    this.#data.addCandles(candles);
    this.#data.addMid(atMs, mid);
  }

  draw({ book, orders, fills, instrument }: LiveView): void {
    const digits = digitsOf(book.tickSize);
    if (digits !== this.#digits) {
      this.#digits = digits;
      this.#series.applyOptions({
        priceFormat: { type: 'price', precision: digits, minMove: 10 ** -digits },
      });
    }
    this.#drawCandles();
    this.#fills.take(fills, instrument);
    this.#overlay.fills = this.#fills.of(this.#width);
    this.#overlay.gaps = this.#gaps;
    this.#overlay.update();
    this.#drawOrders(orders.filter(({ market }) => market === instrument).slice(0, LINES));
  }

  /** Moves by candles; later ones for a positive number. */
  scroll(by: number): void {
    this.#isFitted = false;
    const scale = this.#chart.timeScale();
    scale.scrollToPosition(scale.scrollPosition() + by, false);
  }

  /** Makes candles wider or narrower. */
  zoom(by: number): void {
    this.#isFitted = false;
    const scale = this.#chart.timeScale();
    const barSpacing = Math.min(WIDEST, Math.max(1, scale.options().barSpacing * by));
    scale.applyOptions({ barSpacing });
  }

  /** Shows all that there is. */
  fit(): void {
    this.#isFitted = true;
    this.#chart.timeScale().fitContent();
  }

  #drawCandles(): void {
    const isNew = Number.isNaN(this.#drawn) || this.#count * this.#width > 660;
    const buckets = this.#data.buckets(this.#width, isNew ? -Infinity : this.#drawn);
    const last = buckets.at(-1);
    if (last === undefined) return;
    const since = buckets[0]?.time ?? 0;
    this.#gaps = isNew ? [] : this.#gaps.filter((time) => time < since);
    for (const { time, from } of buckets)
      // The newest second may still get its price.
      if (from === 'nothing' && time !== last.time) this.#gaps.push(time);
    const before = this.#count;
    if (isNew) {
      this.#series.setData(buckets.map((bucket) => this.#item(bucket)));
      this.#count = buckets.length;
    } else
      for (const bucket of buckets) {
        this.#series.update(this.#item(bucket));
        if (bucket.time > this.#drawn) this.#count += 1;
      }
    if (this.#isFitted && (isNew || this.#count !== before)) this.fit();
    this.#drawn = last.time;
    // What the canvas shows, for those who cannot see it.
    const { dataset } = byId('chart');
    dataset['candles'] = String(this.#count);
    dataset['gaps'] = String(this.#gaps.length);
    dataset['last'] = last.from;
  }

  #item({ time, from, open, high, low, close }: Bucket): CandlestickData | WhitespaceData {
    const at = time as UTCTimestamp;
    if (from === 'nothing') return { time: at };
    const item = { time: at, open, high, low, close };
    const { quiet } = this.#colors;
    return from === 'mid' ? { ...item, color: quiet, wickColor: quiet } : item;
  }

  #drawOrders(orders: readonly OrderView[]): void {
    for (const [index, { price, side, leavesQty }] of orders.entries()) {
      const options = { price, color: this.#colors[side], title: `${side} ${String(leavesQty)}` };
      const line = this.#lines[index];
      if (line === undefined)
        this.#lines.push(
          this.#series.createPriceLine({
            ...options,
            lineStyle: LineStyle.Dashed,
            lineWidth: 1,
            axisLabelVisible: true,
          }),
        );
      else {
        const known = line.options();
        if (known.price !== price || known.title !== options.title || known.color !== options.color)
          line.applyOptions(options);
      }
    }
    for (const line of this.#lines.splice(orders.length)) this.#series.removePriceLine(line);
  }
}
