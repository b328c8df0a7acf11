import type { LiveView, QueueView } from '../../live-view.js';
import { cells } from '../frame/cells.js';
import { byId } from '../frame/dom.js';
import { FigureRows } from '../frame/figures.js';
import { countText } from '../frame/format.js';
import { Rows } from '../frame/rows.js';

const rates = new FigureRows(byId('rates'));
const outcomes = new FigureRows(byId('outcomes'));
const losses = new FigureRows(byId('losses'));
const queues = new Rows<QueueView>(
  byId('queues'),
  cells(({ name, size, capacity, dropped, policy }) => [
    [`${name} (${policy})`, ''],
    [countText(size), 'n'],
    [countText(capacity), 'n quiet'],
    [countText(dropped), dropped > 0 ? 'n warn' : 'n'],
  ]),
);

/** Rates, outcomes of orders, losses and queues. */
export function drawFlow(view: LiveView): void {
  rates.showCounts(view.rates);
  outcomes.showCounts(view.outcomes);
  losses.showCounts(view.losses);
  byId('outcomes-part').hidden = view.outcomes.length === 0;
  queues.show(view.queues);
  byId('queues-part').hidden = view.queues.length === 0;
}
