/**
 * Live trading bots in TypeScript on hftbacktest's Rust core.
 *
 * @packageDocumentation
 */

export * from './models/index.js';
export * from './orders/index.js';
export * from './bot/index.js';
export * from './stub/index.js';
export * from './strategy/index.js';
export * from './client/index.js';
export * from './connector/index.js';
export * from './record/index.js';
