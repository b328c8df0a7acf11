// Types of the functions in hot.rs; `npm run build:native` puts them beside those of napi-rs.
export declare function botWaitBatch(bot: number, timeoutNs: number, maxRecords: number): number;
export declare function botNoteTime(bot: number): number;
export declare function botRun(bot: number, sliceNs: number): number;
export declare function botSubmitOrder(
  bot: number,
  asset: number,
  orderId: bigint,
  side: number,
  price: number,
  qty: number,
  timeInForce: number,
  orderType: number,
  waitNs: number,
): number;
export declare function botModify(
  bot: number,
  asset: number,
  orderId: bigint,
  price: number,
  qty: number,
  waitNs: number,
): number;
export declare function botCancel(
  bot: number,
  asset: number,
  orderId: bigint,
  waitNs: number,
): number;
export declare function portSubmitOrder(
  port: number,
  asset: number,
  orderId: bigint,
  side: number,
  price: number,
  qty: number,
  timeInForce: number,
  orderType: number,
): number;
export declare function portModify(
  port: number,
  asset: number,
  orderId: bigint,
  price: number,
  qty: number,
): number;
export declare function portCancel(port: number, asset: number, orderId: bigint): number;
