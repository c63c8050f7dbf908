//! Artifacts on disk: one file per hash in a folder with a quota. What was used last longest ago goes first; what a running
//! job needs stays. When a file was used is its time of change, so all of it survives a restart.

use std::collections::HashMap;
use std::fs::{self, File};
use std::io::Read;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::SystemTime;

use bytes::Bytes;
use tokio::io::{AsyncSeekExt, AsyncWriteExt};

use super::error::{ArtifactError, Result, io_error};
use super::source::From;

/// How the name of a transfer under way begins.
const PARTIAL: &str = "partial-";
/// Room is made in steps of so many bytes where the server does not say how long it will be.
const STEP: u64 = 8 << 20;

/// The folder. Cheap to clone.
#[derive(Debug, Clone)]
pub(super) struct Cache(Arc<Inner>);

#[derive(Debug)]
struct Inner {
    dir: PathBuf,
    quota: u64,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// How often each file is needed.
    pins: HashMap<String, usize>,
    /// Bytes promised to transfers under way.
    promised: u64,
}

impl Cache {
    /// In this folder, which is made if need be. What is left of transfers that were cut off goes; one that another process
    /// is at is locked, and stays.
    pub fn open(dir: PathBuf, quota: u64) -> Result<Self> {
        fs::create_dir_all(&dir).map_err(io_error(&dir))?;
        for entry in fs::read_dir(&dir).map_err(io_error(&dir))?.flatten() {
            let left = entry.file_name().to_string_lossy().starts_with(PARTIAL);
            if left && File::open(entry.path()).is_ok_and(|file| file.try_lock().is_ok()) {
                fs::remove_file(entry.path()).map_err(io_error(&entry.path()))?;
            }
        }
        let cache = Self(Arc::new(Inner { dir, quota, state: Mutex::default() }));
        // The quota may be less than it was.
        cache.evict(&mut cache.state(), 0)?;
        Ok(cache)
    }

    fn state(&self) -> MutexGuard<'_, State> {
        // Each change is a single write; a panic in between leaves nothing half done.
        self.0.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.dir.join(name)
    }

    /// Keeps a file, if it is there or will be, until this is dropped.
    pub fn pin(&self, name: &str) -> Pin {
        *self.state().pins.entry(name.to_owned()).or_default() += 1;
        Pin { cache: self.clone(), name: name.to_owned() }
    }

    /// How long a file is; `None` if it is not here.
    pub fn size(&self, name: &str) -> Option<u64> {
        fs::metadata(self.path(name)).ok().filter(fs::Metadata::is_file).map(|metadata| metadata.len())
    }

    /// Reads a file of at most `limit` bytes, which is used now. Blocking.
    pub fn read(&self, name: &str, limit: u64) -> Option<Vec<u8>> {
        let path = self.path(name);
        let file = File::open(&path).ok()?;
        // For the order of eviction only; a folder that is read from and not written to works too.
        let _ = File::options().append(true).open(&path).and_then(|file| file.set_modified(SystemTime::now()));
        let mut bytes = Vec::new();
        file.take(limit.saturating_add(1)).read_to_end(&mut bytes).ok()?;
        (bytes.len() as u64 <= limit).then_some(bytes)
    }

    /// Removes what is damaged.
    pub fn remove(&self, name: &str) {
        let _ = fs::remove_file(self.path(name));
    }

    /// A transfer that begins.
    pub fn partial(&self) -> Result<Partial> {
        let failed = io_error(&self.0.dir);
        let file = tempfile::Builder::new().prefix(PARTIAL).tempfile_in(&self.0.dir).map_err(&failed)?;
        file.as_file().try_lock().map_err(|why| failed(why.into()))?;
        let writer = tokio::fs::File::from_std(file.reopen().map_err(&failed)?);
        let promise = Promise { cache: self.clone(), bytes: 0 };
        Ok(Partial { file, writer, from: From::default(), promise })
    }

    /// Deletes what nobody needs, oldest use first, until so many bytes more fit.
    fn evict(&self, state: &mut State, bytes: u64) -> Result<()> {
        let quota = self.0.quota;
        let mut files = self.files()?;
        files.sort_by_key(|file| file.used);
        let mut total: u64 = files.iter().map(|file| file.size).sum();
        let fits = |total: u64, promised: u64| total.saturating_add(promised).saturating_add(bytes) <= quota;
        for file in files.iter().filter(|file| !state.pins.contains_key(&file.name)) {
            if fits(total, state.promised) {
                break;
            }
            match fs::remove_file(self.path(&file.name)) {
                Ok(()) => tracing::debug!(name = file.name, bytes = file.size, "an artifact makes room"),
                Err(why) if why.kind() == std::io::ErrorKind::NotFound => {}
                Err(why) => return Err(io_error(&self.path(&file.name))(why)),
            }
            total -= file.size;
        }
        if fits(total, state.promised) { Ok(()) } else { Err(ArtifactError::DiskQuota { quota }) }
    }

    /// What is kept; nothing else that may be in the folder.
    fn files(&self) -> Result<Vec<Kept>> {
        let entries = fs::read_dir(&self.0.dir).map_err(io_error(&self.0.dir))?.flatten();
        let kept = entries.filter_map(|entry| {
            let (name, metadata) = (entry.file_name().into_string().ok()?, entry.metadata().ok()?);
            let hash = name.strip_suffix(".age").unwrap_or(&name);
            let is_ours = metadata.is_file() && hash.len() == 64 && hash.bytes().all(|byte| byte.is_ascii_hexdigit());
            is_ours.then_some(Kept { used: metadata.modified().ok()?, size: metadata.len(), name })
        });
        Ok(kept.collect())
    }
}

