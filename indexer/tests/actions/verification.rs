//! What the verification program's actions should build.

use assay_sdk::{
    ix,
    ix::verification as call,
    sample::Piece,
    token::ASY_MINT,
    verification::{AttestorKey, CaseKind, VerifyingKey, attest, proof},
};
use solana_sdk::instruction::AccountMeta;

use crate::{Built, built, hash, support::ME, world::*};

fn rounds() -> Vec<Built> {
    let mut proven = call::draw_roundless_by(Some(&ME), &PROVEN);
    proven.accounts.push(AccountMeta::new_readonly(KEY, false));
    let of_job = |name, job, work: Vec<_>| built(name, &format!("job={job}"), work);
    vec![
        of_job("verification/draw", OPEN, vec![call::draw_by(&ME, &OPEN)]),
        of_job("verification/draw", JOB, vec![call::draw_roundless_by(Some(&ME), &JOB)]),
        of_job("verification/draw", PROVEN, vec![proven]),
        of_job("verification/finalize_round", JOB, vec![call::finalize_round_by(&ME, &JOB, 2, &[OPERATOR])]),
        of_job("verification/finalize_sample", JOB, vec![call::finalize_sample(Some(&ME), &JOB, 2, &[OPERATOR])]),
        of_job("verification/close_round", OPEN, vec![call::close_round(&OPEN, &OTHER)]),
        of_job("verification/conclude_tie", JOB, vec![call::conclude_tie(&JOB, 2, &[OPERATOR])]),
        of_job("verification/conclude_sample", JOB, vec![call::conclude_sample(Some(&ME), &JOB, 2, &[OPERATOR])]),
    ]
}

fn proofs() -> Vec<Built> {
    let (root, one, two) = (hash(9), hash(1), hash(2));
    let piece = Piece { leaf: 1, height: 2, hashes: vec![[1; 32], [2; 32]] };
    let statement = proof::Statement {
        genesis: &[3; 32],
        job: &ATTESTED,
        seed: &[7; 32],
        operator: &ME,
        spec_hash: &[8; 32],
        root: &[9; 32],
    };
    let mut attested = call::signatures(&attest::message(&statement), &[(attestor_key(), [5; 64])]);
    attested.push(call::submit_attestation(&ME, &ATTESTED, 2, [9; 32], &[ATTESTOR]));
    vec![
        built(
            "verification/prove_sample",
            &format!("job={JOB} leaf=1 height=2 hashes={one},{two}"),
            [call::prove_sample(&ME, &JOB, piece)],
        ),
        built(
            "verification/submit_proof",
            &format!("job={PROVEN} root={root} proof={}", hex::encode([4; 256])),
            [call::submit_proof(&ME, &PROVEN, 2, &KEY, [9; 32], [4; 256])],
        ),
        built(
            "verification/submit_attestation",
            &format!("job={ATTESTED} root={root} signatures={ATTESTOR}:{}", hex::encode([5; 64])),
            attested,
        ),
    ]
}

fn cases() -> Vec<Built> {
    let asy = |owner| ix::create_ata(&ME, owner, &ASY_MINT);
    let unit = CaseKind::Challenge { unit: 4 };
    let of_case = |name, work: Vec<_>| built(name, &format!("case={CASE}"), work);
    let (digest, sibling) = (hash(1), hash(2));
    vec![
        built(
            "verification/open_case",
            &format!("job={JOB} kind=challenge unit=4"),
            [call::open_case(&ME, &JOB, unit, Some(&OPERATOR))],
        ),
        built(
            "verification/open_case",
            &format!("job={JOB} kind=tie"),
            [call::open_case(&ME, &JOB, CaseKind::Tie, None)],
        ),
        built(
            "verification/open_case",
            &format!("job={JOB} kind=sample"),
            [call::open_case(&ME, &JOB, CaseKind::Sample, None)],
        ),
        built(
            "verification/answer_case",
            &format!("case={CASE} digest={digest} siblings={sibling}"),
            [call::answer_case(&ME, &JOB, &CASE, 0, [1; 32], &[[2; 32]])],
        ),
        of_case("verification/appeal", vec![call::appeal(&ME, &JOB, &CASE)]),
        of_case("verification/conclude_challenge", vec![call::conclude_challenge(&JOB, 2, &CASE, &OPERATOR)]),
        of_case("verification/moot_case", vec![call::moot_case(&JOB, &CASE)]),
        of_case("verification/close_case", vec![call::close_case(&CASE, &case())]),
        of_case("verification/draw_jury", vec![call::draw_jury(&CASE)]),
        of_case("verification/join_jury", vec![call::join_jury(&ME, &JOB, 2, &CASE)]),
        of_case("verification/resolve_case", vec![call::resolve_case(&CASE)]),
        of_case("verification/settle_ballot", vec![call::settle_ballot(&CASE, &ME)]),
        built(
            "verification/pay_case",
            &format!("case={CASE} index=0"),
            [asy(&PAYEE), call::pay_case(&CASE, 0, &PAYEE)],
        ),
        built(
            "verification/slash_ballot",
            &format!("case={CASE} operator={OPERATOR}"),
            [asy(&REQUESTER), call::slash_ballot(&CASE, &REQUESTER, &OPERATOR, &ME)],
        ),
        built("verification/return_surety", &format!("job={JOB}"), [call::return_surety(&JOB, &ME)]),
        built(
            "verification/return_surety",
            &format!("job={JOB} operator={OPERATOR}"),
            [asy(&OPERATOR), call::return_surety(&JOB, &OPERATOR)],
        ),
    ]
}

fn keys() -> Vec<Built> {
    let parts = [vec![1; 64], vec![2; 128], vec![3; 128], vec![4; 128], vec![5; 64], vec![6; 64], vec![7; 64]];
    let key = VerifyingKey {
        alpha: [1; 64],
        beta: [2; 128],
        gamma: [3; 128],
        delta: [4; 128],
        ic: [[5; 64], [6; 64], [7; 64]],
    };
    let enclave = AttestorKey::Secp256r1 { key: [2; 33] };
    vec![
        built(
            "verification/register_key",
            &format!("key={}", hex::encode(parts.concat())),
            [call::register_key(&ME, key)],
        ),
        built("verification/retire_key", &format!("key={KEY}"), [call::retire_key(&ME, &KEY)]),
        built("verification/close_key", &format!("key={KEY}"), [call::close_key(&KEY, &PAYEE)]),
        built(
            "verification/register_attestor",
            &format!("scheme=ed25519 key={} expires_at=99", hash(6)),
            [call::register_attestor(&ME, &ME, attestor_key(), 99)],
        ),
        built(
            "verification/register_attestor",
            &format!("scheme=secp256r1 key={} expires_at=99", hex::encode([2; 33])),
            [call::register_attestor(&ME, &ME, enclave, 99)],
        ),
        built("verification/revoke_attestor", &format!("attestor={ATTESTOR}"), [call::revoke_attestor(&ME, &ATTESTOR)]),
        built(
            "verification/close_attestor",
            &format!("attestor={ATTESTOR}"),
            [call::close_attestor(&ATTESTOR, &PAYEE)],
        ),
        built("verification/close_canary", &format!("canary={CANARY}"), [call::close_canary(&[5; 32], &PAYEE)]),
    ]
}

pub fn all() -> Vec<Built> {
    [rounds(), proofs(), cases(), keys()].into_iter().flatten().collect()
}
