//! Juries: who may judge, when seals and reveals come in, and what a juror loses.

use anchor_lang::prelude::Pubkey;
use assay_tests::{
    World,
    assay_sdk::{
        ASY, addresses,
        escrow::EscrowError,
        ix::{self, verification as call},
        staking::{StakingError, Totals, sortition},
        verification::{BallotState, CasePhase, VerificationError},
    },
    cases::*,
    chain::hash,
    market::*,
    world::*,
};

use super::cases::*;

/// A challenge of a right unit that was answered; its jury is not drawn yet.
fn called() -> (World, Pubkey, Pubkey, Vec<Pubkey>) {
    let (mut w, job, a) = delivered(&right(32));
    let (bob, operators) = (w.bob, w.operators.clone());
    let case = w.challenge(&bob, &job, 7, &a);
    w.answer(&case, &right(32));
    (w, job, case, operators)
}

fn truth() -> [u8; 32] {
    right(32)[7]
}

/// `jury_no_show`: who takes a chair and does not seal, or does not reveal, loses its bond; the others judge without it.
#[test]
fn jury_no_show() {
    let (mut w, _, case, o) = called();
    w.draw_jury(&case);
    o[1..4].iter().for_each(|juror| drop(w.join(&case, juror)));
    assert_eq!(w.pool(&o[1]).locked, JUROR_BOND);
    o[1..3].iter().for_each(|juror| drop(w.ok(&[w.ballot_ix(&case, juror, &truth())])));
    let seal_by = w.ballot(&case, &o[3]).seal_by;
    w.at(seal_by);
    w.clone().ok(&[w.ballot_ix(&case, &o[3], &truth())]);
    w.tick(1, 0);
    w.refused(&[w.ballot_ix(&case, &o[3], &truth())], VerificationError::SealTooLate);
    w.at(w.case(&case).seals_until().expect("a time") + 1);
    w.ok(&[w.show_ix(&case, &o[1], &truth())]);
    w.refused(&[call::resolve_case(&case)], VerificationError::ResolveTooEarly);
    let until = w.case(&case).until;
    w.at(until + 1);
    w.refused(&[w.show_ix(&case, &o[2], &truth())], VerificationError::RevealTooLate);
    // One vote of three chairs decides nothing.
    w.resolve(&case);
    assert_eq!(w.case(&case).decision, [0; 32]);
    w.conclude(&case);
    w.refused(&[call::settle_ballot(&case, &o[3])], VerificationError::BallotLost);
    w.refused(&[call::settle_ballot(&case, &o[2])], VerificationError::BallotLost);
    w.ok(&[call::settle_ballot(&case, &o[1])]);
    let (alice, carol, supply) = (w.asy_of(&w.alice), w.asy_of(&w.carol), w.supply());
    for juror in &o[2..4] {
        let slashed = w.ok(&[w.slash_ballot_ix(&case, juror)]);
        assert_eq!(slashed.event("Slashed").u64("amount"), JUROR_BOND);
        assert_eq!((w.pool(juror).locked, w.pool(juror).active), (0, STAKE - JUROR_BOND));
    }
    assert_eq!((w.asy_of(&w.alice), w.asy_of(&w.carol)), (alice, carol), "nobody gets any of it");
    assert_eq!(supply - w.supply(), 2 * JUROR_BOND);
}

/// Parties do not judge: requester, opener, executor, nor anybody with a seat in the job, nor who appealed.
#[test]
fn a_party_cannot_judge() {
    let (mut w, executor) = world();
    let o = w.operators.clone();
    // Operator 1 posts, operator 2 challenges, operator 3 appeals.
    let requester = o[1];
    w.mint_usd(&requester, FUNDS);
    let job = w.deliver_reviewed(&requester, optimistic(1), &executor, &right(32));
    let case = w.challenge(&o[2], &job, 7, &executor);
    w.answer(&case, &right(32));
    w.draw_jury(&case);
    for party in &o[..3] {
        w.refused(&[w.join_ix(&case, party)], VerificationError::PartyCannotJudge);
    }
    o[4..7].iter().for_each(|juror| drop(w.join(&case, juror)));
    w.refused(&[w.join_ix(&case, &o[7])], VerificationError::JuryFull);
    o[4..7].iter().for_each(|juror| drop(w.ok(&[w.ballot_ix(&case, juror, &truth())])));
    o[4..7].iter().for_each(|juror| drop(w.ok(&[w.show_ix(&case, juror, &truth())])));
    w.resolve(&case);
    w.ok(&[call::appeal(&o[3], &job, &case)]);
    w.draw_jury(&case);
    w.refused(&[w.join_ix(&case, &o[3])], VerificationError::PartyCannotJudge);
    // Nor does anybody judge twice: the ballot of the first jury is there.
    w.refused(&[w.join_ix(&case, &o[4])], 3007_u32);
    w.join(&case, &o[7]);
}

