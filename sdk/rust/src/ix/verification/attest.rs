//! Attestors, and results that they sign for.

use anchor_lang::{
    prelude::Pubkey,
    solana_program::instruction::{AccountMeta, Instruction},
};
use assay_escrow::{ID as ESCROW, VERIFIER};
use assay_reputation::ID as REPUTATION;
use assay_verification::{
    AttestorKey, ID, accounts,
    attest::{ED25519_PROGRAM, SECP256R1_PROGRAM},
    instruction,
};
use solana_sdk_ids::sysvar::instructions::ID as INSTRUCTIONS;

use super::{SYSTEM_PROGRAM, build, build_with};
use crate::addresses::{attestor as attestor_address, config, event_authority, record, seat};

/// Vouch for an attestor until `expires_at` (unix seconds).
pub fn register_attestor(registrar: &Pubkey, payer: &Pubkey, key: AttestorKey, expires_at: i64) -> Instruction {
    let accounts = accounts::RegisterAttestor {
        registrar: *registrar,
        payer: *payer,
        attestor: attestor_address(registrar, &key),
        system_program: SYSTEM_PROGRAM,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::RegisterAttestor { key, expires_at })
}

/// Take back one's word for an attestor.
pub fn revoke_attestor(registrar: &Pubkey, attestor: &Pubkey) -> Instruction {
    let accounts = accounts::RevokeAttestor {
        registrar: *registrar,
        attestor: *attestor,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::RevokeAttestor {})
}

/// Close an attestor that is revoked or expired.
pub fn close_attestor(attestor: &Pubkey, payer: &Pubkey) -> Instruction {
    let accounts = accounts::CloseAttestor {
        attestor: *attestor,
        payer: *payer,
        event_authority: event_authority(&ID),
        program: ID,
    };
    build(ID, accounts, instruction::CloseAttestor {})
}

/// Show by the signatures of these attestors that `root` is a job's result. Goes into one transaction with what
/// [`signatures`] returns. `class`: the job's; `attestors`: addresses of those that signed.
pub fn submit_attestation(
    operator: &Pubkey,
    job: &Pubkey,
    class: u8,
    root: [u8; 32],
    attestors: &[Pubkey],
) -> Instruction {
    let accounts = accounts::SubmitAttestation {
        operator: *operator,
        config: config(&ID),
        job: *job,
        seat: seat(job, operator),
        instructions: INSTRUCTIONS,
        record: record(operator, class),
        authority: VERIFIER,
        escrow_program: ESCROW,
        reputation_program: REPUTATION,
        event_authority: event_authority(&ID),
        program: ID,
    };
    let attestors = attestors.iter().map(|attestor| AccountMeta::new_readonly(*attestor, false));
    build_with(ID, accounts, attestors.collect(), instruction::SubmitAttestation { root })
}

/// The instructions that have the runtime verify attestors' signatures of `message` (`assay_verification::attest::message`):
/// one for each scheme that occurs. A signature over secp256r1 is r and s, with s in the lower half.
pub fn signatures(message: &[u8; 32], signed: &[(AttestorKey, [u8; 64])]) -> Vec<Instruction> {
    let mut ed25519 = Vec::new();
    let mut secp256r1 = Vec::new();
    for (key, signature) in signed {
        match key {
            AttestorKey::Ed25519 { key } => ed25519.push((key.as_slice(), signature)),
            AttestorKey::Secp256r1 { key } => secp256r1.push((key.as_slice(), signature)),
        }
    }
    let all = [(ED25519_PROGRAM, ed25519), (SECP256R1_PROGRAM, secp256r1)];
    all.into_iter().filter(|(_, signed)| !signed.is_empty()).map(|(id, signed)| verify(id, message, &signed)).collect()
}

/// One precompile's instruction: how many, an entry for each, the message, then each key and signature. Every entry points
/// into the instruction itself (`u16::MAX`).
fn verify(program_id: Pubkey, message: &[u8; 32], signed: &[(&[u8], &[u8; 64])]) -> Instruction {
    const HERE: u16 = u16::MAX;
    let start = 2 + 14 * signed.len();
    let mut data = vec![signed.len() as u8, 0];
    let mut at = start + message.len();
    for (key, signature) in signed {
        let (key_at, signature_at) = (at as u16, (at + key.len()) as u16);
        let entry = [signature_at, HERE, key_at, HERE, start as u16, message.len() as u16, HERE];
        entry.iter().for_each(|number| data.extend(number.to_le_bytes()));
        at += key.len() + signature.len();
    }
    data.extend(message);
    signed.iter().for_each(|(key, signature)| data.extend(key.iter().chain(*signature)));
    Instruction { program_id, accounts: Vec::new(), data }
}

#[cfg(test)]
mod tests {
    use assay_verification::attest;

    use super::*;

    #[test]
    fn the_program_reads_what_is_built() {
        let keys = [
            AttestorKey::Ed25519 { key: [1; 32] },
            AttestorKey::Secp256r1 { key: [2; 33] },
            AttestorKey::Ed25519 { key: [3; 32] },
        ];
        let built = signatures(&[7; 32], &keys.map(|key| (key, [9; 64])));
        assert_eq!(built.len(), 2);
        let read: Vec<_> = built.iter().map(|ix| attest::signers(&ix.program_id, &ix.data, 0, &[7; 32])).collect();
        assert_eq!(read[0].as_ref().expect("it is sound"), &[keys[0], keys[2]]);
        assert_eq!(read[1].as_ref().expect("it is sound"), &[keys[1]]);
        assert!(signatures(&[7; 32], &[]).is_empty());
    }
}
