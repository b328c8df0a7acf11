/**
 * Runs the native bot of a `LiveClient` on a worker thread. The task only starts the bot; the loop
 * goes on afterwards in slices, so that the thread can be terminated and the pool keeps no process
 * alive.
 *
 * @packageDocumentation
 */
import type { MessagePort } from 'node:worker_threads';

import { HftError } from '../models/hft-error.js';
import type { OrderLeft } from '../models/order-left.js';
import { errorFromNative } from '../models/native-error.js';
import type { DepthKind } from '../bot/depth-kind.js';
import { nativeBotClass } from '../bot/native-bot-class.js';
import { stopDirect } from '../bot/stop-direct.js';
import type { NativeBotConfig } from '../native/addon.js';
import type { NativeAddon, NativeBot } from '../native/native-addon.js';
import { tryLoadAddon } from '../native/load-addon.js';

export interface ClientWorkerTask {
  readonly config: NativeBotConfig;
  readonly depth: DepthKind;
  readonly portId: number;
  /** Gets one `ClientWorkerEnd` when the bot has ended. */
  readonly control: MessagePort;
}

/** Errors lose their class and code between threads, so they go as plain fields. */
export interface WorkerFailure {
  readonly code: string;
  readonly message: string;
}

export type ClientWorkerStart =
  | { readonly ok: true; readonly botId: bigint }
  | { readonly ok: false; readonly failure: WorkerFailure };

export interface ClientWorkerEnd {
  readonly failure: WorkerFailure | undefined;
  /** Orders that a connector on the bot's thread leaves at the venue. */
  readonly ordersLeft: readonly OrderLeft[];
}

/** Longest stay in native code, ns: how long a termination may have to wait. */
const SLICE_NS = 50_000_000;

/** Makes the bot and starts its loop. */
export default function startClientBot(task: ClientWorkerTask): ClientWorkerStart {
  let addon: NativeAddon;
  let bot: NativeBot;
  try {
    addon = loadAddon();
    bot = makeBot(addon, task);
  } catch (error) {
    return { ok: false, failure: toFailure(error) };
  }
  const { handle } = bot;
  const turn = (): void => {
    let failure: WorkerFailure | undefined;
    try {
      if (addon.botRun(handle, SLICE_NS) === 0) {
        setImmediate(turn);
        return;
      }
    } catch (error) {
      failure = toFailure(error);
    }
    let ordersLeft: readonly OrderLeft[] = [];
    try {
      if ((task.config.direct ?? []).length > 0) ordersLeft = stopDirect(bot);
      bot.close();
    } catch (error) {
      failure ??= toFailure(error);
    }
    const end: ClientWorkerEnd = { failure, ordersLeft };
    task.control.postMessage(end);
    task.control.close();
  };
  setImmediate(turn);
  return { ok: true, botId: bot.botId };
}

function loadAddon(): NativeAddon {
  const loaded = tryLoadAddon();
  if (!loaded.ok)
    throw new HftError('ERR_NATIVE_UNAVAILABLE', loaded.reason, { remedy: loaded.remedy });
  return loaded.addon;
}

function makeBot(addon: NativeAddon, { config, depth, portId }: ClientWorkerTask): NativeBot {
  const bot = new (nativeBotClass(addon, depth))(config);
  try {
    bot.bindPort(portId);
  } catch (error) {
    bot.close();
    throw error;
  }
  return bot;
}

function toFailure(error: unknown): WorkerFailure {
  const known = errorFromNative(error, 'live bot');
  return { code: known.code, message: known.message };
}
