//! What the journal and the workshop go by: a name for each thing that a node can be asked and must answer but once.

use assay_sdk::{escrow::Job, verification::Case};
use sha2::{Digest, Sha256};
use solana_sdk::pubkey::Pubkey;

/// One posting of a job: what its whole result answers. An address is not enough: once a job is closed its requester may
/// post another one there, and sealing the old one's result would cost the bond. Nor is the seed, which is drawn anew as
/// a job asks for more seats. Two postings of one second and one spec have the same result.
pub fn posting(address: &Pubkey, job: &Job) -> Pubkey {
    name(&[b"assay:posting", address.as_ref(), &job.posted_at.to_le_bytes(), &job.spec_hash])
}

/// The units of a posting that its seed draws.
pub fn sample(address: &Pubkey, job: &Job) -> Pubkey {
    name(&[b"assay:drawn", posting(address, job).as_ref(), &job.seed])
}

/// What a case about a posting asks the jury that sits now. The seed tells it from another jury of a case that stood at
/// this address before.
pub fn vote(address: &Pubkey, job: &Job, at: &Pubkey, case: &Case) -> Pubkey {
    name(&[b"assay:vote", posting(address, job).as_ref(), at.as_ref(), &[case.level], &case.seed])
}

fn name(parts: &[&[u8]]) -> Pubkey {
    let hash = parts.iter().fold(Sha256::new(), |hash, part| hash.chain_update(part));
    Pubkey::new_from_array(hash.finalize().into())
}
