//! What a job will cost, from what jobs of its class and mint cost lately. Pure: the figures come from `market`.

use assay_sdk::{
    escrow::{Job, Strategy, math},
    verification::Round,
};
use serde::Serialize;
use solana_sdk::rent::Rent;
use utoipa::ToSchema;

use super::{ask::Wanted, market::Market};

/// Settled jobs from which on an estimate is more than a guess.
pub const ENOUGH: u64 = 5;
/// Bytes of a token account, the job's vault.
const VAULT_BYTES: usize = 165;
/// Longest uri of a job: what its rent is reckoned with.
const URI: usize = 128;

/// Three figures of the same thing, in base units; null where nothing is known.
#[derive(Serialize, ToSchema, Clone, Debug, PartialEq, Eq)]
pub struct Spread {
    /// A quarter of the jobs cost no more.
    pub p25: Option<String>,
    /// Half of them cost no more.
    pub median: Option<String>,
    /// Three quarters of them cost no more.
    pub p75: Option<String>,
}

/// Seats that the strategy takes.
#[derive(Serialize, ToSchema, Clone, Debug, PartialEq, Eq)]
pub struct Seats {
    /// Asked for at first.
    pub first: u8,
    /// That may ever be asked for, which the deposit covers.
    pub most: u8,
    /// That must agree.
    pub quorum: u8,
}

/// What a job will cost.
#[derive(Serialize, ToSchema, Clone, Debug, PartialEq, Eq)]
pub struct Estimate {
    /// Settled jobs of this class and mint that it rests on, at most the last 200.
    pub jobs: u64,
    /// Whether they are at least five: else it is a guess.
    pub enough: bool,
    /// What all this says, in a sentence.
    pub note: String,
    /// Base units of the mint for a unit of a seat, the protocol's fee included: what settled jobs paid.
    pub price_per_unit: Spread,
    /// How many seats it takes.
    pub seats: Seats,
    /// Base units of the mint that the requester locks: for all seats that may ever be asked for. What is not paid out
    /// comes back.
    pub deposit: Spread,
    /// Base units of the mint that are paid if the seats asked for at first settle it.
    pub expected: Spread,
    /// The protocol's fee, in bps of what seats are paid; part of the price.
    pub fee_bps: u16,
    /// The fee's part of `expected`.
    pub protocol_fee: Spread,
    /// Base units of ASY that each operator locks as a bond, at the median price; it is given back unless it fails.
    pub bond: Option<String>,
    /// Base units of ASY that a wrong or withheld result costs it, the bond included.
    pub exposure: Option<String>,
    /// Lamports that the requester adds for whoever cranks the job; what is not needed comes back.
    pub bounties: String,
    /// Lamports of rent for the job, its vault and its round, at today's default rate; they come back with the closing.
    pub rent: String,
}

/// Prices of a unit: at a quarter, half and three quarters.
pub type Prices = [Option<u64>; 3];

/// What a seat of a mint is worth in ASY: at the rate at which bonds are set.
pub fn in_asy(amount: u64, bond_rate: u64) -> u64 {
    let product = u128::from(amount) * u128::from(bond_rate) / u128::from(math::RATE_UNIT);
    u64::try_from(product).unwrap_or(u64::MAX)
}

/// (bond, exposure) of a seat at this price; as `post_job` sets them.
pub fn exposure(seat_price: u64, market: &Market) -> Option<(u64, u64)> {
    let bond = math::bond(seat_price, market.bond_bps, market.bond_rate)?;
    Some((bond, bond.checked_add(math::bps_up(market.class_stake, market.wrong_bps)?)?))
}

/// The estimate.
pub fn estimate(wanted: &Wanted, market: &Market) -> Estimate {
    let strategy = &wanted.strategy;
    let deposit = market.prices.map(|price| sum(wanted, price?, strategy.most()));
    let expected = market.prices.map(|price| sum(wanted, price?, paid_seats(strategy)));
    let fee = expected.map(|expected| math::bps_down(expected?, market.fee_bps));
    let median = market.prices[1].and_then(|price| math::seat_price(wanted.units, price));
    let (bond, exposure) = median.and_then(|price| exposure(price, market)).unzip();
    let lamports = math::bounties(market.bounty, strategy).unwrap_or(u64::MAX);
    Estimate {
        jobs: market.jobs,
        enough: market.jobs >= ENOUGH,
        note: note(wanted, market),
        price_per_unit: spread(market.prices),
        seats: Seats { first: strategy.first(), most: strategy.most(), quorum: strategy.quorum() },
        deposit: spread(deposit),
        expected: spread(expected),
        fee_bps: market.fee_bps,
        protocol_fee: spread(fee),
        bond: bond.map(|bond| bond.to_string()),
        exposure: exposure.map(|exposure| exposure.to_string()),
        bounties: lamports.to_string(),
        rent: rent(strategy).to_string(),
    }
}

