//! The write-ahead journal: what a node must know to reveal what it sealed, and to stand by what it delivered.
//!
//! A seal hides its digest behind a salt. A node that loses the salt cannot reveal and loses its bond, so salt and
//! digest are on disk before the seal's transaction is sent. One JSON file per question (the result of a posting, the
//! units drawn of it, what a case asks its jury: see `market::question`), mode 0600, replaced atomically: written aside,
//! fsynced, renamed, and the folder fsynced. A node killed at any instant finds the old or the new entry.

use std::fmt;
use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::sync::{Mutex, MutexGuard, PoisonError};

use rand::TryRngCore;
use rand::rngs::OsRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// How far an answer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Written down; the seal may or may not have been sent.
    Sealing,
    /// The seal is on chain.
    Sealed,
    /// The digest is on chain, revealed or delivered: the salt is a secret no more.
    Revealed,
    /// And the API has the result.
    Handed,
}

/// A salt of 32 random bytes. It is a secret until it is revealed, so `Debug` does not print it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt([u8; 32]);

impl Salt {
    fn random() -> Result<Self, JournalError> {
        let mut salt = [0; 32];
        OsRng.try_fill_bytes(&mut salt).map_err(|error| JournalError::NoRandom(error.to_string()))?;
        Ok(Self(salt))
    }

    /// The bytes, for computing the seal and for revealing.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(hidden)")
    }
}

/// What the journal holds for one question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The question's name, base58.
    pub question: String,
    /// The digest that answers it: of one unit, of drawn ones, or the root of all.
    #[serde(serialize_with = "to_hex", deserialize_with = "from_hex")]
    pub digest: [u8; 32],
    /// The salt that hides it.
    #[serde(serialize_with = "salt_to_hex", deserialize_with = "salt_from_hex")]
    pub salt: Salt,
    /// How far it has come.
    pub stage: Stage,
    /// Of drawn units: their digests, which are shown with it.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        serialize_with = "all_to_hex",
        deserialize_with = "all_from_hex"
    )]
    pub leaves: Vec<[u8; 32]>,
}

fn to_hex<S: Serializer>(bytes: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex::encode(bytes))
}

fn from_hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
    let text = String::deserialize(deserializer)?;
    let mut bytes = [0; 32];
    // Neither the text nor where it is wrong is told: it may be a salt.
    hex::decode_to_slice(text, &mut bytes).map_err(|_| serde::de::Error::custom("expected 64 hex digits"))?;
    Ok(bytes)
}

fn all_to_hex<S: Serializer>(all: &[[u8; 32]], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(all.iter().map(hex::encode))
}

