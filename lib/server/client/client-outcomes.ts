import type { ClientHealth } from '../../client/client-health.js';
import { figure } from '../figure.js';
import type { FigureView } from '../live-view.js';
import type { ClientListeners } from './client-listeners.js';

/** Counts how orders ended, which is nobody's fault: fills, expired quotes, refusals. */
export class ClientOutcomes {
  #expired = 0;
  #rejected = 0;
  #denied = 0;

  constructor(listeners: ClientListeners) {
    listeners.on('orderUpdate', ({ previous, current }) => {
      if (current === previous) return;
      if (current === 'expired') this.#expired += 1;
      else if (current === 'rejected') this.#rejected += 1;
      else if (current === 'denied') this.#denied += 1;
    });
  }

  figures({ ordersSubmitted, fills }: ClientHealth): FigureView[] {
    return [
      figure('orders sent', ordersSubmitted),
      figure('fills', fills),
      figure('expired', this.#expired),
      figure('rejected', this.#rejected),
      figure('denied', this.#denied),
    ];
  }
}
