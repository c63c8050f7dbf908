//! One key, one node: on one machine a lock tells, whatever their data folders; across machines the chain does (see
//! `agent::twins`).

use std::{
    env, fs,
    os::unix::fs::{DirBuilderExt, MetadataExt},
    path::{Path, PathBuf},
};

use solana_sdk::pubkey::Pubkey;

use super::{JournalError, Result, io_error, locked};

/// Held by the one node of this user that works with a key on a chain, until it is dropped or the process ends.
#[derive(Debug)]
pub struct KeyLock(#[allow(dead_code)] fs::File);

impl KeyLock {
    /// Take it. `genesis` is the chain's: a key may work on several.
    ///
    /// # Errors
    /// [`JournalError::KeyBusy`], [`JournalError::Io`].
    pub fn take(key: &Pubkey, genesis: &[u8; 32]) -> Result<Self> {
        let folder = runtime_folder()?;
        let path = folder.join(format!("{key}-{}.lock", hex::encode(&genesis[..8])));
        locked(&path)?.map(Self).ok_or(JournalError::KeyBusy(path))
    }
}

/// A folder of this user's alone.
fn runtime_folder() -> Result<PathBuf> {
    let own = Path::new("/proc/self");
    let user = fs::metadata(own).map_err(io_error(own))?.uid();
    let folder = match env::var_os("XDG_RUNTIME_DIR").filter(|value| !value.is_empty()) {
        Some(folder) => PathBuf::from(folder).join("assay"),
        None => env::temp_dir().join(format!("assay-{user}")),
    };
    fs::DirBuilder::new().recursive(true).mode(0o700).create(&folder).map_err(io_error(&folder))?;
    let owner = fs::symlink_metadata(&folder).map_err(io_error(&folder))?;
    if !owner.is_dir() || owner.uid() != user {
        let source = std::io::Error::other("it belongs to somebody else: set XDG_RUNTIME_DIR to a folder of your own");
        return Err(JournalError::Io { path: folder, source });
    }
    Ok(folder)
}
