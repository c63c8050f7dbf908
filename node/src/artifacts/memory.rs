//! Artifacts in memory: all that is held at once is bounded, and given back when the last who holds it lets go.

use std::sync::{Arc, Mutex, PoisonError};

use bytes::Bytes;
use zeroize::Zeroize;

use super::cache::Pin;
use super::error::{ArtifactError, Result};

/// A bound on the bytes held. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Memory {
    quota: u64,
    held: Arc<Mutex<u64>>,
}

impl Memory {
    pub fn new(quota: u64) -> Self {
        Self { quota, held: Arc::default() }
    }

    fn held(&self) -> std::sync::MutexGuard<'_, u64> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Room for so many bytes.
    ///
    /// # Errors
    /// [`ArtifactError::MemoryQuota`] while there is none.
    pub fn take(&self, bytes: u64) -> Result<Lease> {
        let mut held = self.held();
        let after = held.checked_add(bytes).filter(|after| *after <= self.quota);
        *held = after.ok_or(ArtifactError::MemoryQuota { quota: self.quota })?;
        Ok(Lease { memory: self.clone(), bytes })
    }
}

/// Room for some bytes, given back when it is dropped.
#[derive(Debug)]
pub(super) struct Lease {
    memory: Memory,
    bytes: u64,
}

impl Drop for Lease {
    fn drop(&mut self) {
        *self.memory.held() -= self.bytes;
    }
}

/// A content with what it takes.
struct Held {
    bytes: Vec<u8>,
    secret: bool,
    _lease: Lease,
    _pin: Pin,
}

impl AsRef<[u8]> for Held {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Drop for Held {
    fn drop(&mut self) {
        if self.secret {
            self.bytes.zeroize();
        }
    }
}

/// The content, shared: with the last who holds it go its lease and its pin, and if it is secret, its bytes are wiped.
pub(super) fn hold(bytes: Vec<u8>, secret: bool, lease: Lease, pin: Pin) -> Bytes {
    Bytes::from_owner(Held { bytes, secret, _lease: lease, _pin: pin })
}
