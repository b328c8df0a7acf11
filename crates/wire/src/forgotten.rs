//! Ports of dead programs that iceoryx2 has forgotten.
//!
//! iceoryx2 takes the ports of a dead program out of its services, then forgets the program. A port that it
//! cannot take out (another program removes a connection of it at the same moment) is passed over, and the
//! program is forgotten all the same: the port keeps its place until the last program of the service ends.
//! A connector has one place, so that none could start again while a bot of the killed one lives.
//!
//! A connection that a kill left half made keeps its port for good: iceoryx2 cannot open it, so it passes the
//! port over each time.

use std::{
    fs::{DirBuilder, OpenOptions},
    io,
    os::unix::fs::{DirBuilderExt as _, OpenOptionsExt as _},
    path::Path,
};

use iceoryx2::{
    node::{Node, NodeId},
    prelude::{CallbackProgression, PortFactory as _, ipc},
};
use tracing::warn;

use crate::{half_made, iceoryx_config, register, service::IpcService};

/// Takes out what dead programs left in a service. `name` is the service's, for the log.
pub(crate) fn take_out(service: &IpcService, name: &str) {
    let mut dead = ports_of(service);
    dead.retain(|port| !is_there(&port.node));
    half_made::remove(&dead.iter().map(|port| port.id).collect::<Vec<_>>());
    let mut nodes: Vec<NodeId> = Vec::new();
    for port in dead {
        if !nodes.contains(&port.node) {
            nodes.push(port.node);
        }
    }
    for id in nodes {
        // A living program writes its entries anew when another has emptied the register, see [`register`].
        if register::monitor_of(id.value()).exists() {
            continue;
        }
        match remember(&id, service) {
            Ok(()) => warn!(
                service = name,
                pid = id.pid().value(),
                "a killed program's port still had its place; it is taken out"
            ),
            Err(error) => {
                warn!(service = name, pid = id.pid().value(), %error, "a killed program's port cannot be taken out");
            }
        }
    }
    Node::<ipc::Service>::cleanup_dead_nodes(iceoryx_config::get());
}

/// A port of a service.
struct Port {
    id: u128,
    node: NodeId,
}

/// The ports of a service.
fn ports_of(service: &IpcService) -> Vec<Port> {
    let mut found = Vec::new();
    let ports = service.dynamic_config();
    ports.list_publishers(|port| {
        let (id, node) = (port.publisher_id.value(), port.node_id);
        found.push(Port { id, node });
        CallbackProgression::Continue
    });
    ports.list_subscribers(|port| {
        let (id, node) = (port.subscriber_id.value(), port.node_id);
        found.push(Port { id, node });
        CallbackProgression::Continue
    });
    found
}

/// True when there is a process of this number; it need not be the node's.
fn is_there(id: &NodeId) -> bool {
    // SAFETY: signal 0 only asks whether there is the process.
    let is_answered = unsafe { libc::kill(id.pid().value(), 0) == 0 };
    is_answered || io::Error::last_os_error().raw_os_error() != Some(libc::ESRCH)
}

/// Writes the entries of a dead node again, so that iceoryx2 finds it.
fn remember(id: &NodeId, service: &IpcService) -> io::Result<()> {
    let folder = register::folder_of(id.value());
    match DirBuilder::new().mode(0o750).create(&folder) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => return Err(error),
        _ => {}
    }
    let tag = format!("iox2_{}.service_tag", service.service_id().as_str());
    empty(&folder.join(tag), 0o400)?;
    empty(&register::owner_lock_of(id.value()), 0o700)?;
    // The last: it makes the node one that is looked at.
    empty(&register::monitor_of(id.value()), 0o700)
}

/// Makes an empty file, unless there is one.
fn empty(path: &Path, mode: u32) -> io::Result<()> {
    let mut options = OpenOptions::new();
    match options.write(true).create_new(true).mode(mode).open(path) {
        Err(error) if error.kind() != io::ErrorKind::AlreadyExists => Err(error),
        _ => Ok(()),
    }
}
