//! The bots that have sent something to a connector, and whether they live.

use std::collections::HashMap;

use tracing::warn;

use crate::{Capabilities, ControlBlock, TO_ALL, block_path::bot_path};

/// Whether a bot lives.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Liveness {
    /// It holds its control block.
    Alive,
    /// It has ended.
    Dead,
    /// It has no control block: hftbacktest's own bot, whose process cannot be watched.
    Upstream,
}

/// A bot that has sent something.
enum Known {
    /// hftbacktest's own.
    Upstream,
    /// A bot of this package.
    Ours(ControlBlock),
    /// A bot of this package whose control block could not be opened: it counts as alive, and is looked at
    /// again.
    Unseen,
    /// A bot of this package that had ended before its control block was opened.
    Gone,
}

/// A bot of this package as its control block shows it now.
fn look_for(bot: u64) -> Known {
    match ControlBlock::visit(bot_path(bot)) {
        Ok(Some(block)) if block.is_held() => Known::Ours(block),
        Ok(_) => Known::Gone,
        Err(error) => {
            warn!(bot, %error, "a bot cannot be looked at, so it counts as alive; is the limit of open files (ulimit -n) reached?");
            Known::Unseen
        }
    }
}

impl Known {
    fn liveness(&self) -> Liveness {
        match self {
            Self::Ours(block) if block.is_held() => Liveness::Alive,
            Self::Ours(_) | Self::Gone => Liveness::Dead,
            Self::Unseen => Liveness::Alive,
            Self::Upstream => Liveness::Upstream,
        }
    }
}

/// Whether a bot of this package lives, as its control block says now. One that could not be looked at is
/// not called dead.
#[must_use]
pub fn liveness(bot: u64) -> Liveness {
    look_for(bot).liveness()
}

/// The bots of a connector by id.
#[derive(Default)]
pub(crate) struct KnownBots {
    bots: HashMap<u64, Known>,
    upstream_bots: usize,
}

impl KnownBots {
    /// Gets to know a bot's control block; again at each registration, for it may be another run.
    pub(crate) fn meet(&mut self, bot: u64, is_upstream: bool, again: bool) {
        if !again && self.bots.contains_key(&bot) {
            return;
        }
        if is_upstream {
            self.bots.insert(bot, Known::Upstream);
        } else {
            let known = look_for(bot);
            // A bot that has ended since keeps the control block that is known, whose free lock shows that.
            if !matches!(known, Known::Gone) || !matches!(self.bots.get(&bot), Some(Known::Ours(_)))
            {
                self.bots.insert(bot, known);
            }
        }
        self.upstream_bots = self
            .bots
            .values()
            .filter(|known| matches!(known, Known::Upstream))
            .count();
    }

    /// Whether a bot of hftbacktest is among them.
    pub(crate) const fn has_upstream(&self) -> bool {
        self.upstream_bots > 0
    }

    /// Whether a message to this bot, or to all, goes out on our services and on hftbacktest's: on both for
    /// a bot that is not known.
    pub(crate) fn channels_of(&self, to: u64) -> (bool, bool) {
        let known = (to != TO_ALL).then(|| self.bots.get(&to)).flatten();
        match known {
            None => (true, true),
            Some(Known::Upstream) => (false, true),
            Some(Known::Ours(_) | Known::Unseen | Known::Gone) => (true, false),
        }
    }

    /// The control blocks of the bots of this package.
    pub(crate) fn blocks(&self) -> impl Iterator<Item = &ControlBlock> {
        self.bots.values().filter_map(|known| match known {
            Known::Ours(block) => Some(block),
            Known::Upstream | Known::Unseen | Known::Gone => None,
        })
    }

    /// True for a bot that has said that it is read-only; hftbacktest's bots cannot say so.
    pub(crate) fn only_looks(&self, bot: u64) -> bool {
        let Some(Known::Ours(block)) = self.bots.get(&bot) else {
            return false;
        };
        block.capabilities().contains(Capabilities::READ_ONLY)
    }

    /// Lets go of the control blocks of bots that are dead, and looks again for those that could not be
    /// opened.
    pub(crate) fn forget_the_dead(&mut self) {
        self.bots.retain(|bot, known| {
            if matches!(known, Known::Unseen) {
                *known = look_for(*bot);
            }
            match known {
                Known::Ours(block) => block.is_held(),
                Known::Gone => false,
                Known::Upstream | Known::Unseen => true,
            }
        });
    }

    /// Whether a bot lives. One that could not be looked at is not called dead: its orders would go to
    /// others.
    pub(crate) fn liveness(&self, bot: u64) -> Liveness {
        match self.bots.get(&bot) {
            Some(known) => known.liveness(),
            None => liveness(bot),
        }
    }
}