/// The seed is the hash of a slot after the answer; it decides who is chosen, by the case's own role. `sortition_ineligible_claims`.
#[test]
fn a_jury_is_drawn() {
    let (mut w, _, case, o) = called();
    let slot = w.case(&case).seed_slot;
    w.refused(&[call::draw_jury(&case)], VerificationError::SeedNotReady);
    w.refused(&[w.join_ix(&case, &o[1])], VerificationError::WrongCasePhase);
    let mut aged = w.clone();
    aged.tick(0, 514);
    assert_eq!(aged.ok(&[call::draw_jury(&case)]).event("JuryRearmed").u64("after_slot"), aged.slot);
    aged.refused(&[call::draw_jury(&case)], VerificationError::SeedNotReady);
    aged.tick(0, 2);
    aged.ok(&[call::draw_jury(&case)]);

    w.tick(0, 2);
    w.ok(&[call::draw_jury(&case)]);
    let state = w.case(&case);
    assert_eq!(state.seed, hash(&[b"slot", &(slot + 1).to_le_bytes()]));
    w.refused(&[call::draw_jury(&case)], VerificationError::WrongCasePhase);
    let total = w.chain.read::<Totals>(&addresses::totals()).weight.now;
    let chosen = |juror: &Pubkey, k: u64| {
        let draw = sortition::draw(&state.seed, sortition::ROLE_JURY, &case, &addresses::pool(juror));
        sortition::eligible(draw, k, STAKE / 2, total)
    };
    let out =
        o[1..].iter().find(|juror| !chosen(juror, 3)).expect("three of eight at half weight: most are not chosen");
    w.refused(&[w.join_ix(&case, out)], VerificationError::NotChosen);
    let doublings = (0..5).find(|n| chosen(out, 3 << n)).expect("it widens to everybody");
    w.at(state.seeded_at + 30 * doublings - 1);
    w.refused(&[w.join_ix(&case, out)], VerificationError::NotChosen);
    w.tick(1, 0);
    w.join(&case, out);
    let last = w.case(&case).joins_until().expect("a time");
    assert_eq!(last, state.seeded_at + 2 * SEAL);
    w.at(last);
    w.clone().join(&case, o[1..].iter().find(|juror| *juror != out).expect("another"));
    w.tick(1, 0);
    w.refused(
        &[w.join_ix(&case, o[1..].iter().find(|juror| *juror != out).expect("another"))],
        VerificationError::JoinTooLate,
    );
}

/// A juror needs the class's stake, a bond that is free, and to be out of jail.
#[test]
fn what_a_juror_needs() {
    let (mut w, job, a) = delivered(&right(32));
    let bob = w.bob;
    let poor = w.add_operator("poor", CLASS_STAKE - 1);
    let case = w.challenge(&bob, &job, 7, &a);
    w.answer(&case, &right(32));
    w.draw_jury(&case);
    w.refused(&[w.join_ix(&case, &poor)], VerificationError::StakeTooLow);
    let (bound, jailed) = (w.operators[1], w.operators[2]);
    w.locks_are_exposures = false;
    w.ok(&[ix::staking::lock_bond(&addresses::pool(&bound), STAKE - JUROR_BOND + 1)]);
    w.refused(&[w.join_ix(&case, &bound)], StakingError::StakeLocked);
    w.set_staking(|params| params.jail_seconds = 10_000);
    let mut sentenced = w.clone();
    sentenced.punish(&jailed, ASY, true);
    match sentenced.send(&[sentenced.join_ix(&case, &jailed)]) {
        Ok(_) => panic!("a jailed pool judges"),
        Err(failure) => assert_eq!(failure.code, Some(VerificationError::NotChosen.into()), "its weight is nothing"),
    }
    let mut other = w.join_ix(&case, &jailed);
    other.accounts[5].pubkey = addresses::record(&w.operators[3], 0);
    w.refused(&[other], VerificationError::NotOperator);
    // Another seat's address, where nothing is.
    let mut hidden = w.join_ix(&case, &a);
    hidden.accounts[4].pubkey = addresses::seat(&job, &jailed);
    w.refused(&[hidden], 2006_u32);
}

