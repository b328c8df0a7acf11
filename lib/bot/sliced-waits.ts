import { elapseResultFromCode, type ElapseResult } from '../models/elapse-result.js';
import { errorFromCommand, errorFromNative } from '../models/native-error.js';
import type { NativeAddon, NativeBot } from '../native/native-addon.js';

/** One native wait lasts at most this long, so that `worker.terminate()` is not held up. */
const SLICE_NS = 100_000_000;

/** The bot that waits. */
export interface WaitingBot {
  /** The native bot; throws `ERR_CLOSED` once it is closed, also between two slices. */
  open(): NativeBot;
  /** The bot's own clock. */
  monotonicNs(): number;
}

/**
 * The waits of a native bot: a long wait is a row of short ones, between which its worker can be
 * terminated. Keeps whether the bot was asked to stop; from then on no wait begins.
 */
export class SlicedWaits {
  private readonly addon: NativeAddon;
  private readonly handle: number;
  private readonly bot: WaitingBot;
  stopped = false;

  constructor(addon: NativeAddon, handle: number, bot: WaitingBot) {
    this.addon = addon;
    this.handle = handle;
    this.bot = bot;
  }

  /** Waits for a batch; returns how many records were written, 0 also when the bot was stopped. */
  batch(timeoutNs: number, maxRecords: number): number {
    if (this.stopped) return 0;
    const { addon, handle } = this;
    let count: number;
    try {
      count = addon.botWaitBatch(handle, Math.min(timeoutNs, SLICE_NS), maxRecords);
      if (count === 0 && timeoutNs > SLICE_NS) {
        const endNs = this.bot.monotonicNs() + timeoutNs - SLICE_NS;
        let leftNs = timeoutNs - SLICE_NS;
        while (count === 0 && leftNs > 0) {
          this.bot.open();
          count = addon.botWaitBatch(handle, Math.min(Math.ceil(leftNs), SLICE_NS), maxRecords);
          leftNs = endNs - this.bot.monotonicNs();
        }
      }
    } catch (error) {
      throw errorFromNative(error, 'waitBatch');
    }
    if (count >= 0) return count;
    // -1: asked to stop; below: -1 minus a `CommandError`.
    if (count < -1) throw errorFromCommand(-1 - count, 'waitBatch');
    this.stopped = true;
    return 0;
  }

  /** Repeats a wait until it has a result or the time is over. */
  repeat(
    operation: string,
    timeoutNs: number,
    wait: (native: NativeBot, sliceNs: number) => number,
  ): ElapseResult {
    if (this.stopped) return 'end_of_data';
    const startNs = this.bot.monotonicNs();
    let leftNs = timeoutNs;
    for (;;) {
      const native = this.bot.open();
      let code: number;
      try {
        code = wait(native, Math.min(Math.ceil(leftNs), SLICE_NS));
      } catch (error) {
        throw errorFromNative(error, operation);
      }
      if (code < 0) {
        this.stopped = true;
        return 'end_of_data';
      }
      const result = elapseResultFromCode(code);
      if (result === null) throw errorFromCommand(code, operation);
      if (result === 'end_of_data') this.stopped = true;
      if (result !== 'ok') return result;
      leftNs = timeoutNs - (this.bot.monotonicNs() - startNs);
      if (leftNs <= 0) return 'ok';
    }
  }
}
