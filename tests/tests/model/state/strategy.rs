//! What a job's strategy means for its seats and its end, as `docs/market.md` says.

use assay_tests::assay_sdk::escrow::Strategy;

/// Seats that are asked for at first: all replicas, or one, whom others follow or nobody.
pub fn first(strategy: Strategy) -> u8 {
    match strategy {
        Strategy::Replicated { replicas, adaptive: false, .. } => replicas,
        _ => 1,
    }
}

/// Seats that may ever be asked for: each is paid for at posting.
pub fn most(strategy: Strategy) -> u8 {
    match strategy {
        Strategy::Replicated { most, .. } => most,
        Strategy::Sampled { committee, .. } => 1 + committee,
        Strategy::Optimistic { .. }
        | Strategy::Proven { .. }
        | Strategy::Attested { .. }
        | Strategy::Accepted { .. } => 1,
    }
}

/// Bounties that a job may have to pay: for each seat, for closing it, and for each draw and each count.
pub fn cranks(strategy: Strategy) -> u8 {
    let of_rounds = match strategy {
        Strategy::Replicated { adaptive, .. } => {
            // Each stage is drawn and counted; at worst each is widened by two. Whether one is checked is drawn, too.
            let (mut asked, mut stages) = (first(strategy), 1);
            while asked < most(strategy) {
                (asked, stages) = (asked + 2, stages + 1);
            }
            2 * stages + u8::from(adaptive)
        }
        // Executor and committee are drawn, and the audit ends.
        Strategy::Sampled { .. } => 3,
        _ => 2,
    };
    most(strategy) + 1 + of_rounds
}

/// Seats that must agree.
pub fn quorum(strategy: Strategy) -> u8 {
    match strategy {
        Strategy::Replicated { quorum, .. } => quorum,
        // The executor, and more than half of the committee: who did not come counts against everything.
        Strategy::Sampled { committee, .. } => 1 + committee / 2 + 1,
        _ => 1,
    }
}

/// Seconds after a delivery in which somebody may object.
pub fn review(strategy: Strategy) -> Option<u32> {
    match strategy {
        Strategy::Optimistic { window } | Strategy::Accepted { window } => Some(window),
        _ => None,
    }
}

/// Whether seals and reveals judge it.
pub fn has_round(strategy: Strategy) -> bool {
    matches!(strategy, Strategy::Replicated { .. } | Strategy::Sampled { .. })
}
