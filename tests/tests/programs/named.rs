//! Attacks on accounts and evidence that no other module shows by name.

use anchor_lang::{error::ErrorCode, prelude::Pubkey, solana_program::instruction::Instruction};
use assay_tests::{
    World,
    assay_sdk::{
        ASY, addresses, escrow,
        escrow::{EscrowError, JobTerms},
        ix, verification,
        verification::VerificationError,
    },
    chain::{SLOT_HASHES, wallet},
    market::*,
    world::*,
};
use solana_sdk::account::Account;

/// Two jobs, alice's and bob's, drawn; nobody has a seat.
fn two() -> (World, [Pubkey; 2]) {
    let mut w = World::with_operators(6);
    let (alice, bob) = (w.alice, w.bob);
    let jobs = [w.open(&alice, 1), w.open(&bob, 1)];
    (w, jobs)
}

/// Two jobs of three seats each, judged, each with a liar in its last seat.
fn judged() -> (World, [Pubkey; 2], Vec<Pubkey>) {
    let (mut w, jobs) = two();
    let o = w.operators.clone();
    for (job, o) in jobs.iter().zip([&o[..3], &o[3..]]) {
        w.judge(job, &[(o[0], honest()), (o[1], honest()), (o[2], lie(&o[2]))]);
    }
    (w, jobs, o)
}

/// The call with one account replaced, wherever it occurs.
fn with(mut call: Instruction, from: &Pubkey, to: &Pubkey) -> Instruction {
    let metas = call.accounts.iter_mut().filter(|meta| meta.pubkey == *from);
    assert_ne!(metas.map(|meta| meta.pubkey = *to).count(), 0, "the call has no such account");
    call
}

#[test]
fn fake_system_program() {
    let mut w = World::with_operators(1);
    let (alice, usd, o) = (w.alice, w.usd, w.operators[0]);
    let calls = [
        ix::escrow::post_job(&alice, &usd, terms(1)),
        ix::reputation::open_record(&o, 1),
        ix::token::open_fee_vault(&alice, &usd, 1),
    ];
    for call in calls {
        // A program that is another one, and an account that is none.
        let other = with(call.clone(), &ix::SYSTEM_PROGRAM, &ix::TOKEN_PROGRAM);
        w.refused(&[other], ErrorCode::InvalidProgramId);
        let none = with(call, &ix::SYSTEM_PROGRAM, &wallet("mallory"));
        w.refused(&[none], ErrorCode::InvalidProgramId);
    }
}

/// The true contents at another address: whoever wrote them chose the seed.
#[test]
fn fake_sysvar() {
    let mut w = World::with_operators(1);
    let alice = w.alice;
    let job = w.post(&alice, terms(1));
    w.tick(0, 2);
    let (fake, owner) = (wallet("slot hashes"), Pubkey::from_str_const("Sysvar1111111111111111111111111111111111111"));
    let data = w.chain.account(&SLOT_HASHES).expect("the sysvar").data;
    w.chain.set(&fake, Account { lamports: 1_000_000_000, data, owner, ..Account::default() });
    let draw = ix::verification::draw(&job);
    w.refused(&[with(draw.clone(), &SLOT_HASHES, &fake)], VerificationError::BadSlotHashes);
    w.ok(&[draw]);
}

/// The address with the next lower bump that is off the curve.
fn lower(seeds: &[&[u8]], program: &Pubkey) -> Pubkey {
    let (_, canonical) = Pubkey::find_program_address(seeds, program);
    let at = |bump: u8| Pubkey::create_program_address(&[seeds, &[&[bump]]].concat(), program).ok();
    (0..canonical).rev().find_map(at).expect("one in two is off the curve")
}

/// Each account that an instruction creates, at an address that its seeds give with another bump.
#[test]
fn noncanonical_bump() {
    let (mut w, [job, _]) = two();
    let (alice, usd, o) = (w.alice, w.usd, w.operators[0]);
    let posted = addresses::job(&alice, 2);
    let other = lower(&[escrow::JOB_SEED, alice.as_ref(), &2_u64.to_le_bytes()], &escrow::ID);
    let post = ix::escrow::post_job(&alice, &usd, terms(2));
    w.refused(&[with(post.clone(), &posted, &other)], ErrorCode::ConstraintSeeds);
    let vault = lower(&[escrow::VAULT_SEED, posted.as_ref()], &escrow::ID);
    w.refused(&[with(post.clone(), &addresses::job_vault(&posted), &vault)], ErrorCode::ConstraintSeeds);
    let seat = lower(&[escrow::SEAT_SEED, job.as_ref(), o.as_ref()], &escrow::ID);
    let claim = w.claim_ix(&job, &o, 0);
    w.refused(&[with(claim, &addresses::seat(&job, &o), &seat)], ErrorCode::ConstraintSeeds);
    w.jobs.push(posted);
    w.ok(&[post]);
    let round = lower(&[verification::ROUND_SEED, posted.as_ref()], &verification::ID);
    let open = ix::verification::open_round(&alice, &posted);
    w.refused(&[with(open, &addresses::round(&posted), &round)], ErrorCode::ConstraintSeeds);
}

