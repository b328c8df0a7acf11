/** Symbols of the schedules: nobody trades them but the bot and whom a plan lets trade. */
export const SYMBOLS = ['XRPUSDT', 'ADAUSDT'] as const;

/** Where orders are priced, and the steps that the bots know. */
export const PRICES: Readonly<
  Record<string, { middle: number; tick: number; lot: number; around: number }>
> = {
  XRPUSDT: { middle: 2.5, tick: 0.001, lot: 0.1, around: 110 },
  ADAUSDT: { middle: 4, tick: 0.01, lot: 0.1, around: 22 },
};

/** The resting level of others on each side, outside of what orders reach for the most part. */
export const EDGE = { XRPUSDT: ['2.400', '2.600'], ADAUSDT: ['3.80', '4.20'] } as const;

/** The fake venue's markets, with no other traders. */
export const MARKETS = [
  { category: 'linear', symbol: 'XRPUSDT', tick: '0.001', step: '0.1', px: 2.5, levels: 0, levelRateHz: 0, tradeRateHz: 0 },
  { category: 'linear', symbol: 'ADAUSDT', tick: '0.01', step: '0.1', px: 4, levels: 0, levelRateHz: 0, tradeRateHz: 0 },
]; // prettier-ignore
