import fc from 'fast-check';
import { describe, expect, it } from 'vitest';

import {
  applyReport,
  cancelRefused,
  closeUnseen,
  isTerminal,
  requestCancel,
  type OrderProgress,
  type OrderReport,
} from '../../lib/orders/order-state.js';
import { WireStatus } from '../../lib/models/wire-status.js';

const fresh: OrderProgress = {
  state: 'pending_new',
  price: 100,
  qty: 10,
  filledQty: 0,
  filledValue: 0,
  cancelRequested: false,
  exchTsNs: 0n,
};

function report(fields: Partial<OrderReport>): OrderReport {
  return {
    status: WireStatus.New,
    price: 100,
    qty: 10,
    leavesQty: 10,
    execQty: 0,
    execPx: 0,
    maker: true,
    exchTsNs: 1n,
    ...fields,
  };
}

describe('an order in finer lots than those of its instrument', () => {
  it('keeps its fills as they are', () => {
    const order = { ...fresh, qty: 0.35 };
    const part = report({ status: WireStatus.PartiallyFilled, qty: 0.35, leavesQty: 0.31, execQty: 0.04, execPx: 100, lotSize: 0.1 }); // prettier-ignore
    const first = applyReport(order, part);
    expect(first.fill).toMatchObject({ qty: 0.04, inferred: false });
    expect(first.next.filledQty).toBe(0.04);
    const last = { ...part, status: WireStatus.Filled, leavesQty: 0, execQty: 0.31, exchTsNs: 2n };
    const second = applyReport(first.next, last);
    expect(second.fill).toMatchObject({ qty: 0.31, inferred: false });
    expect(second.next).toMatchObject({ state: 'filled', filledQty: 0.35 });
  });
});

/** What a venue says about one order: acknowledged, filled in parts, and an end or none. */
const history = fc
  .record({
    fills: fc.array(fc.integer({ min: 1, max: 4 }), { maxLength: 4 }),
    end: fc.constantFrom('open', 'cancel', 'expire', 'cancel-zero'),
  })
  .map(({ fills, end }) => {
    const reports: OrderReport[] = [report({})];
    let leaves = 10;
    let ts = 1n;
    for (const fill of fills) {
      const qty = Math.min(fill, leaves);
      if (qty === 0) break;
      leaves -= qty;
      ts += 1n;
      reports.push(
        report({
          status: leaves === 0 ? WireStatus.Filled : WireStatus.PartiallyFilled,
          leavesQty: leaves,
          execQty: qty,
          execPx: 99 + Number(ts),
          exchTsNs: ts,
        }),
      );
    }
    if (leaves > 0 && end !== 'open') {
      ts += 1n;
      const status = end === 'expire' ? WireStatus.Expired : WireStatus.Canceled;
      reports.push(report({ status, leavesQty: end === 'cancel-zero' ? 0 : leaves, exchTsNs: ts }));
    }
    const last = reports.at(-1)!;
    const final =
      last.status === WireStatus.Filled
        ? 'filled'
        : last.status === WireStatus.Canceled
          ? 'canceled'
          : last.status === WireStatus.Expired
            ? 'expired'
            : leaves < 10
              ? 'partially_filled'
              : 'new';
    return { reports, final, filled: 10 - leaves };
  });

