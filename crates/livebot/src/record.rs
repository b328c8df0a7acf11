//! The fixed-layout record in which everything that reaches a bot crosses into JavaScript.
//!
//! The TypeScript twin is `lib/models/record-layout.ts`; both are checked against the same vectors
//! (`__test__/support/record-vectors.json`). All fields are little-endian and naturally aligned.

/// What a [`Record`] reports.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum RecordKind {
    /// Never written by a producer: an empty cell.
    Empty = 0,
    /// A batch of events that belong together starts (`asset` is meaningless).
    BatchStart = 1,
    BatchEnd = 2,
    /// A trade; `side` is the aggressor.
    Trade = 3,
    /// A level of the book changed; `qty` 0 deletes it.
    Depth = 4,
    /// The state of one of the bot's orders.
    Order = 5,
    /// The position; `qty` is signed.
    Position = 6,
    /// An error that the connector reports. `status` is an [`ErrorCode`](crate::ErrorCode), `value` its
    /// number where the wire carries one, the text follows in `Text` records. Of a registration that was
    /// refused `px` and `qty` are the tick and lot size that the symbol has; 0 where they are not known.
    Error = 7,
    /// The connection to a connector changed: `status` is a [`LinkStatus`], `asset` the first
    /// instrument of that connector, `value` the connector's boot epoch (0 when unknown).
    Link = 8,
    /// `value` messages were lost on the way from the connector of `asset`.
    Gap = 9,
    /// The book of `asset` is cleared and not synced until [`RecordKind::BookReady`].
    BookReset = 10,
    /// The book of `asset` is synced: a full snapshot has been applied. `status` is 1 when the connector
    /// does not know the account's orders: one that it did not report may still be open. Otherwise 0.
    BookReady = 11,
    /// The connector refused `order_id`; `value` is its code, the text follows in `Text` records.
    /// Comes before the `Order` record that ends the order. Those made by the bot are synthetic: -1, the
    /// order is not open any more, and an `Order` record ends it; -2, the state of the order is not known,
    /// and it stays as it is; -3, the order was never sent to the venue, and an `Order` record ends it.
    Reject = 12,
    /// The outcome of a command sent from another thread: `order_id` is the command's number,
    /// `status` 0 or a [`CommandError`](crate::CommandError), `value` the order. Where that is
    /// [`BookNotLive`](crate::CommandError::BookNotLive), `req` is the [`BookState`](crate::BookState).
    Command = 13,
    /// Money of the account of `asset`'s connector: one coin, named in the text, or with an empty
    /// text the entire account. `px` equity, `qty` wallet balance, `leaves_qty` available,
    /// `exec_qty` initial margin, `exec_px` maintenance margin, `extra` unrealised profit; NaN for
    /// values that the venue does not report. `exch_ts_ns`: their time.
    Balance = 14,
    /// Up to [`TEXT_BYTES`] bytes of UTF-8 at offset 8 that continue the record before.
    Text = 15,
    /// A notice of the connector or the bot: `value` is its code, `status` a
    /// [`Severity`](hbl_wire::Severity), `order_id` the order that it concerns, 0 for none. The text follows in `Text` records.
    Notice = 16,
    /// The state of the book of `asset` changed: `status` is a [`BookState`](crate::BookState),
    /// `value` the one before.
    BookState = 17,
    /// What the venue says of the execution that the next `Order` record reports, which is of the same order:
    /// `order_id`, `px` the fee (NaN when it is not known), the text is the coin of the fee, a line feed, and the
    /// venue's id of the trade, each empty when it is not known.
    Execution = 18,
}

/// What happened to the link with a connector ([`RecordKind::Link`]).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum LinkStatus {
    /// The connector has not been seen yet.
    Waiting = 0,
    /// The connector is there and the instruments are registered.
    Connected = 1,
    /// The connector died, stopped or went silent.
    Lost = 2,
    /// Another run of the connector took over; the instruments were registered again.
    Restarted = 3,
    /// The connector's own link with its venue is down; the reason follows as text.
    VenueDown = 4,
    /// The connector's own link with its venue is back.
    VenueUp = 5,
    /// The venue's feed of `asset` is stale.
    FeedStale = 6,
    /// The venue's feed of `asset` is live again.
    FeedLive = 7,
    /// A connection of the connector with its venue is lost: `value` is a
    /// [`VenueSocket`](hbl_wire::VenueSocket), the reason follows as text.
    SocketDown = 8,
    /// It is back, and can be used; `value` is a [`VenueSocket`](hbl_wire::VenueSocket).
    SocketUp = 9,
}