/// Seats that are paid in the ordinary case: of a sampled job the committee too.
fn paid_seats(strategy: &Strategy) -> u8 {
    if strategy.is_sampled() { strategy.most() } else { strategy.first() }
}

/// What so many seats cost; a committee's seats are paid for its samples.
fn sum(wanted: &Wanted, price: u64, seats: u8) -> Option<u64> {
    let seat = math::seat_price(wanted.units, price)?;
    match wanted.strategy {
        Strategy::Sampled { samples, .. } => {
            let samples = math::seat_price(wanted.units.min(samples.into()), price)?;
            seat.checked_add(samples.checked_mul(u64::from(seats).saturating_sub(1))?)
        }
        _ => seat.checked_mul(seats.into()),
    }
}

fn spread(values: Prices) -> Spread {
    let [p25, median, p75] = values.map(|value| value.map(|value| value.to_string()));
    Spread { p25, median, p75 }
}

fn rent(strategy: &Strategy) -> u64 {
    let prices = if strategy.is_sampled() { usize::from(strategy.most()) } else { 0 };
    let job = Job::space(strategy, URI, prices, 0, 0);
    let round = strategy.has_round().then(|| Round::space(strategy.is_sampled()));
    let rent = Rent::default();
    [job, VAULT_BYTES].into_iter().chain(round).map(|bytes| rent.minimum_balance(bytes)).sum()
}

fn note(wanted: &Wanted, market: &Market) -> String {
    let class = wanted.class;
    match market.jobs {
        0 => format!(
            "No job of class {class} was settled in this mint yet: there is no market price; offer what you like and see who comes."
        ),
        jobs if jobs < ENOUGH => {
            format!("Only {jobs} jobs of class {class} were settled in this mint: too few for more than a guess.")
        }
        jobs => format!("From the last {jobs} settled jobs of class {class} in this mint."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::serve::quotes::market::tests::market;

    fn wanted(strategy: Strategy, units: u64) -> Wanted {
        Wanted { strategy, units, ..crate::serve::quotes::ask::tests::wanted() }
    }

    #[test]
    fn what_each_strategy_costs() {
        let replicated = |replicas, most, adaptive| Strategy::Replicated { replicas, quorum: 2, most, adaptive };
        // (strategy, seats, deposit and expected of 32 units at 10 each)
        let table = [
            (replicated(3, 3, false), (3, 3, 2), 960, 960),
            (replicated(2, 7, false), (2, 7, 2), 2_240, 640),
            (replicated(3, 7, true), (1, 7, 2), 2_240, 320),
            (Strategy::Sampled { samples: 4, committee: 3 }, (1, 4, 3), 320 + 3 * 40, 320 + 3 * 40),
            (Strategy::Optimistic { window: 1 }, (1, 1, 1), 320, 320),
        ];
        for (strategy, (first, most, quorum), deposit, expected) in table {
            let estimate = estimate(&wanted(strategy, 32), &market([8, 10, 20], 6));
            assert_eq!(estimate.seats, Seats { first, most, quorum }, "{strategy:?}");
            let medians =
                [&estimate.deposit, &estimate.expected, &estimate.protocol_fee].map(|s| s.median.clone().unwrap());
            assert_eq!(
                medians,
                [deposit, expected, expected * 250 / 10_000].map(|sum: u64| sum.to_string()),
                "{strategy:?}"
            );
            assert_eq!(estimate.price_per_unit.p75.as_deref(), Some("20"));
            assert!(estimate.enough);
        }
    }

    #[test]
    fn bonds_are_those_of_a_posted_job() {
        // 30 % of 320 base units at 2 ASY base units each, and a quarter of the class stake of 1,001.
        let estimate = estimate(&wanted(Strategy::ORDINARY, 32), &market([10; 3], 5));
        assert_eq!((estimate.bond.as_deref(), estimate.exposure.as_deref()), (Some("192"), Some("443")));
        assert_eq!(estimate.bounties, "30000");
        assert!(estimate.rent.parse::<u64>().unwrap() > 1_000_000);
    }

    #[test]
    fn too_little_is_said_to_be() {
        let none = Market { prices: [None; 3], ..market([0; 3], 0) };
        let estimate_of = |market: &Market| estimate(&wanted(Strategy::ORDINARY, 32), market);
        let nothing = estimate_of(&none);
        assert!(!nothing.enough && nothing.note.starts_with("No job of class 1"), "{}", nothing.note);
        assert_eq!((nothing.deposit.median, nothing.bond), (None, None));
        let few = estimate_of(&market([1; 3], 4));
        assert!(!few.enough && few.note.starts_with("Only 4 jobs"), "{}", few.note);
        // More than can ever exist is not known rather than wrong.
        let absurd = estimate(&wanted(Strategy::ORDINARY, 1 << 32), &market([u64::MAX; 3], 9));
        assert_eq!((absurd.deposit.median, absurd.exposure), (None, None));
    }
}
