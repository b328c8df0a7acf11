import { Registry, collectDefaultMetrics } from 'prom-client';

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
    const families = new Map<string, MetricSample[]>();
    for (const sample of [...this.#flow(), ...this.#source.samples()]) {
      // What has no figure yet is left out.
      if (!Number.isFinite(sample.value)) continue;
      const family = familyOf(sample);
      const known = families.get(family);
      if (known === undefined) families.set(family, [sample]);
      else known.push(sample);
    }
    const own = [...families].map(([family, samples]) => familyText(PREFIX + family, samples));
    return `${own.join('\n')}\n${await this.#process.metrics()}`;
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

/** Sum and count of a summary belong to it. */
function familyOf({ name, kind }: MetricSample): string {
  return kind === 'summary' ? name.replace(/_(sum|count)$/, '') : name;
}

function familyText(name: string, samples: readonly MetricSample[]): string {
  const { help = '', kind = 'gauge' } = samples[0] ?? {};
  const lines = samples.map(
    (sample) => `${PREFIX}${sample.name}${labelText(sample.labels)} ${String(sample.value)}`,
  );
  return [`# HELP ${name} ${escaped(help)}`, `# TYPE ${name} ${kind}`, ...lines, ''].join('\n');
}

function labelText(labels: MetricSample['labels'] = {}): string {
  const texts = Object.entries(labels).map(
    ([name, value]) => `${name}="${escaped(value).replaceAll('"', '\\"')}"`,
  );
  return texts.length === 0 ? '' : `{${texts.join(',')}}`;
}

function escaped(text: string): string {
  return text.replaceAll('\\', '\\\\').replaceAll('\n', '\\n');
}
