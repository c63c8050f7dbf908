use solana_sdk::signature::{Keypair, SeedDerivable};

use super::*;

fn wallet(seed: u8) -> Keypair {
    Keypair::from_seed(&[seed; 32]).unwrap()
}

fn gpu(model: &str, memory_mib: u64) -> Gpu {
    Gpu { model: model.into(), memory_mib, driver: "550.54".into() }
}

fn profile(operator: &Keypair) -> Profile {
    Profile {
        version: VERSION,
        operator: operator.pubkey().to_string(),
        measured_at: 1_790_000_000,
        nonce: "0f".repeat(32),
        hardware: Hardware {
            cpu: Cpu {
                model: "Zen".into(),
                architecture: "x86_64".into(),
                features: vec!["avx2".into()],
                cores: 6,
                cores_built_in: 8,
            },
            memory_mib: 16_000,
            memory_built_in_mib: 32_000,
            disk_mib: 1_000_000,
            disk_free_mib: 400_000,
            gpus: vec![],
        },
        speed: Speed { engine: "wasmtime 48".into(), fuel_per_second_one_core: 900_000_000, ..Speed::default() },
    }
}

#[test]
fn a_signed_profile_is_read_back_whatever_its_spacing_and_order() {
    let me = wallet(1);
    let signed = profile(&me).sign(&me).unwrap();
    assert_eq!(signed.verify().unwrap(), me.pubkey());
    assert_eq!(Signed::parse(signed.to_json().unwrap().as_bytes()).unwrap(), signed);
    // serde_json's values sort their keys.
    let sorted: serde_json::Value = serde_json::from_str(&signed.to_json().unwrap()).unwrap();
    assert_eq!(Signed::parse(sorted.to_string().as_bytes()).unwrap(), signed);
}

/// Ed25519 and RFC 8785 leave no choice: anybody's implementation comes to this.
#[test]
fn the_signature_is_the_one_and_only() {
    let me = wallet(1);
    let signed = profile(&me).sign(&me).unwrap();
    let message = String::from_utf8(signed.profile.message().unwrap()).unwrap();
    assert!(
        message.starts_with(r#"assay:profile:{"hardware":{"cpu":{"architecture":"x86_64","cores":6,"#),
        "{message}"
    );
    assert_eq!(signed.signature, SIGNATURE);
}

const SIGNATURE: &str = "3Waa4BYKdFS7oUAeiV1Vx9J9P2wFpy2fiekRyJWWJLNsZjKp2rsaQDUzyX149sjXxn5ogFjUv2MNcBgMqdRcK2J8";

#[test]
fn whatever_is_changed_breaks_the_signature() {
    let me = wallet(1);
    let signed = profile(&me).sign(&me).unwrap();
    let changes: [fn(&mut Profile); 7] = [
        |p| p.measured_at += 1,
        |p| p.nonce = "0e".repeat(32),
        |p| p.hardware.cpu.cores = 7,
        |p| p.hardware.cpu.features.clear(),
        |p| p.hardware.gpus.push(gpu("H100", 80_000)),
        |p| p.speed.fuel_per_second_one_core += 1,
        |p| p.operator = wallet(2).pubkey().to_string(),
    ];
    for (at, change) in changes.into_iter().enumerate() {
        let mut changed = signed.clone();
        change(&mut changed.profile);
        assert!(matches!(changed.verify(), Err(ProfileError::BadSignature(_))), "change {at}");
    }
    let mut changed = signed;
    changed.signature = wallet(1).sign_message(b"assay:profile:").to_string();
    assert!(matches!(changed.verify(), Err(ProfileError::BadSignature(_))));
}

#[test]
fn a_profile_is_one_operators() {
    let (me, other) = (wallet(1), wallet(2));
    let signed = profile(&me).sign(&me).unwrap();
    signed.verify_of(&me.pubkey()).unwrap();
    let wrong = signed.verify_of(&other.pubkey());
    assert!(matches!(wrong, Err(ProfileError::OtherOperator { expected, .. }) if expected == other.pubkey()));
    assert!(matches!(profile(&me).sign(&other), Err(ProfileError::OtherOperator { .. })));
}

#[test]
fn what_is_no_profile_is_refused_by_name() {
    let me = wallet(1);
    let signed = profile(&me).sign(&me).unwrap();
    let text = signed.to_json().unwrap();
    let error = |text: &str| Signed::parse(text.as_bytes()).unwrap_err();
    assert!(matches!(error(&text.replace("\"version\": 1", "\"version\": 2")), ProfileError::UnknownVersion(2)));
    assert!(matches!(
        error(&text.replace("\"version\": 1", "\"extra\": 1, \"version\": 1")),
        ProfileError::Malformed(_)
    ));
    assert!(matches!(
        error(&text.replace("\"cores\": 6", "\"cores\": 9")),
        ProfileError::BadField("hardware.cpu.cores")
    ));
    assert!(matches!(
        error(&text.replace("\"memory_mib\": 16000", "\"memory_mib\": 9007199254740992")),
        ProfileError::BadField("hardware.memory_mib")
    ));
    assert!(matches!(error(&text.replace(&signed.signature, "x")), ProfileError::BadField("signature")));
    assert!(matches!(error(&text.replace(&"0f".repeat(32), "0F")), ProfileError::BadField("nonce")));
    assert!(matches!(error(&" ".repeat(MAX_DOCUMENT_BYTES + 1)), ProfileError::TooLong(65_537)));
}

#[test]
fn gpus_have_the_chains_names() {
    let table = [
        ("NVIDIA H100 80GB HBM3", "H100"),
        ("NVIDIA A100-SXM4-80GB", "A100"),
        ("NVIDIA GeForce RTX 4090", "4090"),
        ("Tesla T4", "T4\0\0"),
        ("NVIDIA l40s", "L40S"),
        ("NVIDIA GeForce GTX 1080 Ti", "1080"),
        ("A GPU", "\0\0\0\0"),
    ];
    for (model, expected) in table {
        assert_eq!(code(model), expected.as_bytes(), "{model}");
    }
}

#[test]
fn a_device_is_what_its_hardware_is() {
    let mut hardware = profile(&wallet(1)).hardware;
    let without = hardware.capabilities(1);
    let expected = Capabilities { engines: 1, cores: 6, memory_mib: 16_000, disk_gib: 976, ..Capabilities::default() };
    assert_eq!(without, expected);
    without.validate().unwrap();
    hardware.gpus = vec![gpu("Tesla T4", 15_360), gpu("NVIDIA H100 80GB", 81_559), gpu("NVIDIA H100 80GB", 81_000)];
    let with = hardware.capabilities(1);
    assert_eq!(with, Capabilities { gpus: 2, gpu_memory_mib: 81_000, gpu_model: *b"H100", ..expected });
    with.validate().unwrap();
}
