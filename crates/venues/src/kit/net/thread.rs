//! The network thread: one tokio runtime for all sockets and REST calls of a venue.

use std::thread::JoinHandle;
use std::time::Duration;

use tokio::runtime::{Builder, Handle};
use tokio::sync::mpsc::{Sender, channel};
use tokio::sync::oneshot;

use super::error::NetError;

/// How long connections may take to say goodbye when the venue ends.
const GOODBYE_MAX: Duration = Duration::from_millis(300);

/// One thread with one event loop. Dropping it ends its tasks and joins it.
pub(super) struct NetThread {
    handle: Handle,
    /// Every task holds one: when all are gone the thread may end.
    task: Option<Sender<()>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl NetThread {
    pub(super) fn start() -> Result<Self, NetError> {
        let runtime = Builder::new_current_thread()
            .enable_io()
            .enable_time()
            .build()?;
        let handle = runtime.handle().clone();
        let (stop, stopped) = oneshot::channel::<()>();
        let (task, mut tasks) = channel::<()>(1);
        let thread = std::thread::Builder::new()
            .name("network".into())
            .spawn(move || {
                runtime.block_on(async {
                    let _ = stopped.await;
                    let _ = tokio::time::timeout(GOODBYE_MAX, tasks.recv()).await;
                });
                // A name that is still being looked up must not hold the process.
                runtime.shutdown_background();
            })?;
        Ok(Self {
            handle,
            task: Some(task),
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    pub(super) fn spawn(&self, future: impl Future<Output = ()> + Send + 'static) {
        let task = self.task.clone();
        self.handle.spawn(async move {
            future.await;
            drop(task);
        });
    }
}

impl Drop for NetThread {
    fn drop(&mut self) {
        self.task = None;
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the network thread panicked");
        }
    }
}
