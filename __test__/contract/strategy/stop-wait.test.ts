// What the end of a run counts as refused: orders, not the cancellations of those that have ended.
import { expect, it } from 'vitest';

import type { Bot } from '../../../lib/index.js';
import { RecordKind } from '../../../lib/models/record-layout.js';
import { RecordReader } from '../../../lib/models/record-reader.js';
import { RecordWriter } from '../../../lib/models/record-writer.js';
import { AskedCancels } from '../../../lib/strategy/asked-cancels.js';
import { StopWait } from '../../../lib/strategy/stop-wait.js';

/** No open order has this client id: the answer to a cancellation. */
const NOT_OPEN = 1008;
const ABOVE_BAND = 1018;
/** A post-only order would have taken: the order ended by its own rule. */
const WOULD_TAKE = 2001;

/** How often orders of `onStop` were refused, that ended so, after the codes of these refusals. */
function refusals(
  orders: readonly { readonly status: string; readonly codes: number[] }[],
): number {
  const rejects = orders.flatMap(({ codes }, index) =>
    codes.map((code) => {
      const writer = new RecordWriter(1);
      writer.write({ kind: RecordKind.Reject, orderId: BigInt(index), value: BigInt(code) });
      return new RecordReader(writer.bytes, 1);
    }),
  );
  let nowNs = 0;
  const bot = {
    closed: false,
    ended: false,
    instruments: [{ symbol: 'BTCUSDT' }],
    monotonicNs: () => (nowNs += 1_000),
    // The first looks are before the answers.
    order: (_asset: number, id: bigint) => ({
      status: rejects.length > 0 && nowNs < 3_000 ? 'new' : orders[Number(id)]?.status,
      pending: rejects.length > 0 ? 'new' : 'none',
      orderType: 'limit',
      timeInForce: 'GTC',
    }),
    waitBatch: () => rejects.shift() ?? new RecordReader(new RecordWriter(1).bytes, 0),
  } as unknown as Bot;
  const wait = new StopWait(bot, new AskedCancels(bot));
  wait.begin();
  for (const index of orders.keys()) wait.submitted(0, BigInt(index));
  wait.settle(1, () => undefined);
  return wait.summary.submitsRefused;
}

it.each([
  ['a refused order', [{ status: 'expired', codes: [ABOVE_BAND] }], 1],
  [
    'a refused order whose cancellation is too',
    [{ status: 'expired', codes: [ABOVE_BAND, NOT_OPEN] }],
    1,
  ],
  ['a filled order whose cancellation is refused', [{ status: 'filled', codes: [NOT_OPEN] }], 0],
  [
    'a cancelled order whose second cancellation is',
    [{ status: 'canceled', codes: [NOT_OPEN] }],
    0,
  ],
  [
    'an expired order whose cancellation is',
    [{ status: 'expired', codes: [WOULD_TAKE, NOT_OPEN] }],
    0,
  ],
  [
    'two of them',
    [
      { status: 'expired', codes: [ABOVE_BAND] },
      { status: 'filled', codes: [NOT_OPEN] },
    ],
    1,
  ],
] as const)('%s', (_what, orders, count) => {
  expect(refusals(orders.map(({ status, codes }) => ({ status, codes: [...codes] })))).toBe(count);
});
