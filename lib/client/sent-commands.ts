/** A command in flight; `cancelAll` names no order. */
export interface SentCommand {
  readonly kind: 'submit' | 'cancel' | 'modify' | 'cancelAll';
  readonly orderId: bigint;
  readonly asset: number;
}

const MOST = 4096;

/** What each command in flight was: a `Command` record names only its number. */
export class SentCommands {
  readonly #byNumber = new Map<number, SentCommand>();

  add(command: number, sent: SentCommand): void {
    this.#byNumber.set(command, sent);
    // Commands answer only when they fail, so what is long past is forgotten.
    if (this.#byNumber.size <= MOST) return;
    for (const old of this.#byNumber.keys()) {
      if (this.#byNumber.size <= MOST / 2) break;
      this.#byNumber.delete(old);
    }
  }

  /** The command, which is in flight no more; `undefined` when it is not known. */
  take(command: number): SentCommand | undefined {
    const sent = this.#byNumber.get(command);
    this.#byNumber.delete(command);
    return sent;
  }
}
