//! What is remembered between two runs, in the folder `~/.config/assay`: JSON files that nobody else can read, each
//! changed by one process at a time.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::PathBuf,
    thread,
    time::Duration,
};

use serde::{Serialize, de::DeserializeOwned};

use crate::error::{Error, Result};

/// How often a file is tried that another process holds, and how long is waited between.
const TRIES: u32 = 600;
const PAUSE: Duration = Duration::from_millis(50);

/// A file of ours, which no other process changes while this lives.
pub struct Kept<T> {
    /// What it says.
    pub value: T,
    path: PathBuf,
    _lock: File,
}

impl<T: Default + Serialize + DeserializeOwned> Kept<T> {
    /// Opens a file by its name; one that is missing, or that no build wrote, is the default.
    ///
    /// # Errors
    /// [`Error::File`], and [`Error::Refused`] when another process does not let go of it for half a minute.
    pub fn open(name: &str) -> Result<Self> {
        let folder = folder();
        fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(Error::file("create", &folder))?;
        let (path, lock) = (folder.join(name), folder.join(format!("{name}.lock")));
        let guard = private().open(&lock).map_err(Error::file("open", &lock))?;
        for tried in 0.. {
            match guard.try_lock() {
                Ok(()) => break,
                Err(TryLockError::WouldBlock) if tried < TRIES => thread::sleep(PAUSE),
                Err(TryLockError::WouldBlock) => {
                    let why = format!("another assay holds {}: wait for it, or end it", lock.display());
                    return Err(Error::Refused(why));
                }
                Err(TryLockError::Error(source)) => return Err(Error::File { action: "lock", path: lock, source }),
            }
        }
        let value = match fs::read(&path) {
            Ok(bytes) => serde_json::from_slice(&bytes).unwrap_or_default(),
            Err(why) if why.kind() == ErrorKind::NotFound => T::default(),
            Err(source) => return Err(Error::File { action: "read", path, source }),
        };
        Ok(Self { value, path, _lock: guard })
    }

    /// Writes the file, whole or not at all, for its owner alone.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn save(&self) -> Result<()> {
        let bytes = serde_json::to_vec(&self.value)?;
        let new = self.path.with_extension("new");
        // A leftover may have another mode: a new file has ours.
        match fs::remove_file(&new) {
            Err(why) if why.kind() != ErrorKind::NotFound => return Err(Error::file("write", &new)(why)),
            _ => {}
        }
        let written = private().open(&new).and_then(|mut file| {
            file.write_all(&bytes)?;
            file.sync_all()
        });
        written.map_err(Error::file("write", &new))?;
        fs::rename(&new, &self.path).map_err(Error::file("write", &self.path))
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.write(true).create(true).truncate(false).mode(0o600);
    options
}

/// `$XDG_CONFIG_HOME/assay`, else `~/.config/assay`.
fn folder() -> PathBuf {
    let named = std::env::var_os("XDG_CONFIG_HOME").filter(|value| !value.is_empty()).map(PathBuf::from);
    named.unwrap_or_else(|| std::env::home_dir().unwrap_or_default().join(".config")).join("assay")
}
