/** 2020-01-01T00:00:00Z, the zero of the clock inside an order id. */
const EPOCH_MS = 1_577_836_800_000;
/** Orders that fit into one ms of the clock. */
const PER_MS_BITS = 8n;
const CLOCK_BITS = 48n;

/**
 * Order ids that are unique across restarts: 16 bits of namespace, then a 48-bit clock (ms since
 * 2020 in steps of 1/256) that moves on by at least one step per order. Two runs never meet while
 * a bot submits fewer than 256 orders per ms on average and its clock is not set back by longer
 * than it was stopped; two bots never meet while their namespaces differ. Good until 2054.
 */
export class OrderIdGenerator {
  readonly #namespace: bigint;
  readonly #nowMs: () => number;
  #last = 0n;

  /** @param botId - Its low 16 bits are the namespace; 0n takes a random one. */
  constructor(botId: bigint, nowMs: () => number = Date.now) {
    const given = BigInt.asUintN(16, botId ^ (botId >> 16n) ^ (botId >> 32n) ^ (botId >> 48n));
    this.#namespace = botId === 0n ? BigInt(1 + Math.floor(Math.random() * 0xfffe)) : given;
    this.#nowMs = nowMs;
  }

  next(): bigint {
    const now = BigInt(Math.max(0, Math.floor(this.#nowMs() - EPOCH_MS))) << PER_MS_BITS;
    this.#last = now > this.#last ? now : this.#last + 1n;
    return (this.#namespace << CLOCK_BITS) | BigInt.asUintN(Number(CLOCK_BITS), this.#last);
  }
}
