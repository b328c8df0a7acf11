//! Where the orders of a bot go: to a venue, to paper, to a simulation. The program may require a
//! destination, and a changed one holds back new orders until the program agrees.

use hbl_wire::{Destination, Orders};

/// What the program requires of every connector; an empty part requires nothing.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Requirement {
    /// What becomes of orders; [`Orders::Unknown`]: anything.
    pub orders: Orders,
    /// The venue's environment; empty: any.
    pub environment: String,
}

impl Requirement {
    pub(crate) fn is_met(&self, by: &Destination) -> bool {
        (self.orders == Orders::Unknown || self.orders == by.orders)
            && (self.environment.is_empty() || self.environment == by.environment)
    }
}

/// Where the orders to one connector go, and where they may go.
#[derive(Debug, Default)]
pub(crate) struct OrderDestination {
    /// The destination at the first connection, or the one that the program agreed to.
    pub(crate) agreed: Option<Destination>,
    /// The connector's destination now.
    pub(crate) now: Destination,
}

impl OrderDestination {
    /// Takes the destination of a connector that has come. Returns the agreed one when it differs.
    pub(crate) fn update(&mut self, now: Destination) -> Option<Destination> {
        self.now = now;
        match &self.agreed {
            None => {
                self.agreed = Some(self.now.clone());
                None
            }
            Some(agreed) => (!self.now.follows(agreed)).then(|| agreed.clone()),
        }
    }

    /// True while orders go to the agreed destination.
    pub(crate) fn is_agreed(&self) -> bool {
        let agreed = self.agreed.as_ref();
        agreed.is_none_or(|agreed| self.now.follows(agreed))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_destination_is_agreed_to_and_no_other() {
        let paper = Destination::new(Orders::Paper, "mainnet");
        let real = Destination::new(Orders::Real, "mainnet");
        let none = Destination::new(Orders::None, "mainnet");
        let mut destination = OrderDestination::default();
        assert!(destination.is_agreed());
        assert_eq!(destination.update(paper.clone()), None);
        for other in [
            real.clone(),
            Destination::default(),
            Destination::new(Orders::Paper, "testnet"),
        ] {
            assert_eq!(destination.update(other), Some(paper.clone()));
            assert!(!destination.is_agreed());
        }
        // A connector that takes no orders changes nothing.
        assert_eq!(destination.update(none), None);
        assert!(destination.is_agreed());
        assert_eq!(destination.update(real), Some(paper.clone()));
        assert_eq!(destination.update(paper), None);
        assert!(destination.is_agreed());
    }

    #[test]
    fn a_requirement_is_met_in_all_its_parts_and_never_by_an_unknown_destination() {
        let paper = Requirement {
            orders: Orders::Paper,
            environment: String::new(),
        };
        let testnet = Requirement {
            orders: Orders::Real,
            environment: "testnet".to_owned(),
        };
        assert!(Requirement::default().is_met(&Destination::default()));
        assert!(paper.is_met(&Destination::new(Orders::Paper, "mainnet")));
        assert!(testnet.is_met(&Destination::new(Orders::Real, "testnet")));
        for other in [
            Destination::default(),
            Destination::new(Orders::Real, "mainnet"),
            Destination::new(Orders::Simulated, "simulated"),
            Destination::new(Orders::None, "testnet"),
        ] {
            assert!(!paper.is_met(&other) && !testnet.is_met(&other), "{other}");
        }
    }
}