/// `copied_seal`, `reveal_early`, `reveal_wrong_preimage` of a vote.
#[test]
fn votes_are_sealed_until_all_have_voted() {
    let (mut w, _, case, o) = called();
    w.draw_jury(&case);
    o[1..4].iter().for_each(|juror| drop(w.join(&case, juror)));
    w.ok(&[w.ballot_ix(&case, &o[1], &truth())]);
    w.refused(&[w.ballot_ix(&case, &o[1], &truth())], VerificationError::WrongBallotState);
    w.refused(&[call::ballot_seal(&o[2], &case, [0; 32])], VerificationError::EmptyCommitment);
    w.ok(&[call::ballot_seal(&o[2], &case, vote_seal(&case, &o[1], &truth()))]);
    w.refused(&[w.show_ix(&case, &o[1], &truth())], VerificationError::RevealTooEarly);
    w.refused(&[w.show_ix(&case, &o[3], &truth())], VerificationError::WrongBallotState);
    w.ok(&[w.ballot_ix(&case, &o[3], &truth())]);
    assert_eq!(w.case(&case).until, w.now + REVEAL);
    let copied = call::ballot_reveal(&o[2], &case, truth(), salt(&case, &o[1]));
    w.refused(&[copied], VerificationError::WrongPreimage);
    w.refused(&[w.show_ix(&case, &o[1], &lie(&o[1]))], VerificationError::WrongPreimage);
    w.refused(&[call::ballot_reveal(&o[1], &case, [0; 32], [0; 32])], VerificationError::EmptyCommitment);
    let mut anothers = w.show_ix(&case, &o[1], &truth());
    anothers.accounts[0].pubkey = o[2];
    w.refused(&[anothers], VerificationError::NotOperator);
    w.ok(&[w.show_ix(&case, &o[1], &truth())]);
    w.refused(&[w.show_ix(&case, &o[1], &truth())], VerificationError::WrongBallotState);
    w.ok(&[w.show_ix(&case, &o[3], &truth())]);
    assert_eq!(
        (w.ballot(&case, &o[2]).state, w.ballot(&case, &o[3]).state),
        (BallotState::Sealed, BallotState::Revealed)
    );
    w.tick(REVEAL + 1, 0);
    w.resolve(&case);
    assert_eq!(w.case(&case).decision, truth());
    w.refused(&[call::resolve_case(&case)], VerificationError::WrongCasePhase);
}

