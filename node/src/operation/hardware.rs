//! What this machine is: found out, not typed in.

use std::{
    fs,
    num::NonZeroUsize,
    path::{Path, PathBuf},
};

use assay_sdk::profile::{Cpu, Gpu, Hardware};
use sysinfo::{CpuRefreshKind, Disks, MemoryRefreshKind, RefreshKind, System};

const MIB: u64 = 1 << 20;
/// Where the kernel shows control groups (version 2).
const CGROUPS: &str = "/sys/fs/cgroup";

/// What cannot be found out.
#[derive(Debug, thiserror::Error)]
pub enum HardwareError {
    /// The system does not tell how much memory there is.
    #[error("the system does not tell its memory; is /proc mounted?")]
    NoMemory,
    /// The folder is not there.
    #[error("cannot use {path}: {source}; create it with `assay operator init`")]
    Folder {
        /// The folder.
        path: PathBuf,
        /// What the system says.
        source: std::io::Error,
    },
}

/// This machine, with the disk that `folder` is on, and these GPUs.
///
/// # Errors
/// [`HardwareError`] when the folder is not there or the system does not tell its memory.
pub fn detect(folder: &Path, gpus: Vec<Gpu>) -> Result<Hardware, HardwareError> {
    let what =
        RefreshKind::nothing().with_cpu(CpuRefreshKind::nothing()).with_memory(MemoryRefreshKind::nothing().with_ram());
    let system = System::new_with_specifics(what);
    let built_in = system.total_memory() / MIB;
    if built_in == 0 {
        return Err(HardwareError::NoMemory);
    }
    let allowed = fs::read_to_string("/proc/self/cgroup").ok();
    let allowed = allowed.and_then(|own| memory_limit(Path::new(CGROUPS), &own)).map(|bytes| bytes / MIB);
    let (disk_mib, disk_free_mib) = disk(folder)?;
    Ok(Hardware {
        cpu: cpu(&system),
        memory_mib: allowed.unwrap_or(built_in).min(built_in).max(1),
        memory_built_in_mib: built_in,
        disk_mib,
        disk_free_mib,
        gpus,
    })
}

fn cpu(system: &System) -> Cpu {
    // The standard library knows of affinity and of the cgroup's share of processors.
    let cores = std::thread::available_parallelism().map_or(1, NonZeroUsize::get);
    let narrow = |cores: usize| u16::try_from(cores).unwrap_or(u16::MAX);
    Cpu {
        model: system.cpus().first().map(|cpu| cpu.brand().trim().to_owned()).unwrap_or_default(),
        architecture: std::env::consts::ARCH.into(),
        features: features(),
        cores: narrow(cores),
        cores_built_in: narrow(system.cpus().len().max(cores)),
    }
}

/// Extensions that count for computing, of those that this processor has.
#[cfg(target_arch = "x86_64")]
fn features() -> Vec<String> {
    macro_rules! found {
        ($($name:tt),*) => { vec![$(($name, std::arch::is_x86_feature_detected!($name))),*] };
    }
    named(found!(
        "sse4.2",
        "popcnt",
        "aes",
        "sha",
        "avx",
        "avx2",
        "fma",
        "bmi2",
        "avx512f",
        "avx512bw",
        "avx512vl",
        "avx512vnni"
    ))
}

#[cfg(target_arch = "aarch64")]
fn features() -> Vec<String> {
    macro_rules! found {
        ($($name:tt),*) => { vec![$(($name, std::arch::is_aarch64_feature_detected!($name))),*] };
    }
    named(found!("neon", "aes", "sha2", "sha3", "crc", "lse", "dotprod", "fp16", "sve", "sve2"))
}

#[cfg(not(any(target_arch = "x86_64", target_arch = "aarch64")))]
fn features() -> Vec<String> {
    vec![]
}

fn named(found: Vec<(&str, bool)>) -> Vec<String> {
    found.into_iter().filter(|(_, has)| *has).map(|(name, _)| name.to_owned()).collect()
}

/// The least memory, in bytes, that this process's control groups allow; nothing if none limits it. Our own and not
/// sysinfo's, which looks at the root alone: a service's limit is further down.
fn memory_limit(root: &Path, own: &str) -> Option<u64> {
    let path = own.lines().find_map(|line| line.strip_prefix("0::/"))?;
    let mut at = root.join(path);
    let mut least = None;
    loop {
        // `max` where there is no limit, no such file at the true root.
        let limit = fs::read_to_string(at.join("memory.max")).ok().and_then(|text| text.trim().parse::<u64>().ok());
        least = limit.into_iter().chain(least).min();
        if at == root || !at.pop() {
            return least;
        }
    }
}

/// Size and free space, in MiB, of the disk that a folder is on.
fn disk(folder: &Path) -> Result<(u64, u64), HardwareError> {
    let at = folder.canonicalize().map_err(|source| HardwareError::Folder { path: folder.into(), source })?;
    let disks = Disks::new_with_refreshed_list();
    let holding = disks.iter().filter(|disk| at.starts_with(disk.mount_point()));
    let nearest = holding.max_by_key(|disk| disk.mount_point().components().count());
    Ok(nearest.map_or((0, 0), |disk| (disk.total_space() / MIB, disk.available_space() / MIB)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn this_machine_is_found_out() {
        let folder = tempfile::tempdir().unwrap();
        let found = detect(folder.path(), vec![]).unwrap();
        let cores = std::thread::available_parallelism().unwrap().get();
        assert_eq!((usize::from(found.cpu.cores), found.cpu.architecture.as_str()), (cores, std::env::consts::ARCH));
        assert!(found.cpu.cores <= found.cpu.cores_built_in && found.memory_mib <= found.memory_built_in_mib);
        // As the kernel itself says it.
        let told = fs::read_to_string("/proc/meminfo").unwrap();
        let kib: u64 = told.lines().next().unwrap().split_whitespace().nth(1).unwrap().parse().unwrap();
        assert_eq!(found.memory_built_in_mib, kib / 1024);
        assert!(found.disk_free_mib <= found.disk_mib, "{found:?}");
        found.capabilities(1).validate().unwrap();
    }

    #[test]
    fn a_folder_that_is_not_there_is_named() {
        let why = detect(Path::new("/no/such/folder"), vec![]).unwrap_err().to_string();
        assert!(why.contains("cannot use /no/such/folder") && why.contains("assay operator init"), "{why}");
    }

    #[test]
    fn the_least_memory_limit_on_the_way_up_counts() {
        let root = tempfile::tempdir().unwrap();
        let own = "12:cpu:/old\n0::/system.slice/assay-node.service\n";
        let set = |folder: &str, limit: &str| {
            let folder = root.path().join(folder);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("memory.max"), limit).unwrap();
        };
        assert_eq!(memory_limit(root.path(), own), None);
        set("system.slice/assay-node.service", "max\n");
        assert_eq!(memory_limit(root.path(), own), None);
        set("system.slice", "2147483648\n");
        assert_eq!(memory_limit(root.path(), own), Some(2 << 30));
        set("system.slice/assay-node.service", "1073741824\n");
        assert_eq!(memory_limit(root.path(), own), Some(1 << 30));
        set(".", "536870912\n");
        assert_eq!(memory_limit(root.path(), own), Some(512 << 20));
        assert_eq!(memory_limit(root.path(), "0::/\n"), Some(512 << 20));
        assert_eq!(memory_limit(root.path(), "1:memory:/v1\n"), None);
    }
}
