//! Ports of dead programs that iceoryx2 has forgotten.
//!
//! iceoryx2 takes the ports of a dead program out of its services, then forgets the program. A port that it
//! cannot take out (another program removes a connection of it at the same moment) is passed over, and the
//! program is forgotten all the same: the port keeps its place until the last program of the service ends.
//! A connector has one place, so that none could start again while a bot of the killed one lives.

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

use crate::{iceoryx_config, register, service::IpcService};

/// Takes out what dead programs left in a service. `name` is the service's, for the log.
pub(crate) fn take_out(service: &IpcService, name: &str) {
    for id in nodes_of(service) {
        if !is_forgotten(&id) {
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

/// The nodes of all ports of a service.
fn nodes_of(service: &IpcService) -> Vec<NodeId> {
    let mut ids: Vec<NodeId> = Vec::new();
    let mut note = |id: NodeId| {
        if !ids.contains(&id) {
            ids.push(id);
        }
        CallbackProgression::Continue
    };
    let ports = service.dynamic_config();
    ports.list_publishers(|port| note(port.node_id));
    ports.list_subscribers(|port| note(port.node_id));
    ids
}

/// True when the register has nothing of a node whose process has ended. A living program writes its
/// entries anew when another has emptied the register, see [`register`].
fn is_forgotten(id: &NodeId) -> bool {
    // SAFETY: signal 0 only asks whether there is the process.
    let is_there = unsafe { libc::kill(id.pid().value(), 0) } == 0
        || io::Error::last_os_error().raw_os_error() != Some(libc::ESRCH);
    !is_there && !register::monitor_of(id.value()).exists()
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
