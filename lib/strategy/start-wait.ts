import type { Bot } from '../models/bot.js';
import type { EventView } from '../models/event-view.js';
import { RECORD_BYTES, RecordKind } from '../models/record-layout.js';
import { RecordReader } from '../models/record-reader.js';
import { isRegistrationRefusal } from '../models/registration-refusal.js';

/** Records that came before the start, so many at most: then it begins with what is known. */
const RECORDS_KEPT = 1 << 16;
const SLICE_NS = 50_000_000;

/** What a wait for the start came to. */
export interface StartWaited {
  /** Records that came meanwhile, for the handlers; `undefined` when none did. */
  readonly records: RecordReader | undefined;
  /** Symbols whose position and open orders are not known all the same. */
  readonly unknown: readonly string[];
}

/**
 * Waits until position and open orders of every instrument are known, so that `onStart` finds them: until
 * each connector has answered the registration of its instruments, or has refused it. The stub knows them
 * from the beginning.
 *
 * @param isStopped - Ends the wait early.
 */
export function waitForStart(bot: Bot, waitNs: number, isStopped: () => boolean): StartWaited {
  if (bot.backend === 'stub') return { records: undefined, unknown: [] };
  const wait = new StartWait(bot);
  const endNs = bot.monotonicNs() + waitNs;
  while (!wait.isOver && !bot.ended && !isStopped()) {
    const leftNs = endNs - bot.monotonicNs();
    if (leftNs <= 0) break;
    wait.keep(bot.waitBatch(Math.ceil(Math.min(SLICE_NS, leftNs))));
  }
  return { records: wait.records(), unknown: wait.unknown() };
}

class StartWait {
  readonly #bot: Bot;
  readonly #answered: boolean[];
  readonly #chunks: Uint8Array[] = [];
  #count = 0;

  constructor(bot: Bot) {
    this.#bot = bot;
    // Of a bot that has run before, the answers came and went.
    this.#answered = bot.instruments.map(
      (_, asset) => bot.depth(asset).synced && bot.position(asset) === bot.position(asset),
    );
  }

  get isOver(): boolean {
    return this.#answered.every(Boolean) || this.#count >= RECORDS_KEPT;
  }

  keep(batch: RecordReader): void {
    const { count } = batch;
    if (count === 0) return;
    this.#chunks.push(batch.bytes.slice(0, count * RECORD_BYTES));
    this.#count += count;
    while (batch.next()) this.#look(batch.view);
  }

  records(): RecordReader | undefined {
    if (this.#count === 0) return undefined;
    const bytes = new Uint8Array(this.#count * RECORD_BYTES);
    let at = 0;
    for (const chunk of this.#chunks) {
      bytes.set(chunk, at);
      at += chunk.byteLength;
    }
    return new RecordReader(bytes, this.#count);
  }

  unknown(): string[] {
    return this.#bot.instruments
      .filter((_, asset) => this.#answered[asset] !== true)
      .map(({ symbol }) => symbol);
  }

  #look(view: EventView): void {
    const { asset } = view;
    switch (view.kind) {
      case RecordKind.BookReady:
        // 1: the connector does not know the account's orders, not yet or, without a key, never.
        if (view.statusCode === 0 || this.#takesNoOrders(asset)) this.#answered[asset] = true;
        return;
      case RecordKind.Error:
        if (isRegistrationRefusal(view.valueNumber)) this.#answered[asset] = true;
        return;
      default:
    }
  }

  #takesNoOrders(asset: number): boolean {
    const name = this.#bot.instruments[asset]?.connector;
    return this.#bot.links().find(({ connector }) => connector === name)?.orders === 'none';
  }
}
