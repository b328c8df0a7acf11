//! Answers to requests, before the trade socket or REST gives them its own form.

use serde_json::{Value, json};

use crate::{
    fault::{ReplyRule, ReplyShape},
    rate::Quota,
    refusal::Refusal,
};

/// An answer to an order request.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) code: i64,
    pub(crate) text: String,
    pub(crate) data: Value,
    pub(crate) ext: Value,
    pub(crate) quota: Option<Quota>,
}

impl Reply {
    pub(crate) fn refused(refusal: Refusal, quota: Option<Quota>) -> Self {
        Self {
            code: refusal.code,
            text: refusal.text,
            data: json!({}),
            ext: json!({}),
            quota,
        }
    }

    pub(crate) fn ok(data: Value, quota: Option<Quota>) -> Self {
        Self {
            code: 0,
            text: "OK".into(),
            data,
            ext: json!({}),
            quota,
        }
    }
}

/// Text of a shape that is not JSON.
pub(crate) const NOT_JSON: &str = "<html><body>502 Bad Gateway</body></html>";

impl ReplyRule {
    pub(crate) fn is_silent(&self) -> bool {
        self.shape == ReplyShape::None
    }
}
