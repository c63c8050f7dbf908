//! Compiled programs, kept on disk so that a restarted node, or one that gets another job with the same program, does not
//! compile again.
//!
//! To load compiled code is to run it, with none of WebAssembly's walls around it: it must be code that this node
//! compiled. So each file bears a mark (HMAC-SHA256) made with a key that is not on the disk beside it: who can write to
//! the folder but does not have the key cannot have anything run, and a file that decayed is compiled again. wasmtime's
//! own cache believes whatever lies in its folder, which is why it is not used.
//!
//! A file is named by the sha256 of the program and of all that decides what is compiled of it: wasmtime's version, the
//! engine's configuration, the processor. The mark covers the name, so no file can pass for another program's.

use std::fs::{self, File, Permissions};
use std::hash::{Hash, Hasher};
use std::io::{self, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use hmac::{Hmac, Mac};
use sha2::{Digest, Sha256};
use tempfile::NamedTempFile;
use wasmtime::{Engine, Module};

use super::{engine::FEATURES, nans};
use crate::runtime::RuntimeError;

/// Length of a mark, in bytes.
const MARK_BYTES: usize = 32;

/// A program as machine code. Only [`compile`] and a cache that knows its own mark make one.
#[derive(Clone)]
pub(super) struct Compiled(Vec<u8>);

impl Compiled {
    /// Compiles, with canonical NaNs.
    ///
    /// # Errors
    /// [`RuntimeError::NotWasm`], [`RuntimeError::TooComplex`].
    pub fn new(engine: &Engine, program: &[u8]) -> Result<Self, RuntimeError> {
        let rewritten = nans::canonical(program, FEATURES)?;
        let compiled = engine.precompile_module(rewritten.as_deref().unwrap_or(program));
        compiled.map(Self).map_err(|error| RuntimeError::NotWasm(error.root_cause().to_string()))
    }

    /// Makes it ready to run on an engine.
    ///
    /// # Errors
    /// When the engine cannot hold such a program, or compiled it otherwise.
    pub fn load(&self, engine: &Engine) -> wasmtime::Result<Module> {
        // SAFETY: these bytes come from `precompile_module` of this process, or bear the mark of this node, which only
        // such bytes get.
        #[allow(unsafe_code)]
        unsafe {
            Module::deserialize(engine, &self.0)
        }
    }
}

/// The folder of compiled programs.
#[derive(Clone)]
pub struct ModuleCache {
    dir: PathBuf,
    key: [u8; 32],
    /// Most bytes in the folder.
    most: u64,
}

impl ModuleCache {
    /// Opens the folder, which is made if it is not there, and closes it to others. `key` is a secret of the node that is
    /// not kept in the folder; `most` are the bytes that all files together may have.
    ///
    /// # Errors
    /// When the folder cannot be made, or is somebody else's.
    pub fn open(dir: impl Into<PathBuf>, key: [u8; 32], most: u64) -> io::Result<Self> {
        let dir = dir.into();
        fs::create_dir_all(&dir)?;
        // Only its owner may do that.
        fs::set_permissions(&dir, Permissions::from_mode(0o700))?;
        for left in entries(&dir)?.into_iter().filter(|entry| entry.unfinished) {
            fs::remove_file(left.path)?;
        }
        Ok(Self { dir, key, most })
    }

    /// The compiled program, if it is here and nobody touched it.
    pub(super) fn get(&self, engine: &Engine, program: &[u8]) -> Option<Compiled> {
        let name = name(engine, program);
        let path = self.dir.join(&name);
        let mut file = File::open(&path).ok()?;
        let (mut mark, mut code) = ([0; MARK_BYTES], vec![]);
        file.read_exact(&mut mark).and_then(|()| file.read_to_end(&mut code)).ok()?;
        if self.mark(&name, &code).verify_slice(&mark).is_err() {
            tracing::warn!("{} is not what this node wrote; the program is compiled again", path.display());
            return None;
        }
        // What was used last is kept longest. Fine if it cannot be noted.
        let _ = file.set_modified(SystemTime::now());
        Some(Compiled(code))
    }

    /// Keeps a compiled program, and lets go of those that were not used for longest.
    ///
    /// # Errors
    /// When the disk fails.
    pub(super) fn put(&self, engine: &Engine, program: &[u8], compiled: &Compiled) -> io::Result<()> {
        let name = name(engine, program);
        let mut file = NamedTempFile::with_prefix_in(UNFINISHED, &self.dir)?;
        file.write_all(&self.mark(&name, &compiled.0).finalize().into_bytes())?;
        file.write_all(&compiled.0)?;
        // Whole or not at all, also for another thread that reads it now.
        file.persist(self.dir.join(&name)).map_err(|error| error.error)?;
        self.tidy(&name)
    }

    fn tidy(&self, newest: &str) -> io::Result<()> {
        let mut kept: Vec<_> = entries(&self.dir)?.into_iter().filter(|entry| !entry.unfinished).collect();
        kept.sort_by_key(|entry| entry.used);
        let mut bytes: u64 = kept.iter().map(|entry| entry.bytes).sum();
        for entry in kept.iter().filter(|entry| !entry.path.ends_with(newest)) {
            if bytes <= self.most {
                break;
            }
            fs::remove_file(&entry.path)?;
            bytes -= entry.bytes;
        }
        Ok(())
    }

    fn mark(&self, name: &str, code: &[u8]) -> Hmac<Sha256> {
        let mut key = [0; 64];
        key[..32].copy_from_slice(&self.key);
        // A name is of a fixed length.
        Hmac::<Sha256>::new((&key).into()).chain_update(name).chain_update(code)
    }
}

/// How the names of files begin that are being written.
const UNFINISHED: &str = ".writing-";

struct Entry {
    path: PathBuf,
    bytes: u64,
    used: SystemTime,
    unfinished: bool,
}

fn entries(dir: &Path) -> io::Result<Vec<Entry>> {
    let mut entries = vec![];
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        // Another thread may have removed it since.
        let Ok(meta) = entry.metadata() else { continue };
        let unfinished = entry.file_name().to_string_lossy().starts_with(UNFINISHED);
        entries.push(Entry { path: entry.path(), bytes: meta.len(), used: meta.modified()?, unfinished });
    }
    Ok(entries)
}

/// Names what is compiled of a program by an engine.
fn name(engine: &Engine, program: &[u8]) -> String {
    let mut hasher = Sha256Hasher(Sha256::new_with_prefix(b"assay:module"));
    hasher.0.update(Sha256::digest(program));
    hasher.0.update(nans::VERSION.to_le_bytes());
    // wasmtime's version, its configuration, and the processor's features.
    engine.precompile_compatibility_hash().hash(&mut hasher);
    hex::encode(hasher.0.finalize())
}

/// Hashes what knows only how to be hashed by the standard library, whose own hashers are too short to name files.
struct Sha256Hasher(Sha256);

impl Hasher for Sha256Hasher {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }
    fn finish(&self) -> u64 {
        let digest = self.0.clone().finalize();
        digest.first_chunk().map_or(0, |bytes| u64::from_le_bytes(*bytes))
    }
}
