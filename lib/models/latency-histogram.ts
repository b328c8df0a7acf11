const SUB_BUCKETS = 64;
const SUB_BITS = 6;
/** Exponents from 2^6 up to 2^40 ns (18 minutes); larger values count in the last bucket. */
const EXPONENTS = 35;
const BUCKETS = SUB_BUCKETS * (EXPONENTS + 1);
/** Powers of two: computing one takes longer than all the rest of `record`. */
const POWERS = Float64Array.from({ length: 64 }, (_, exponent) => 2 ** exponent);

function bucketOf(ns: number): number {
  if (ns < SUB_BUCKETS) return ns < 0 ? 0 : Math.trunc(ns);
  const high = ns >= 4294967296 ? 63 - Math.clz32(ns / 4294967296) : 31 - Math.clz32(ns);
  const exponent = high - SUB_BITS;
  const sub = Math.trunc(ns / (POWERS[exponent] as number)) - SUB_BUCKETS;
  const bucket = (exponent + 1) * SUB_BUCKETS + sub;
  return bucket < BUCKETS ? bucket : BUCKETS - 1;
}

function upperBoundOf(bucket: number): number {
  if (bucket < SUB_BUCKETS) return bucket;
  const exponent = Math.trunc(bucket / SUB_BUCKETS) - 1;
  const sub = (bucket % SUB_BUCKETS) + SUB_BUCKETS;
  return (sub + 1) * 2 ** exponent - 1;
}

/** Percentiles of a {@link LatencyHistogram}, in microseconds; NaN when nothing was recorded. */
export interface LatencySummary {
  readonly count: number;
  readonly p50Us: number;
  readonly p90Us: number;
  readonly p99Us: number;
  readonly p999Us: number;
  readonly maxUs: number;
  readonly meanUs: number;
  /**
   * How many values lie in each power of two: `octaves[0]` below 64 ns, `octaves[k]` from
   * 2^(k+5) ns up to 2^(k+6) ns. Ends with the last octave that is not empty.
   */
  readonly octaves: readonly number[];
}

/**
 * Counts of latencies in fixed log-linear buckets: exact below 64 ns, within 1.6 % above, up to
 * 2^40 ns. `record` allocates nothing.
 */
export class LatencyHistogram {
  private readonly counts = new Int32Array(BUCKETS);
  private total = 0;
  private sumNs = 0;
  private largestNs = 0;

  /** Number of values recorded. */
  get count(): number {
    return this.total;
  }

  /** Largest value recorded, ns; NaN when nothing was recorded. */
  get maxNs(): number {
    return this.total === 0 ? NaN : this.largestNs;
  }

  /** Mean of the values recorded, ns; NaN when nothing was recorded. */
  get meanNs(): number {
    return this.total === 0 ? NaN : this.sumNs / this.total;
  }

  /** Records a latency in ns. NaN is ignored, a negative value (clock step) counts as 0. */
  record(ns: number): void {
    if (ns !== ns) return;
    const bucket = bucketOf(ns);
    this.counts[bucket] = (this.counts[bucket] ?? 0) + 1;
    this.total += 1;
    if (ns > 0) this.sumNs += ns;
    if (ns > this.largestNs) this.largestNs = ns;
  }

  /**
   * Value in ns that `p` percent of the values do not exceed (upper end of its bucket).
   *
   * @param p - 0 to 100.
   * @returns NaN when nothing was recorded.
   */
  percentile(p: number): number {
    if (this.total === 0) return NaN;
    const rank = Math.min(this.total, Math.max(1, Math.ceil((p / 100) * this.total)));
    let seen = 0;
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      seen += this.counts[bucket] ?? 0;
      if (seen >= rank) return Math.min(upperBoundOf(bucket), this.largestNs);
    }
    return this.largestNs;
  }

  /** Adds the counts of another histogram to this one. */
  merge(other: LatencyHistogram): void {
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      this.counts[bucket] = (this.counts[bucket] ?? 0) + (other.counts[bucket] ?? 0);
    }
    this.total += other.total;
    this.sumNs += other.sumNs;
    this.largestNs = Math.max(this.largestNs, other.largestNs);
  }

  /** Forgets everything. */
  reset(): void {
    this.counts.fill(0);
    this.total = 0;
    this.sumNs = 0;
    this.largestNs = 0;
  }

  /** The usual percentiles, the largest value and the mean, in µs. */
  summary(): LatencySummary {
    return {
      count: this.total,
      p50Us: this.percentile(50) / 1000,
      p90Us: this.percentile(90) / 1000,
      p99Us: this.percentile(99) / 1000,
      p999Us: this.percentile(99.9) / 1000,
      maxUs: this.maxNs / 1000,
      meanUs: this.meanNs / 1000,
      octaves: this.octaves(),
    };
  }

  /** Counts per power of two, see {@link LatencySummary.octaves}. */
  octaves(): number[] {
    const octaves: number[] = [];
    for (let bucket = 0; bucket < BUCKETS; bucket += 1) {
      const count = this.counts[bucket] ?? 0;
      if (count === 0) continue;
      const octave = Math.trunc(bucket / SUB_BUCKETS);
      while (octaves.length <= octave) octaves.push(0);
      octaves[octave] = (octaves[octave] ?? 0) + count;
    }
    return octaves;
  }
}
