//! Artifacts from real servers on ports of their own, and from files.

mod http;
mod limits;
mod private;
mod servers;
mod ssrf;
mod stores;

use super::*;
use servers::serve;

pub const TEXT: &[u8] = b"hello\n";

pub fn artifact(uri: String, content: &[u8]) -> Artifact {
    Artifact { uri, sha256: hex::encode(Sha256::digest(content)), encryption: None }
}

pub fn store(policy: Policy) -> (tempfile::TempDir, Store) {
    let dir = tempfile::tempdir().unwrap();
    let store = Store::open(dir.path().join("cache"), policy).unwrap();
    (dir, store)
}

/// For servers of this machine, and without patience.
pub fn quick() -> Policy {
    Policy {
        local_files: true,
        nets: vec!["127.0.0.0/8".parse().unwrap()],
        retries: 2,
        backoff: Duration::from_millis(1),
        timeout: Duration::from_secs(60),
        ..Policy::default()
    }
}

/// Names of the files in a store's folder, in order.
pub fn kept(dir: &tempfile::TempDir) -> Vec<String> {
    let entries = std::fs::read_dir(dir.path().join("cache")).unwrap();
    let mut names: Vec<_> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort_unstable();
    names
}
