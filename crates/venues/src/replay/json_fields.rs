//! Decoders for the number formats in recorded JSON: decimals as strings, or as plain numbers.

use std::fmt;
use std::marker::PhantomData;

use serde::de::{self, Deserialize, Deserializer, SeqAccess, Visitor};

use crate::kit::book::message::Level;
use crate::kit::book::px::Px;

/// A decimal that a venue writes as a string or as a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decimal {
    /// As an exact price.
    pub px: Px,
    /// As a float.
    pub value: f64,
}

/// A quantity that a venue writes as a string or as a number; it may be greater and finer than a
/// price can be.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quantity(pub f64);

/// `[["price","quantity"],…]`
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Levels(pub Vec<Level>);

/// A field that is a list of levels in one message kind and a decimal in another.
#[derive(Clone, Debug, PartialEq)]
pub enum LevelsOrDecimal {
    /// A list of levels.
    Levels(Vec<Level>),
    /// One decimal.
    Decimal(Decimal),
    /// Something else (an order id in old spot trades).
    Other,
}

fn finite<E: de::Error>(text: &str) -> Result<f64, E> {
    match text.parse::<f64>() {
        Ok(value) if value.is_finite() => Ok(value),
        _ => Err(E::custom(format_args!("not a decimal: {text:?}"))),
    }
}

/// A value read from a text or a number alike.
trait FromNumber: Sized {
    fn of_text<E: de::Error>(text: &str) -> Result<Self, E>;
    fn of_float<E: de::Error>(value: f64) -> Result<Self, E>;
}

impl FromNumber for Decimal {
    fn of_text<E: de::Error>(text: &str) -> Result<Self, E> {
        let px =
            Px::parse(text).ok_or_else(|| E::custom(format_args!("not a decimal: {text:?}")))?;
        Ok(Self {
            px,
            value: finite(text)?,
        })
    }

    fn of_float<E: de::Error>(value: f64) -> Result<Self, E> {
        let px = Px::from_f64(value).ok_or_else(|| E::custom("number out of range"))?;
        Ok(Self { px, value })
    }
}

impl FromNumber for Quantity {
    fn of_text<E: de::Error>(text: &str) -> Result<Self, E> {
        finite(text).map(Self)
    }

    fn of_float<E: de::Error>(value: f64) -> Result<Self, E> {
        Ok(Self(value))
    }
}

struct NumberVisitor<T>(PhantomData<T>);

impl<T: FromNumber> Visitor<'_> for NumberVisitor<T> {
    type Value = T;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a decimal in a string")
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<T, E> {
        T::of_text(text)
    }

    fn visit_f64<E: de::Error>(self, value: f64) -> Result<T, E> {
        T::of_float(value)
    }

    fn visit_u64<E: de::Error>(self, value: u64) -> Result<T, E> {
        T::of_float(value as f64)
    }

    fn visit_i64<E: de::Error>(self, value: i64) -> Result<T, E> {
        T::of_float(value as f64)
    }
}

impl<'de> Deserialize<'de> for Decimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor(PhantomData))
    }
}

impl<'de> Deserialize<'de> for Quantity {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(NumberVisitor(PhantomData))
    }
}

/// One `["price","quantity"]`, further elements ignored.
struct Pair(Level);

struct PairVisitor;

impl<'de> Visitor<'de> for PairVisitor {
    type Value = Pair;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[price, quantity]")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Pair, A::Error> {
        let px: Decimal = seq
            .next_element()?
            .ok_or_else(|| de::Error::invalid_length(0, &self))?;
        let Quantity(qty) = seq
            .next_element()?
            .ok_or_else(|| de::Error::invalid_length(1, &self))?;
        while seq.next_element::<de::IgnoredAny>()?.is_some() {}
        if qty < 0.0 {
            return Err(de::Error::custom("negative quantity"));
        }
        Ok(Pair(Level { px: px.px, qty }))
    }
}

impl<'de> Deserialize<'de> for Pair {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(PairVisitor)
    }
}

fn collect<'de, A: SeqAccess<'de>>(mut seq: A) -> Result<Vec<Level>, A::Error> {
    let mut levels = Vec::with_capacity(seq.size_hint().unwrap_or(32));
    while let Some(Pair(level)) = seq.next_element()? {
        levels.push(level);
    }
    Ok(levels)
}

struct LevelsVisitor;

impl<'de> Visitor<'de> for LevelsVisitor {
    type Value = Levels;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of [price, quantity]")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<Levels, A::Error> {
        collect(seq).map(Levels)
    }
}

impl<'de> Deserialize<'de> for Levels {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_seq(LevelsVisitor)
    }
}

struct LevelsOrDecimalVisitor;

impl<'de> Visitor<'de> for LevelsOrDecimalVisitor {
    type Value = LevelsOrDecimal;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a list of levels or a decimal")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, seq: A) -> Result<LevelsOrDecimal, A::Error> {
        collect(seq).map(LevelsOrDecimal::Levels)
    }

    fn visit_str<E: de::Error>(self, text: &str) -> Result<LevelsOrDecimal, E> {
        Decimal::of_text(text).map(LevelsOrDecimal::Decimal)
    }

    fn visit_u64<E: de::Error>(self, _: u64) -> Result<LevelsOrDecimal, E> {
        Ok(LevelsOrDecimal::Other)
    }

    fn visit_i64<E: de::Error>(self, _: i64) -> Result<LevelsOrDecimal, E> {
        Ok(LevelsOrDecimal::Other)
    }
}

impl<'de> Deserialize<'de> for LevelsOrDecimal {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(LevelsOrDecimalVisitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_are_read_as_exact_prices() {
        let levels: Levels = serde_json::from_str(r#"[["58710.20","0.014"],["1",2,"x"]]"#).unwrap();
        assert_eq!(levels.0[0].px.to_f64(), 58710.2);
        assert_eq!(levels.0[0].qty, 0.014);
        assert_eq!(levels.0[1].qty, 2.0);
    }

    #[test]
    fn bad_numbers_are_errors() {
        for text in [
            r#"[["x","1"]]"#,
            r#"[["1"]]"#,
            r#"[["1","-1"]]"#,
            r#"[["1","NaN"]]"#,
            "[1]",
        ] {
            assert!(serde_json::from_str::<Levels>(text).is_err(), "{text}");
        }
    }

    #[test]
    fn quantities_are_greater_and_finer_than_prices() {
        let text = r#"[["0.00000712","12345678901.00"],["1","0.0000000001"]]"#;
        let levels: Levels = serde_json::from_str(text).unwrap();
        assert_eq!(levels.0[0].qty, 12_345_678_901.0);
        assert_eq!(levels.0[1].qty, 1e-10);
    }

    #[test]
    fn one_field_may_be_levels_or_a_decimal() {
        let one: LevelsOrDecimal = serde_json::from_str(r#""61800.20""#).unwrap();
        assert!(matches!(one, LevelsOrDecimal::Decimal(d) if d.value == 61800.2));
        let many: LevelsOrDecimal = serde_json::from_str("[]").unwrap();
        assert_eq!(many, LevelsOrDecimal::Levels(vec![]));
    }
}
