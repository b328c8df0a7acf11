/** An order request as the venue received it. Times are Unix µs. */
export interface VenueRequest {
  readonly atUs: number;
  readonly socket: string;
  /** `order.create`, `order.cancel-batch`, … */
  readonly op: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly executed: boolean;
  /** The venue's own code, whatever was answered; null: not executed. */
  readonly code: number | null;
  readonly codes: readonly number[];
}

/** One step in the life of an order at the venue. */
export interface VenueStep {
  readonly atUs: number;
  readonly status: string;
  readonly price: string;
  readonly qty: string;
  readonly filledQty: string;
  readonly fill: { readonly price: string; readonly qty: string; readonly maker: boolean } | null;
  readonly reason: string;
}

/** An order as it truly was at the venue. */
export interface VenueOrder {
  readonly orderId: string;
  readonly orderLinkId: string;
  readonly symbol: string;
  readonly side: string;
  readonly foreign: boolean;
  readonly createdUs: number;
  /** null while it lives. */
  readonly endedUs: number | null;
  readonly price: string;
  readonly qty: string;
  readonly filledQty: string;
  readonly steps: readonly VenueStep[];
}

/** A private or trade connection from its login to its end. */
export interface VenueLogin {
  readonly socket: string;
  readonly fromUs: number;
  /** null while it is open. */
  readonly untilUs: number | null;
}

/** What the fake venue's `journal` command answers. */
export interface Journal {
  readonly requests: readonly VenueRequest[];
  readonly orders: readonly VenueOrder[];
  readonly logins: readonly VenueLogin[];
  readonly nowUs: number;
}

/** Whose order an `orderLinkId` names. */
export interface Owner {
  readonly botId: bigint;
  readonly orderId: bigint;
}

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_';
const BODY = 31;

/** Bot and order id of an `orderLinkId` that the connector made; `undefined` for others. */
export function ownerOf(linkId: string): Owner | undefined {
  if (linkId.length <= BODY) return undefined;
  let bits = 0n;
  for (const letter of linkId.slice(-BODY)) {
    const digit = ALPHABET.indexOf(letter);
    if (digit < 0) return undefined;
    bits = (bits << 6n) | BigInt(digit);
  }
  const mask = (1n << 64n) - 1n;
  return { botId: (bits >> 64n) & mask, orderId: bits & mask };
}

/** One order that a request names: batches name several. */
export interface NamedOrder {
  readonly request: VenueRequest;
  readonly linkId: string;
  readonly fields: Readonly<Record<string, unknown>>;
  /** The venue's own code for this one; null: not executed. */
  readonly code: number | null;
}

/** Every order that requests of one operation (`create`, `amend`, `cancel`) name, in order. */
export function namedOrders(journal: Journal, operation: string): NamedOrder[] {
  const named: NamedOrder[] = [];
  for (const request of journal.requests) {
    if (request.op === `order.${operation}`) {
      const fields = request.args;
      named.push({ request, linkId: textOf(fields['orderLinkId']), fields, code: request.code });
    } else if (request.op === `order.${operation}-batch`) {
      const items = request.args['request'] as readonly Record<string, unknown>[] | undefined;
      for (const [at, item] of (items ?? []).entries()) {
        const code = request.executed ? (request.codes[at] ?? request.code) : null;
        named.push({ request, linkId: textOf(item['orderLinkId']), fields: item, code });
      }
    }
  }
  return named;
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
