//! Random sequences of everything that anybody can do, legal or not. Every invariant is checked after every step; at the
//! end permissionless cranks must empty the market, and no base unit may have come or gone.

use anchor_lang::{prelude::Pubkey, solana_program::instruction::Instruction};
use assay_tests::{
    World,
    assay_sdk::{
        addresses,
        escrow::{Job, JobState, JobTerms, Seat, SeatState},
        ix,
        token::ASY_MINT,
    },
    market::*,
    world::*,
};
use proptest::prelude::*;

/// Numbers that choose an action, its job, its operator and a detail.
type Step = (u8, u8, u8, u8);
/// Of 256 steps, how many are what a job needs next: the others are anything at all.
const USEFUL: u8 = 150;

/// Everything that can be done.
const ACTIONS: &[&str] = &[
    "post",
    "open_round",
    "draw",
    "claim",
    "seal",
    "reveal",
    "finalize",
    "settle",
    "slash",
    "expire_seat",
    "cancel",
    "expire_job",
    "refund",
    "close_job",
    "close_round",
    "wait",
    "wait long",
    "stake",
    "unstake",
    "withdraw",
    "sync",
    "donate",
];

/// What brings a job on, given its state and this operator's seat.
fn useful(w: &World, job: &Pubkey, operator: &Pubkey, detail: u8) -> &'static str {
    let Some(account) = w.chain.find::<Job>(job) else { return "post" };
    let round = w.chain.account(&addresses::round(job)).is_some();
    let seat = w.chain.find::<Seat>(&addresses::seat(job, operator));
    match (account.state, seat.map(|seat| seat.state)) {
        (JobState::Open, _) if !round => "open_round",
        // An old round must be closed first, which a live one cannot be.
        (JobState::Open, _) if account.seeded_at == 0 => ["draw", "close_round"][usize::from(detail % 2)],
        (JobState::Open | JobState::Seated, Some(SeatState::Claimed)) => "seal",
        (JobState::Open | JobState::Seated, Some(SeatState::Sealed)) => "reveal",
        (JobState::Open, None) => "claim",
        (JobState::Open | JobState::Seated, _) => "finalize",
        (JobState::Verified | JobState::Unresolved, Some(_)) => {
            ["settle", "slash", "expire_seat"][usize::from(detail % 3)]
        }
        _ => ["refund", "close_job"][usize::from(detail % 2)],
    }
}

/// What an operator answers: the same in every job, so that it can be revealed again.
fn answer(w: &World, operator: &Pubkey, detail: u8) -> [u8; 32] {
    let honest_one = w.operators.iter().position(|o| o == operator).is_some_and(|i| i < 3);
    if honest_one || detail < 100 { honest() } else { lie(operator) }
}

