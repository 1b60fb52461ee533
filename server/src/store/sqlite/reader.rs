//! Reading connections that calls borrow.

use std::{
    ops::Deref,
    sync::{Arc, Mutex, PoisonError},
};

use rusqlite::Connection;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Idle reading connections.
pub(super) struct Readers {
    idle: Arc<Mutex<Vec<Connection>>>,
    places: Arc<Semaphore>,
}

/// A borrowed connection; it goes back when dropped.
pub(super) struct Reader {
    connection: Option<Connection>,
    idle: Arc<Mutex<Vec<Connection>>>,
    _place: Option<OwnedSemaphorePermit>,
}

impl Readers {
    pub(super) fn new(connections: Vec<Connection>) -> Self {
        let places = Arc::new(Semaphore::new(connections.len()));
        Self { idle: Arc::new(Mutex::new(connections)), places }
    }

    /// An idle connection, as soon as there is one.
    pub(super) async fn take(&self) -> Reader {
        // The semaphore is never closed; each of its places stands for one idle connection.
        let place = Arc::clone(&self.places).acquire_owned().await.ok();
        let connection = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        Reader { connection, idle: Arc::clone(&self.idle), _place: place }
    }
}

impl Deref for Reader {
    type Target = Connection;

    fn deref(&self) -> &Connection {
        #[allow(clippy::expect_used, reason = "a place in the semaphore is held, so there was a connection")]
        self.connection.as_ref().expect("a reader holds a connection")
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
    }
}
