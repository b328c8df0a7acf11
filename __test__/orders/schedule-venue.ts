import { writeFileSync } from 'node:fs';

import { FakeBybit } from '../../lib/cli/fake-bybit.js';
import { scratchFile } from '../support/fake-program.js';
import type { Plan } from './plan.js';
import { EDGE, MARKETS } from './symbols.js';

/** The fake venue of a schedule, in a process of its own, and the connector's config for it. */
export class ScheduleVenue {
  readonly #venue: FakeBybit;
  readonly #onRefused: (why: string) => void;
  readonly configFile = scratchFile('bybit.toml');

  private constructor(venue: FakeBybit, onRefused: (why: string) => void) {
    this.#venue = venue;
    this.#onRefused = onRefused;
  }

  /** Starts it with the plan's settings and books; `onRefused`: it did not take a command. */
  static async start(plan: Plan, onRefused: (why: string) => void): Promise<ScheduleVenue> {
    const { seed, settings, symbols } = plan;
    const file = scratchFile('venue.json');
    writeFileSync(file, JSON.stringify({ markets: MARKETS, settings }));
    const fake = await FakeBybit.start(['--config', file, '--seed', String(seed)]);
    const venue = new ScheduleVenue(fake, onRefused);
    for (const symbol of symbols as (keyof typeof EDGE)[]) {
      const level = { cmd: 'place', symbol, owner: 'other', qty: '1000' };
      await venue.command({ ...level, side: 'Buy', price: EDGE[symbol][0] });
      await venue.command({ ...level, side: 'Sell', price: EDGE[symbol][1] });
    }
    for (const command of plan.lasting) await venue.command(command);
    const config = { ...fake.connectorConfig, ...plan.config };
    const lines = Object.entries(config).map(([key, value]) => `${key} = ${JSON.stringify(value)}`);
    writeFileSync(venue.configFile, lines.join('\n') + '\n', { mode: 0o600 });
    return venue;
  }

  /** The connector's keys, as its environment. */
  get env(): Readonly<Record<string, string>> {
    return this.#venue.connectorEnv;
  }

  async command<T = unknown>(command: Readonly<Record<string, unknown>>): Promise<T> {
    const url = this.#venue.info.urls.control;
    const response = await fetch(url, { method: 'POST', body: JSON.stringify(command) });
    const answer = (await response.json()) as { ok: boolean; result: T; error?: string };
    // A book that nobody has asked for yet has no stream to break.
    if (!answer.ok) this.#onRefused(String(answer.error));
    return answer.result;
  }

  stop(): Promise<void> {
    return this.#venue.stop();
  }
}