/// One job's seat, vault or round in the place of another's.
#[test]
fn pda_of_another_job() {
    let (mut w, [a, b], o) = judged();
    let settle = ix::escrow::settle(&a, &w.job(&a), &o[0]);
    let vaults = (addresses::job_vault(&a), addresses::job_vault(&b));
    w.refused(&[with(settle.clone(), &vaults.0, &vaults.1)], EscrowError::WrongAddress);
    // The other job's seat, with its own operator, paid from this job's vault.
    let others = ix::escrow::settle(&b, &w.job(&b), &o[3]);
    let from_here = with(with(others, &b, &a), &vaults.1, &vaults.0);
    w.refused(&[from_here], EscrowError::WrongAddress);
    w.refused(
        &[with(w.slash_ix(&a, &o[2]), &addresses::seat(&a, &o[2]), &addresses::seat(&b, &o[5]))],
        EscrowError::WrongAddress,
    );

    let (mut w, [a, b]) = two();
    let o = w.operators.clone();
    w.claim(&a, &o[0]);
    let seal = w.seal_ix(&a, &o[0], &honest());
    let rounds = (addresses::round(&a), addresses::round(&b));
    w.refused(&[with(seal, &rounds.0, &rounds.1)], VerificationError::WrongAddress);
}

/// A price is never the remainder of a product.
#[test]
fn overflow_price_times_units() {
    let mut w = World::with_operators(1);
    let (alice, usd) = (w.alice, w.usd);
    let product = JobTerms { units: 1 << 32, price_per_unit: 1 << 32, ..terms(1) };
    let seats = JobTerms { units: 1 << 32, price_per_unit: 1 << 31, ..terms(1) };
    let bond = JobTerms { units: 1 << 32, price_per_unit: 1 << 28, ..terms(1) };
    for terms in [product, seats, bond] {
        w.refused(&[ix::escrow::post_job(&alice, &usd, terms)], EscrowError::Overflow);
    }
}

/// A seat's evidence is good against its own operator only.
#[test]
fn slash_another_pool() {
    let (mut w, [job, _], o) = judged();
    let slash = w.slash_ix(&job, &o[2]);
    let (liar, victim) = (addresses::pool(&o[2]), addresses::pool(&o[0]));
    w.refused(&[with(slash.clone(), &liar, &victim)], EscrowError::NotOperator);
    let vaults = (addresses::pool_vault(&liar), addresses::pool_vault(&victim));
    w.refused(&[with(slash.clone(), &vaults.0, &vaults.1)], ErrorCode::ConstraintSeeds);
    let before = w.pool(&o[0]).active;
    w.ok(&[slash]);
    assert_eq!((w.pool(&o[0]).active, w.pool(&o[2]).active), (before, STAKE - EXPOSURE));
}

/// The seat that proves a wrong result is closed with it; the same address in a new job proves nothing.
#[test]
fn slash_twice_same_evidence() {
    let (mut w, [job, _], o) = judged();
    let slash = w.slash_ix(&job, &o[2]);
    w.slash(&job, &o[2]);
    w.refused(std::slice::from_ref(&slash), ErrorCode::AccountNotInitialized);
    w.settle(&job, &o[0]);
    w.settle(&job, &o[1]);
    w.refund(&job);
    w.close(&job);
    w.close_round(&job).expect("a final round closes");
    let alice = w.alice;
    assert_eq!(w.open(&alice, 1), job);
    w.claim(&job, &o[2]);
    w.refused(&[slash], EscrowError::WrongState);
    assert_eq!(w.pool(&o[2]).active, STAKE - EXPOSURE);
}

/// While anybody may still seal, nothing is shown.
#[test]
fn reveal_early() {
    let (mut w, [job, _]) = two();
    let o = w.operators.clone();
    for operator in &o[..3] {
        w.claim(&job, operator);
    }
    w.seal(&job, &o[0], &honest());
    w.seal(&job, &o[1], &honest());
    w.refused(&[w.reveal_ix(&job, &o[0], &honest())], VerificationError::RevealTooEarly);
    w.seal(&job, &o[2], &honest());
    w.reveal(&job, &o[0], &honest());
}

/// At the deadline a reveal counts; a second later it does not, and its seat loses.
#[test]
fn reveal_late() {
    let (mut w, [job, _]) = two();
    let o = w.operators[..3].to_vec();
    w.claim_and_seal(&job, &o.iter().map(|who| (*who, honest())).collect::<Vec<_>>());
    w.reveal(&job, &o[0], &honest());
    let last = w.round(&job).reveal_by;
    w.at(last);
    w.reveal(&job, &o[1], &honest());
    w.at(last + 1);
    w.refused(&[w.reveal_ix(&job, &o[2], &honest())], VerificationError::RevealTooLate);
    w.finalize(&job);
    assert_eq!((w.job(&job).winners, w.job(&job).losers), (0b011, 0b100));
    w.slash(&job, &o[2]);
    assert_eq!(w.pool(&o[2]).active, STAKE - EXPOSURE);
}

/// Who takes a seat and vanishes loses its bond to whoever notices, and the seat is free again.
#[test]
fn ghost_provider() {
    let (mut w, [job, _]) = two();
    let (ghost, carol, alice) = (w.operators[0], w.carol, w.alice);
    w.claim(&job, &ghost);
    let (paid, harmed, supply) = (w.asy_of(&carol), w.asy_of(&alice), w.supply());
    w.at(w.seat(&job, &ghost).seal_by);
    w.refused(&[w.expire_seat_ix(&job, &ghost)], EscrowError::TooEarly);
    w.tick(1, 0);
    w.expire_seat(&job, &ghost);
    // A tenth to the caller, four to the requester, half burned.
    assert_eq!((w.asy_of(&carol) - paid, w.asy_of(&alice) - harmed), (BOND / 10, BOND / 10 * 4));
    assert_eq!((supply - w.supply(), w.pool(&ghost).active), (BOND / 2, STAKE - BOND));
    assert_eq!((w.job(&job).seats, w.pool(&ghost).locked), (0, 0));
    let next = w.operators[1];
    w.claim(&job, &next);
    assert!(w.pool(&next).active >= 1_000 * ASY);
}
