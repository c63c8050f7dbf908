//! Every fund has an exit: after any sequence, when time has passed, cranks that anybody may send end every job, return
//! every rent, and leave no bond locked.

use anchor_lang::prelude::Pubkey;

use crate::{
    actions::{ACTIONS, Clock, Next, Step, View, decree, verification::close_canary::KEPT},
    dice::Dice,
    driver::Walk,
    state::{Decree, PROGRAMS},
};

/// What anybody may call.
const CRANKS: &[&str] = &[
    "escrow::expire_job",
    "verification::finalize_round",
    "escrow::settle",
    "escrow::slash_seat",
    "escrow::expire_seat",
    "escrow::release_milestone",
    "escrow::pay_royalty",
    "escrow::withdraw_bid",
    "escrow::refund",
    "wait::harvest",
    "escrow::close_job",
    "verification::draw",
    "verification::finalize_sample",
    "verification::draw_jury",
    "verification::resolve_case",
    "verification::conclude_challenge",
    "verification::conclude_tie",
    "verification::conclude_sample",
    "verification::moot_case",
    "verification::pay_case",
    "verification::settle_ballot",
    "verification::slash_ballot",
    "verification::close_case",
    "verification::return_surety",
    "verification::close_round",
    "verification::close_canary",
    "token::open_fee_vault",
    "token::collect_fees",
    "staking::close_case",
    "staking::withdraw",
    "staking::claim_rewards",
    "token::sweep_distribution",
    "governance::close_action",
    "governance::close_proposal",
    "governance::close_vote",
    "staking::sync_weight",
];
/// Times that each crank is tried.
const ROUNDS: usize = 400;

/// Let time pass until every deadline is over, then crank until nothing is left.
///
/// # Panics
/// If something is.
pub fn empty(walk: &mut Walk) {
    walk.wait(Clock { seconds: 100_000, slots: 1_000 });
    let mut dice = Dice::new(walk.steps);
    // A pause stops entries and no exit.
    let paused = dice.once_in(2);
    if paused {
        pause(walk, true);
    }
    if !walk.model.canaries.is_empty() {
        walk.wait(Clock { seconds: KEPT, slots: 1_000 });
    }
    for round in 0..ROUNDS {
        // What ends only now has its own time to wait: a review that pays begins the grace of its royalties.
        if round % 50 == 49 {
            walk.wait(Clock { seconds: 2_000, slots: 100 });
        }
        for action in ACTIONS.iter().filter(|action| CRANKS.contains(&action.name)) {
            let view = View { world: &walk.world, model: &walk.model, cast: &walk.cast };
            if let Some(Next::Send(step)) = (action.propose)(&view, &mut dice)
                && by_strangers(walk, action.name, &step)
            {
                walk.send(vec![(action.name, step)]);
            }
        }
        if left(walk).is_empty() {
            if paused {
                pause(walk, false);
            }
            return;
        }
    }
    let why = format!("no exit for {:#?}; {:#?}", left(walk), walk.model.jobs);
    walk.fail(&why);
}

/// Whether nobody signs who has a part in jobs: their end is nobody's favour.
fn by_strangers(walk: &Walk, action: &str, step: &Step) -> bool {
    let of_jobs = action.starts_with("escrow::") || action.starts_with("verification::");
    let strange = |who: &Pubkey| !walk.cast.requesters.contains(who) && !walk.cast.operators.contains(who);
    let mut signers = step.calls.iter().flat_map(|call| &call.accounts).filter(|meta| meta.is_signer);
    !of_jobs || signers.all(|meta| strange(&meta.pubkey))
}

/// Pause every program, or none.
fn pause(walk: &mut Walk, paused: bool) {
    for program in PROGRAMS {
        let by = walk.model.admins[&program.id()].authority;
        if let Some(Next::Send(step)) = decree(Decree::SetPaused(program, paused), by) {
            assert!(walk.send(vec![("set_paused", step)]), "the authority may pause");
        }
    }
}

/// What still holds money or rent.
fn left(walk: &Walk) -> Vec<String> {
    let m = &walk.model;
    let jobs = m.jobs.iter().map(|(address, job)| format!("job {address} in {:?}", job.state));
    let seats = m.seats.keys().map(|address| format!("seat {address}"));
    let bids = m.bids.keys().map(|address| format!("bid {address}"));
    let rounds = m.rounds.keys().map(|address| format!("round {address}"));
    let tickets = m.staking.tickets.keys().map(|address| format!("ticket {address}"));
    let locked = m.staking.pools.iter().filter(|(_, pool)| pool.locked > 0);
    let locks = locked.map(|(address, pool)| format!("{} locked in {address}", pool.locked));
    let canaries = m.canaries.keys().map(|address| format!("canary {address}"));
    let cases = m.cases.iter().map(|(address, case)| format!("case {address} in {:?}", case.phase));
    let ballots = m.ballots.keys().map(|address| format!("ballot {address}"));
    let sureties = m.sureties.keys().map(|address| format!("surety {address}"));
    let rounds = rounds.chain(canaries).chain(cases).chain(ballots).chain(sureties);
    jobs.chain(seats).chain(bids).chain(rounds).chain(tickets).chain(locks).collect()
}