fn all_from_hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<[u8; 32]>, D::Error> {
    #[derive(Deserialize)]
    struct Digest(#[serde(deserialize_with = "from_hex")] [u8; 32]);
    Ok(Vec::<Digest>::deserialize(deserializer)?.into_iter().map(|digest| digest.0).collect())
}

fn salt_to_hex<S: Serializer>(salt: &Salt, serializer: S) -> Result<S::Ok, S::Error> {
    to_hex(salt.expose(), serializer)
}

fn salt_from_hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Salt, D::Error> {
    from_hex(deserializer).map(Salt)
}

/// Why the journal cannot be read or written.
#[derive(Debug, thiserror::Error)]
pub enum JournalError {
    /// Another process has the folder open.
    #[error("two nodes on one data folder: {0} is in use; stop the other node or give this one a folder of its own")]
    Busy(PathBuf),
    /// An entry cannot be read.
    #[error(
        "journal entry {path} is damaged: {reason}; its salt is needed to reveal: restore the file from a backup, or remove it and lose that bond"
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
    dir: PathBuf,
    /// Locked for each change, so that two tasks cannot seal one answer with two salts.
    lock: Mutex<File>,
}

impl Journal {
    /// Opens the journal in `dir`, which is made if need be, and reads every entry once: a damaged one is found at
    /// the start and not when it must be revealed.
    ///
    /// # Errors
    /// [`JournalError::Busy`], [`JournalError::Damaged`], [`JournalError::Io`].
    pub fn open(dir: impl Into<PathBuf>) -> Result<Self> {
        let dir = dir.into();
        fs::create_dir_all(&dir).map_err(io_error(&dir))?;
        let path = dir.join("lock");
        let file = private().write(true).create(true).truncate(false).open(&path).map_err(io_error(&path))?;
        file.try_lock().map_err(|error| match error {
            TryLockError::WouldBlock => JournalError::Busy(dir.clone()),
            TryLockError::Error(source) => JournalError::Io { path, source },
        })?;
        let journal = Self { dir, lock: Mutex::new(file) };
        for path in journal.files("tmp")? {
            fs::remove_file(&path).map_err(io_error(&path))?;
        }
        journal.all()?;
        Ok(journal)
    }

    /// The entry to answer `question` with. The first call makes a salt and writes it down; later ones return what was
    /// written, **with its digest and leaves**, whatever these are now: a second salt or digest would make the first
    /// seal impossible to reveal. When this returns, the entry is on disk.
    ///
    /// # Errors
    /// Any [`JournalError`] but [`JournalError::Busy`]; then nothing must be sent.
    pub fn record(&self, question: &str, digest: [u8; 32], leaves: Vec<[u8; 32]>) -> Result<Entry> {
        let _guard = self.guard();
        if let Some(entry) = self.read(question)? {
            if entry.digest != digest {
                tracing::warn!(question, "computed another digest than the one written down before; keeping the first");
            }
            return Ok(entry);
        }
        let (question, salt) = (question.to_owned(), Salt::random()?);
        let entry = Entry { question, digest, salt, stage: Stage::Sealing, leaves };
        self.write(&entry)?;
        Ok(entry)
    }

    /// Notes that the answer to `question` has come to `stage`. A stage never goes back.
    ///
    /// # Errors
    /// [`JournalError::Unknown`] for one that was never recorded, or as [`Journal::record`].
    pub fn set_stage(&self, question: &str, stage: Stage) -> Result<Entry> {
        let _guard = self.guard();
        let mut entry = self.read(question)?.ok_or_else(|| JournalError::Unknown(question.to_owned()))?;
        if stage > entry.stage {
            entry.stage = stage;
            self.write(&entry)?;
        }
        Ok(entry)
    }

    /// The entry of `question`, if there is one.
    ///
    /// # Errors
    /// [`JournalError::BadName`], [`JournalError::Damaged`], [`JournalError::Io`].
    pub fn get(&self, question: &str) -> Result<Option<Entry>> {
        let _guard = self.guard();
        self.read(question)
    }

    /// Forgets `question`. Only when it needs no answer any more. Fine if there is no entry.
    ///
    /// # Errors
    /// [`JournalError::BadName`], [`JournalError::Io`].
    pub fn remove(&self, question: &str) -> Result<()> {
        let _guard = self.guard();
        let path = self.path(question)?;
        match fs::remove_file(&path) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => Err(io_error(&path)(error)),
            _ => self.sync_dir(),
        }
    }

    /// All entries, by name.
    ///
    /// # Errors
    /// [`JournalError::Damaged`], [`JournalError::Io`].
    pub fn all(&self) -> Result<Vec<Entry>> {
        let _guard = self.guard();
        let mut files = self.files("json")?;
        files.sort();
        let name_of = |path: &Path| path.file_stem().unwrap_or_default().to_string_lossy().into_owned();
        files.iter().filter_map(|path| self.read(&name_of(path)).transpose()).collect()
    }

    fn guard(&self) -> MutexGuard<'_, File> {
        // Each change is one rename; a panic in between leaves nothing half done.
        self.lock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The file of a question. Base58 has no `/` and no `.`, so that the file stays in the folder.
    fn path(&self, question: &str) -> Result<PathBuf> {
        let mut name = [0; 32];
        match bs58::decode(question).onto(&mut name) {
            Ok(32) => Ok(self.dir.join(format!("{question}.json"))),
            _ => Err(JournalError::BadName(question.to_owned())),
        }
    }

    fn read(&self, question: &str) -> Result<Option<Entry>> {
        let path = self.path(question)?;
        let bytes = match fs::read(&path) {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(io_error(&path)(error)),
        };
        let damaged = |reason: String| JournalError::Damaged { path: path.clone(), reason };
        let entry: Entry = serde_json::from_slice(&bytes).map_err(|error| damaged(error.to_string()))?;
        let other = entry.question != question;
        if other { Err(damaged(format!("it is about {}", entry.question))) } else { Ok(Some(entry)) }
    }

    fn write(&self, entry: &Entry) -> Result<()> {
        let path = self.path(&entry.question)?;
        let aside = path.with_extension("tmp");
        let put = || {
            let mut file = private().write(true).create(true).truncate(true).open(&aside)?;
            file.write_all(&serde_json::to_vec(entry)?)?;
            file.sync_all()?;
            fs::rename(&aside, &path)
        };
        put().map_err(io_error(&path))?;
        self.sync_dir()
    }

    /// Makes renames and removals last.
    fn sync_dir(&self) -> Result<()> {
        File::open(&self.dir).and_then(|dir| dir.sync_all()).map_err(io_error(&self.dir))
    }

    fn files(&self, extension: &str) -> Result<Vec<PathBuf>> {
        let list = || -> io::Result<Vec<PathBuf>> {
            let paths = fs::read_dir(&self.dir)?.map(|entry| Ok(entry?.path()));
            paths.filter(|path| path.as_ref().map_or(true, |p| p.extension().is_some_and(|e| e == extension))).collect()
        };
        list().map_err(io_error(&self.dir))
    }
}

/// Files that only their owner may read.
fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

fn io_error(path: &Path) -> impl Fn(io::Error) -> JournalError + use<> {
    let path = path.to_owned();
    move |source| JournalError::Io { path: path.clone(), source }
}

#[cfg(test)]
mod tests;
