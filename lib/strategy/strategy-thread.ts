import process from 'node:process';
import { Worker, type WorkerOptions } from 'node:worker_threads';

import { errorText } from '../models/error-text.js';
import { HftError } from '../models/hft-error.js';
import { isOutcomeMessage, type StrategyOutcome, type StrategyTask } from './worker-protocol.js';

/**
 * Room for objects that die young. V8 lets it grow to 48 MB otherwise, which little garbage fills in
 * minutes, and a small one is collected in a shorter pause.
 */
const YOUNG_MB = 3;

/** Options of Node that say what the main thread runs, and refuse a thread with a file. */
const MAIN_ONLY = /^(?:--input-type|-e|--eval|-p|-pe|--print)(=|$)/;

/**
 * The options of Node for a thread where the main one was given code to run; `undefined`: those of the main
 * thread, as they are. A list must be free of V8's and of the process's own options: `refused`.
 */
function threadArguments(
  given: readonly string[],
  refused: readonly string[] = [],
): string[] | undefined {
  const isMainOnly = (argument: string | undefined): RegExpExecArray | null =>
    MAIN_ONLY.exec(argument ?? '');
  if (!given.some((argument) => isMainOnly(argument))) return undefined;
  return given.filter((argument, at) => {
    const isValue = isMainOnly(given[at - 1])?.[1] === '';
    return isMainOnly(argument) === null && !isValue && !refused.includes(argument);
  });
}

function startWorker(filename: string, options: WorkerOptions): Worker {
  const given = process.execArgv;
  const start = (execArgv: string[] | undefined): Worker =>
    new Worker(filename, execArgv === undefined ? options : { ...options, execArgv });
  try {
    return start(threadArguments(given));
  } catch (error) {
    if ((error as { code?: unknown }).code !== 'ERR_WORKER_INVALID_EXEC_ARGV') throw error;
    // `… invalid execArgv flags: --a, --b=c`: nothing else of the error says which.
    const [, refused = ''] = /: (.*)$/.exec((error as Error).message) ?? [];
    return start(threadArguments(given, refused.split(', ')));
  }
}

/**
 * The thread of one strategy. Not one of a pool: with one task and one thread there is nothing to
 * balance, queue or keep warm, and a pool takes some MB for it.
 */
export class StrategyThread {
  /** How the strategy ended; rejects when its thread ended without an outcome. */
  readonly outcome: Promise<StrategyOutcome>;
  readonly #worker: Worker;

  constructor(filename: string, task: StrategyTask) {
    const worker = startWorker(filename, {
      workerData: task,
      transferList: [task.messages],
      resourceLimits: { maxYoungGenerationSizeMb: YOUNG_MB },
    });
    this.#worker = worker;
    this.outcome = new Promise((resolve, reject) => {
      const died = (why: string, cause?: unknown): void => {
        reject(
          new HftError('ERR_STRATEGY_MODULE', `The thread of the strategy ended: ${why}.`, {
            remedy: 'Look for process.exit() in the strategy, and for memory that grows.',
            cause,
          }),
        );
      };
      worker.on('message', (message: unknown) => {
        if (isOutcomeMessage(message)) resolve(message.outcome);
      });
      worker.once('error', (error: unknown) => {
        died(errorText(error), error);
      });
      worker.once('exit', (code) => {
        died(`exit code ${String(code)}`);
      });
    });
    // Ending the thread by force rejects promises that are not awaited any more.
    this.outcome.catch(() => undefined);
  }

  /** Ends the thread; by force where it still runs. */
  async end(): Promise<void> {
    await this.#worker.terminate();
  }
}
