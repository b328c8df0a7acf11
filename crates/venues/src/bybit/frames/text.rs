//! A scalar of the venue, most of which are texts.

use std::borrow::Cow;
use std::fmt;

use serde::de::{Deserialize, Deserializer, IgnoredAny, MapAccess, SeqAccess, Visitor};

use crate::bybit::frames::{FrameError, ns_of_ms};
use crate::kit::decimal::Step;

/// A scalar field: a text, or a number or flag as its text; absent when missing or `null`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Text<'a> {
    /// Missing or `null`.
    #[default]
    Absent,
    /// The text; it may be empty.
    Is(Cow<'a, str>),
    /// A list or an object, where a scalar belongs.
    Odd,
}

impl<'a> From<&'a str> for Text<'a> {
    fn from(text: &'a str) -> Self {
        Self::Is(Cow::Borrowed(text))
    }
}

impl Text<'_> {
    /// The text; `None` when absent or empty, which the venue uses alike.
    pub fn get(&self) -> Option<&str> {
        match self {
            Self::Is(text) if !text.is_empty() => Some(text),
            _ => None,
        }
    }

    /// The text; empty when absent.
    pub fn or_empty(&self) -> &str {
        self.get().unwrap_or("")
    }

    /// The text of a field that must be there.
    ///
    /// # Errors
    /// When it is absent, empty, or no scalar.
    pub fn need(&self, field: &'static str) -> Result<&str, FrameError> {
        match self {
            Self::Odd => Err(FrameError::value(field, "a list or object")),
            _ => self.get().ok_or(FrameError::Missing(field)),
        }
    }

    /// Whole steps of a decimal; absent and empty are 0.
    ///
    /// # Errors
    /// When it is no decimal or lies between two steps.
    pub fn units(&self, field: &'static str, step: &Step) -> Result<i64, FrameError> {
        if matches!(self, Self::Odd) {
            return Err(FrameError::value(field, "a list or object"));
        }
        self.get().map_or(Ok(0), |text| {
            step.units(text)
                .map_err(|error| FrameError::decimal(field, text, error))
        })
    }

    /// The step, refined until the decimal lies on it; absent and empty lie on any.
    ///
    /// # Errors
    /// When it is no decimal, or no such step fits.
    pub fn refine(&self, field: &'static str, step: &Step) -> Result<Step, FrameError> {
        if matches!(self, Self::Odd) {
            return Err(FrameError::value(field, "a list or object"));
        }
        self.get().map_or(Ok(*step), |text| match step.units(text) {
            Ok(_) => Ok(*step),
            Err(_) => step
                .refined(text)
                .map_err(|error| FrameError::decimal(field, text, error)),
        })
    }

    /// An integer.
    ///
    /// # Errors
    /// When it is there but no integer.
    pub fn int(&self, field: &'static str) -> Result<Option<i64>, FrameError> {
        if matches!(self, Self::Odd) {
            return Err(FrameError::value(field, "a list or object"));
        }
        self.get()
            .map(|text| text.parse().map_err(|_| FrameError::value(field, text)))
            .transpose()
    }

    /// An amount that need not be exact; NaN when it is absent.
    ///
    /// # Errors
    /// When it is there but no finite number.
    pub fn real(&self, field: &'static str) -> Result<f64, FrameError> {
        if matches!(self, Self::Odd) {
            return Err(FrameError::value(field, "a list or object"));
        }
        let Some(text) = self.get() else {
            return Ok(f64::NAN);
        };
        let read = text.parse::<f64>().ok().filter(|amount| amount.is_finite());
        read.ok_or_else(|| FrameError::value(field, text))
    }

    /// A time in milliseconds, as nanoseconds.
    ///
    /// # Errors
    /// When it is there but no time.
    pub fn ns(&self, field: &'static str) -> Result<Option<i64>, FrameError> {
        self.int(field)?.map(|ms| ns_of_ms(field, ms)).transpose()
    }

    /// A flag; absent is false.
    pub fn flag(&self) -> bool {
        self.get() == Some("true")
    }
}

struct TextVisitor;

impl<'de> Visitor<'de> for TextVisitor {
    type Value = Text<'de>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a scalar")
    }

    fn visit_borrowed_str<E>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Text::Is(Cow::Borrowed(text)))
    }

    fn visit_str<E>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Text::Is(Cow::Owned(text.to_owned())))
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Self::Value, E> {
        Ok(Text::Is(Cow::Borrowed(if flag { "true" } else { "false" })))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Self::Value, E> {
        Ok(Text::Is(Cow::Owned(value.to_string())))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Self::Value, E> {
        Ok(Text::Is(Cow::Owned(value.to_string())))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Self::Value, E> {
        Ok(Text::Is(Cow::Owned(value.to_string())))
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(Text::Absent)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(Text::Odd)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(Text::Odd)
    }
}

impl<'de: 'a, 'a> Deserialize<'de> for Text<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(json: &str) -> Text<'_> {
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn scalars_of_every_kind_have_a_text_and_nothing_fails() {
        for (json, expected) in [
            (r#""a""#, Some("a")),
            (r#""a\n""#, Some("a\n")),
            (r#""""#, None),
            ("null", None),
            ("0.5", Some("0.5")),
            ("-3", Some("-3")),
            ("true", Some("true")),
            ("[1,{}]", None),
            (r#"{"a":[1]}"#, None),
        ] {
            assert_eq!(text(json).get(), expected, "{json}");
        }
        assert!(matches!(text(r#""a""#), Text::Is(Cow::Borrowed(_))));
    }

    #[test]
    fn what_is_missing_or_of_another_kind_is_named() {
        assert_eq!(text("null").need("side"), Err(FrameError::Missing("side")));
        assert!(text("[]").need("side").is_err());
        assert!(text("[]").int("seq").is_err());
        assert!(text(r#""x""#).int("seq").is_err());
        assert_eq!(text(r#""""#).int("seq"), Ok(None));
        assert_eq!(text(r#""12""#).ns("t"), Ok(Some(12_000_000)));
        assert!(text(r#""-12""#).ns("t").is_err());
        assert!(text(r#""9223372036854775807""#).ns("t").is_err());
    }
}
