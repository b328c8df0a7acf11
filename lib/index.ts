/**
 * Live trading bots in TypeScript on hftbacktest's Rust core.
 *
 * @packageDocumentation
 */

export * from './models/index.js';
