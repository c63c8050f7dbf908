//! `assay fhe`: keys that nobody else can read, encryption, decryption, and what it refuses.

#![allow(clippy::unwrap_used)]

use std::{
    os::unix::fs::PermissionsExt,
    path::Path,
    process::{Command, Output},
};

use assay_fhe::{Bundle, output};
use assay_sdk::result::ResultDocument;
use serde_json::{Value, json};

fn assay(folder: &Path, words: &str) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_assay"));
    // No settings of whoever runs the tests.
    command.current_dir(folder).env("HOME", folder).args(["fhe", "--output", "json"]).args(words.split_whitespace());
    command.output().unwrap()
}

fn done(folder: &Path, words: &str) -> Value {
    let ran = assay(folder, words);
    assert!(ran.status.success(), "{words}: {}", String::from_utf8_lossy(&ran.stderr));
    serde_json::from_slice(&ran.stdout).unwrap()
}

fn refused(folder: &Path, words: &str, why: &str) {
    let ran = assay(folder, words);
    let error = String::from_utf8_lossy(&ran.stderr).into_owned();
    assert!(!ran.status.success() && error.contains(why), "{words}: {error:?} should contain {why:?}");
}

#[test]
fn keys_encrypt_and_decrypt() {
    const KEYS: &str = "--client-key client.key --server-key server.key";
    let folder = tempfile::tempdir().unwrap();
    let (path, file) = (folder.path(), |name: &str| folder.path().join(name));
    done(path, &format!("keygen {KEYS}"));
    let mode = |name: &str| file(name).metadata().unwrap().permissions().mode() & 0o777;
    assert_eq!(mode("client.key"), 0o600);
    let key = std::fs::read(file("client.key")).unwrap();
    refused(path, &format!("keygen {KEYS}"), "client.key exists already");
    assert_eq!(std::fs::read(file("client.key")).unwrap(), key);

    let circuit = json!({"version": 1, "integers": "int16", "vectors": ["slice"], "ops": [{"op": "sum", "a": 0}]});
    std::fs::write(file("sum.json"), circuit.to_string()).unwrap();
    std::fs::write(file("numbers.txt"), "3, -4\n5 32767\n").unwrap();
    let encrypted = done(path, &format!("encrypt {KEYS} --circuit sum.json --units 2 -o input.bin numbers.txt"));
    assert_eq!(encrypted["limits"], json!({"fuel": "80", "memory_mib": "257"}));
    let bytes = std::fs::read(file("input.bin")).unwrap();
    assert_eq!(encrypted["bytes"], json!(bytes.len().to_string()));
    let bundle = Bundle::parse(&bytes).unwrap();
    assert_eq!(bundle.server_key, std::fs::read(file("server.key")).unwrap());
    // Some parts of the key: all of them in all places would take a quarter of an hour.
    let parts: Vec<_> = key.chunks_exact(64).step_by(64).collect();
    assert!(parts.len() > 4 && !bytes.windows(64).any(|place| parts.contains(&place)));

    // Ciphertexts decrypt whether a node computed them or not.
    let numbers: Vec<Vec<u8>> = bundle.vectors[0].iter().map(|number| number.to_vec()).collect();
    let result =
        |outputs: Vec<Vec<u8>>| std::fs::write(file("result.json"), ResultDocument::build(outputs).unwrap().to_json());
    let decrypt = format!("decrypt {KEYS} --circuit sum.json result.json");
    result(vec![output(&numbers[..3]), output(&numbers[3..])]).unwrap();
    assert_eq!(done(path, &decrypt), json!({"units": [["3", "-4", "5"], ["32767"]]}));
    result(vec![b"assay: this unit cannot be computed: it failed with R04".to_vec()]).unwrap();
    refused(path, &decrypt, "unit 0: assay: this unit cannot be computed: it failed with R04");
    result(vec![b"nonsense".to_vec()]).unwrap();
    refused(path, &decrypt, "unit 0: the ciphertext is wrong");

    std::fs::write(file("numbers.txt"), "1 secret").unwrap();
    let encrypt = format!("encrypt {KEYS} --circuit sum.json -o input.bin numbers.txt");
    refused(path, &encrypt, "numbers.txt: only whole numbers");
    assert!(!String::from_utf8_lossy(&assay(path, &encrypt).stderr).contains("secret"));
    std::fs::write(file("numbers.txt"), "40000").unwrap();
    refused(path, &encrypt, "40000 does not fit 16 bits");
    refused(path, &encrypt.replace("client.key", "server.key"), "client key is wrong");
}
