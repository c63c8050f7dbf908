//! The write-ahead journal: what a node must know to reveal what it sealed, and to stand by what it delivered.
//!
//! A seal hides its digest behind a salt. A node that loses the salt cannot reveal and loses its bond, so salt and
//! digest are on disk before the seal's transaction is sent. One entry per question (the result of a posting, the
//! units drawn of it, what a case asks its jury: see `market::question`) in one file of an embedded store, mode 0600.
//! Each change is a transaction that is on disk when it returns: a node killed at any instant finds the old or the new
//! entry.

mod entry;
mod keys;
mod legacy;
mod store;
#[cfg(test)]
mod tests;

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io,
    os::unix::fs::OpenOptionsExt,
    path::{Path, PathBuf},
    sync::{Mutex, MutexGuard, PoisonError},
};

use self::store::Store;
pub use self::{
    entry::{Entry, Of, Salt, Stage},
    keys::KeyLock,
};

/// Why the journal cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process has the folder open.
    #[error("two nodes on one data folder: {0} is in use; stop the other node or give this one a folder of its own")]
    Busy(PathBuf),
    /// Another process of this user works with the key.
    #[error("two nodes on one key: {0} is in use; stop the other node, one wallet works with one node alone")]
    KeyBusy(PathBuf),
    /// An entry, or the file, cannot be read.
    #[error(
        "journal {path} is damaged: {reason}; its salts are needed to reveal: restore the file from a backup, or remove it and lose the bonds of what is sealed"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What is wrong with it, without its content.
        reason: String,
    },
    /// Not the name of a question.
    #[error("{0:?} is no name: expected 32 bytes in base58")]
    BadName(String),
    /// There is no entry to change.
    #[error("the journal has no entry for {0}; seal it first")]
    Unknown(String),
    /// The disk failed.
    #[error("journal {path}: {source}; check the disk's space and the folder's owner before going on")]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// What the system said.
        source: io::Error,
    },
    /// The system has no random numbers.
    #[error("the system gives no random numbers: {0}; nothing can be sealed on this machine")]
    NoRandom(String),
}

type Result<T, E = JournalError> = std::result::Result<T, E>;

/// The journal of one node. It holds an exclusive lock on its folder until it is dropped or the process ends.
#[derive(Debug)]
pub struct Journal {
    /// Locked for each change, so that two tasks cannot seal one answer with two salts.
    store: Mutex<Store>,
    /// The lock is older than the store: a node from before it would see no other.
    _lock: File,
}

impl Journal {
    /// Opens the journal in `dir`, which is made if need be, and reads every entry once: a damaged one is found at
    /// the start and not when it must be revealed. Entries from before the store, a JSON file each, are moved into it.
    ///
    /// # Errors
    /// [`JournalError::Busy`], [`JournalError::Damaged`], [`JournalError::Io`].
    pub fn open(dir: impl Into<PathBuf>) -> Result<Self> {
        let dir = dir.into();
        fs::create_dir_all(&dir).map_err(io_error(&dir))?;
        let lock = locked(&dir.join("lock"))?.ok_or_else(|| JournalError::Busy(dir.clone()))?;
        let mut store = Store::open(&dir)?;
        legacy::migrate(&dir, &mut store)?;
        Ok(Self { store: Mutex::new(store), _lock: lock })
    }

    /// The entry to answer `question` with, which is about `of`. The first call makes a salt and writes it down; later ones return what was
    /// written, **with its digest and leaves**, whatever these are now: a second salt or digest would make the first
    /// seal impossible to reveal. When this returns, the entry is on disk.
    ///
    /// # Errors
    /// Any [`JournalError`] but [`JournalError::Busy`]; then nothing must be sent.
    pub fn record(&self, question: &str, of: Of, digest: [u8; 32], leaves: Vec<[u8; 32]>) -> Result<Entry> {
        named(question)?;
        let mut store = self.store();
        if let Some(entry) = store.get(question) {
            if entry.digest != digest {
                tracing::warn!(question, "computed another digest than the one written down before; keeping the first");
            }
            return Ok(entry);
        }
        let (question, salt) = (question.to_owned(), Salt::random()?);
        let entry = Entry { question, of: Some(of), digest, salt, stage: Stage::Sealing, leaves };
        store.put(std::slice::from_ref(&entry))?;
        Ok(entry)
    }

    /// Notes that the answer to `question` has come to `stage`. A stage never goes back.
    ///
    /// # Errors
    /// [`JournalError::Unknown`] for one that was never recorded, or as [`Journal::record`].
    pub fn set_stage(&self, question: &str, stage: Stage) -> Result<Entry> {
        named(question)?;
        let mut store = self.store();
        let mut entry = store.get(question).ok_or_else(|| JournalError::Unknown(question.to_owned()))?;
        if stage > entry.stage {
            entry.stage = stage;
            store.put(std::slice::from_ref(&entry))?;
        }
        Ok(entry)
    }

    /// The entry of `question`, if there is one.
    ///
    /// # Errors
    /// [`JournalError::BadName`], [`JournalError::Damaged`], [`JournalError::Io`].
    pub fn get(&self, question: &str) -> Result<Option<Entry>> {
        named(question)?;
        Ok(self.store().get(question))
    }

    /// Forgets `question`. Only when it needs no answer any more. Fine if there is no entry.
    ///
    /// # Errors
    /// [`JournalError::BadName`], [`JournalError::Io`].
    pub fn remove(&self, question: &str) -> Result<()> {
        named(question)?;
        self.store().remove(question)
    }

    /// All entries, by name.
    ///
    /// # Errors
    /// [`JournalError::Damaged`], [`JournalError::Io`].
    pub fn all(&self) -> Result<Vec<Entry>> {
        Ok(self.store().all())
    }

    fn store(&self) -> MutexGuard<'_, Store> {
        // Each change is one transaction; a panic in between leaves nothing half done.
        self.store.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Only names of questions are written: 32 bytes in base58.
fn named(question: &str) -> Result<()> {
    let mut name = [0; 32];
    match bs58::decode(question).onto(&mut name) {
        Ok(32) => Ok(()),
        _ => Err(JournalError::BadName(question.to_owned())),
    }
}

/// A file that this process alone holds from now on; none if another one does.
fn locked(path: &Path) -> Result<Option<File>> {
    let file = private().read(true).write(true).create(true).truncate(false).open(path).map_err(io_error(path))?;
    match file.try_lock() {
        Ok(()) => Ok(Some(file)),
        Err(TryLockError::WouldBlock) => Ok(None),
        Err(TryLockError::Error(source)) => Err(JournalError::Io { path: path.to_owned(), source }),
    }
}

/// Files that only their owner may read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

/// Makes files that came and went in a folder last.
fn sync_dir(dir: &Path) -> Result<()> {
    File::open(dir).and_then(|dir| dir.sync_all()).map_err(io_error(dir))
}

fn io_error(path: &Path) -> impl Fn(io::Error) -> JournalError + use<> {
    let path = path.to_owned();
    move |source| JournalError::Io { path: path.clone(), source }
}
