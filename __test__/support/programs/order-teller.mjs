// What a low-level bot and a strategy that `ClientProcess` drives have in common: what the records say of
// orders is reported in the words of `order-client.mjs`.
const FINAL = ['filled', 'canceled', 'expired', 'rejected'];

export const isOpen = (order) => !FINAL.includes(order.status);

export class OrderTeller {
  #held;
  #say;
  /** Calls that wait for a word: the first record that ends or refuses an order answers its calls. */
  #waiting = [];
  /** What was executed of each order as far as this process has reports; before it, as the order says. */
  #filled = new Map();
  #submitted = new Set();

  /**
   * @param held - The order of an id as the bot holds it, or undefined.
   * @param say - Passes a message on.
   */
  constructor(held, say) {
    this.#held = held;
    this.#say = say;
  }

  shown({ orderId, symbol, status, pending, side, price, qty, leavesQty }) {
    const isSent = status === 'none' || pending === 'new';
    const ended = FINAL.includes(status);
    const state = ended ? status : isSent ? 'pending_new' : status;
    const filledQty = this.#filled.get(orderId) ?? (ended ? 0 : qty - leavesQty);
    return { orderId, symbol, state, side, price, qty, filledQty, unconfirmed: false, own: true };
  }

  /** Sends something about orders: says first what it is about, and what was thrown. */
  call(number, what, orderIds, run) {
    this.#say({ kind: 'call', call: number, what, orderIds });
    if (what === 'submit') this.#submitted.add(orderIds[0]);
    try {
      run();
      this.#say({ kind: 'asked', call: number });
      for (const orderId of orderIds) this.#waiting.push({ number, what, orderId });
      if (orderIds.length === 0)
        this.#say({ kind: 'outcome', call: number, thrown: '', results: [] });
    } catch (error) {
      const thrown = error.code ?? error.message;
      this.#say({ kind: 'outcome', call: number, thrown, results: [] });
    }
  }

  /** An `Order` record came. */
  onOrder(view) {
    const { orderId, orderStatus: status, price, qty, leavesQty, execQty, execPrice } = view;
    if (execQty > 0) this.#filled.set(orderId, (this.#filled.get(orderId) ?? 0) + execQty);
    if (!this.#submitted.has(orderId) && leavesQty > 0)
      this.#filled.set(orderId, Math.max(this.#filled.get(orderId) ?? 0, qty - leavesQty));
    const made = view.isSynthetic ? ' (made by the bot)' : '';
    const text = `${status} ${price} x ${qty}, leaves ${leavesQty}, exec ${execQty} at ${execPrice}${made}`;
    this.#say({ kind: 'record', text, orderId, status });
    const order = this.#held(orderId);
    if (execQty > 0 && order !== undefined)
      this.#say({
        kind: 'state',
        text: `holds it as ${order.status}`,
        order: { ...this.shown(order), filledQty: this.#filled.get(orderId) },
        fill: { qty: execQty, price: execPrice, inferred: false },
      });
    if (FINAL.includes(status)) this.#answer(orderId, status, '', '');
    else if (view.statusCode !== 0) {
      this.#answer(orderId, 'accepted', '', '', 'submit');
      // Reported as open with nothing under way: whoever waits for more has to ask again.
      if (order?.pending === 'none') this.#answer(orderId, 'rejected', '', 'it is open as before');
    }
  }

  /** A `Reject` record came. */
  onReject(orderId, code, text) {
    this.#say({ kind: 'note', text: `reject of ${orderId}: ${code} ${text}` });
    this.#answer(orderId, 'rejected', code, text);
  }

  #answer(orderId, status, code, reason, what = undefined) {
    for (const call of [...this.#waiting]) {
      if (call.orderId !== orderId || (what !== undefined && call.what !== what)) continue;
      this.#waiting.splice(this.#waiting.indexOf(call), 1);
      const order = this.#held(orderId);
      if (order === undefined) continue;
      const results = [{ status, code: String(code), reason, order: this.shown(order) }];
      this.#say({ kind: 'outcome', call: call.number, thrown: '', results });
    }
  }
}
