import type { NativeAddon, NativeBotConstructor } from '../native/native-addon.js';
import type { DepthKind } from './depth-kind.js';

/** The addon's class of bots that keep this book. */
export function nativeBotClass(addon: NativeAddon, depth: DepthKind): NativeBotConstructor {
  switch (depth) {
    case 'hashmap':
      return addon.HashMapMarketDepthLiveBot;
    case 'hashmap-upstream':
      return addon.UpstreamHashMapMarketDepthLiveBot;
    case 'roivector':
      return addon.ROIVectorMarketDepthLiveBot;
  }
}
