import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { MessageChannel } from 'node:worker_threads';

import { errorText } from '../models/error-text.js';
import { HftError, type HftErrorCode } from '../models/hft-error.js';
import type { OrderLeft } from '../models/order-left.js';
import { errorFromNative } from '../models/native-error.js';
import type { NativePort } from '../native/addon.js';
import type { NativeAddon } from '../native/native-addon.js';
import { tryLoadAddon } from '../native/load-addon.js';
import { ownUrl } from '../native/own-url.js';
import { buildRemedy, nativeRemedy } from '../native/build-remedy.js';
import type { ClientPort } from './client-port.js';
import type { ClientSession, SessionContext } from './client-session.js';
import type {
  ClientWorkerEnd,
  ClientWorkerStart,
  ClientWorkerTask,
  WorkerFailure,
} from './client-worker.js';

/** How long the worker may take to end by itself before it is terminated. */
const STOP_TIMEOUT_MS = 2_000;
/** The same with a connector on its thread, which waits 8 s for the venue's answers. */
const DIRECT_STOP_TIMEOUT_MS = 10_000;

/** Starts the native bot on a worker thread. @throws HftError */
export async function openNativeSession(context: SessionContext): Promise<ClientSession> {
  const addon = loadLiveAddon();
  // Loaded when it is needed: strategy mode does without it.
  const { Piscina } = await import('piscina');
  const port = new addon.NativePort(context.ring.bytes, context.onWake);
  const pool = new Piscina({
    filename: workerFile(),
    minThreads: 1,
    maxThreads: 1,
    atomics: 'disabled',
  });
  const { port1: control, port2: theirs } = new MessageChannel();
  let left: readonly OrderLeft[] = [];
  const ended = new Promise<Error | undefined>((resolve) => {
    control.once('message', ({ failure, ordersLeft }: ClientWorkerEnd) => {
      left = ordersLeft;
      resolve(failure === undefined ? undefined : toError(failure));
    });
    const died = (why: string, cause?: unknown): void => {
      resolve(
        new HftError('ERR_NATIVE_UNAVAILABLE', `the worker thread of the bot ended: ${why}.`, {
          remedy: 'Make a new client.',
          cause,
        }),
      );
    };
    for (const worker of pool.threads) {
      worker.once('error', (error: unknown) => {
        died(errorText(error), error);
      });
      worker.once('exit', (code) => {
        died(`exit code ${String(code)}`);
      });
    }
    // Reported through `ended`; without a listener Node would throw it.
    pool.on('error', (error: unknown) => {
      died(errorText(error), error);
    });
  });
  control.unref();
  const release = async (): Promise<void> => {
    control.close();
    await pool.destroy();
    port.close();
  };
  try {
    const task: ClientWorkerTask = {
      config: context.config,
      depth: context.depth,
      portId: port.id,
      control: theirs,
    };
    const started = (await pool.run(task, { transferList: [theirs] })) as ClientWorkerStart;
    if (!started.ok) throw toError(started.failure);
    const isDirect = (context.config.direct ?? []).length > 0;
    const stopTimeoutMs = isDirect ? DIRECT_STOP_TIMEOUT_MS : STOP_TIMEOUT_MS;
    return {
      ...makeSession(started.botId, addon, port, ended, release, control, stopTimeoutMs),
      ordersLeft: () => left,
    };
  } catch (error) {
    port.stop();
    await release();
    throw errorFromNative(error, 'client start');
  }
}

/** The port's own methods, and its commands about orders, which are functions of the addon. */
function clientPort(addon: NativeAddon, port: NativePort): ClientPort {
  const { id } = port;
  return {
    submitOrder: (...order) => addon.portSubmitOrder(id, ...order),
    modify: (...change) => addon.portModify(id, ...change),
    cancel: (asset, orderId) => addon.portCancel(id, asset, orderId),
    cancelAll: (asset) => port.cancelAll(asset),
    askOrder: (asset, orderId) => port.askOrder(asset, orderId),
    clearInactiveOrders: (asset) => port.clearInactiveOrders(asset),
    resync: (asset) => port.resync(asset),
    agreeOrders: (asset, orders, environment) => port.agreeOrders(asset, orders, environment),
    stats: () => port.stats(),
    links: () => port.links(),
    stop: () => {
      port.stop();
    },
    close: () => {
      port.close();
    },
  };
}

function makeSession(
  botId: bigint,
  addon: NativeAddon,
  port: NativePort,
  ended: Promise<Error | undefined>,
  release: () => Promise<void>,
  control: { ref(): void },
  stopTimeoutMs: number,
): Omit<ClientSession, 'ordersLeft'> {
  let closing: Promise<void> | undefined;
  const end = async (): Promise<void> => {
    control.ref(); // The process must not run out of handles while the thread ends.
    port.stop();
    let timer: NodeJS.Timeout | undefined;
    await Promise.race([
      ended,
      new Promise<void>((resolve) => {
        timer = setTimeout(resolve, stopTimeoutMs);
      }),
    ]);
    clearTimeout(timer);
    await release();
  };
  return {
    backend: 'native',
    botId,
    port: clientPort(addon, port),
    ended,
    monotonicNs: () => addon.monotonicNs(),
    close: () => (closing ??= end()),
  };
}

function loadLiveAddon(): NativeAddon {
  const loaded = tryLoadAddon();
  if (!loaded.ok)
    throw new HftError('ERR_NATIVE_UNAVAILABLE', loaded.reason, { remedy: loaded.remedy });
  if (!loaded.addon.buildInfo().live) {
    throw new HftError('ERR_NATIVE_UNAVAILABLE', 'The addon was built without the live part.', {
      remedy: nativeRemedy(),
    });
  }
  return loaded.addon;
}

/** Beside the bundle, one folder up (bundled command-line programs), or built from these sources. */
function workerFile(): string {
  const places = ['./client-worker.js', '../client-worker.js', '../../dist/client-worker.js'].map(
    (place) => fileURLToPath(new URL(place, ownUrl(import.meta.url))),
  );
  const found = places.find((place) => existsSync(place));
  if (found !== undefined) return found;
  throw new HftError(
    'ERR_NATIVE_UNAVAILABLE',
    `the worker of the client is missing; looked at ${places.join(', ')}.`,
    {
      remedy: buildRemedy('Run `npm run build`.'),
    },
  );
}

function toError(failure: WorkerFailure): HftError {
  return new HftError(failure.code as HftErrorCode, failure.message);
}
