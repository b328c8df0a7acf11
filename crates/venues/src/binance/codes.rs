//! Numbers of rejects and notices of this venue only.

use hbl_wire::Severity;

use crate::kit::notice::{Notice, NoticeClass};

/// The instruments are not read yet.
pub const NOT_READY: i64 = 3302;
/// The venue refused a stream.
pub const STREAM_REFUSED: i64 = 3303;
/// A message could not be read.
pub const FRAME_UNREADABLE: i64 = 3304;
/// The venue wants no REST calls for a while; snapshots wait.
pub const REST_HELD: i64 = 3305;
/// A book cannot be relied on and is read anew, and why.
pub const BOOK_LOST: i64 = 3306;
/// A key of the configuration has no effect, or one is out of date.
pub const CONFIG_IGNORED: i64 = 3307;
/// The instruments or a snapshot could not be read by REST; asked again.
pub const REST_FAILED: i64 = 3308;

/// A notice of one of these numbers.
pub fn notice(code: i64, text: String) -> Notice {
    let (severity, class) = match code {
        CONFIG_IGNORED => (Severity::Info, NoticeClass::Config),
        STREAM_REFUSED => (Severity::Error, NoticeClass::Data),
        REST_HELD | REST_FAILED => (Severity::Warning, NoticeClass::Connection),
        NOT_READY => (Severity::Warning, NoticeClass::Order),
        _ => (Severity::Warning, NoticeClass::Data),
    };
    Notice {
        code,
        severity,
        class,
        text,
    }
}
