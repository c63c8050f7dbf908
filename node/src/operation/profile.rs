//! This machine's signed profile, in the data folder.

use std::{
    fs,
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use anyhow::{Context, Result};
use assay_sdk::profile::{Hardware, Profile, Signed, VERSION};
use rand::{TryRngCore, rngs::OsRng};
use solana_sdk::signer::Signer;

use super::{gpu, hardware, speed};
use crate::{agent::status::unix_now, runtime::Runtime};

/// Its file in the data folder.
pub const FILE: &str = "profile.json";
/// What burns the fuel: the version that Cargo.lock pins, as far as digests depend on it. The crate does not tell it; a test
/// sees that it is the same.
pub const ENGINE: &str = "wasmtime 48";

/// Finds out, measures and signs.
pub struct Measuring<'a> {
    /// The node's data folder; it must be there.
    pub data: &'a Path,
    /// NVIDIA's tool.
    pub nvidia_smi: &'a Path,
    /// The engine to measure.
    pub runtime: &'a dyn Runtime,
    /// The operator's wallet.
    pub wallet: &'a dyn Signer,
}

impl Measuring<'_> {
    fn file(&self) -> PathBuf {
        self.data.join(FILE)
    }

    /// What this machine is now. A GPU whose driver is broken is told, and not offered.
    ///
    /// # Errors
    /// When the system does not tell.
    pub fn hardware(&self) -> Result<Hardware> {
        let gpus = gpu::detect(self.nvidia_smi).unwrap_or_else(|why| {
            tracing::warn!("{why}");
            vec![]
        });
        Ok(hardware::detect(self.data, gpus)?)
    }

    /// The profile that is there, if it is this operator's and still of this machine; else a new one.
    ///
    /// # Errors
    /// When this machine cannot be measured, or the disk fails.
    pub fn current(&self) -> Result<Signed> {
        let now = self.hardware()?;
        let kept = read(&self.file()).ok().flatten();
        let mine = kept.filter(|kept| kept.verify_of(&self.wallet.pubkey()).is_ok());
        match mine.filter(|kept| same(&kept.profile.hardware, &now) && kept.profile.speed.engine == ENGINE) {
            Some(kept) => Ok(kept),
            None => self.measure_of(now),
        }
    }

    /// A new profile, whatever there was.
    ///
    /// # Errors
    /// When this machine cannot be measured, or the disk fails.
    pub fn measure(&self) -> Result<Signed> {
        self.measure_of(self.hardware()?)
    }

    fn measure_of(&self, hardware: Hardware) -> Result<Signed> {
        let cores = NonZeroUsize::new(hardware.cpu.cores.into()).unwrap_or(NonZeroUsize::MIN);
        let speed = speed::measure(self.runtime, ENGINE, cores, self.data)?;
        let mut nonce = [0; 32];
        OsRng.try_fill_bytes(&mut nonce).context("the system gives no random numbers")?;
        let profile = Profile {
            version: VERSION,
            operator: self.wallet.pubkey().to_string(),
            measured_at: u64::try_from(unix_now()).unwrap_or_default(),
            nonce: hex::encode(nonce),
            hardware,
            speed,
        };
        let signed = profile.sign(self.wallet)?;
        write(&self.file(), &signed.to_json()?)?;
        Ok(signed)
    }
}

/// Whether it is the same machine with the same limits: what is free on its disk changes all the time.
fn same(kept: &Hardware, now: &Hardware) -> bool {
    let still = |hardware: &Hardware| Hardware { disk_free_mib: 0, ..hardware.clone() };
    still(kept) == still(now)
}

/// The profile in a file, verified; nothing if there is no file.
///
/// # Errors
/// When it cannot be read, or is not what its operator signed.
pub fn read(file: &Path) -> Result<Option<Signed>> {
    let document = match fs::read(file) {
        Ok(document) => document,
        Err(why) if why.kind() == std::io::ErrorKind::NotFound => return Ok(None),
        Err(why) => return Err(why).with_context(|| format!("cannot read {}", file.display())),
    };
    Ok(Some(Signed::parse(&document).with_context(|| file.display().to_string())?))
}

