import type { EventQueue } from '../models/event-queue.js';

/**
 * An async iterator over a queue of its own: several streams of the same kind each see every
 * event. It ends when the client is closed and throws when the client failed; leaving a
 * `for await` loop gives its queue back.
 */
export class EventStream<T> implements AsyncIterableIterator<T> {
  readonly #queue: EventQueue<T>;
  readonly #onReturn: () => void;
  #failure: Error | undefined;

  constructor(queue: EventQueue<T>, onReturn: () => void) {
    this.#queue = queue;
    this.#onReturn = onReturn;
  }

  /**
   * The next event; waits for one. Done once the stream has ended and is empty.
   *
   * @throws What the client failed with, once.
   */
  async next(): Promise<IteratorResult<T, undefined>> {
    const item = await this.#queue.take(Infinity);
    if (item !== undefined) return { done: false, value: item };
    const failure = this.#failure;
    this.#failure = undefined;
    if (failure !== undefined) throw failure;
    return { done: true, value: undefined };
  }

  /** Gives the queue back; what is in it is forgotten. A `for await` loop that is left calls it. */
  return(): Promise<IteratorResult<T, undefined>> {
    this.#failure = undefined;
    this.#queue.close();
    while (this.#queue.takeNow() !== undefined);
    this.#onReturn();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** Ends the stream after what is queued; with an error when the client failed. */
  end(failure: Error | undefined): void {
    this.#failure = failure;
    this.#queue.close();
  }

  /** The stream itself. */
  [Symbol.asyncIterator](): this {
    return this;
  }

  /** As `return()`, for `await using`. */
  async [Symbol.asyncDispose](): Promise<void> {
    await this.return();
  }
}
