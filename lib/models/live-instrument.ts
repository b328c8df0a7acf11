import { invalid } from './invalid.js';
import { checkKeys, knownKeys } from './known-keys.js';
import { priceToTick } from './ticks.js';

/** Ticks between the ROI bounds that the vector book may span: 80 MB of levels for each side. */
const ROI_TICKS_MAX = 10_000_000;

/** An instrument with everything a bot needs; frozen, safe to send to a worker. */
export interface InstrumentSpec {
  /** As the connector writes it. */
  readonly symbol: string;
  /** Name of the connector that the instrument is traded on. */
  readonly connector: string;
  /** Step of prices. */
  readonly tickSize: number;
  /** Step of quantities. */
  readonly lotSize: number;
  /** Range of interest, lowest and highest price; `undefined` when none was given. */
  readonly roi?: { readonly lb: number; readonly ub: number } | undefined;
  /** How many of the last trades the bot keeps; 0 keeps none. */
  readonly lastTradesCapacity: number;
}

/** An instrument as a plain object: an {@link InstrumentSpec} whose `lastTradesCapacity` may be left out (0). */
export type PlainInstrument = Omit<InstrumentSpec, 'lastTradesCapacity'> &
  Partial<Pick<InstrumentSpec, 'lastTradesCapacity'>>;

interface Draft {
  connector: string;
  tickSize: number;
  lotSize: number;
  roi: { readonly lb: number; readonly ub: number } | undefined;
  lastTradesCapacity: number;
}

const SPEC_KEYS = knownKeys<InstrumentSpec>({
  symbol: true,
  connector: true,
  tickSize: true,
  lotSize: true,
  roi: true,
  lastTradesCapacity: true,
});
const DRAFT_KEYS = knownKeys<Draft>({
  connector: true,
  tickSize: true,
  lotSize: true,
  roi: true,
  lastTradesCapacity: true,
});
const ROI_KEYS = knownKeys<NonNullable<InstrumentSpec['roi']>>({ lb: true, ub: true });

/**
 * Describes an instrument step by step. Each step returns a new builder, so a half-described
 * instrument can be shared.
 *
 * ```ts
 * new LiveInstrument('BTCUSDT').connector('bybit').tickSize(0.1).lotSize(0.001)
 * ```
 *
 * Values are checked by `build()`, which the bots call.
 */
export class LiveInstrument {
  readonly symbol: string;
  private readonly draft: Readonly<Draft>;

  /**
   * @param symbol - As the venue writes it.
   * @param draft - What the steps say, at once.
   * @throws HftError `ERR_INVALID_ARGUMENT` for an unknown name in `draft`.
   */
  constructor(symbol: string, draft: Readonly<Partial<Draft>> = {}) {
    checkKeys(draft, DRAFT_KEYS, '');
    this.symbol = symbol;
    this.draft = {
      connector: '',
      tickSize: NaN,
      lotSize: NaN,
      roi: undefined,
      lastTradesCapacity: 0,
      ...draft,
    };
  }

  /** Name under which the connector process was started. Required. */
  connector(name: string): LiveInstrument {
    return this.with({ connector: name });
  }

  /** Smallest price step. Required. */
  tickSize(size: number): LiveInstrument {
    return this.with({ tickSize: size });
  }

  /** Smallest quantity step. Required. */
  lotSize(size: number): LiveInstrument {
    return this.with({ lotSize: size });
  }

  /**
   * Range of interest in price, both bounds included. Required by the ROI vector bot, whose book
   * leaves out what is outside; other bots ignore it.
   */
  roi(lb: number, ub: number): LiveInstrument {
    return this.with({ roi: { lb, ub } });
  }

  /** How many of the last trades the bot keeps for `lastTrades`. Default 0: none. */
  lastTradesCapacity(count: number): LiveInstrument {
    return this.with({ lastTradesCapacity: count });
  }

  /**
   * The checked instrument.
   *
   * @throws HftError `ERR_INVALID_ARGUMENT` naming the first wrong value.
   */
  build(): InstrumentSpec {
    const { connector, tickSize, lotSize, roi, lastTradesCapacity } = this.draft;
    return checkInstrument({
      symbol: this.symbol,
      connector,
      tickSize,
      lotSize,
      roi,
      lastTradesCapacity,
    });
  }

  private with(change: Partial<Draft>): LiveInstrument {
    return new LiveInstrument(this.symbol, { ...this.draft, ...change });
  }
}

/**
 * Checks an instrument and freezes it.
 *
 * @throws HftError `ERR_INVALID_ARGUMENT` naming the first wrong value, or an unknown name.
 */
export function checkInstrument(spec: PlainInstrument): InstrumentSpec {
  checkKeys(spec, SPEC_KEYS, 'instrument');
  const { symbol, connector, tickSize, lotSize, roi, lastTradesCapacity = 0 } = spec;
  if (typeof symbol !== 'string' || symbol === '') invalid('symbol', symbol, 'must be a symbol');
  // hftbacktest's wire carries symbol and event in one slot of 512 bytes.
  if (new TextEncoder().encode(symbol).byteLength > 128) {
    invalid('symbol', symbol, 'is longer than 128 bytes');
  }
  const at = `instrument ${symbol}`;
  if (typeof connector !== 'string' || connector === '') {
    invalid(
      `${at}: connector`,
      connector,
      "must be a connector's name: .connector(name), or connector in an object",
    );
  }
  if (!/^[A-Za-z0-9._-]{1,64}$/.test(connector)) {
    invalid(`${at}: connector`, connector, 'may hold letters, digits, ., _ and -, at most 64');
  }
  if (!(typeof tickSize === 'number' && tickSize > 0 && Number.isFinite(tickSize))) {
    invalid(
      `${at}: tickSize`,
      tickSize,
      'must be a finite number above 0: .tickSize(size), or tickSize in an object',
    );
  }
  if (!(typeof lotSize === 'number' && lotSize > 0 && Number.isFinite(lotSize))) {
    invalid(
      `${at}: lotSize`,
      lotSize,
      'must be a finite number above 0: .lotSize(size), or lotSize in an object',
    );
  }
  if (roi !== undefined) {
    checkKeys(roi, ROI_KEYS, `${at}: roi`);
    if (!(typeof roi.lb === 'number' && roi.lb >= 0 && Number.isFinite(roi.lb))) {
      invalid(`${at}: roi.lb`, roi.lb, 'must be a finite number from 0 on');
    }
    if (!(typeof roi.ub === 'number' && roi.ub > roi.lb && Number.isFinite(roi.ub))) {
      invalid(
        `${at}: roi.ub`,
        roi.ub,
        `must be a finite number above the lower bound ${String(roi.lb)}`,
      );
    }
    const ticks = priceToTick(roi.ub, tickSize) - priceToTick(roi.lb, tickSize);
    if (ticks > ROI_TICKS_MAX) {
      invalid(`${at}: roi`, ticks, `ticks wide; at most ${String(ROI_TICKS_MAX)} fit into memory`);
    }
  }
  if (!Number.isInteger(lastTradesCapacity) || lastTradesCapacity < 0 || lastTradesCapacity > 1e6) {
    invalid(
      `${at}: lastTradesCapacity`,
      lastTradesCapacity,
      'must be a whole number from 0 to 1000000',
    );
  }
  return Object.freeze({
    symbol,
    connector,
    tickSize,
    lotSize,
    roi: roi === undefined ? undefined : Object.freeze({ lb: roi.lb, ub: roi.ub }),
    lastTradesCapacity,
  });
}
