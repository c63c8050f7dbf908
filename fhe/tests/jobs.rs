//! Encrypted jobs end to end: keys, circuits, ciphertexts, the engine, and what hostile ones come to. One pair of keys
//! serves all tests, since making one takes seconds.

#![allow(clippy::unwrap_used)]

use std::sync::OnceLock;

use assay_fhe::{
    Bundle, Circuit, FheError, Integers,
    evaluate::{Job, Limits, check_machine},
    keys::{self, Keys, tfhe::ClientKey, tfhe::ServerKey},
    read_output,
};
use serde_json::{Value, json};

struct Pair {
    files: Keys,
    client: ClientKey,
    server: ServerKey,
}

fn pair() -> &'static Pair {
    static PAIR: OnceLock<Pair> = OnceLock::new();
    PAIR.get_or_init(|| {
        let files = keys::generate().unwrap();
        let (client, server) = (keys::client_key(&files.client).unwrap(), keys::server_key(&files.server).unwrap());
        Pair { files, client, server }
    })
}

/// Limits that suffice.
const WIDE: Limits = Limits { fuel: 1_000_000, memory_mib: 1024, output_bytes: 1 << 20 };

fn circuit(integers: &str, vectors: &[&str], ops: Value) -> Vec<u8> {
    json!({"version": 1, "integers": integers, "vectors": vectors, "ops": ops}).to_string().into_bytes()
}

fn bundle(integers: Integers, vectors: &[&[i64]]) -> Vec<u8> {
    let sealed: Vec<_> =
        vectors.iter().map(|numbers| keys::encrypt(&pair().client, integers, numbers).unwrap()).collect();
    let vectors = sealed.iter().map(|vector| vector.iter().map(Vec::as_slice).collect()).collect();
    Bundle { server_key: &pair().files.server, vectors }.to_bytes()
}

/// The outputs of a job's units, run by so many threads.
fn computed(program: &[u8], input: &[u8], units: u64, threads: u64) -> Vec<Vec<u8>> {
    check_machine().unwrap();
    let job = Job::prepare(program, input, units, WIDE).unwrap();
    let mut outputs = vec![vec![]; units as usize];
    std::thread::scope(|scope| {
        for (thread, outputs) in outputs.chunks_mut(units.div_ceil(threads) as usize).enumerate() {
            let first = thread as u64 * units.div_ceil(threads);
            let job = &job;
            scope.spawn(move || (first..).zip(outputs).for_each(|(unit, output)| *output = job.run(unit).unwrap().0));
        }
    });
    outputs
}

fn decrypted(integers: Integers, outputs: &[Vec<u8>]) -> Vec<Vec<i64>> {
    let decrypt = |output: &Vec<u8>| {
        let numbers = read_output(output).unwrap_or_else(|_| panic!("{}", String::from_utf8_lossy(output)));
        keys::decrypt(&pair().client, &pair().server, integers, &numbers).unwrap()
    };
    outputs.iter().map(decrypt).collect()
}

/// What each unit of a job comes to, decrypted.
fn job(integers: Integers, program: &[u8], vectors: &[&[i64]], units: u64) -> Vec<Vec<i64>> {
    decrypted(integers, &computed(program, &bundle(integers, vectors), units, 2))
}

/// Two runs, on one thread and on two, and a unit computed alone come to the same digests; encrypting again does not.
#[test]
fn sums_are_equal_in_other_runs_and_on_other_numbers_of_threads() {
    let (program, numbers) =
        (circuit("int32", &["slice"], json!([{"op": "sum", "a": 0}])), [3, -5, 70_000, 11, 13, -100_000, 2]);
    let input = bundle(Integers::Int32, &[&numbers]);
    let first = computed(&program, &input, 2, 1);
    assert_eq!(computed(&program, &input, 2, 2), first);
    assert_eq!(decrypted(Integers::Int32, &first), [[69_998], [-99_974]]);
    let (alone, fuel) = Job::prepare(&program, &input, 2, WIDE).unwrap().run(1).unwrap();
    assert_eq!(alone, first[1]);
    assert_eq!(fuel, 4 * 80, "by the table, whatever the machine");
    let other = computed(&program, &bundle(Integers::Int32, &[&numbers]), 2, 2);
    assert_ne!(other, first);
    assert_eq!(decrypted(Integers::Int32, &other), [[69_998], [-99_974]]);
}

#[test]
fn means_products_models_and_thresholds() {
    let mean = json!([{"op": "sum", "a": 0}, {"op": "div_plain", "a": 1, "by": 4}]);
    assert_eq!(job(Integers::Int16, &circuit("int16", &["slice"], mean), &[&[10, -3, 20, 4]], 1), [[7]]);

    // Weights for the whole vector: each unit takes its slice of them too.
    let dot = json!([{"op": "mul_plain", "a": 0, "by": [1, -2, 3, 4]}, {"op": "sum", "a": 1}]);
    assert_eq!(job(Integers::Int16, &circuit("int16", &["slice"], dot), &[&[5, 6, 7, 8]], 2), [[-7], [53]]);

    let secret = json!([{"op": "mul", "a": 0, "b": 1}, {"op": "sum", "a": 2}]);
    let program = circuit("int16", &["slice", "whole"], secret);
    assert_eq!(job(Integers::Int16, &program, &[&[1, 2, 3, 4], &[10, -1]], 2), [[8], [26]]);

    // A linear model, row by row, and whether it says yes.
    let model = json!([
        {"op": "mul_plain", "a": 0, "by": [3, -2]}, {"op": "sum", "a": 1}, {"op": "add_plain", "a": 2, "by": [5]},
        {"op": "compare", "a": 3, "is": "ge", "than": 0}]);
    let rows = [1, 2, -4, 3, 0, 2];
    assert_eq!(job(Integers::Int16, &circuit("int16", &["slice"], model), &[&rows], 3), [[1], [0], [1]]);
}

