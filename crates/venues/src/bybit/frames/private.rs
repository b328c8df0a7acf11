//! Frames of the private socket.

use std::fmt;
use std::marker::PhantomData;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::bybit::frames::execution::ExecutionItem;
use crate::bybit::frames::order::OrderItem;
use crate::bybit::frames::position::{PositionItem, WalletItem};
use crate::bybit::frames::public::Reply;
use crate::bybit::frames::text::Text;
use crate::bybit::frames::trade::Lenient;
use crate::bybit::frames::{FrameError, ns_of_ms, read};

/// A frame of the private socket.
#[derive(Clone, Debug, PartialEq)]
pub enum PrivateFrame<'a> {
    /// Answer to `auth`.
    Auth(Reply<'a>),
    /// Answer to a subscribe or unsubscribe request.
    Reply(Reply<'a>),
    /// Answer to a ping.
    Pong,
    /// Orders and the venue's time of them, Unix nanoseconds.
    Orders(i64, Vec<OrderItem<'a>>),
    /// Executions.
    Executions(Vec<ExecutionItem<'a>>),
    /// Positions and the venue's time of them, Unix nanoseconds.
    Positions(i64, Vec<PositionItem<'a>>),
    /// Wallets and the venue's time of them, Unix nanoseconds.
    Wallets(i64, Vec<WalletItem<'a>>),
    /// A topic that this connector does not use.
    OtherTopic(&'a str),
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Topic {
    Order,
    Execution,
    Position,
    Wallet,
    Other,
}

impl Topic {
    fn of(text: &str) -> Self {
        // `order.linear` is the same as `order`, for one category.
        match text.split('.').next().unwrap_or_default() {
            "order" => Self::Order,
            "execution" => Self::Execution,
            "position" => Self::Position,
            "wallet" => Self::Wallet,
            _ => Self::Other,
        }
    }
}

enum Items<'a> {
    Orders(Vec<OrderItem<'a>>),
    Executions(Vec<ExecutionItem<'a>>),
    Positions(Vec<PositionItem<'a>>),
    Wallets(Vec<WalletItem<'a>>),
    None,
}

/// `data` is read by what `topic` says, so the topic has to come first. The venue always sends it so;
/// a frame that does not is read a second time with the topic known.
struct Frame<'a> {
    topic: Option<&'a str>,
    creation_ms: Option<i64>,
    items: Items<'a>,
    data_was_first: bool,
    success: Text<'a>,
    ret_msg: Text<'a>,
    ret_code: Text<'a>,
    req_id: Text<'a>,
    op: Text<'a>,
}

#[derive(Deserialize)]
#[serde(field_identifier)]
enum Key {
    #[serde(rename = "topic")]
    Topic,
    #[serde(rename = "creationTime")]
    CreationTime,
    #[serde(rename = "data")]
    Data,
    #[serde(rename = "success")]
    Success,
    #[serde(rename = "ret_msg", alias = "retMsg")]
    RetMsg,
    #[serde(rename = "retCode")]
    RetCode,
    #[serde(rename = "req_id", alias = "reqId")]
    ReqId,
    #[serde(rename = "op")]
    Op,
    #[serde(other)]
    Other,
}

struct FrameVisitor<'a>(Option<Topic>, PhantomData<&'a ()>);

impl<'de> Visitor<'de> for FrameVisitor<'de> {
    type Value = Frame<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a frame of the private socket")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Frame<'de>, A::Error> {
        let mut topic_kind = self.0;
        let mut frame = Frame {
            topic: None,
            creation_ms: None,
            items: Items::None,
            data_was_first: false,
            success: Text::Absent,
            ret_msg: Text::Absent,
            ret_code: Text::Absent,
            req_id: Text::Absent,
            op: Text::Absent,
        };
        while let Some(key) = map.next_key()? {
            match key {
                Key::Topic => {
                    let topic: &'de str = map.next_value()?;
                    if frame.topic.is_some() {
                        // Items of the first one would be reported under the second one.
                        return Err(serde::de::Error::duplicate_field("topic"));
                    }
                    frame.topic = Some(topic);
                    topic_kind = Some(Topic::of(topic));
                }
                Key::CreationTime => frame.creation_ms = map.next_value()?,
                Key::Data => match topic_kind {
                    Some(Topic::Order) => frame.items = Items::Orders(map.next_value_seed(list())?),
                    Some(Topic::Execution) => {
                        frame.items = Items::Executions(map.next_value_seed(list())?);
                    }
                    Some(Topic::Position) => {
                        frame.items = Items::Positions(map.next_value_seed(list())?);
                    }
                    Some(Topic::Wallet) => {
                        frame.items = Items::Wallets(map.next_value_seed(list())?);
                    }
                    Some(Topic::Other) => {
                        map.next_value::<IgnoredAny>()?;
                    }
                    None => {
                        map.next_value::<IgnoredAny>()?;
                        frame.data_was_first = true;
                    }
                },
                Key::Success => frame.success = map.next_value()?,
                Key::RetMsg => frame.ret_msg = map.next_value()?,
                Key::RetCode => frame.ret_code = map.next_value()?,
                Key::ReqId => frame.req_id = map.next_value()?,
                Key::Op => frame.op = map.next_value()?,
                Key::Other => {
                    map.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(frame)
    }
}

impl<'de> Deserialize<'de> for Frame<'de> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(FrameVisitor(None, PhantomData))
    }
}

/// A list of objects.
struct List<T>(PhantomData<T>);

fn list<T>() -> List<T> {
    List(PhantomData)
}

impl<'de, T: Deserialize<'de> + Default> DeserializeSeed<'de> for List<T> {
    type Value = Vec<T>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Vec<T>, D::Error> {
        deserializer.deserialize_seq(self)
    }
}

impl<'de, T: Deserialize<'de> + Default> Visitor<'de> for List<T> {
    type Value = Vec<T>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Vec<T>, A::Error> {
        let mut items = Vec::new();
        // Anything but an object counts as an item without fields, which is refused alone.
        while let Some(Lenient(item)) = seq.next_element()? {
            items.push(item);
        }
        Ok(items)
    }
}

/// Reads a frame of the private socket.
///
/// # Errors
/// When it is too long, no JSON, or lacks a required field.
pub fn parse(bytes: &[u8]) -> Result<PrivateFrame<'_>, FrameError> {
    let mut frame: Frame<'_> = read(bytes)?;
    let Some(topic) = frame.topic else {
        return control(frame);
    };
    if frame.data_was_first {
        let visitor = FrameVisitor(Some(Topic::of(topic)), PhantomData);
        let mut again = serde_json::Deserializer::from_slice(bytes);
        frame = again
            .deserialize_map(visitor)
            .map_err(|error| FrameError::Json(crate::bybit::frames::cut(&error.to_string())))?;
    }
    let reported_ns = || match frame.creation_ms {
        Some(ms) => ns_of_ms("creationTime", ms),
        None => Err(FrameError::Missing("creationTime")),
    };
    Ok(match frame.items {
        Items::Orders(items) => PrivateFrame::Orders(reported_ns()?, items),
        Items::Executions(items) => PrivateFrame::Executions(items),
        Items::Positions(items) => PrivateFrame::Positions(reported_ns()?, items),
        Items::Wallets(items) => PrivateFrame::Wallets(reported_ns()?, items),
        Items::None if Topic::of(topic) == Topic::Other => PrivateFrame::OtherTopic(topic),
        Items::None => return Err(FrameError::Missing("data")),
    })
}

fn control(frame: Frame<'_>) -> Result<PrivateFrame<'_>, FrameError> {
    if frame.ret_msg.get() == Some("pong") || frame.op.get() == Some("pong") {
        return Ok(PrivateFrame::Pong);
    }
    let code = frame.ret_code.int("retCode")?;
    if frame.success == Text::Absent && code.is_none() {
        return Err(FrameError::Missing("topic or success"));
    }
    let is_auth = frame.op.get() == Some("auth");
    let reply = Reply {
        success: code.is_none_or(|code| code == 0)
            && (frame.success == Text::Absent || frame.success.flag()),
        op: frame.op,
        req_id: frame.req_id,
        text: frame.ret_msg,
        code,
    };
    Ok(if is_auth {
        PrivateFrame::Auth(reply)
    } else {
        PrivateFrame::Reply(reply)
    })
}
