//! Material and results belong to a posting, not to an address.

use std::num::NonZeroUsize;

use super::*;
use crate::{artifacts::Policy, market::tests::job, runtime::wasm::WasmRuntime};
use assay_sdk::private::{self, Key, MAGIC};
use serde_json::json;
use sha2::{Digest, Sha256};
use solana_sdk::{signature::Keypair, signer::Signer};
use std::path::Path;

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
    Job { uri: format!("file://{}", path.display()), spec_hash: spec.hash(), units, posted_at: seed.into(), ..job() }
}

fn workshop(dir: &Path) -> Workshop {
    let policy = Policy { local_files: true, ..Policy::default() };
    Workshop {
        store: Store::open(dir.join("artifacts"), policy).unwrap(),
        runtime: Arc::new(WasmRuntime::new().unwrap()),
        capacity: Arc::new(Capacity::new(NonZeroUsize::MIN, 1024)),
        honesty: Honesty::Honest,
        results: dir.join("results"),
        api: None,
        client: reqwest::Client::new(),
        ready: Mutex::default(),
    }
}

#[tokio::test]
async fn a_job_posted_again_is_fetched_again() {
    let dir = tempfile::tempdir().unwrap();
    let workshop = workshop(dir.path());
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
    let wrong = Job { units: 4, posted_at: 3, ..first };
    let error = workshop.material(&address, &wrong).await.map(drop).unwrap_err();
    assert_eq!(error.to_string(), "the spec has 3 units, the job 4");
}

#[tokio::test]
async fn a_result_too_long_to_be_checked_by_units_is_taken_only_where_all_compute_all() {
    let dir = tempfile::tempdir().unwrap();
    let workshop = workshop(dir.path());
    let address = Pubkey::new_from_array([50; 32]);
    // 100 bytes each: more than 2^30 together.
    let long = posted(dir.path(), 10_737_419, 1);
    workshop.material(&address, &long).await.unwrap();
    let optimistic = Job { strategy: Strategy::Optimistic { window: 60 }, posted_at: 2, ..long };
    let error = workshop.material(&address, &optimistic).await.map(drop).unwrap_err();
    let said = "its outputs may be 1073741900 bytes long together: too long to be checked unit by unit";
    assert_eq!(error.to_string(), said);
}

#[tokio::test]
async fn the_leaves_of_a_kept_result_are_its_units_digests() {
    let dir = tempfile::tempdir().unwrap();
    let workshop = workshop(dir.path());
    let (address, job) = (Pubkey::new_from_array([50; 32]), posted(dir.path(), 3, 1));
    let name = posting(&address, &job);
    assert!(workshop.leaves(&name).unwrap_err().to_string().starts_with("the result is not here"));
    let root = workshop.whole(&address, &job, Arc::default()).await.unwrap();
    let leaves = workshop.leaves(&name).unwrap();
    assert_eq!(assay_sdk::merkle::root(&leaves).unwrap(), root);
    // The program is none: every unit says so, alone as among all.
    assert_eq!(workshop.units(&address, &job, vec![2, 0]).await.unwrap(), [leaves[2], leaves[0]]);
    assert_eq!(workshop.root(&address, &job).await.unwrap(), root);
    workshop.forget(&name).unwrap();
    workshop.forget(&name).unwrap();
    assert!(workshop.leaves(&name).is_err());
}

/// On disk there is only what its requester and this operator can read; proofs are made from it all the same.
#[tokio::test]
async fn a_private_result_is_kept_encrypted() {
    let dir = tempfile::tempdir().unwrap();
    let [requester, operator, other] = [1, 2, 3].map(|seed| Keypair::new_from_array([seed; 32]));
    let mut workshop = workshop(dir.path());
    let policy = Policy { key: Some(Arc::new(Key::new(&operator).unwrap())), ..Policy::default() };
    workshop.store = Store::open(dir.path().join("mine"), policy).unwrap();
    let job = Job { requester: requester.pubkey(), ..job() };
    let readers = workshop.readers(&job).unwrap();
    assert_eq!(readers, [requester.pubkey(), operator.pubkey()]);
    let program = Job { requester: assay_sdk::addresses::pool(&operator.pubkey()), ..job };
    assert!(workshop.readers(&program).is_err(), "nobody could read its result");

    let posting = Pubkey::new_from_array([9; 32]);
    let document = ResultDocument::build(vec![b"the secret".to_vec(), b"of two units".to_vec()]).unwrap();
    assert_eq!(workshop.note(&posting).unwrap(), None);
    workshop.keep(&posting, &document, Some(&readers)).unwrap();
    let file = std::fs::read(workshop.file(&posting)).unwrap();
    assert!(file.starts_with(MAGIC) && workshop.file(&posting).extension().unwrap() == "age");
    assert_eq!(std::fs::read_dir(&workshop.results).unwrap().count(), 1);
    for reader in [&requester, &operator] {
        let read = private::decrypt(&file, reader, 1 << 20).unwrap();
        assert_eq!(ResultDocument::parse(&read).unwrap(), document);
    }
    assert!(private::decrypt(&file, &other, 1 << 20).is_err());
    assert_eq!(workshop.leaves(&posting).unwrap(), document.digests());
    let note = workshop.note(&posting).unwrap().unwrap();
    assert_eq!(private::noted(&note.data), Some(Sha256::digest(&file).into()));
    workshop.forget(&posting).unwrap();
    assert_eq!(std::fs::read_dir(&workshop.results).unwrap().count(), 0);
}
