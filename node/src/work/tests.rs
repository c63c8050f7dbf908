//! Material and results belong to a posting, not to an address.

use super::*;
use crate::{artifacts::Policy, market::tests::job, runtime::wasm::WasmRuntime};
use serde_json::json;
use sha2::{Digest, Sha256};

/// A spec of `units` units in a file, and a job that names it.
fn posted(dir: &Path, units: u64, seed: u8) -> Job {
    let program = dir.join("program");
    std::fs::write(&program, b"not looked at here").unwrap();
    let file = json!({
        "uri": format!("file://{}", program.display()),
        "sha256": hex::encode(Sha256::digest(b"not looked at here")),
    });
    let limits = json!({"fuel": 1000, "memory_mib": 1, "output_bytes": 100});
    let spec = json!({
        "version": 1, "name": "t", "engine": "wasm", "program": file, "input": file, "units": units, "limits": limits
    });
    let spec = JobSpec::parse(spec.to_string().as_bytes()).unwrap();
    let path = dir.join(format!("spec{units}.json"));
    std::fs::write(&path, spec.canonical()).unwrap();
    Job { uri: format!("file://{}", path.display()), spec_hash: spec.hash(), units, seed: [seed; 32], ..job() }
}

#[tokio::test]
async fn a_job_posted_again_is_fetched_again() {
    let dir = tempfile::tempdir().unwrap();
    let policy = Policy { local_files: true, ..Policy::default() };
    let workshop = Workshop {
        store: Store::open(dir.path().join("artifacts"), policy).unwrap(),
        runtime: Arc::new(WasmRuntime::new().unwrap()),
        parallelism: NonZeroUsize::MIN,
        honesty: Honesty::Honest,
        results: dir.path().join("results"),
        api: None,
        ready: Mutex::default(),
    };
    let address = Pubkey::new_from_array([50; 32]);
    let (first, again) = (posted(dir.path(), 3, 1), posted(dir.path(), 5, 2));
    assert_eq!(workshop.material(&address, &first).await.unwrap().spec.units, 3);
    assert_eq!(workshop.material(&address, &again).await.unwrap().spec.units, 5);
    let known = || workshop.known().keys().copied().collect::<HashSet<_>>();
    let both = [&first, &again].map(|job| posting(&address, job));
    assert_eq!(known(), HashSet::from(both));
    workshop.keep_only(&HashSet::from([both[1]]));
    assert_eq!(known(), HashSet::from([both[1]]));

    // The same spec, posted with other terms.
    let wrong = Job { units: 4, seed: [3; 32], ..first };
    let error = workshop.material(&address, &wrong).await.map(drop).unwrap_err();
    assert_eq!(error.to_string(), "the spec has 3 units, the job 4");
}
