export { StubConnectorBot, type StubBotOptions } from './stub-connector-bot.js';
export type { StubLimits } from './stub-limits.js';
export type { StubOptions } from './stub-options.js';
export {
  loadStubData,
  saveStubData,
  type StubData,
  type StubFeed,
  type StubQuote,
} from './stub-data.js';
export { generateStubData } from './stub-feeds.js';
export { saveStubNpz, type NpzOptions } from './stub-data-npz.js';
