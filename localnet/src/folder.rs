//! The data folder: who holds it, and what is where in it.

use std::{
    fs::{self, File, OpenOptions, TryLockError},
    io::{Read, Seek, Write},
    path::{Path, PathBuf},
    process,
};

use crate::{Error, Result};

/// What a localnet may make in its folder, and thus what `--reset` may remove: nothing else is ever touched.
const OURS: [&str; 7] = ["pg", "pg.new", "logs", "pids", "run", "keys", "localnet.json"];
const LOCK: &str = "localnet.lock";

/// A data folder that this process holds until dropped.
///
/// `pg` (Postgres) `logs` `pids` `run` (what lives as long as one chain: emptied at each start, since the chain
/// starts at its genesis each time) `keys` (what outlives it) `localnet.json` (only while ready) `localnet.lock`.
#[derive(Debug)]
pub struct Folder {
    root: PathBuf,
    /// The kernel lets go of the lock when the process ends, however it ends.
    _lock: File,
}

impl Folder {
    /// Takes the folder `root` (by default `~/.local/share/assay/localnet`), emptied first if `reset`.
    ///
    /// # Errors
    /// [`Error::Busy`] with the holder's pid when another process has it; [`Error::File`].
    pub fn open(root: Option<PathBuf>, reset: bool) -> Result<Folder> {
        let root = root.map_or_else(default_root, Ok)?;
        fs::create_dir_all(&root).map_err(Error::file("create", &root))?;
        let root = root.canonicalize().map_err(Error::file("open", &root))?;
        let lock = take_lock(&root)?;
        let folder = Folder { root, _lock: lock };
        let stale: &[&str] = if reset { &OURS } else { &["pg.new", "pids", "run", "localnet.json"] };
        for name in stale {
            remove(&folder.root.join(name))?;
        }
        for path in [folder.logs(), folder.pids(), folder.run(), folder.keys()] {
            fs::create_dir_all(&path).map_err(Error::file("create", path))?;
        }
        private(&folder.keys())?;
        Ok(folder)
    }

    /// The folder itself, as an absolute path.
    pub fn root(&self) -> &Path {
        &self.root
    }

    /// The Postgres data directory.
    pub fn postgres(&self) -> PathBuf {
        self.root.join("pg")
    }

    /// `<name>.log` of each child.
    pub fn logs(&self) -> PathBuf {
        self.root.join("logs")
    }

    /// `<name>` holds the pid of each running child.
    pub fn pids(&self) -> PathBuf {
        self.root.join("pids")
    }

    /// For what means nothing without the chain that runs now: journals, blobs. Emptied at each start.
    pub fn run(&self) -> PathBuf {
        self.root.join("run")
    }

    /// For what outlives the chain: wallets. Readable by its owner only.
    pub fn keys(&self) -> PathBuf {
        self.root.join("keys")
    }

    /// The state file, there only while the localnet is ready.
    pub fn state(&self) -> PathBuf {
        self.root.join("localnet.json")
    }
}

fn default_root() -> Result<PathBuf> {
    let set = |name: &str| std::env::var_os(name).filter(|v| !v.is_empty()).map(PathBuf::from);
    let share = set("XDG_DATA_HOME").or_else(|| Some(set("HOME")?.join(".local/share"))).ok_or(Error::NoHome)?;
    Ok(share.join("assay/localnet"))
}

fn take_lock(root: &Path) -> Result<File> {
    let path = root.join(LOCK);
    let mut lock = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(&path)
        .map_err(Error::file("open", &path))?;
    match lock.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => {
            let mut pid = String::new();
            lock.read_to_string(&mut pid).map_err(Error::file("read", &path))?;
            return Err(Error::Busy { path: root.to_owned(), pid: pid.trim().to_owned() });
        }
        Err(TryLockError::Error(source)) => return Err(Error::File { action: "lock", path, source }),
    }
    lock.set_len(0)
        .and_then(|()| lock.rewind())
        .and_then(|()| writeln!(lock, "{}", process::id()))
        .map_err(Error::file("write", &path))?;
    Ok(lock)
}

/// Removes a file or a folder; nothing there is fine.
fn remove(path: &Path) -> Result<()> {
    let gone = match fs::symlink_metadata(path) {
        Ok(found) if found.is_dir() => fs::remove_dir_all(path),
        Ok(_) => fs::remove_file(path),
        Err(_) => Ok(()),
    };
    gone.map_err(Error::file("remove", path))
}

/// Makes a folder its owner's alone.
pub(crate) fn private(path: &Path) -> Result<()> {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(0o700)).map_err(Error::file("protect", path))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_held_folder_is_busy_and_names_the_holder() {
        let place = tempfile::tempdir().unwrap();
        let held = Folder::open(Some(place.path().to_owned()), false).unwrap();
        let said = Folder::open(Some(place.path().to_owned()), false).unwrap_err().to_string();
        assert!(said.contains("busy data folder") && said.contains(&format!("process {} ", process::id())), "{said}");
        drop(held);
        Folder::open(Some(place.path().to_owned()), false).unwrap();
    }

    #[test]
    fn a_restart_keeps_keys_and_reset_removes_only_ours() {
        let place = tempfile::tempdir().unwrap();
        let root = place.path().to_owned();
        let folder = Folder::open(Some(root.clone()), false).unwrap();
        for path in [folder.run().join("journal"), folder.keys().join("wallet"), root.join("mine.txt")] {
            fs::write(path, "x").unwrap();
        }
        drop(folder);
        let folder = Folder::open(Some(root.clone()), false).unwrap();
        assert!(!folder.run().join("journal").exists());
        assert!(folder.keys().join("wallet").exists());
        drop(folder);
        let folder = Folder::open(Some(root.clone()), true).unwrap();
        assert!(!folder.keys().join("wallet").exists());
        assert!(root.join("mine.txt").exists());
    }
}