/// What may land in each phase of a case, in time and late.
#[test]
fn out_of_order_transition_of_a_case() {
    let (w, job, case, o) = called();
    let mut phases = vec![];
    let mut answering = w.clone();
    let fresh = answering.challenge(&w.bob, &job, 8, &o[0]);
    phases.push((answering, fresh, "answering", vec!["answer"], vec!["conclude"]));
    phases.push((w.clone(), case, "called", vec![], vec!["draw"]));
    let mut judging = w.clone();
    judging.draw_jury(&case);
    judging.join(&case, &o[1]);
    phases.push((judging.clone(), case, "judging", vec!["join", "seal"], vec!["resolve"]));
    judging.ok(&[judging.ballot_ix(&case, &o[1], &truth())]);
    judging.at(judging.case(&case).seals_until().expect("a time") + 1);
    phases.push((judging.clone(), case, "revealing", vec!["reveal"], vec!["resolve"]));
    judging.ok(&[judging.show_ix(&case, &o[1], &truth())]);
    judging.resolve(&case);
    phases.push((judging.clone(), case, "resolved", vec!["appeal"], vec!["conclude"]));
    judging.conclude(&case);
    phases.push((judging.clone(), case, "concluded", vec!["pay", "settle"], vec!["pay", "settle"]));
    for (world, case, phase, in_time, late) in phases {
        for (allowed, seconds) in [(in_time, 0), (late, 100_000)] {
            let mut then = world.clone();
            then.tick(seconds, if seconds > 0 { 2 } else { 0 });
            let calls = [
                (
                    "answer",
                    if phase == "answering" {
                        then.answer_ix(&case, &right(32))
                    } else {
                        w.answer_ix(&case, &right(32))
                    },
                ),
                ("draw", call::draw_jury(&case)),
                ("join", then.join_ix(&case, &o[2])),
                ("seal", then.ballot_ix(&case, &o[1], &truth())),
                ("reveal", then.show_ix(&case, &o[1], &truth())),
                ("resolve", call::resolve_case(&case)),
                ("appeal", call::appeal(&w.mallory, &job, &case)),
                ("conclude", then.conclude_ix(&case)),
                ("moot", call::moot_case(&job, &case)),
                ("pay", call::pay_case(&case, 0, &w.bob)),
                ("settle", call::settle_ballot(&case, &o[1])),
                ("slash", then.slash_ballot_ix(&case, &o[1])),
                ("close", call::close_case(&case, &then.case(&case))),
                ("surety", call::return_surety(&job, &o[0])),
                ("release", ix::escrow::release_milestone(&w.mallory, &job, &then.job(&job), &o[0])),
            ];
            for (name, instruction) in calls {
                let sent = then.clone().send(&[instruction]);
                let result = sent.as_ref().map_or_else(|failure| failure.name.clone(), |_| "ok".into());
                assert_eq!(
                    sent.is_ok(),
                    allowed.contains(&name),
                    "{phase}, {seconds} s later: {name} ends with {result}"
                );
            }
        }
    }
}

/// Every phase has a way out that needs nobody's goodwill: from each, cranks alone end the case and free all money.
#[test]
fn every_phase_has_a_permissionless_exit() {
    for stop in 0..6 {
        let (mut w, job, a) = delivered(&right(32));
        let (bob, o) = (w.bob, w.operators.clone());
        let case = w.challenge(&bob, &job, 7, &a);
        if stop > 0 {
            w.answer(&case, &right(32));
        }
        if stop > 1 {
            w.draw_jury(&case);
            o[1..4].iter().for_each(|juror| drop(w.join(&case, juror)));
        }
        if stop > 2 {
            o[1..3].iter().for_each(|juror| drop(w.ok(&[w.ballot_ix(&case, juror, &truth())])));
        }
        if stop > 3 {
            w.ok(&[w.ballot_ix(&case, &o[3], &truth())]);
            o[1..3].iter().for_each(|juror| drop(w.ok(&[w.show_ix(&case, juror, &truth())])));
        }
        if stop > 4 {
            w.ok(&[w.show_ix(&case, &o[3], &truth())]);
            w.resolve(&case);
        }
        w.tick(100_000, 2);
        if w.case(&case).phase == CasePhase::Called {
            w.ok(&[call::draw_jury(&case)]);
            w.tick(100_000, 0);
        }
        if w.case(&case).phase == CasePhase::Judging {
            w.resolve(&case);
        }
        w.conclude(&case);
        w.clear_case(&case);
        let _ = w.send(&[call::return_surety(&job, &a)]);
        if w.job(&job).is_live() {
            let by = w.mallory;
            w.ok(&[ix::escrow::release_milestone(&by, &job, &w.job(&job), &a)]);
        }
        let settle = ix::escrow::settle(&job, &w.job(&job), &a);
        if let Err(failure) = w.send(&[settle]) {
            assert_eq!((failure.code, stop), (Some(EscrowError::SeatLost.into()), 0));
            convict(&mut w, &job, &a);
        }
        clear_job(&mut w, &job);
        purse(&w);
        assert_eq!(w.chain.account(&addresses::surety(&job, &a)), None, "{stop}: a surety is left");
    }
}
