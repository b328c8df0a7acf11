//! Frames of the trade socket.

use serde::Deserialize;

use crate::bybit::frames::text::Text;
use crate::bybit::frames::{FrameError, read};

/// What the venue says of the quota of an operation.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Quota {
    /// Requests per second.
    pub limit: Option<u32>,
    /// Requests left in this second.
    pub left: Option<u32>,
    /// When the quota is full again, venue milliseconds.
    pub reset_ms: Option<i64>,
    /// The venue's clock when it answered, milliseconds.
    pub time_ms: Option<i64>,
}

/// One item of a batch answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BatchItem<'a> {
    /// The venue's id; absent when refused.
    pub order_id: Text<'a>,
    /// Our id.
    pub link_id: Text<'a>,
    /// 0 when accepted.
    pub code: i64,
    /// The venue's text.
    pub text: Text<'a>,
}

/// A frame of the trade socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TradeFrame<'a> {
    /// Answer to a ping.
    Pong,
    /// Answer to `auth`: code (0: accepted) and text.
    Auth(i64, Text<'a>),
    /// Answer to an order operation.
    Outcome(Outcome<'a>),
}

/// Answer to an order operation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Outcome<'a> {
    /// The request's id; the venue leaves it out on some failures.
    pub req_id: Text<'a>,
    /// The operation.
    pub op: Text<'a>,
    /// 0 when accepted; -1 for a failure without a number.
    pub code: i64,
    /// The venue's text.
    pub text: Text<'a>,
    /// The venue's id of a single order.
    pub order_id: Text<'a>,
    /// Our id of a single order.
    pub link_id: Text<'a>,
    /// The items of a batch.
    pub batch: Vec<BatchItem<'a>>,
    /// The quota of the operation.
    pub quota: Quota,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Raw<'a> {
    #[serde(borrow, default, alias = "req_id")]
    req_id: Text<'a>,
    #[serde(borrow, default)]
    ret_code: Text<'a>,
    #[serde(borrow, default, alias = "ret_msg")]
    ret_msg: Text<'a>,
    #[serde(borrow, default)]
    success: Text<'a>,
    #[serde(borrow, default)]
    op: Text<'a>,
    #[serde(borrow, default)]
    data: Lenient<RawData<'a>>,
    #[serde(borrow, default)]
    ret_ext_info: Lenient<RawExt<'a>>,
    #[serde(borrow, default)]
    header: Lenient<RawHeader<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawData<'a> {
    #[serde(borrow)]
    order_id: Text<'a>,
    #[serde(borrow)]
    order_link_id: Text<'a>,
    #[serde(borrow)]
    list: Vec<RawBatch<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct RawBatch<'a> {
    #[serde(borrow)]
    order_id: Text<'a>,
    #[serde(borrow)]
    order_link_id: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawExt<'a> {
    #[serde(borrow)]
    list: Vec<RawExtItem<'a>>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawExtItem<'a> {
    #[serde(borrow)]
    code: Text<'a>,
    #[serde(borrow)]
    msg: Text<'a>,
}

#[derive(Default, Deserialize)]
#[serde(default)]
struct RawHeader<'a> {
    #[serde(borrow, rename = "X-Bapi-Limit")]
    limit: Text<'a>,
    #[serde(borrow, rename = "X-Bapi-Limit-Status")]
    left: Text<'a>,
    #[serde(borrow, rename = "X-Bapi-Limit-Reset-Timestamp")]
    reset: Text<'a>,
    #[serde(borrow, rename = "Timenow")]
    now: Text<'a>,
}

/// An object; a list or scalar in its place (a pong's `data`) counts as empty.
pub(super) struct Lenient<T>(pub(super) T);

impl<T: Default> Default for Lenient<T> {
    fn default() -> Self {
        Self(T::default())
    }
}

impl<'de, T: Deserialize<'de> + Default> Deserialize<'de> for Lenient<T> {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LenientVisitor(std::marker::PhantomData))
    }
}

struct LenientVisitor<T>(std::marker::PhantomData<T>);

impl<'de, T: Deserialize<'de> + Default> serde::de::Visitor<'de> for LenientVisitor<T> {
    type Value = Lenient<T>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("an object")
    }

    fn visit_map<A: serde::de::MapAccess<'de>>(self, map: A) -> Result<Self::Value, A::Error> {
        T::deserialize(serde::de::value::MapAccessDeserializer::new(map)).map(Lenient)
    }

    fn visit_seq<A: serde::de::SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<serde::de::IgnoredAny>()?.is_some() {}
        Ok(Lenient(T::default()))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Lenient(T::default()))
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(Lenient(T::default()))
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(Lenient(T::default()))
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(Lenient(T::default()))
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(Lenient(T::default()))
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(Lenient(T::default()))
    }
}

/// Reads a frame of the trade socket.
///
/// # Errors
/// When it is too long, no JSON, or without an outcome.
pub fn parse(bytes: &[u8]) -> Result<TradeFrame<'_>, FrameError> {
    let raw: Raw<'_> = read(bytes)?;
    if raw.op.get() == Some("pong") || raw.ret_msg.get() == Some("pong") {
        return Ok(TradeFrame::Pong);
    }
    let code = match raw.ret_code.int("retCode")? {
        Some(code) => code,
        None if raw.success == Text::Absent => return Err(FrameError::Missing("retCode")),
        None if raw.success.flag() => 0,
        None => -1,
    };
    if raw.op.get() == Some("auth") {
        return Ok(TradeFrame::Auth(code, raw.ret_msg));
    }
    let (data, ext) = (raw.data.0, raw.ret_ext_info.0);
    let mut reasons = ext.list.into_iter();
    let mut batch = Vec::with_capacity(data.list.len());
    for item in data.list {
        let reason = reasons.next().unwrap_or_default();
        batch.push(BatchItem {
            order_id: item.order_id,
            link_id: item.order_link_id,
            code: reason.code.int("code")?.unwrap_or(0),
            text: reason.msg,
        });
    }
    let header = raw.header.0;
    let small = |text: &Text<'_>| text.get().and_then(|text| text.parse().ok());
    Ok(TradeFrame::Outcome(Outcome {
        req_id: raw.req_id,
        op: raw.op,
        code,
        text: raw.ret_msg,
        order_id: data.order_id,
        link_id: data.order_link_id,
        batch,
        quota: Quota {
            limit: small(&header.limit),
            left: small(&header.left),
            reset_ms: header.reset.get().and_then(|text| text.parse().ok()),
            time_ms: header.now.get().and_then(|text| text.parse().ok()),
        },
    }))
}
