//! Jobs that are posted for what others lose by them: the requester, whoever wins, and whoever sends the slash are one cartel,
//! and end poorer than they began.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    World,
    assay_sdk::{ASY, addresses, escrow::JobTerms},
    cases::*,
    market::*,
    world::*,
};

use super::cases::{clear_job, delivered, release};

/// Base units of ASY that a base unit of tUSD is worth: what secures it.
const RATE: u64 = BOND_RATE / 1_000_000_000;

/// What a cartel has: (tUSD, ASY, staked ASY, lamports).
fn holdings(w: &World, requester: Pubkey, caller: Pubkey, operators: &[Pubkey]) -> [u64; 4] {
    let all: Vec<_> = [requester, caller].iter().chain(operators).copied().collect();
    let sum = |of: &dyn Fn(&Pubkey) -> u64| all.iter().map(of).sum();
    let staked = operators.iter().map(|who| w.pool(who).active).sum();
    [sum(&|who| w.usd_of(who)), sum(&|who| w.asy_of(who)), staked, sum(&|who| w.chain.lamports(who))]
}

/// A cartel that is the requester, a quorum of the seats, and who sends every transaction outvotes the honest seats.
/// Returns what it had and what it has then, and what the honest seats and the supply of ASY have lost.
fn prey(seats: usize, quorum: usize, price_per_unit: u64) -> ([u64; 4], [u64; 4], Vec<u64>, u64) {
    let mut w = World::with_operators(seats);
    let (alice, carol, all) = (w.alice, w.carol, w.operators.clone());
    let (cartel, honest_ones) = all.split_at(quorum);
    let (before, supply) = (holdings(&w, alice, carol, cartel), w.supply());
    let strategy = of(seats as u8, quorum as u8);
    let job = w.open_with(&alice, JobTerms { strategy, price_per_unit, ..terms(1) });
    let digest = |who: &Pubkey| if cartel.contains(who) { lie(&alice) } else { honest() };
    let digests: Vec<_> = all.iter().map(|who| (*who, digest(who))).collect();
    w.judge(&job, &digests);
    assert_eq!(w.job(&job).root, lie(&alice));
    cartel.iter().for_each(|who| drop(w.settle(&job, who)));
    honest_ones.iter().for_each(|who| drop(w.slash(&job, who)));
    w.refund(&job);
    w.close(&job);
    w.close_round(&job).expect("a finished round closes");
    let lost = honest_ones.iter().map(|who| STAKE - w.pool(who).active).collect();
    (before, holdings(&w, alice, carol, cartel), lost, supply - w.supply())
}

/// Two of three seats of a job of 320 base units: the honest one loses 250 ASY. The cartel pays two fees of 8 base units, which are
/// worth 32,000 of ASY, and gets 2 x 2,400: half of 2.5 % of the bond of 192,000, to either of requester and caller.
#[test]
fn preying_requester() {
    let (before, after, lost, burned) = prey(3, 2, 10);
    let exposure = 192_000 + CLASS_STAKE / 4;
    assert_eq!(lost, [exposure]);
    assert_eq!(burned, exposure - 2 * 2_400);
    assert_eq!(after, [before[0] - 2 * 8, before[1] + 2 * 2_400, before[2], before[3]]);
    assert_eq!(2 * 8 * RATE - 2 * 2_400, 27_200, "what the cartel has lost, in base units of ASY");
}

/// Nor is it a matter of the price, or of how many are outvoted.
#[test]
fn preying_loses_at_any_price() {
    for (seats, quorum) in [(3, 2), (5, 3), (7, 4)] {
        for price_per_unit in [1, 31_251, 300_000] {
            let (before, after, lost, burned) = prey(seats, quorum, price_per_unit);
            let won = after[1] - before[1];
            let spent = before[0] - after[0];
            let price = 32 * price_per_unit;
            assert_eq!(spent, quorum as u64 * (price / 40), "a fee for each winner");
            let bond = (price * 3).div_ceil(10) * RATE;
            let losers = (seats - quorum) as u64;
            assert_eq!(won, losers * 2 * (bond * (price / 40) / price / 2));
            assert_eq!(
                (lost, burned),
                (vec![bond + CLASS_STAKE / 4; seats - quorum], losers * (bond + CLASS_STAKE / 4) - won)
            );
            assert_eq!((after[2], after[3]), (before[2], before[3]));
            // A price of 32 has no fee, and so nothing is to be had.
            assert_eq!(spent * RATE > won, spent > 0, "{won} of {seats} at {price_per_unit}");
            assert!(won == 0 || spent > 0);
        }
    }
}

/// The same by a jury: requester, challenger, executor and two of three jurors are one. The honest juror loses its bond, and nobody
/// gets any of it.
#[test]
fn a_captured_jury_earns_nothing() {
    let (mut w, job, executor) = delivered(&wrong(32));
    let (alice, bob, o) = (w.alice, w.bob, w.operators.clone());
    let cartel = [executor, o[1], o[2]];
    let both = |w: &World| (holdings(w, alice, w.carol, &cartel), w.asy_of(&bob), w.supply(), w.pool(&o[3]).active);
    let (before, challenger, supply, juror) = both(&w);
    let case = w.challenge(&bob, &job, LIE, &executor);
    w.answer(&case, &wrong(32));
    let (false_one, truth) = (Some(wrong(32)[LIE as usize]), Some(right(32)[LIE as usize]));
    w.judge_case(&case, &[(o[1], false_one), (o[2], false_one), (o[3], truth)]);
    w.conclude(&case);
    w.clear_case(&case);
    w.return_surety(&job, &executor);
    release(&mut w, &job, &executor);
    clear_job(&mut w, &job);
    let (after, left, fed, honest_juror) = both(&w);
    // The challenger's bond went round within the cartel: to its jurors and its executor.
    assert_eq!((after[1] - before[1], challenger - left), (CHALLENGE_BOND, CHALLENGE_BOND));
    assert_eq!((juror - honest_juror, supply - fed), (JUROR_BOND, JUROR_BOND));
    assert_eq!((after[0] - before[0], after[2]), (SEAT_PRICE - FEE, before[2]));
    assert!(juror > ASY && w.chain.account(&addresses::pool(&o[3])).is_some());
}