describe('the order state machine', () => {
  it('follows the venue when everything comes once and in order, and counts each fill at its price', () => {
    fc.assert(
      fc.property(history, ({ reports, final, filled }) => {
        let order = fresh;
        let value = 0;
        for (const each of reports) {
          const { next, fill } = applyReport(order, each);
          if (fill !== undefined) {
            expect(fill).toMatchObject({ qty: each.execQty, price: each.execPx, inferred: false });
            value += fill.qty * fill.price;
          }
          order = next;
        }
        expect(order).toMatchObject({ state: final, filledQty: filled, filledValue: value });
      }),
    );
  });

  it("ends in the venue's state and quantity in any order, with repetitions, cancels and refusals between", () => {
    fc.assert(
      fc.property(
        history.chain((reported) =>
          fc.record({
            reported: fc.constant(reported),
            order: fc.shuffledSubarray(reported.reports, { minLength: reported.reports.length }),
            again: fc.subarray(reported.reports),
            cancelAt: fc.nat(8),
            refuse: fc.boolean(),
          }),
        ),
        ({ reported, order, again, cancelAt, refuse }) => {
          let state = fresh;
          let fills = 0;
          let ended: string | undefined;
          for (const [i, each] of [...order, ...again].entries()) {
            if (i === cancelAt) state = requestCancel(state);
            const { next, fill } = applyReport(state, each);
            state = next;
            fills += fill?.qty ?? 0;
            if (ended !== undefined) expect(state.state).toBe(ended);
            if (isTerminal(state.state)) ended = state.state;
          }
          if (refuse) state = cancelRefused(state);
          expect(state.filledQty).toBe(reported.filled);
          expect(fills).toBe(reported.filled);
          const open = reported.final === 'new' || reported.final === 'partially_filled';
          if (open && state.cancelRequested) expect(state.state).toBe('pending_cancel');
          else expect(state.state).toBe(reported.final);
        },
      ),
    );
  });

  it('closes an order that the connector no longer lists, and a late report corrects that', () => {
    const open = applyReport(fresh, report({})).next;
    const closed = closeUnseen(open);
    expect(closed.state).toBe('closed');
    expect(
      applyReport(
        closed,
        report({ status: WireStatus.Filled, leavesQty: 0, execQty: 10, execPx: 101, exchTsNs: 5n }),
      ),
    ).toMatchObject({
      next: { state: 'filled', filledQty: 10 },
      fill: { price: 101 },
    });
    expect(
      closeUnseen(applyReport(open, report({ status: WireStatus.Canceled, exchTsNs: 2n })).next)
        .state,
    ).toBe('canceled');
  });

  it('marks several executions that are seen as one as inferred', () => {
    const { fill } = applyReport(
      fresh,
      report({
        status: WireStatus.PartiallyFilled,
        leavesQty: 3,
        execQty: 2,
        execPx: 99,
        exchTsNs: 4n,
        details: { fee: 0.1, feeCoin: 'USDT', tradeId: 'e2' },
      }),
    );
    // The fee and the id are those of the last one only.
    const unknown = { liquidity: undefined, fee: undefined, feeCoin: undefined, tradeId: undefined }; // prettier-ignore
    const seen = { qty: 7, price: 99, maker: true, exchTsNs: 4n, inferred: true };
    expect(fill).toStrictEqual({ ...seen, ...unknown });
  });

  it('takes a changed price and quantity from an amend and counts no fill for it', () => {
    const open = applyReport(
      fresh,
      report({
        status: WireStatus.PartiallyFilled,
        leavesQty: 8,
        execQty: 2,
        execPx: 100,
        exchTsNs: 2n,
      }),
    ).next;
    const { next, fill } = applyReport(
      open,
      report({ price: 98, qty: 6, leavesQty: 4, exchTsNs: 3n }),
    );
    expect(fill).toBeUndefined();
    expect(next).toMatchObject({ state: 'partially_filled', price: 98, qty: 6, filledQty: 2 });
  });

  it('goes back to open when a cancel is refused, and not after the end', () => {
    const open = applyReport(fresh, report({})).next;
    expect(requestCancel(open).state).toBe('pending_cancel');
    expect(cancelRefused(requestCancel(open)).state).toBe('new');
    const filled = applyReport(
      requestCancel(open),
      report({ status: WireStatus.Filled, leavesQty: 0, execQty: 10, execPx: 100, exchTsNs: 2n }),
    ).next;
    expect(filled).toMatchObject({ state: 'filled', cancelRequested: false });
    expect(requestCancel(filled)).toBe(filled);
  });
});
