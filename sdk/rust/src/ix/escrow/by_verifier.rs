//! Builders of what only the verification program's PDA can sign: here so that tests can show it.

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use assay_escrow::{ID, VERIFIER, accounts, instruction};

use super::super::build;

/// Set a job's seed. Only the verification program's PDA can sign this.
pub fn set_seed(job: &Pubkey, seed: Option<[u8; 32]>) -> Instruction {
    build(ID, accounts::JobByVerifier { verifier: VERIFIER, job: *job }, instruction::SetSeed { seed })
}

/// Store a seal. Only the verification program's PDA can sign this.
pub fn seal_seat(seat: &Pubkey, seal: [u8; 32]) -> Instruction {
    build(ID, accounts::SeatByVerifier { verifier: VERIFIER, seat: *seat }, instruction::SealSeat { seal })
}

/// Store a digest. Only the verification program's PDA can sign this.
pub fn reveal_seat(seat: &Pubkey, digest: [u8; 32]) -> Instruction {
    build(ID, accounts::SeatByVerifier { verifier: VERIFIER, seat: *seat }, instruction::RevealSeat { digest })
}

/// Record a verdict. Only the verification program's PDA can sign this.
pub fn record_verdict(job: &Pubkey, root: [u8; 32], winners: u8, losers: u8) -> Instruction {
    let data = instruction::RecordVerdict { root, winners, losers };
    build(ID, accounts::JobByVerifier { verifier: VERIFIER, job: *job }, data)
}

/// End a job whose result a case found wrong. Only the verification program's PDA can sign this.
pub fn convict(job: &Pubkey, losers: u8, accuser: &Pubkey) -> Instruction {
    let data = instruction::Convict { losers, accuser: *accuser };
    build(ID, accounts::JobByVerifier { verifier: VERIFIER, job: *job }, data)
}

/// Note that a jury could not say. Only the verification program's PDA can sign this.
pub fn doubt(job: &Pubkey) -> Instruction {
    build(ID, accounts::JobByVerifier { verifier: VERIFIER, job: *job }, instruction::Doubt {})
}

/// Count a case. Only the verification program's PDA can sign this.
pub fn change_cases(job: &Pubkey, open: bool) -> Instruction {
    build(ID, accounts::JobByVerifier { verifier: VERIFIER, job: *job }, instruction::ChangeCases { open })
}

/// Ask for more seats. Only the verification program's PDA can sign this.
pub fn ask(job: &Pubkey, replicas: u8, rearm: bool) -> Instruction {
    build(ID, accounts::JobByVerifier { verifier: VERIFIER, job: *job }, instruction::Ask { replicas, rearm })
}

/// Set the root that is judged. Only the verification program's PDA can sign this.
pub fn set_root(job: &Pubkey, root: [u8; 32]) -> Instruction {
    build(ID, accounts::JobByVerifier { verifier: VERIFIER, job: *job }, instruction::SetRoot { root })
}
