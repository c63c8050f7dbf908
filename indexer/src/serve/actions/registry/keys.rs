//! Verifying keys, attestors and canaries that nobody revealed.

use assay_sdk::{
    addresses, ix,
    verification::{Attestor, AttestorKey, Canary, ProofKey, VerifyingKey},
};

use super::{
    super::{
        call::{Action, Call, Plan},
        param::{Kind, Param, need},
        refusal::{Refusal, Result},
    },
    build,
};

const KEY: Param = need("key", "Address of the key's account", Kind::Row("proof_keys"));
const ATTESTOR: Param = need("attestor", "Address of the attestor's account", Kind::Row("attestors"));
const SCHEMES: &[(&str, &str)] = &[("ed25519", "Ed25519"), ("secp256r1", "ECDSA over secp256r1")];

/// Of this file.
pub const ACTIONS: &[Action] = &[
    Action::new(
        "verification",
        "register_key",
        ("Register a verifying key", "Register"),
        "Registers a Groth16 verifying key for jobs to name. Anyone may; the rent returns when it is closed.",
        &[need("key", "alpha, beta, gamma, delta and three of ic: 640 bytes in hex", Kind::Hex(640))],
        build!(register_key),
    ),
    Action::new(
        "verification",
        "retire_key",
        ("Retire a verifying key", "Retire"),
        "Gives notice that a verifying key will be closed, in as many seconds as the longest job may take. Who paid for it only.",
        &[KEY],
        build!(retire_key),
    )
    .then("verification/close_key"),
    Action::new(
        "verification",
        "close_key",
        ("Close a verifying key", "Close"),
        "Closes a verifying key whose notice is over; its rent returns to who paid it. Anyone may.",
        &[KEY],
        build!(close_key),
    ),
    Action::new(
        "verification",
        "register_attestor",
        ("Register an attestor", "Register"),
        "Vouches for an attestor until it expires: its signatures count in jobs that name you as registrar.",
        &[
            need("scheme", "How it signs", Kind::Choice(SCHEMES)),
            need("key", "Its public key in hex: 32 bytes, or 33 of secp256r1", Kind::Text(66)),
            need("expires_at", "Until when it counts: unix seconds", Kind::Whole(0, 1 << 40)),
        ],
        build!(register_attestor),
    ),
    Action::new(
        "verification",
        "revoke_attestor",
        ("Revoke an attestor", "Revoke"),
        "Takes back your word for an attestor: from now on it counts in no job, whenever that was posted.",
        &[ATTESTOR],
        build!(revoke_attestor),
    )
    .then("verification/close_attestor"),
    Action::new(
        "verification",
        "close_attestor",
        ("Close an attestor", "Close"),
        "Closes an attestor that is revoked or expired; its rent returns to who paid it. Anyone may.",
        &[ATTESTOR],
        build!(close_attestor),
    ),
    Action::new(
        "verification",
        "close_canary",
        ("Close a canary", "Close"),
        "Closes a canary that was never revealed, 90 days after; its rent returns to who paid it. Anyone may.",
        &[need("canary", "Address of the canary", Kind::Row("canaries"))],
        build!(close_canary),
    ),
];

async fn register_key(call: Call<'_>) -> Result<Plan> {
    let bytes: [u8; 640] = call.args.bytes("key")?;
    let key = key_of(&bytes).ok_or_else(|| Refusal::bad("key must be 640 bytes in hex"))?;
    let address = addresses::proof_key(&key);
    let work = ix::verification::register_key(&call.account, key);
    Ok(Plan::new([work], format!("Registers the verifying key {address}")).makes("key", &address))
}

/// The key of its fields, one after the other.
fn key_of(bytes: &[u8; 640]) -> Option<VerifyingKey> {
    fn part<const N: usize>(bytes: &[u8], at: usize) -> Option<[u8; N]> {
        bytes.get(at..at + N)?.try_into().ok()
    }
    Some(VerifyingKey {
        alpha: part(bytes, 0)?,
        beta: part(bytes, 64)?,
        gamma: part(bytes, 192)?,
        delta: part(bytes, 320)?,
        ic: [part(bytes, 448)?, part(bytes, 512)?, part(bytes, 576)?],
    })
}

async fn retire_key(call: Call<'_>) -> Result<Plan> {
    let key = call.args.address("key")?;
    let work = ix::verification::retire_key(&call.account, &key);
    Ok(Plan::new([work], format!("Gives notice that the verifying key {key} will be closed")))
}

async fn close_key(call: Call<'_>) -> Result<Plan> {
    let address = call.args.address("key")?;
    let key: ProofKey = call.read("verifying key", &address).await?;
    let work = ix::verification::close_key(&address, &key.payer);
    Ok(Plan::new([work], format!("Closes the verifying key {address}; its rent returns to {}", key.payer)))
}

async fn register_attestor(call: Call<'_>) -> Result<Plan> {
    let args = call.args;
    let key = match args.must("scheme")? {
        "ed25519" => AttestorKey::Ed25519 { key: args.bytes("key")? },
        _ => AttestorKey::Secp256r1 { key: args.bytes("key")? },
    };
    let address = addresses::attestor(&call.account, &key);
    let work = ix::verification::register_attestor(&call.account, &call.account, key, args.whole("expires_at")?);
    Ok(Plan::new([work], format!("Vouches for the attestor {address}")).makes("attestor", &address))
}

async fn revoke_attestor(call: Call<'_>) -> Result<Plan> {
    let attestor = call.args.address("attestor")?;
    let work = ix::verification::revoke_attestor(&call.account, &attestor);
    Ok(Plan::new([work], format!("Revokes the attestor {attestor}, for good")))
}

async fn close_attestor(call: Call<'_>) -> Result<Plan> {
    let address = call.args.address("attestor")?;
    let attestor: Attestor = call.read("attestor", &address).await?;
    let work = ix::verification::close_attestor(&address, &attestor.payer);
    Ok(Plan::new([work], format!("Closes the attestor {address}; its rent returns to {}", attestor.payer)))
}

async fn close_canary(call: Call<'_>) -> Result<Plan> {
    let address = call.args.address("canary")?;
    let canary: Canary = call.read("canary", &address).await?;
    let work = ix::verification::close_canary(&canary.commitment, &canary.payer);
    Ok(Plan::new([work], format!("Closes the canary {address}; its rent returns to {}", canary.payer)))
}
