//! Changes to the listing of an instrument while the venue runs: steps, smallest quantity, status.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{decimal, error::CommandError, refusal::Refusal};

/// The listing of an instrument from now on. The book and resting orders stay on the configured grid;
/// new orders must lie on this one.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
pub struct Listing {
    /// Price step; `None`: as configured.
    pub tick: Option<String>,
    /// Quantity step; `None`: as configured.
    pub step: Option<String>,
    /// Smallest quantity; `None`: the configured step.
    pub min_qty: Option<String>,
    /// Status; `None`: `Trading`. Orders are rejected in any other.
    pub status: Option<String>,
    /// Coin that positions are settled in; `None`: USDT. The money stays USDT.
    pub settle_coin: Option<String>,
    /// It is not listed at all.
    pub gone: bool,
    /// Fields that replace those of the item as it is sent, to make it unreadable.
    pub raw: Value,
}

impl Listing {
    pub(crate) fn check(&self) -> Result<(), CommandError> {
        let sizes = [&self.tick, &self.step, &self.min_qty];
        let bad = sizes
            .into_iter()
            .flatten()
            .find(|text| decimal::parse(text).is_none_or(|size| size <= 0));
        bad.map_or(Ok(()), |text| Err(CommandError::Invalid(text.clone())))
    }

    pub(crate) fn is_open(&self) -> bool {
        !self.gone
            && self
                .status
                .as_deref()
                .is_none_or(|status| status == "Trading")
    }

    /// The coin that positions are settled in.
    pub(crate) fn settle_coin(&self) -> &str {
        self.settle_coin.as_deref().unwrap_or("USDT")
    }

    /// True when the price of a new order lies on the listed step.
    pub(crate) fn takes_price(&self, text: &str) -> bool {
        is_on(text, self.tick.as_deref())
    }

    /// True when the quantity of a new order lies on the listed step.
    pub(crate) fn takes_qty(&self, text: &str) -> bool {
        is_on(text, self.step.as_deref())
    }

    /// True when a quantity is below the smallest one.
    pub(crate) fn is_too_small(&self, text: &str) -> bool {
        let least = self.min_qty.as_deref().and_then(decimal::parse);
        least.is_some_and(|least| decimal::parse(text).is_some_and(|qty| qty < least))
    }

    pub(crate) fn check_open(&self) -> Result<(), Refusal> {
        match self.is_open() {
            true => Ok(()),
            false => Err(Refusal::new(110_074, "This contract is not live")),
        }
    }
}

fn is_on(text: &str, step: Option<&str>) -> bool {
    let Some(step) = step.and_then(decimal::parse) else {
        return true;
    };
    decimal::parse(text).is_some_and(|value| value % step == 0)
}
