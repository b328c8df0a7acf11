import type { FillView, LiveView, MarketView, OrderView, PositionView } from '../../live-view.js';
import { byId, setText } from '../frame/dom.js';
import { digitsOf, timeText } from '../frame/format.js';
import { DataTable, type Column } from './data-table.js';

/** An entry with the market that it belongs to. */
interface Of<T> {
  readonly it: T;
  readonly market: MarketView;
}

const price = (value: number, { tickSize }: MarketView): string =>
  value.toFixed(digitsOf(tickSize));
const lots = (value: number, { lotSize }: MarketView): string => value.toFixed(digitsOf(lotSize));
const known = (value: number | null | undefined): number => value ?? NaN;
const sign = (value: number): string => (value > 0 ? 'buy' : value < 0 ? 'sell' : '');

function marketColumns<T>(): Column<Of<T>>[] {
  return [
    { name: 'Symbol', key: ({ market }) => market.symbol, text: ({ market }) => market.symbol },
    {
      name: 'Connector',
      key: ({ market }) => market.connector,
      text: ({ market }) => market.connector,
      look: () => 'quiet',
    },
  ];
}

function sideColumn<T extends { readonly side: 'buy' | 'sell' }>(): Column<Of<T>> {
  return {
    name: 'Side',
    key: ({ it }) => it.side,
    text: ({ it }) => it.side,
    look: ({ it }) => it.side,
  };
}

const orders = new DataTable<Of<OrderView>>(byId('panel-orders'), {
  columns: [
    ...marketColumns<OrderView>(),
    sideColumn<OrderView>(),
    {
      name: 'Price',
      isNumber: true,
      key: ({ it }) => it.price,
      text: ({ it, market }) => price(it.price, market),
    },
    {
      name: 'Open',
      isNumber: true,
      key: ({ it }) => it.leavesQty,
      text: ({ it, market }) => lots(it.leavesQty, market),
    },
    {
      name: 'Of',
      isNumber: true,
      key: ({ it }) => it.qty,
      text: ({ it, market }) => lots(it.qty, market),
    },
    { name: 'State', key: ({ it }) => it.state, text: ({ it }) => it.state.replaceAll('_', ' ') },
    {
      name: 'Since',
      key: ({ it }) => known(it.createdMs),
      text: ({ it }) => (typeof it.createdMs === 'number' ? timeText(it.createdMs) : 'not known'),
      look: () => 'quiet',
    },
  ],
  order: { column: 0, isDescending: false },
  keyOf: ({ it }) => `${String(it.market)}/${it.id}`,
  empty: 'No open orders.',
});

const fills = new DataTable<Of<FillView>>(byId('panel-fills'), {
  columns: [
    {
      name: 'Time',
      key: ({ it }) => it.id,
      text: ({ it }) => timeText(it.tsMs, true),
      look: () => 'quiet',
    },
    ...marketColumns<FillView>(),
    sideColumn<FillView>(),
    {
      name: 'Price',
      isNumber: true,
      key: ({ it }) => it.price,
      text: ({ it, market }) => price(it.price, market),
    },
    {
      name: 'Size',
      isNumber: true,
      key: ({ it }) => it.qty,
      text: ({ it, market }) => lots(it.qty, market),
    },
    {
      name: 'Value',
      isNumber: true,
      key: ({ it }) => it.qty * it.price,
      text: ({ it }) => (it.qty * it.price).toFixed(2),
    },
    {
      name: 'Liquidity',
      key: ({ it }) => liquidity(it),
      text: ({ it }) => liquidity(it),
      look: () => 'quiet',
    },
  ],
  order: { column: 0, isDescending: true },
  keyOf: ({ it }) => it.id,
  empty: 'No fills yet.',
});

const positions = new DataTable<Of<PositionView>>(byId('panel-positions'), {
  columns: [
    ...marketColumns<PositionView>(),
    {
      name: 'Position',
      isNumber: true,
      key: ({ it }) => known(it.qty),
      text: ({ it, market }) => (typeof it.qty === 'number' ? lots(it.qty, market) : 'not known'),
      look: ({ it }) => sign(it.qty ?? 0),
    },
    {
      name: 'Mid price',
      isNumber: true,
      key: ({ it }) => known(it.mid),
      text: ({ it, market }) =>
        typeof it.mid === 'number' ? it.mid.toFixed(digitsOf(market.tickSize) + 1) : '–',
    },
    {
      name: 'Value',
      isNumber: true,
      key: ({ it }) => known(it.qty) * known(it.mid),
      text: ({ it }) => {
        const value = known(it.qty) * known(it.mid);
        return Number.isNaN(value) ? '–' : value.toFixed(2);
      },
    },
    profitColumn('Realised', ({ realisedPnl }) => realisedPnl),
    profitColumn('Unrealised', ({ unrealisedPnl }) => unrealisedPnl),
    {
      name: 'Book',
      key: ({ it }) => it.bookState,
      text: ({ it }) => it.bookState,
      look: ({ it }) => (it.bookState === 'live' ? 'ok' : 'warn'),
    },
  ],
  order: { column: 0, isDescending: false },
  keyOf: ({ it }) => it.market,
  empty: 'No instruments.',
});

function profitColumn(
  name: string,
  of: (position: PositionView) => number | undefined,
): Column<Of<PositionView>> {
  return {
    name,
    isNumber: true,
    key: ({ it }) => known(of(it)),
    text: ({ it }) => {
      const value = known(of(it));
      return Number.isNaN(value) ? 'not counted' : value.toFixed(2);
    },
    look: ({ it }) => (Number.isNaN(known(of(it))) ? 'quiet' : sign(known(of(it)))),
  };
}

function liquidity({ maker }: FillView): string {
  return typeof maker === 'boolean' ? (maker ? 'maker' : 'taker') : 'not known';
}

function withMarkets<T extends { readonly market: number }>(
  list: readonly T[],
  markets: readonly MarketView[],
): Of<T>[] {
  return list.flatMap((it) => {
    const market = markets[it.market];
    return market === undefined ? [] : [{ it, market }];
  });
}

/** Draws the table that is open, and the counts of all. */
export function drawTables({
  orders: open,
  fills: done,
  positions: held,
  markets,
}: LiveView): void {
  setText(byId('count-orders'), String(open.length));
  setText(byId('count-fills'), String(done.length));
  const isHeld = held.filter(({ qty }) => typeof qty === 'number' && qty !== 0);
  setText(byId('count-positions'), String(isHeld.length));
  if (!byId('panel-orders').hidden) orders.show(withMarkets(open, markets));
  if (!byId('panel-fills').hidden) fills.show(withMarkets(done, markets));
  if (!byId('panel-positions').hidden) positions.show(withMarkets(held, markets));
}
