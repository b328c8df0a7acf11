import type { NativePort } from '../native/addon.js';

/**
 * What the client asks of the thing that carries out its commands: the addon's port, the stub's,
 * or a fake in tests.
 */
export type ClientPort = Omit<NativePort, 'id'> & {
  /** The command's number, 0 when the queue is full or the port closed. */
  submitOrder(
    asset: number,
    orderId: bigint,
    side: number,
    price: number,
    qty: number,
    timeInForce: number,
    orderType: number,
    /** How long from now it may still be sent; 0: for as long as the bot's settings say. */
    goodForNs: number,
  ): number;
  /** As `submitOrder`. */
  modify(asset: number, orderId: bigint, price: number, qty: number, goodForNs: number): number;
  /** As `submitOrder`. */
  cancel(asset: number, orderId: bigint): number;
};
