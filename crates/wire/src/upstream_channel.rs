//! A connector's end towards hftbacktest's own bots.

use iceoryx2::prelude::PortFactory as _;

use crate::{
    ChannelConfig, WireError,
    ports::{open_publisher, open_subscriber},
    service::{Direction, IpcNode, IpcService, IpcSubscriber, Lane, open_service},
    slot_publisher::SlotPublisher,
};

/// The services that hftbacktest's bots know. The connector listens for their requests from the start. The
/// publisher reserves memory for as many bots as hftbacktest allows, so it is made when the first of them
/// listens.
pub(crate) struct UpstreamChannel {
    name: String,
    to_bot: Option<SlotPublisher>,
    from_bot: IpcSubscriber,
    // Dropped after their ports.
    events: IpcService,
    _requests: IpcService,
}

impl UpstreamChannel {
    /// # Errors
    /// [`WireError::Service`], also when a connector of hftbacktest has this name.
    pub(crate) fn open(
        node: &IpcNode,
        name: &str,
        config: ChannelConfig,
    ) -> Result<Self, WireError> {
        let events = open_service(node, name, Lane::Upstream, Direction::ToBot, config)?;
        let requests = open_service(node, name, Lane::Upstream, Direction::FromBot, config)?;
        Ok(Self {
            name: name.to_owned(),
            to_bot: None,
            from_bot: open_subscriber(&requests, name)?,
            events,
            _requests: requests,
        })
    }

    /// Receives their requests.
    pub(crate) const fn requests(&self) -> &IpcSubscriber {
        &self.from_bot
    }

    /// Sends their events; `None` while none of them was ever there. Costs a load or two.
    ///
    /// # Errors
    /// [`WireError::Service`] when it cannot be made for the first of them.
    pub(crate) fn events(&mut self) -> Result<Option<&SlotPublisher>, WireError> {
        if self.to_bot.is_none() && self.events.dynamic_config().number_of_subscribers() > 0 {
            self.to_bot = Some(open_publisher(&self.events, &self.name)?);
        }
        Ok(self.to_bot.as_ref())
    }

    /// The publisher; `None` while none of them was ever there.
    pub(crate) const fn publisher(&self) -> Option<&SlotPublisher> {
        self.to_bot.as_ref()
    }
}
