/**
 * Tests of strategies in virtual time: a venue on the test's own thread, faults on command, and what was sent.
 * In a part of its own, `hftbacktest-live/testing`, so that bots do not load what they do not use.
 *
 * @packageDocumentation
 */

export { testStrategy, type TestOptions } from './test-strategy.js';
export {
  replay,
  sim,
  type ReplayOptions,
  type SimInstrument,
  type SimLatency,
  type SimOptions,
  type TestVenue,
} from './test-venue.js';
export { faults, type Fault } from './fault.js';
export type { OrderToSend, TestKit, TestStep } from './test-kit.js';
export type { Moment, Reported, SentOrder, SentRequest, TestFill, TestRun } from './test-run.js';