/// One record: 128 bytes, two cache lines; what market data needs is in the first.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
#[repr(C, align(64))]
pub struct Record {
    /// A [`RecordKind`].
    pub kind: u8,
    /// 0 none, 1 buy (bid), 2 sell (ask).
    pub side: u8,
    /// Bit set of the `FLAG_*` constants.
    pub flags: u8,
    /// Order status (hftbacktest's numbers), link status, error code, command error or severity.
    pub status: u8,
    /// Index of the instrument in the bot.
    pub asset: u32,
    /// The connector's sequence number, 0 when the connector does not number its messages.
    pub seq: u64,
    /// Exchange time, nanoseconds since the Unix epoch.
    pub exch_ts_ns: i64,
    /// Feed: when the connector received it. Order: when the request was made. Unix nanoseconds.
    pub local_ts_ns: i64,
    /// When the connector published it, `CLOCK_MONOTONIC` nanoseconds; 0 when unknown.
    pub sent_mono_ns: u64,
    /// When the bot took it from shared memory, `CLOCK_MONOTONIC` nanoseconds.
    pub recv_mono_ns: u64,
    /// Price (orders: the limit price).
    pub px: f64,
    /// Quantity (orders: the ordered quantity; position: signed).
    pub qty: f64,
    /// Order id, or the number of a command.
    pub order_id: u64,
    /// Orders: quantity still open.
    pub leaves_qty: f64,
    /// Orders: quantity executed, as the connector reports it with this update.
    pub exec_qty: f64,
    /// Orders: price of the execution.
    pub exec_px: f64,
    /// The kind's own number, see [`RecordKind`].
    pub value: i64,
    /// Orders: time in force, hftbacktest's numbers.
    pub time_in_force: u8,
    /// Orders: order type, hftbacktest's numbers.
    pub order_type: u8,
    /// Orders: pending request, hftbacktest's status numbers.
    pub req: u8,
    /// Orders: 1 when executed as maker.
    pub maker: u8,
    /// Length in bytes of the text that follows in `Text` records.
    pub text_len: u32,
    /// Raw event flags of hftbacktest (`Event::ev`).
    pub ev: u64,
    /// Balance: unrealised profit. Else 0.
    pub extra: f64,
}

impl Record {
    /// A record that carries text; what goes beyond [`TEXT_BYTES`] is cut.
    #[must_use]
    pub fn text(chunk: &[u8]) -> Self {
        let mut record = Self {
            kind: RecordKind::Text as u8,
            ..Self::default()
        };
        // SAFETY: at most TEXT_BYTES are written, which is what a record holds from offset 8 on;
        // every byte pattern is valid for the integers and floats there.
        unsafe {
            let place = core::ptr::from_mut(&mut record)
                .cast::<u8>()
                .add(RECORD_BYTES - TEXT_BYTES);
            core::ptr::copy_nonoverlapping(chunk.as_ptr(), place, chunk.len().min(TEXT_BYTES));
        }
        record
    }
}

/// Set on a record that stands inside a batch.
pub const FLAG_IN_BATCH: u8 = 1;
/// Set on what belongs to a snapshot that the bot asked for.
pub const FLAG_SNAPSHOT: u8 = 2;
/// Set on what the bot made itself (the deletions that clear a book).
pub const FLAG_SYNTHETIC: u8 = 4;

/// Size of a [`Record`].
pub const RECORD_BYTES: usize = 128;
/// Bytes of text in one `Text` record.
pub const TEXT_BYTES: usize = 120;

macro_rules! at {
    ($($field:ident = $offset:literal),* $(,)?) => {
        $(const _: () = assert!(core::mem::offset_of!(Record, $field) == $offset);)*
    };
}
const _: () = assert!(size_of::<Record>() == RECORD_BYTES);
at! {
    kind = 0, side = 1, flags = 2, status = 3, asset = 4, seq = 8, exch_ts_ns = 16,
    local_ts_ns = 24, sent_mono_ns = 32, recv_mono_ns = 40, px = 48, qty = 56, order_id = 64,
    leaves_qty = 72, exec_qty = 80, exec_px = 88, value = 96, time_in_force = 104,
    order_type = 105, req = 106, maker = 107, text_len = 108, ev = 112, extra = 120,
}
