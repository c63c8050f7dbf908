//! What a job is called at each moment: the state of its account, its round and its seats in one word.

use assay_sdk::{
    escrow::{Job, JobState},
    verification::{Phase, Round},
};

/// The status, as the API has it. `delivered`: whether a seat of it is under review.
pub fn status(job: &Job, round: Option<&Round>, delivered: bool) -> &'static str {
    let phase = round.map(|round| (round.phase, round.revealed));
    match (job.state, phase) {
        (JobState::Verified, _) => "verified",
        (JobState::Settled, _) => "settled",
        (JobState::Unresolved, _) => "unresolved",
        (JobState::Cancelled, _) => "cancelled",
        (JobState::Expired, _) => "expired",
        (JobState::Doubted, _) => "disputed",
        (JobState::Open | JobState::Seated, Some((Phase::Tied, _))) => "disputed",
        (JobState::Open | JobState::Seated, _) if job.cases > 0 => "disputed",
        (JobState::Open | JobState::Seated, Some((Phase::Auditing, _))) => "revealed",
        (JobState::Open | JobState::Seated, Some((Phase::Revealing, 1..))) => "revealed",
        (JobState::Open | JobState::Seated, Some((Phase::Revealing, 0))) => "sealed",
        (JobState::Open | JobState::Seated, _) if delivered => "delivered",
        (JobState::Open, _) => "open",
        (JobState::Seated, _) => "seated",
    }
}

/// Whether nothing about a job's outcome can change any more.
pub fn is_final(status: &str) -> bool {
    matches!(status, "settled" | "closed" | "cancelled" | "expired" | "unresolved")
}

#[cfg(test)]
mod tests {
    use assay_sdk::anchor_lang::{AnchorDeserialize, Space};

    use super::*;

    fn blank<T: AnchorDeserialize + Space>() -> T {
        T::deserialize(&mut vec![0; 2 * T::INIT_SPACE].as_slice()).unwrap()
    }

    #[test]
    fn a_live_job_is_what_its_round_and_seats_say() {
        let seated = Job { state: JobState::Seated, ..blank() };
        let round = |phase, revealed| Round { phase, revealed, ..blank() };
        let said = |phase, revealed| status(&seated, Some(&round(phase, revealed)), false);
        assert_eq!((status(&seated, None, false), status(&seated, None, true)), ("seated", "delivered"));
        assert_eq!(status(&Job { state: JobState::Open, ..blank() }, None, false), "open");
        let table = [
            (Phase::Sealing, 0, "seated"),
            // Widened: more are asked, though some have revealed.
            (Phase::Sealing, 2, "seated"),
            (Phase::Checking, 0, "seated"),
            (Phase::Revealing, 0, "sealed"),
            (Phase::Revealing, 1, "revealed"),
            (Phase::Tied, 7, "disputed"),
            (Phase::Auditing, 4, "revealed"),
        ];
        for (phase, revealed, expected) in table {
            assert_eq!(said(phase, revealed), expected, "{phase:?} {revealed}");
        }
        let disputed = Job { state: JobState::Seated, cases: 1, ..blank() };
        assert_eq!(status(&disputed, None, true), "disputed");
        let verified = Job { state: JobState::Verified, cases: 1, ..blank() };
        assert_eq!(status(&verified, Some(&round(Phase::Final, 3)), false), "verified");
    }
}
