import type { FinishedFile } from '../record/recording-file.js';
import type { RecorderHealth } from '../record/recorder.js';
import type { Losses } from './record-source.js';

/** Progress is said so often. */
const PROGRESS_MS = 5_000;

/** What of one symbol was recorded so far. */
export interface RecordedSymbol {
  readonly symbol: string;
  readonly health: Pick<RecorderHealth, 'trades' | 'levels'>;
}

/** Writes what `record` says: text on the standard error, or with `--json` objects on the standard output. */
export class RecordReport {
  readonly #isJson: boolean;
  readonly #recorded: () => readonly RecordedSymbol[];
  readonly #losses: () => Losses;
  readonly #beganMs = performance.now();
  #timer: NodeJS.Timeout | undefined;

  constructor(isJson: boolean, recorded: () => readonly RecordedSymbol[], losses: () => Losses) {
    this.#isJson = isJson;
    this.#recorded = recorded;
    this.#losses = losses;
  }

  /** It records now: begins to say how far it is. */
  started(symbols: readonly string[], folder: string): void {
    if (this.#isJson) this.#line({ type: 'started', symbols, folder });
    else process.stderr.write(`recording ${symbols.join(', ')} into ${folder}\n`);
    this.#timer = setInterval(() => {
      this.#progress();
    }, PROGRESS_MS).unref();
  }

  /** A file is finished. */
  file({ path, trades, levels, bytes, notes }: FinishedFile): void {
    if (this.#isJson) {
      this.#line({ type: 'file', path, trades, levels, bytes, notes });
      return;
    }
    process.stdout.write(
      `${path}: ${String(trades)} trades, ${String(levels)} levels, ${String(bytes)} bytes\n`,
    );
    for (const note of notes) process.stdout.write(`  ${note}\n`);
  }

  /** The recording ends: whether it is complete. Idempotent. */
  ended(): void {
    if (this.#timer === undefined) return;
    clearInterval(this.#timer);
    this.#timer = undefined;
    const losses = this.#losses();
    const lost = Object.values(losses).some((count) => count > 0);
    if (this.#isJson) {
      this.#line({ type: 'end', ...this.#figures(), complete: !lost, losses });
      return;
    }
    const counts = Object.entries(losses)
      .filter(([, count]) => !lost || count > 0)
      .map(([name, count]) => `${name} ${String(count)}`)
      .join(', ');
    process.stderr.write(
      lost
        ? `NOT COMPLETE: ${counts}. What was lost is in no file; where the book was, a new whole one follows it.\n`
        : `complete: nothing was lost on the way here (${counts})\n`,
    );
  }

  #figures(): { seconds: number; trades: number; levels: number } {
    const recorded = this.#recorded();
    const sum = (of: 'trades' | 'levels'): number =>
      recorded.reduce((total, { health }) => total + health[of], 0);
    const seconds = Math.round((performance.now() - this.#beganMs) / 100) / 10;
    return { seconds, trades: sum('trades'), levels: sum('levels') };
  }

  #progress(): void {
    const losses = this.#losses();
    const { seconds, trades, levels } = this.#figures();
    if (this.#isJson) {
      this.#line({ type: 'progress', seconds, trades, levels, losses });
      return;
    }
    const lost = Object.entries(losses)
      .filter(([, count]) => count > 0)
      .map(([name, count]) => `, ${name} ${String(count)}`)
      .join('');
    process.stderr.write(
      `${seconds.toFixed(0)} s: ${String(trades)} trades, ${String(levels)} levels${lost === '' ? ', nothing lost' : lost}\n`,
    );
  }

  #line(value: object): void {
    process.stdout.write(`${JSON.stringify(value)}\n`);
  }
}
