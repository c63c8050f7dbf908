//! The order of the devices: a score of four parts, each 0 to 10,000, with fixed weights. Pure: no clock, no table.
//!
//! A device that is cheaper, better reputed, less risky or sooner done, and else equal, is never below the other one.

/// 100 %, and the most that a part can be.
pub const FULL: u64 = 10_000;
/// Weight of each part, in bps.
pub const WEIGHTS: [u64; 4] = [4_000, 3_000, 1_500, 1_500];
/// What the parts are.
pub const NAMES: [&str; 4] = ["price", "reputation", "risk", "wait"];

/// A device that fits, and what is known of its operator.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Candidate {
    pub address: String,
    pub operator: String,
    pub cores: u64,
    pub slots: u64,
    pub busy: u64,
    pub verified: bool,
    /// Base units of ASY an hour.
    pub floor: u64,
    /// Score of the operator's record of the class, in bps; 5,000 without one.
    pub score_bps: u64,
    pub valid: u64,
    /// Wrong and silent.
    pub failed: u64,
    /// Stake that is not locked, in base units of ASY.
    pub free_stake: u64,
    /// Seats that the operator holds now, on all its devices.
    pub seats: u64,
}

/// What all devices are measured by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Measure {
    pub units: u64,
    /// Thousandths of a second of a unit on one core, if that is known.
    pub millis_per_unit: Option<u64>,
    /// Seconds that a whole job of so many units takes else.
    pub usual_seconds: u64,
    /// Seconds that there are for it.
    pub given_seconds: u64,
    /// What a seat is worth, in base units of ASY: as offered, or as the market pays; `None` where neither is known.
    pub worth: Option<u64>,
    /// Base units of ASY that the harmed side gets of a wrong seat.
    pub compensation: u64,
}

/// A device and its score.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ranked {
    pub candidate: Candidate,
    /// Price, reputation, risk, wait: each 0 to [`FULL`].
    pub parts: [u64; 4],
    /// The parts by their weights, 0 to [`FULL`].
    pub score: u64,
    /// What its floor comes to for this job, in base units of ASY.
    pub cost: u64,
    pub compute_seconds: u64,
    pub wait_seconds: u64,
    /// Probability that a seat of this operator fails, in bps, by Laplace's rule of succession.
    pub failure_bps: u64,
}

/// The best first; equals by floor, then by address, so that the order is the same every time.
pub fn rank(measure: &Measure, candidates: Vec<Candidate>) -> Vec<Ranked> {
    let costs = candidates.iter().map(|candidate| cost(measure, candidate));
    let reference = measure.worth.unwrap_or_else(|| median(costs.collect()));
    let mut ranked: Vec<_> = candidates.into_iter().map(|candidate| judge(measure, reference, candidate)).collect();
    // By the exact sums: rounding must not make two devices equal that are not.
    let key = |ranked: &Ranked| std::cmp::Reverse(weighted(&ranked.parts));
    ranked.sort_by(|a, b| {
        let equal = key(a).cmp(&key(b)).then(a.candidate.floor.cmp(&b.candidate.floor));
        equal.then_with(|| a.candidate.address.cmp(&b.candidate.address))
    });
    ranked
}

fn judge(measure: &Measure, reference: u64, candidate: Candidate) -> Ranked {
    let (cost, compute_seconds) = (cost(measure, &candidate), compute_seconds(measure, &candidate));
    let wait_seconds = wait_seconds(measure, &candidate);
    let failure_bps =
        share(candidate.failed.saturating_add(1), candidate.valid.saturating_add(candidate.failed).saturating_add(2));
    let parts = [
        against(reference, cost),
        candidate.score_bps.min(FULL),
        safety(failure_bps, measure),
        against(measure.given_seconds, wait_seconds.saturating_add(compute_seconds)),
    ];
    let score = weighted(&parts) / FULL;
    Ranked { candidate, parts, score, cost, compute_seconds, wait_seconds, failure_bps }
}

fn weighted(parts: &[u64; 4]) -> u64 {
    parts.iter().zip(WEIGHTS).map(|(part, weight)| part * weight).sum()
}

/// `reference / (reference + amount)`: all of it for nothing, half of it for the reference itself.
fn against(reference: u64, amount: u64) -> u64 {
    let reference = u128::from(reference.max(1));
    (reference * u128::from(FULL) / (reference + u128::from(amount))) as u64
}

fn share(part: u64, whole: u64) -> u64 {
    (u128::from(part) * u128::from(FULL) / u128::from(whole.max(1))) as u64
}

/// What failing costs: the time always, and the price as far as no bond makes up for it. Half each.
fn safety(failure_bps: u64, measure: &Measure) -> u64 {
    let covered = measure.worth.map_or(0, |worth| share(measure.compensation.min(worth), worth));
    FULL - failure_bps.min(FULL) * (2 * FULL - covered.min(FULL)) / (2 * FULL)
}

/// Seconds that the job takes on this machine: its units share the cores.
pub fn compute_seconds(measure: &Measure, candidate: &Candidate) -> u64 {
    let Some(millis) = measure.millis_per_unit else { return measure.usual_seconds.max(1) };
    let turns = measure.units.div_ceil(candidate.cores.clamp(1, measure.units.max(1)));
    turns.saturating_mul(millis).div_ceil(1_000).max(1)
}

/// Seconds until one of its slots is free: none if one is, else what is left on average of the seats that hold them.
fn wait_seconds(measure: &Measure, candidate: &Candidate) -> u64 {
    if candidate.busy < candidate.slots {
        return 0;
    }
    measure.usual_seconds.div_ceil(candidate.slots.saturating_add(1))
}

/// What its floor comes to for the time that the job takes on it.
fn cost(measure: &Measure, candidate: &Candidate) -> u64 {
    let product = u128::from(candidate.floor) * u128::from(compute_seconds(measure, candidate));
    u64::try_from(product.div_ceil(3_600)).unwrap_or(u64::MAX)
}

fn median(mut costs: Vec<u64>) -> u64 {
    costs.sort_unstable();
    costs.get(costs.len() / 2).copied().unwrap_or(1)
}

#[cfg(test)]
mod tests;
