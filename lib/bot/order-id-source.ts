/** 2020-01-01T00:00:00Z, Unix ms. */
const EPOCH_MS = 1_577_836_800_000;
const COUNTER_BITS = 12n;
const COUNTER_END = 1 << 12;
const BOT_BITS = 10n;

/**
 * Makes order ids that stay unique across restarts and among bots. 63 bits, so they also fit a
 * signed integer:
 *
 * | bits | what |
 * |---|---|
 * | 41 | ms since 2020-01-01 at the start of the source (until 2089) |
 * | 10 | taken from the bot's id |
 * | 12 | counter; when it is full the ms count on by one |
 *
 * A restart starts at a later ms, and no bot sends 4096 orders within one ms, so the ms of a
 * running source never overtake the clock. What breaks the scheme is a system clock set back
 * between two runs of one bot; give the source a later `startMs` then.
 */
export class OrderIdSource {
  private readonly bot: bigint;
  private ms: bigint;
  private prefix: bigint;
  private counter = 0;

  /**
   * @param botId - Id of the bot the orders belong to.
   * @param startMs - Unix ms of the start, default now.
   */
  constructor(botId: bigint, startMs: number = Date.now()) {
    const mixed = BigInt.asUintN(64, botId * 0x9e3779b97f4a7c15n);
    this.bot = mixed >> (64n - BOT_BITS);
    this.ms = BigInt.asUintN(41, BigInt(Math.trunc(startMs) - EPOCH_MS));
    this.prefix = this.prefixNow();
  }

  /** The next id, above every one before it. */
  next(): bigint {
    if (this.counter === COUNTER_END) {
      this.counter = 0;
      this.ms += 1n;
      this.prefix = this.prefixNow();
    }
    const id = this.prefix | BigInt(this.counter);
    this.counter += 1;
    return id;
  }

  private prefixNow(): bigint {
    return (this.ms << (BOT_BITS + COUNTER_BITS)) | (this.bot << COUNTER_BITS);
  }
}
