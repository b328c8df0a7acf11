export { runLive, type LiveRun, type RunLiveOptions } from './run-live.js';
export { runStrategyLoop, type StrategyLoopOptions } from './strategy-loop.js';
export type { Strategy, StrategyEvent, StrategyFactory } from './strategy.js';
export type { StrategyContext } from './strategy-context.js';
export type { StopSummary, StrategySummary } from './strategy-summary.js';
export type { QuoteResult } from './send-quotes.js';
