//! What a job is called at each moment: the state of its account and of its round in one word.

use assay_sdk::{
    escrow::JobState,
    verification::{Phase, Round},
};

/// The status, as the API has it.
pub fn status(state: JobState, round: Option<&Round>) -> &'static str {
    let revealing = round.filter(|round| round.phase == Phase::Revealing);
    match (state, revealing) {
        (JobState::Open | JobState::Seated, Some(round)) if round.revealed > 0 => "revealed",
        (JobState::Open | JobState::Seated, Some(_)) => "sealed",
        (JobState::Open, None) => "open",
        (JobState::Seated, None) => "seated",
        (JobState::Verified, _) => "verified",
        (JobState::Settled, _) => "settled",
        (JobState::Unresolved, _) => "unresolved",
        (JobState::Cancelled, _) => "cancelled",
        (JobState::Expired, _) => "expired",
    }
}

/// Whether nothing about a job's outcome can change any more.
pub fn is_final(status: &str) -> bool {
    matches!(status, "settled" | "closed" | "cancelled" | "expired" | "unresolved")
}
