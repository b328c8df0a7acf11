/**
 * The worker thread of `runLive`: it is given its task as `workerData` and answers with one
 * `OutcomeMessage`.
 *
 * @packageDocumentation
 */
import { parentPort, workerData } from 'node:worker_threads';

import { create } from '../bot/create.js';
import { errorText } from '../models/error-text.js';
import { announceBy } from '../models/announce-real-orders.js';
import { NativeLiveBot } from '../bot/native-live-bot.js';
import { StubConnectorBot } from '../stub/stub-connector-bot.js';
import type { Bot } from '../models/bot.js';
import { mirrorBatches } from './batch-mirror.js';
import { loadStrategy } from './load-strategy.js';
import { OrderBoard } from './order-board.js';
import { runLoopWithBoard, runStrategyLoop } from './strategy-loop.js';
import type { StrategySummary } from './strategy-summary.js';
import {
  OUTCOME_MARK,
  packError,
  type OutcomeMessage,
  type StrategyMessage,
  type StrategyOutcome,
  type StrategyTask,
} from './worker-protocol.js';

function makeBot(task: StrategyTask, stop: Int32Array): Bot {
  const { backend, stub, ...options } = task.bot;
  if (backend === 'stub') return new StubConnectorBot({ ...options, ...stub, stop });
  const bot = create(task.bot);
  if (task.portId !== null && bot instanceof NativeLiveBot) bot.bindPort(task.portId);
  return bot;
}

/** One strategy from start to end. Never rejects: errors are part of the outcome. */
async function runStrategyTask(task: StrategyTask): Promise<StrategyOutcome> {
  const { messages } = task;
  const post = (message: StrategyMessage): void => {
    messages.postMessage(message);
  };
  const stop = new Int32Array(task.stop);
  let bot: Bot | null = null;
  try {
    announceBy((...said) => {
      post({ type: 'realOrders', said });
    });
    const strategy = await loadStrategy(task.strategyUrl, task.strategyOptions);
    bot = makeBot(task, stop);
    const options = {
      ...task.loop,
      stop,
      onLog: (text: string, values: Readonly<Record<string, unknown>> | undefined) => {
        post({ type: 'log', text, values });
      },
      onProgress: (progress: StrategySummary) => {
        post({ type: 'progress', summary: progress });
      },
    };
    const wake = (): void => {
      post({ type: 'records' });
    };
    mirrorBatches(bot, task.watch, wake, (error) => {
      const text = `watchRun: the client that watches this run gets nothing more: ${errorText(error)}`;
      post({ type: 'log', text, values: undefined });
    });
    post({ type: 'began', botId: bot.botId, links: bot.links() });
    const summary =
      task.board === null
        ? runStrategyLoop(bot, strategy, options)
        : runLoopWithBoard(bot, strategy, options, new OrderBoard(task.board));
    return { ok: true, summary };
  } catch (error) {
    return { ok: false, error: packError(error) };
  } finally {
    bot?.close();
    messages.close();
  }
}

void runStrategyTask(workerData as StrategyTask).then((outcome) => {
  const message: OutcomeMessage = { mark: OUTCOME_MARK, outcome };
  parentPort?.postMessage(message);
});
