export { HashMapMarketDepthLiveBot } from './hash-map-market-depth-live-bot.js';
export { ROIVectorMarketDepthLiveBot } from './roi-vector-market-depth-live-bot.js';
export { OrderIdSource } from './order-id-source.js';
export { create, type Backend, type CreateOptions } from './create.js';
export type { DepthKind } from './depth-kind.js';