#[test]
fn comparisons_and_differences_number_by_number() {
    let ops = |is: &str| json!([{"op": "sub", "a": 0, "b": 1}, {"op": "compare", "a": 2, "is": is, "than": -1}]);
    for (is, expected) in [("gt", [1, 0, 0]), ("lt", [0, 0, 1]), ("eq", [0, 1, 0])] {
        let program = circuit("int16", &["slice", "slice"], ops(is));
        assert_eq!(job(Integers::Int16, &program, &[&[9, 1, -7], &[9, 2, 30]], 1), [expected], "{is}");
    }
    let program = circuit("int64", &["slice"], json!([{"op": "add_plain", "a": 0, "by": [1]}]));
    assert_eq!(job(Integers::Int64, &program, &[&[1 << 40, i64::MAX]], 1), [[(1 << 40) + 1, i64::MIN]]);
}

fn run(program: &[u8], input: Vec<u8>, units: u64, limits: Limits) -> Result<Vec<u8>, FheError> {
    Ok(Job::prepare(program, input, units, limits)?.run(0)?.0)
}

fn refused(program: &[u8], input: Vec<u8>, why: &str) {
    let error = run(program, input, 1, WIDE).unwrap_err().to_string();
    assert!(error.contains(why), "{error:?} should contain {why:?}");
}

#[test]
fn hostile_keys_and_ciphertexts_are_refused() {
    use keys::tfhe::{CompressedServerKey, ConfigBuilder, safe_serialization::safe_serialize, shortint::parameters};
    let sum = circuit("int16", &["slice"], json!([{"op": "sum", "a": 0}]));
    let whole = bundle(Integers::Int16, &[&[1, 2]]);
    let parts = Bundle::parse(&whole).unwrap();
    let with = |server_key: &[u8], vectors: Vec<Vec<&[u8]>>| Bundle { server_key, vectors }.to_bytes();

    refused(&sum, b"\0asm".to_vec(), "does not begin like one");
    refused(&sum, whole[..whole.len() - 1].to_vec(), "cut short");
    refused(&sum, [&whole, b"!".as_slice()].concat(), "follows its end");
    refused(&sum, with(&parts.server_key[..1000], parts.vectors.clone()), "server key is wrong");
    refused(&sum, with(&[0xff; 64], parts.vectors.clone()), "server key is wrong");
    // Lengths inside of it that would ask for all of the memory there is.
    let mut bomb = parts.server_key.to_vec();
    let at = bomb.len().min(400);
    bomb[100..at].fill(0xff);
    refused(&sum, with(&bomb, parts.vectors.clone()), "server key is wrong");
    refused(&sum, with(parts.server_key, vec![vec![&[0xff; 300], parts.vectors[0][1]]]), "ciphertext is wrong");
    let mut cut = parts.vectors[0][0].to_vec();
    cut.truncate(cut.len() - 8);
    refused(&sum, with(parts.server_key, vec![vec![&cut]]), "ciphertext is wrong");

    // Numbers of another width.
    refused(&sum, bundle(Integers::Int32, &[&[1]]), "ciphertext is wrong");
    // A key of other parameters.
    let config = ConfigBuilder::with_custom_parameters(parameters::PARAM_MESSAGE_2_CARRY_2_KS_PBS_GAUSSIAN_2M128);
    let mut other = vec![];
    safe_serialize(&CompressedServerKey::new(&ClientKey::generate(config.build())), &mut other, 1 << 30).unwrap();
    refused(&sum, with(&other, parts.vectors.clone()), "server key is wrong");
    // A client key does not pass for a server key.
    refused(&sum, with(&pair().files.client, parts.vectors.clone()), "server key is wrong");
}

#[test]
fn limits_are_met_before_anything_is_computed() {
    let sum = circuit("int16", &["slice"], json!([{"op": "sum", "a": 0}]));
    let input = bundle(Integers::Int16, &[&[1, 2]]);
    let with = |fuel, memory_mib, output_bytes| run(&sum, input.clone(), 1, Limits { fuel, memory_mib, output_bytes });
    assert_eq!(with(79, 1024, 1 << 20), Err(FheError::OutOfFuel { asked: 80, limit: 79 }));
    assert_eq!(with(80, 256, 1 << 20), Err(FheError::OutOfMemory { asked: 257, limit: 256 }));
    assert_eq!(with(80, 257, 100), Err(FheError::OutputTooLarge(100)));
    assert_eq!(decrypted(Integers::Int16, &[with(80, 257, 1 << 20).unwrap()]), [[3]]);
    let error = run(&sum, input.clone(), 3, WIDE).unwrap_err();
    assert!(error.to_string().contains("gets nothing of 2 numbers"), "{error}");
}

#[test]
fn keys_are_for_one_another_only_and_small_enough_to_post() {
    let pair = pair();
    println!("client key {} bytes, server key {} bytes", pair.files.client.len(), pair.files.server.len());
    assert!(pair.files.server.len() < 32 << 20);
    assert!(keys::client_key(&pair.files.server).is_err());
    assert!(keys::client_key(b"").is_err());
    let error = keys::encrypt(&pair.client, Integers::Int16, &[1, 40_000]).unwrap_err();
    assert_eq!(error.to_string(), "40000 does not fit 16 bits; scale the data down or take wider integers");
    assert!(Circuit::parse(b"{}").is_err());
}
