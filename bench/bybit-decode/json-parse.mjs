// The usual way in Node: JSON.parse, Number, a Map per side, one object per event.

/** Reads frames as they come from a socket; `frame` returns the events of one. */
export class JsonParse {
  #bids = new Map();
  #asks = new Map();

  frame(bytes, localTsNs) {
    const { topic, type, ts, cts, data } = JSON.parse(bytes.toString());
    const events = [];
    if (topic.startsWith('orderbook')) {
      const exchTsNs = BigInt(cts ?? ts) * 1_000_000n;
      if (type === 'snapshot') {
        this.#bids.clear();
        this.#asks.clear();
      }
      this.#side('bid', this.#bids, data.b, exchTsNs, localTsNs, events);
      this.#side('ask', this.#asks, data.a, exchTsNs, localTsNs, events);
    } else {
      for (const { T, S, p, v } of data) {
        const exchTsNs = BigInt(T) * 1_000_000n;
        const kind = S === 'Buy' ? 'buyTrade' : 'sellTrade';
        events.push({ kind, px: Number(p), qty: Number(v), exchTsNs, localTsNs });
      }
    }
    return events;
  }

  #side(kind, book, levels, exchTsNs, localTsNs, events) {
    for (const [price, size] of levels) {
      const px = Number(price);
      const qty = Number(size);
      if (qty > 0) book.set(px, qty);
      else book.delete(px);
      events.push({ kind, px, qty, exchTsNs, localTsNs });
    }
  }
}

const percentile = (sorted, share) =>
  sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)];

/** One round over all frames again and again, a quarter longer to warm up. */
export function round(frames, seconds) {
  const reader = new JsonParse();
  const times = [];
  let eventsPerFrame = 0;
  const warm = performance.now() + seconds * 250;
  const end = warm + seconds * 1000;
  for (;;) {
    const begin = process.hrtime.bigint();
    for (const bytes of frames) eventsPerFrame = reader.frame(bytes, begin).length;
    const ns = Number(process.hrtime.bigint() - begin) / frames.length;
    const now = performance.now();
    if (now > warm) times.push(ns);
    if (now > end) break;
  }
  times.sort((a, b) => a - b);
  return {
    p50Ns: percentile(times, 0.5),
    p99Ns: percentile(times, 0.99),
    batches: times.length,
    eventsPerFrame,
  };
}
