import type { HftError } from '../models/hft-error.js';
import type { LatencyHistogram } from '../models/latency-histogram.js';
import type { InstrumentSpec } from '../models/live-instrument.js';
import type { OrderUpdate } from '../orders/order-update.js';
import type { ClientPort } from './client-port.js';
import type { TokenBucket } from './token-bucket.js';

/** What the order manager of a client stands on. */
export interface OrderManagerOptions {
  readonly instruments: readonly InstrumentSpec[];
  readonly port: ClientPort;
  readonly nextId: () => bigint;
  readonly limiter: TokenBucket | undefined;
  readonly keepTerminalOrders: number;
  /** How long to wait for an answer before an outcome is `unknown`. */
  readonly answerTimeoutMs: number;
  /** How long orders and changes are good for; `undefined`: as long as their answer is waited for. */
  readonly orderDeadlineMs: number | undefined;
  /** Orders and changes are denied. */
  readonly readOnly: boolean;
  /** From a submission to its first answer. */
  readonly latency: LatencyHistogram;
  readonly isLinkUp: (asset: number) => boolean;
  /** False once the session ends: its last records are read, but nothing can be sent any more. */
  readonly canSend: () => boolean;
  readonly onChange: (change: OrderUpdate) => void;
  /** An order's true state must be asked for. */
  readonly onUnconfirmed: (asset: number) => void;
  /** A request failed whose call had its outcome before. */
  readonly onError: (error: HftError) => void;
}
