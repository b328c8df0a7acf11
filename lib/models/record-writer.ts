import { HftError } from './hft-error.js';
import { RECORD_BYTES, RecordKind, RecordOffset as At, TEXT_BYTES } from './record-layout.js';

/** Fields of a record with the numbers as they stand in memory; what is left out is 0. */
export interface RecordFields {
  kind: number;
  /** 0 none, 1 buy (bid), 2 sell (ask). */
  side?: number;
  flags?: number;
  status?: number;
  asset?: number;
  seq?: bigint;
  exchTsNs?: bigint;
  localTsNs?: bigint;
  sentMonoNs?: bigint;
  recvMonoNs?: bigint;
  px?: number;
  qty?: number;
  orderId?: bigint;
  leavesQty?: number;
  execQty?: number;
  execPx?: number;
  value?: bigint;
  timeInForce?: number;
  orderType?: number;
  req?: number;
  maker?: number;
  ev?: bigint;
  /** Balance: unrealised profit. */
  extra?: number;
  /** Length of the text; set by `write` when `text` is given. */
  textLen?: number;
  /** Follows in `Text` records. Of a `Text` record itself: its own part, at most 120 bytes. */
  text?: string;
}

const encoder = new TextEncoder();

/** Writes records in the layout of `RecordReader`: for the stub, for recordings and for tests. */
export class RecordWriter {
  readonly bytes: Uint8Array;
  private readonly memory: DataView;
  private readonly limit: number;
  private used = 0;

  /**
   * @param bytes - Memory for whole records, or how many records to make room for.
   */
  constructor(bytes: Uint8Array | number) {
    this.bytes = typeof bytes === 'number' ? new Uint8Array(bytes * RECORD_BYTES) : bytes;
    this.memory = new DataView(this.bytes.buffer, this.bytes.byteOffset, this.bytes.byteLength);
    this.limit = Math.trunc(this.bytes.byteLength / RECORD_BYTES);
  }

  /** Records written. */
  get count(): number {
    return this.used;
  }

  /** Records that the memory holds. */
  get capacity(): number {
    return this.limit;
  }

  /** Starts again at the first record. */
  reset(): void {
    this.used = 0;
  }

  /**
   * Appends a record and its text.
   *
   * @returns False, with nothing written, when there is no room for all of it.
   * @throws HftError `ERR_INVALID_ARGUMENT` when a `Text` record is given more than it holds.
   */
  write(fields: RecordFields): boolean {
    const text = fields.text === undefined ? undefined : encoder.encode(fields.text);
    if (fields.kind === RecordKind.Text) return this.writeText(text ?? new Uint8Array());
    const parts = text === undefined ? 0 : Math.ceil(text.byteLength / TEXT_BYTES);
    if (this.used + 1 + parts > this.limit) return false;
    this.writeFields(fields, text?.byteLength ?? fields.textLen ?? 0);
    for (let part = 0; part < parts; part += 1) {
      this.writeText(
        text?.subarray(part * TEXT_BYTES, (part + 1) * TEXT_BYTES) ?? encoder.encode(''),
      );
    }
    return true;
  }

  private writeText(text: Uint8Array): boolean {
    if (text.byteLength > TEXT_BYTES) {
      throw new HftError('ERR_INVALID_ARGUMENT', 'text: a Text record holds at most 120 bytes.');
    }
    if (this.used >= this.limit) return false;
    const at = this.take();
    this.memory.setUint8(at + At.kind, RecordKind.Text);
    this.bytes.set(text, at + 8);
    return true;
  }

  private writeFields(fields: RecordFields, textLen: number): void {
    const at = this.take();
    const memory = this.memory;
    memory.setUint8(at + At.kind, fields.kind);
    memory.setUint8(at + At.side, fields.side ?? 0);
    memory.setUint8(at + At.flags, fields.flags ?? 0);
    memory.setUint8(at + At.status, fields.status ?? 0);
    memory.setUint32(at + At.asset, fields.asset ?? 0, true);
    memory.setBigUint64(at + At.seq, fields.seq ?? 0n, true);
    memory.setBigInt64(at + At.exchTsNs, fields.exchTsNs ?? 0n, true);
    memory.setBigInt64(at + At.localTsNs, fields.localTsNs ?? 0n, true);
    memory.setBigUint64(at + At.sentMonoNs, fields.sentMonoNs ?? 0n, true);
    memory.setBigUint64(at + At.recvMonoNs, fields.recvMonoNs ?? 0n, true);
    memory.setFloat64(at + At.px, fields.px ?? 0, true);
    memory.setFloat64(at + At.qty, fields.qty ?? 0, true);
    memory.setBigUint64(at + At.orderId, fields.orderId ?? 0n, true);
    memory.setFloat64(at + At.leavesQty, fields.leavesQty ?? 0, true);
    memory.setFloat64(at + At.execQty, fields.execQty ?? 0, true);
    memory.setFloat64(at + At.execPx, fields.execPx ?? 0, true);
    memory.setBigInt64(at + At.value, fields.value ?? 0n, true);
    memory.setUint8(at + At.timeInForce, fields.timeInForce ?? 0);
    memory.setUint8(at + At.orderType, fields.orderType ?? 0);
    memory.setUint8(at + At.req, fields.req ?? 0);
    memory.setUint8(at + At.maker, fields.maker ?? 0);
    memory.setUint32(at + At.textLen, textLen, true);
    memory.setBigUint64(at + At.ev, fields.ev ?? 0n, true);
    memory.setFloat64(at + At.extra, fields.extra ?? 0, true);
  }

  private take(): number {
    const at = this.used * RECORD_BYTES;
    this.bytes.fill(0, at, at + RECORD_BYTES);
    this.used += 1;
    return at;
  }
}
