//! The committed corpus, replayed without a fuzzer; and plain random bytes, so that an empty corpus is no green test.

use std::path::Path;

use assay_fuzz_checks::{TARGETS, decode::DECODERS};

fn folder(target: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus").join(target)
}

#[test]
fn corpus_holds() {
    for (name, target) in TARGETS {
        let files = std::fs::read_dir(folder(name)).unwrap_or_else(|why| panic!("fuzz/corpus/{name}: {why}"));
        let mut replayed = 0;
        for file in files {
            let path = file.expect("a file of the corpus").path();
            let data = std::fs::read(&path).unwrap_or_else(|why| panic!("{}: {why}", path.display()));
            target(&data);
            replayed += 1;
        }
        assert!(replayed > 0, "fuzz/corpus/{name} is empty");
    }
}

#[test]
fn random_bytes_hold() {
    let mut state = 1_u64;
    let mut byte = || {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1);
        (state >> 56) as u8
    };
    for round in 0..4_000_usize {
        let data: Vec<u8> = (0..round % 200).map(|_| byte()).collect();
        TARGETS.iter().for_each(|(_, target)| target(&data));
    }
}

/// Every type once, from zeros: long enough for all of them, so that each is read and written.
#[test]
fn every_type_is_read() {
    for index in 0..DECODERS.len() {
        let mut data = vec![0; 2_000];
        let index = u16::try_from(index).expect("two bytes choose");
        data[..2].copy_from_slice(&index.to_le_bytes());
        assay_fuzz_checks::decode::check(&data);
    }
    let all = DECODERS.iter().filter(|decoder| decoder.name.contains("::instruction::")).count();
    assert!(all >= 100, "only {all} instructions");
}

#[test]
fn every_target_has_its_file() {
    for (name, _) in TARGETS {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../fuzz_targets").join(format!("{name}.rs"));
        assert!(file.exists(), "{} is missing", file.display());
    }
}