struct Kept {
    name: String,
    size: u64,
    used: SystemTime,
}

/// That a file is needed.
#[derive(Debug)]
pub(super) struct Pin {
    cache: Cache,
    name: String,
}

impl Drop for Pin {
    fn drop(&mut self) {
        let mut state = self.cache.state();
        if let Some(count) = state.pins.get_mut(&self.name) {
            *count -= 1;
            if *count == 0 {
                state.pins.remove(&self.name);
            }
        }
    }
}

/// A transfer under way. Dropped, it leaves nothing behind.
pub(super) struct Partial {
    file: tempfile::NamedTempFile,
    writer: tokio::fs::File,
    /// From where to go on.
    pub from: From,
    promise: Promise,
}

impl Partial {
    fn failed(&self) -> impl Fn(std::io::Error) -> ArtifactError + use<> {
        io_error(self.file.path())
    }

    /// Makes room for so many bytes in all. Blocking, but for short.
    pub fn expect(&mut self, bytes: u64) -> Result<()> {
        self.promise.raise(bytes)
    }

    /// Begins anew.
    pub async fn restart(&mut self) -> Result<()> {
        let failed = self.failed();
        self.writer.set_len(0).await.map_err(&failed)?;
        self.writer.seek(std::io::SeekFrom::Start(0)).await.map_err(&failed)?;
        self.from = From::default();
        Ok(())
    }

    /// Adds bytes.
    pub async fn add(&mut self, bytes: &Bytes) -> Result<()> {
        let end = self.from.at + bytes.len() as u64;
        if end > self.promise.bytes {
            self.promise.raise(end.saturating_add(STEP))?;
        }
        self.writer.write_all(bytes).await.map_err(self.failed())?;
        self.from.at = end;
        Ok(())
    }

    /// Waits until all that was added is in the file.
    pub async fn flush(&mut self) -> Result<()> {
        self.writer.flush().await.map_err(self.failed())
    }

    /// All of it. Blocking.
    pub fn read(&self) -> Result<Vec<u8>> {
        fs::read(self.file.path()).map_err(self.failed())
    }

    /// Keeps it under a name: others see all of it or nothing. Blocking.
    pub fn keep(self, name: &str) -> Result<()> {
        let Self { file, promise, .. } = self;
        let path = promise.cache.path(name);
        file.as_file().sync_all().map_err(io_error(&path))?;
        file.persist(&path).map(drop).map_err(|why| io_error(&path)(why.error))
        // Its promise ends after the file counts: for a moment it counts twice, never not at all.
    }
}

/// Bytes of the quota for a transfer, given back when it is dropped.
struct Promise {
    cache: Cache,
    bytes: u64,
}

impl Promise {
    /// Makes it so many bytes in all.
    fn raise(&mut self, bytes: u64) -> Result<()> {
        let more = bytes.saturating_sub(self.bytes);
        if more > 0 {
            let mut state = self.cache.state();
            self.cache.evict(&mut state, more)?;
            state.promised += more;
            self.bytes += more;
        }
        Ok(())
    }
}

impl Drop for Promise {
    fn drop(&mut self) {
        let mut state = self.cache.state();
        state.promised = state.promised.saturating_sub(self.bytes);
    }
}
