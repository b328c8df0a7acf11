import type { Random } from '../../lib/stub/random.js';

/** What the venue can change of an instrument that is traded. */
export const LISTING_CHANGES = ['tick', 'step', 'minQty', 'status', 'settleCoin', 'gone'] as const;

export type ListingChange = (typeof LISTING_CHANGES)[number];

/** The listing of an instrument after a change, as the fake venue's control takes it. */
export function randomListing(
  random: Random,
  symbol: string,
  change: ListingChange,
): Record<string, unknown> {
  const pick = <T>(of: readonly T[]): T => of[random.whole(0, of.length - 1)] as T;
  switch (change) {
    case 'tick':
      return { tick: pick(symbol === 'XRPUSDT' ? ['0.0001', '0.002', '0.01'] : ['0.001', '0.02', '0.1']) }; // prettier-ignore
    case 'step':
      return { step: pick(['0.01', '0.2', '1']) };
    case 'minQty':
      return { minQty: pick(['1', '4.5', '20']) };
    case 'status':
      return { status: pick(['Closed', 'PreLaunch', 'Delivering', 'Settling']) };
    case 'settleCoin':
      return { settleCoin: 'USDC' };
    case 'gone':
      return { gone: true };
  }
}
