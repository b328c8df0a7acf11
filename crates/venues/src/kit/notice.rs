//! Notices: events that concern bots and change neither an order nor a book.

use hbl_wire::Severity;

use super::codes;
use super::reject::Reject;

/// The subject of a notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum NoticeClass {
    /// The login at the venue.
    Auth,
    /// A key of the configuration.
    Config,
    /// A connection with the venue, or its HTTP edge.
    Connection,
    /// Market data.
    Data,
    /// An instrument: its sizes, its status.
    Instrument,
    /// Orders, executions and positions.
    Order,
    /// The connector itself.
    Process,
}

/// An event that concerns bots and changes neither an order nor a book.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Notice {
    /// Stable number.
    pub code: i64,
    /// How much it matters.
    pub severity: Severity,
    /// Its subject.
    pub class: NoticeClass,
    /// What happened and what to do.
    pub text: String,
}

impl Notice {
    /// A notice with one of the numbers of [`codes`].
    pub fn of(code: i64, text: impl Into<String>) -> Self {
        let (severity, class) = about(code);
        Self {
            code,
            severity,
            class,
            text: text.into(),
        }
    }
}

impl From<Reject> for Notice {
    fn from(Reject { code, text }: Reject) -> Self {
        Self::of(code, text)
    }
}

/// Severity and class of a notice of this number; what is not listed is a warning about orders.
const fn about(code: i64) -> (Severity, NoticeClass) {
    use NoticeClass::{Auth, Connection, Data, Instrument, Order, Process};

    match code {
        codes::END_OF_DATA | codes::RESTARTED | codes::FINER_THAN_LOT => (Severity::Info, Data),
        codes::FEED_GAP | codes::UNREADABLE | codes::BOOK_MISSING | codes::FRAME_UNREADABLE => {
            (Severity::Warning, Data)
        }
        codes::TOPIC_REFUSED => (Severity::Error, Data),
        codes::STOPPING => (Severity::Info, Process),
        codes::INBOX_OVERFLOW | codes::GATE_REFUSED => (Severity::Warning, Connection),
        codes::AUTH_REFUSED | codes::ACCOUNT_SHARED => (Severity::Error, Auth),
        codes::INSTRUMENT_AS_BEFORE => (Severity::Info, Instrument),
        codes::INSTRUMENT_CHANGED => (Severity::Error, Instrument),
        codes::EARLIER_CANCELLED => (Severity::Info, Order),
        codes::POSITION_UNKNOWN | codes::PREFIX_SHARED => (Severity::Error, Order),
        codes::RUN_UNRECORDED => (Severity::Warning, Process),
        _ => (Severity::Warning, Order),
    }
}