fn calls(w: &mut World, (number, job, operator, detail): Step) -> Vec<Instruction> {
    let requester = if job & 1 == 0 { w.alice } else { w.bob };
    let nonce = 0;
    let job = addresses::job(&requester, nonce);
    let operator = w.operators[usize::from(operator) % w.operators.len()];
    let (carol, usd, pool) = (w.carol, w.usd, addresses::pool(&operator));
    let posted = w.chain.find::<Job>(&job);
    let with_job = |make: &dyn Fn(&Job) -> Instruction| posted.iter().map(make).collect::<Vec<_>>();
    let any = ACTIONS[usize::from(number) % ACTIONS.len()];
    match if number < USEFUL { useful(w, &job, &operator, detail) } else { any } {
        "post" => {
            if !w.jobs.contains(&job) {
                w.jobs.push(job);
            }
            let replicas = 2 + detail % 3;
            let terms = JobTerms { strategy: of(replicas, replicas / 2 + 1), ..terms(nonce) };
            vec![ix::escrow::post_job(&requester, &usd, terms)]
        }
        "open_round" => vec![ix::verification::open_round(&requester, &job)],
        "draw" => {
            w.tick(0, 2);
            vec![ix::verification::draw(&job)]
        }
        "claim" => with_job(&|posted| ix::escrow::claim_seat(&operator, &job, posted, 0)),
        "seal" => vec![w.seal_ix(&job, &operator, &answer(w, &operator, detail))],
        "reveal" => vec![w.reveal_ix(&job, &operator, &answer(w, &operator, detail))],
        "finalize" => vec![w.finalize_ix(&job)],
        "settle" => with_job(&|posted| ix::escrow::settle(&job, posted, &operator)),
        "slash" => vec![ix::escrow::slash_seat(&job, &requester, &operator, &carol)],
        "expire_seat" => vec![ix::escrow::expire_seat(&job, &requester, &operator, &carol)],
        "cancel" => vec![ix::escrow::cancel_job(&requester, &job)],
        "expire_job" => vec![ix::escrow::expire_job(&job, &w.carol)],
        "refund" => with_job(&|posted| ix::escrow::refund(&job, posted)),
        "close_job" => vec![ix::escrow::close_job(&job, &requester, &requester)],
        "close_round" => vec![ix::verification::close_round(&job, &requester)],
        "wait" => {
            w.tick(i64::from(detail % 8), 3);
            vec![]
        }
        "wait long" => {
            w.tick(i64::from(detail / 4), 300);
            vec![]
        }
        "stake" => vec![ix::staking::stake(&operator, u64::from(detail) * 1_000_003)],
        "unstake" => {
            let ticket =
                w.chain.read::<assay_tests::assay_sdk::staking::Position>(&addresses::position(&pool, &operator));
            vec![ix::staking::request_unstake(&operator, ticket.next_ticket, u128::from(detail) * 1_000_000_007)]
        }
        "withdraw" => vec![ix::staking::withdraw(&operator, u64::from(detail % 4))],
        "sync" => vec![ix::staking::sync_weight(&pool)],
        _ => {
            let to = if detail & 1 == 0 {
                (ASY_MINT, addresses::pool_vault(&pool))
            } else {
                (usd, addresses::job_vault(&job))
            };
            let giver = if detail & 1 == 0 { operator } else { w.bob };
            let from = addresses::ata(&giver, &to.0);
            vec![token_instruction(
                3,
                u64::from(detail),
                &[(from, true, false), (to.1, true, false), (giver, false, true)],
            )]
        }
    }
}

/// All tUSD, and all ASY, wherever they are.
fn wealth(w: &World) -> (u64, u64) {
    let people: Vec<_> = [w.alice, w.bob, w.carol, w.mallory].into_iter().chain(w.operators.iter().copied()).collect();
    let vaults = w.jobs.iter().map(|job| w.chain.tokens(&addresses::job_vault(job)));
    let fees = (0..4).map(|shard| w.chain.tokens(&addresses::fee_vault(&w.usd, shard)));
    let usd = people.iter().map(|who| w.usd_of(who)).chain(vaults).chain(fees).sum();
    let pools = w.operators.iter().map(|o| w.chain.tokens(&addresses::pool_vault(&addresses::pool(o))));
    (usd, people.iter().map(|who| w.asy_of(who)).chain(pools).sum())
}

/// End every job with cranks that anybody may send.
fn drain(w: &mut World) {
    w.tick(100_000, 0);
    let carol = w.carol;
    for job in w.jobs.clone() {
        let Some(posted) = w.chain.find::<Job>(&job) else { continue };
        let finalize = w.finalize_ix(&job);
        let mut cranks = vec![ix::escrow::expire_job(&job, &w.carol), finalize];
        for operator in &w.operators {
            cranks.push(ix::escrow::settle(&job, &posted, operator));
            cranks.push(ix::escrow::slash_seat(&job, &posted.requester, operator, &carol));
            cranks.push(ix::escrow::expire_seat(&job, &posted.requester, operator, &carol));
        }
        // Without a quorum of seals a job whose ghosts have all been expired ends by expire_job.
        cranks.push(ix::escrow::expire_job(&job, &w.carol));
        cranks.push(ix::escrow::refund(&job, &posted));
        cranks.push(ix::escrow::close_job(&job, &posted.requester, &posted.requester));
        for crank in cranks {
            let _ = w.send(&[crank]);
        }
        assert_eq!(w.chain.account(&job), None, "job {job} has no exit from {:?}", posted.state);
    }
    for operator in &w.operators {
        assert_eq!(w.pool(operator).locked, 0, "a bond is left locked");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 12, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn invariants_hold_in_random_sequences(steps in prop::collection::vec(any::<Step>(), 300)) {
        let mut w = World::with_operators(5);
        let (usd, _) = wealth(&w);
        for step in steps {
            let calls = calls(&mut w, step);
            if !calls.is_empty() {
                let _ = w.send(&calls);
            }
        }
        drain(&mut w);
        prop_assert_eq!(wealth(&w), (usd, w.supply()));
    }
}
