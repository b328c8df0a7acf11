import { HftError } from '../models/hft-error.js';
import { gridFault } from '../models/grid-fault.js';
import type { InstrumentSpec } from '../models/live-instrument.js';
import { checkKeys, knownKeys } from '../models/known-keys.js';
import { checkPrice, checkQty, checkSide } from '../models/arguments.js';
import { invalid } from '../models/invalid.js';
import type { Side } from '../models/side.js';
import { priceToTick, roundToTick } from '../models/ticks.js';

/** One order that should rest: a level of a quote. */
export interface DesiredQuote {
  readonly side: Side;
  /** On the tick grid; another price is refused, never rounded. */
  readonly price: number;
  /** Quantity that should be open at that price, above 0 and on the lot grid. */
  readonly qty: number;
}

/** How {@link planQuotes} and `quote` get from the orders that work to those that are desired. */
export interface QuoteOptions {
  /**
   * Whether an open order may be changed in its place. Default: true where the connector can do that. False
   * cancels it, and sends the new one when it has ended.
   */
  readonly modify?: boolean;
  /**
   * An order whose open quantity differs from the desired one by no more than this stays as it is, for
   * example after a part of it was filled. Default 0.
   */
  readonly qtyTolerance?: number;
}

/** Of the helper `quote` of strategy and client. */
export interface SendQuoteOptions extends QuoteOptions {
  /** Symbol or index of the instrument; the first when it is not given. */
  readonly instrument?: string | number;
  /** Default `GTX`: post-only. */
  readonly timeInForce?: 'GTX' | 'GTC';
}

const QUOTE_KEYS = knownKeys<DesiredQuote>({ side: true, price: true, qty: true });

/** The names of {@link QuoteOptions}. */
export const PLAN_QUOTE_KEYS = knownKeys<QuoteOptions>({ modify: true, qtyTolerance: true });

/** The names of {@link SendQuoteOptions}. */
export const SEND_QUOTE_KEYS = knownKeys<SendQuoteOptions>({
  instrument: true,
  modify: true,
  qtyTolerance: true,
  timeInForce: true,
});

/** The options of a plan among those of `quote`. */
export function planOptions({ qtyTolerance }: SendQuoteOptions, modify: boolean): QuoteOptions {
  return qtyTolerance === undefined ? { modify } : { modify, qtyTolerance };
}

/** @throws HftError `ERR_INVALID_ARGUMENT`. */
export function checkQuoteOptions({ modify, qtyTolerance, timeInForce }: SendQuoteOptions): void {
  if (modify !== undefined && typeof modify !== 'boolean')
    invalid('options.modify', modify, 'must be true or false');
  if (qtyTolerance !== undefined && !(typeof qtyTolerance === 'number' && qtyTolerance >= 0))
    invalid('options.qtyTolerance', qtyTolerance, 'must be a number from 0 on');
  if (timeInForce !== undefined && !(['GTX', 'GTC'] as unknown[]).includes(timeInForce))
    invalid('options.timeInForce', timeInForce, 'must be GTX or GTC: a quote rests');
}

/**
 * Checks desired quotes, and takes the noise of floating point off them.
 *
 * @throws HftError `ERR_INVALID_ARGUMENT` for a wrong field, two quotes of one side at one price, and a bid
 * at or above an ask; `ERR_OFF_GRID`. Nothing was sent.
 */
export function checkQuotes(
  desired: readonly DesiredQuote[],
  instrument: Pick<InstrumentSpec, 'tickSize' | 'lotSize'>,
): DesiredQuote[] {
  const given: unknown = desired;
  if (!Array.isArray(given)) invalid('quotes', desired, 'must be a list, [] for none');
  const { tickSize, lotSize } = instrument;
  const seen = new Set<string>();
  let bid = -Infinity;
  let ask = Infinity;
  return desired.map((quote, index) => {
    checkKeys(quote, QUOTE_KEYS, `quotes[${String(index)}]`);
    const { side, price, qty } = quote;
    checkSide(side);
    checkPrice(price);
    checkQty(qty);
    const fault = gridFault(instrument, price, qty, false);
    if (fault !== undefined)
      throw new HftError('ERR_OFF_GRID', `quotes[${String(index)}]: ${fault.text}.`, {
        remedy: 'Nothing was sent. roundToTick and roundToLot give values on the grid.',
      });
    const tick = priceToTick(price, tickSize);
    const place = `${side} ${String(tick)}`;
    if (seen.has(place)) invalid('quotes', place, 'must hold one quote per side and price');
    seen.add(place);
    if (side === 'buy') bid = Math.max(bid, tick);
    else ask = Math.min(ask, tick);
    if (bid >= ask) invalid('quotes', quote, 'must not have a bid at or above an ask');
    return Object.freeze({
      side,
      price: roundToTick(price, tickSize),
      qty: roundToTick(qty, lotSize),
    });
  });
}
