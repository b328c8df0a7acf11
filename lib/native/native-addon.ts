import type * as addon from './addon.js';

/**
 * The exports of the native addon. `addon.d.ts` is generated from `crates/node`, which also states
 * their conventions (`lib.rs`); only `lib/native` and what is built on the addon's bots and ports see
 * these types.
 */
export type NativeAddon = Readonly<typeof addon>;

/** A bot of the addon, on any of the order books. */
export type NativeBot =
  | addon.HashMapMarketDepthLiveBot
  | addon.UpstreamHashMapMarketDepthLiveBot
  | addon.ROIVectorMarketDepthLiveBot;

/** The class of a bot. */
export type NativeBotConstructor = new (config: addon.NativeBotConfig) => NativeBot;
