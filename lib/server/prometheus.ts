import { Counter, Gauge, Registry, collectDefaultMetrics } from 'prom-client';

import type { MetricSample, ServerSource } from './server-source.js';

const PREFIX = 'hftbacktest_live_';

/**
 * Prometheus text of a source, made anew for each scrape; with Node's own process metrics.
 * Names begin with `hftbacktest_live_`; times are in seconds, as Prometheus wants them.
 */
export class PrometheusText {
  readonly #source: ServerSource;
  readonly #process = new Registry();

  constructor(source: ServerSource) {
    this.#source = source;
    collectDefaultMetrics({ register: this.#process });
  }

  /** `Content-Type` of the text. */
  get contentType(): string {
    return this.#process.contentType;
  }

  /** The text. */
  async text(): Promise<string> {
    const registry = new Registry();
    const known = new Map<string, Counter | Gauge>();
    for (const sample of [...this.#flow(), ...this.#source.samples()]) {
      if (!Number.isFinite(sample.value)) continue;
      const metric = known.get(sample.name) ?? make(sample, registry);
      known.set(sample.name, metric);
      metric.inc(sample.labels ?? {}, sample.value);
    }
    const [own, node] = await Promise.all([registry.metrics(), this.#process.metrics()]);
    return `${own}\n${node}`;
  }

  #flow(): MetricSample[] {
    const metrics = this.#source.metrics();
    return (['trades', 'depth'] as const).flatMap((kind) => {
      const flow = metrics[kind];
      const labels = { kind };
      const gauge = 'gauge' as const;
      return [
        sampleOf('events_per_minute', 'Events in the last 60 s.', gauge, flow.per_minute_count),
        sampleOf('events_per_second', 'Events in the last second.', gauge, flow.per_second_rate),
        sampleOf('queue_size', 'Events that wait for their consumer.', gauge, flow.queue_size),
      ].map((sample) => ({ ...sample, labels }));
    });
  }
}

function sampleOf(
  name: string,
  help: string,
  kind: MetricSample['kind'],
  value: number,
): MetricSample {
  return { name, help, kind, value };
}

function make(sample: MetricSample, registry: Registry): Counter | Gauge {
  const config = {
    name: PREFIX + sample.name,
    help: sample.help,
    labelNames: Object.keys(sample.labels ?? {}),
    registers: [registry],
  };
  return sample.kind === 'counter' ? new Counter(config) : new Gauge(config);
}