/// Aside and then in its place, so that nobody reads half of it.
fn write(file: &Path, text: &str) -> Result<()> {
    let aside = file.with_extension("json.new");
    let written = fs::write(&aside, text).and_then(|()| fs::rename(&aside, file));
    written.with_context(|| format!("cannot write {}: is there space, and is the folder this user's?", file.display()))
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use assay_sdk::spec::JobSpec;
    use bytes::Bytes;
    use solana_sdk::signature::Keypair;

    use super::*;
    use crate::runtime::{PreparedJob, RuntimeError, wasm::WasmRuntime};

    #[test]
    fn the_engine_is_the_one_that_is_built_in() {
        let lock = fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/../Cargo.lock")).unwrap();
        let pinned: Vec<_> =
            lock.split("[[package]]").filter(|package| package.contains("name = \"wasmtime\"\n")).collect();
        let [package] = pinned[..] else { panic!("{} packages named wasmtime", pinned.len()) };
        let version = package.lines().find_map(|line| line.strip_prefix("version = \"")).unwrap();
        assert_eq!(ENGINE, format!("wasmtime {}", version.split('.').next().unwrap()), "change ENGINE with Cargo.lock");
    }

    /// The real engine, with a count of how often it was measured.
    struct Counted(WasmRuntime, AtomicU32);

    impl Runtime for Counted {
        fn prepare(&self, spec: &JobSpec, program: &[u8], input: Bytes) -> Result<Box<dyn PreparedJob>, RuntimeError> {
            self.1.fetch_add(1, Ordering::Relaxed);
            self.0.prepare(spec, program, input)
        }
    }

    #[test]
    fn a_profile_is_measured_once_and_again_when_it_is_another_machines() {
        let folder = tempfile::tempdir().unwrap();
        let runtime = Counted(WasmRuntime::new().unwrap(), AtomicU32::new(0));
        let (me, other) = (Keypair::new(), Keypair::new());
        let measuring = |wallet| Measuring {
            data: folder.path(),
            nvidia_smi: Path::new("/no/such/nvidia-smi"),
            runtime: &runtime,
            wallet,
        };
        let measured = || runtime.1.load(Ordering::Relaxed);
        let first = measuring(&me).current().unwrap();
        first.verify_of(&me.pubkey()).unwrap();
        assert_eq!((measuring(&me).current().unwrap(), measured()), (first.clone(), 1));
        assert_eq!(read(&folder.path().join(FILE)).unwrap().as_ref(), Some(&first));

        // Asked for.
        let again = measuring(&me).measure().unwrap();
        assert_eq!(measured(), 2);
        assert_ne!(again.profile.nonce, first.profile.nonce);

        // Another machine's.
        let mut moved = again.profile;
        moved.hardware.memory_built_in_mib += 1;
        write(&folder.path().join(FILE), &moved.sign(&me).unwrap().to_json().unwrap()).unwrap();
        let back = measuring(&me).current().unwrap();
        assert_eq!(
            (back.profile.hardware.memory_built_in_mib, measured()),
            (first.profile.hardware.memory_built_in_mib, 3)
        );

        // Another operator's, and one that somebody improved.
        measuring(&other).current().unwrap().verify_of(&other.pubkey()).unwrap();
        assert_eq!(measured(), 4);
        let mut better = measuring(&other).current().unwrap();
        better.profile.speed.fuel_per_second_one_core += 1;
        write(&folder.path().join(FILE), &better.to_json().unwrap()).unwrap();
        let why = read(&folder.path().join(FILE)).unwrap_err();
        assert!(format!("{why:#}").contains("the signature is not"), "{why:#}");
        measuring(&other).current().unwrap().verify().unwrap();
        assert_eq!(measured(), 5);
    }
}
