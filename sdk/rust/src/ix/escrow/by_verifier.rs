//! What only the verification program's PDA can sign; here so that tests can show it.

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use assay_escrow::{ID, VERIFIER, accounts, instruction};

use super::super::build;

fn of_job(job: &Pubkey) -> accounts::JobByVerifier {
    accounts::JobByVerifier { verifier: VERIFIER, job: *job }
}

fn of_seat(seat: &Pubkey) -> accounts::SeatByVerifier {
    accounts::SeatByVerifier { verifier: VERIFIER, seat: *seat }
}

/// Set a job's seed.
pub fn set_seed(job: &Pubkey, seed: Option<[u8; 32]>) -> Instruction {
    build(ID, of_job(job), instruction::SetSeed { seed })
}

/// Ask for more seats of a job.
pub fn ask(job: &Pubkey, replicas: u8, rearm: bool) -> Instruction {
    build(ID, of_job(job), instruction::Ask { replicas, rearm })
}

/// Set the root that is to be judged.
pub fn set_root(job: &Pubkey, root: [u8; 32]) -> Instruction {
    build(ID, of_job(job), instruction::SetRoot { root })
}

/// Count a case that was opened, or closed.
pub fn change_cases(job: &Pubkey, open: bool) -> Instruction {
    build(ID, of_job(job), instruction::ChangeCases { open })
}

/// Store a seal.
pub fn seal_seat(seat: &Pubkey, seal: [u8; 32]) -> Instruction {
    build(ID, of_seat(seat), instruction::SealSeat { seal })
}

/// Store a digest.
pub fn reveal_seat(seat: &Pubkey, digest: [u8; 32]) -> Instruction {
    build(ID, of_seat(seat), instruction::RevealSeat { digest })
}

/// Record a verdict.
pub fn record_verdict(job: &Pubkey, root: [u8; 32], winners: u8, losers: u8) -> Instruction {
    build(ID, of_job(job), instruction::RecordVerdict { root, winners, losers })
}

/// End a job whose result a case found wrong.
pub fn convict(job: &Pubkey, losers: u8, accuser: &Pubkey) -> Instruction {
    build(ID, of_job(job), instruction::Convict { losers, accuser: *accuser })
}

/// Note that a jury could not say.
pub fn doubt(job: &Pubkey) -> Instruction {
    build(ID, of_job(job), instruction::Doubt {})
}
