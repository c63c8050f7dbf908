//! What the simulator must show, whatever it is used for.

use assay_simulator::{Cell, Params, Policy, Row, Strategy, Sweep, exact, params::ASY, population::Population, report};
use assay_staking::{Most, math::split_proceeds};

const SEED: u64 = 2026;

fn sweep(jobs: u32, params: Params) -> Sweep {
    Sweep { seed: SEED, jobs, params, cells: Vec::new() }
}

/// A market small enough for a build without optimizations.
fn small() -> Params {
    Params { operators: 60, warmup: 300, ..Params::default() }
}

fn play(strategy: Strategy, policy: Policy, share: u8) -> Row {
    sweep(700, small()).play(Cell { strategy, policy, share })
}

/// The quoted captures of plain quorums. What is played must be within four standard errors of the exact chance among
/// two hundred operators, of whom none sits twice; the binomial value that is quoted is within 0.3 points of that.
#[test]
fn plain_quorums_are_captured_as_often_as_they_must_be() {
    let params = Params { warmup: 0, ..Params::default() };
    let jobs = 6_000;
    let quoted = [
        (Strategy::Plain3, 10, 0.028),
        (Strategy::Plain3, 20, 0.104),
        (Strategy::Plain5, 10, 0.0086),
        (Strategy::Plain5, 20, 0.058),
        (Strategy::Plain7, 10, 0.0027),
        (Strategy::Plain7, 20, 0.033),
    ];
    for (strategy, share, quote) in quoted {
        let row = sweep(jobs, params.clone()).play(Cell { strategy, policy: Policy::Colluding, share });
        let terms = strategy.terms().unwrap();
        let adversaries = Population::adversaries(&params, f64::from(share) / 100.0);
        let chance = exact::capture_of(terms.replicas, terms.quorum, adversaries, params.operators);
        let error = (chance * (1.0 - chance) / f64::from(jobs)).sqrt();
        assert!((row.fraud - chance).abs() < 4.0 * error, "{strategy} at {share} %: {} is not {chance}", row.fraud);
        let binomial = row.exact.unwrap();
        assert!((binomial - quote).abs() < 0.0006 && (binomial - chance).abs() < 0.003, "{strategy} at {share} %");
        assert_eq!(row.overhead, f64::from(terms.replicas) - 1.0);
        assert_eq!((row.compensated, row.ledger.adversary.slashed, row.ledger.honest.slashed), (0.0, 0, 0));
    }
}

#[test]
fn the_same_seed_gives_the_same_bytes() {
    let bytes = |seed| {
        let mut sweep = sweep(300, small());
        sweep.seed = seed;
        let play = |strategy| sweep.play(Cell { strategy, policy: Policy::Mixed, share: 30 });
        let rows = [Strategy::Adaptive, Strategy::Sampled, Strategy::Optimistic].map(play);
        (serde_json::to_string(&rows).unwrap(), report::tables(&sweep, &rows))
    };
    assert_eq!(bytes(1), bytes(1));
    assert_ne!(bytes(1).0, bytes(2).0);
}

/// At the defaults: who cheats or hurts as a matter of course loses money at small shares, under every strategy that slashes.
#[test]
fn cheating_loses_money() {
    use Policy::{Colluding, Copying, Ghosting, Griefing, Lazy};
    let strategies = [Strategy::Replicated, Strategy::Adaptive, Strategy::Sampled, Strategy::Optimistic];
    for strategy in strategies {
        for policy in [Lazy, Colluding, Ghosting, Griefing, Copying] {
            let row = play(strategy, policy, 10);
            assert!(row.profit < -0.5, "{strategy}, {policy}: {}", row.profit);
        }
    }
    // Who waits to be trusted loses as well, if less.
    let farmed = sweep(6_000, Params { warmup: 2_000, ..small() }).play(Cell {
        strategy: Strategy::Adaptive,
        policy: Policy::Farming,
        share: 10,
    });
    assert!(farmed.profit < 0.0, "{}", farmed.profit);
}

/// Those who know that they win: slashing alone does not stop them, a re-check that they cannot foresee does.
#[test]
fn adaptive_is_safer_than_plain_for_less_work() {
    let [plain, replicated, adaptive] =
        [Strategy::Plain3, Strategy::Replicated, Strategy::Adaptive].map(|strategy| play(strategy, Policy::Cartel, 20));
    assert!(plain.fraud > 0.08 && replicated.fraud > 0.08 && replicated.profit > 0.0);
    assert!(adaptive.fraud < plain.fraud / 10.0, "{}", adaptive.fraud);
    assert!(adaptive.overhead < plain.overhead / 3.0, "{}", adaptive.overhead);
}

/// A requester that is the cartel, and its own caller, does not live on honest stake: not where jobs cost nothing nor where they
/// cost as much as the class's stake, and not with half of all seats.
#[test]
fn preying_does_not_pay() {
    for price in [ASY / 10_000, ASY / 100, ASY, 100 * ASY] {
        for share in [10, 30, 50] {
            for strategy in [Strategy::Replicated, Strategy::Adaptive, Strategy::Sampled] {
                let row =
                    sweep(300, Params { price, ..small() }).play(Cell { strategy, policy: Policy::Preying, share });
                assert!(row.profit < 0.0, "{strategy}, {share} % at {price}: {}", row.profit);
            }
        }
    }
}

/// Nor where it can see that it wins before anything is spent on those it does not win: whatever a round takes from the others,
/// the requester and the caller get less than the fees of those who win it.
#[test]
fn a_captured_job_is_a_loss() {
    use assay_escrow::math::{bps_down, half_fee};
    for price in [1_000, ASY / 100, ASY, 100 * ASY] {
        for bond_bps in [1_000, 3_000, 10_000] {
            let params = Params { price, bond_bps, ..small() };
            let (bond, exposure) = params.exposure(price);
            let half = half_fee(bond, price, params.fee_bps).unwrap();
            let most = Most { harmed: half, caller: half };
            let (_, harmed, caller) = split_proceeds(exposure, params.harmed_bps, params.caller_bps, most).unwrap();
            // A quorum is more than half of the seats.
            for (winners, losers) in [(2, 1), (3, 2), (4, 3)] {
                let fees = winners * bps_down(price, params.fee_bps).unwrap();
                assert!(losers * (harmed + caller) < fees, "{winners} of {} at {price}", winners + losers);
            }
        }
    }
}

/// Nothing is made of nothing: an honest market accepts what is right, slashes nobody and pays for no more than it asked.
#[test]
fn an_honest_market_is_quiet() {
    for strategy in
        [Strategy::Plain3, Strategy::Replicated, Strategy::Adaptive, Strategy::Sampled, Strategy::Optimistic]
    {
        let row = play(strategy, Policy::Colluding, 0);
        let ledger = row.ledger;
        assert_eq!((ledger.right, ledger.fraud, ledger.unresolved), (ledger.jobs, 0, 0), "{strategy}");
        assert_eq!((ledger.honest.slashed, ledger.honest.unpaid, ledger.juries), (0, 0, 0), "{strategy}");
        assert_eq!((ledger.adversary.seats, row.profit), (0, 0.0), "{strategy}");
    }
}
