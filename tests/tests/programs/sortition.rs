//! Who may take a seat, and where the seed comes from.

use assay_tests::{
    World,
    assay_sdk::{
        ASY, addresses,
        escrow::{Capabilities, EscrowError, Job, JobTerms, Requirements},
        ix,
        staking::{Totals, sortition},
        verification::VerificationError,
    },
    chain::hash,
    market::*,
    world::*,
};

/// A pool that its draw does not choose waits, until the threshold has widened to it; nothing else opens the door.
#[test]
fn sortition_ineligible_claims() {
    let mut w = World::empty();
    w.add_operator("whale", 900_000 * ASY);
    let small = w.add_operator("small", CLASS_STAKE);
    w.tick(100, 250);
    let alice = w.alice;
    let job = w.open_with(&alice, JobTerms { deadline_seconds: 2_000, ..terms(1) });
    let seeded = w.job(&job);
    let total = w.chain.read::<Totals>(&addresses::totals()).weight.now;
    let draw = sortition::draw(&seeded.seed, sortition::ROLE_SEAT, &job, &addresses::pool(&small));
    let chosen = |doublings: u32| {
        // spread 4 x 3 replicas, an unknown operator's reputation is one half.
        sortition::eligible(draw, 12 << doublings, CLASS_STAKE / 2, total)
    };
    let doublings = (0..17).find(|n| chosen(*n)).expect("the threshold reaches everybody");
    assert!(doublings > 0, "this pool must wait for the test to mean anything");
    let claim = w.claim_ix(&job, &small, 0);
    w.refused(std::slice::from_ref(&claim), EscrowError::NotEligible);
    w.at(seeded.seeded_at + 30 * i64::from(doublings) - 1);
    w.refused(std::slice::from_ref(&claim), EscrowError::NotEligible);
    w.tick(1, 0);
    w.ok(&[claim]);
}

/// `epoch_boundary_gaming`: stake weighs from the next epoch on, leaving stake is gone at once.
#[test]
fn epoch_boundary_gaming() {
    let mut w = World::with_operators(2);
    let alice = w.alice;
    w.tick(99, 0);
    let late = w.add_operator("late", STAKE);
    let job = w.open(&alice, 1);
    w.refused(&[w.claim_ix(&job, &late, 0)], EscrowError::NotEligible);
    w.tick(1, 0);
    w.ok(&[w.claim_ix(&job, &late, 0)]);
    let leaver = w.operators[0];
    let shares = u128::from(STAKE - CLASS_STAKE + 1);
    w.ok(&[ix::staking::request_unstake(&leaver, 0, shares)]);
    assert_eq!(w.pool(&leaver).weight.effective(w.now as u64 / 100), CLASS_STAKE - 1);
    w.refused(&[w.claim_ix(&job, &leaver, 0)], EscrowError::StakeTooLow);
}

/// The seed is the hash of the first slot after the job's: not known when it is posted, the same whoever asks.
#[test]
fn sortition_grinding() {
    let mut w = World::with_operators(1);
    let (alice, slot) = (w.alice, w.slot);
    let job = w.post(&alice, terms(1));
    w.refused(&[ix::verification::draw(&job)], VerificationError::SeedNotReady);
    w.tick(0, 1);
    w.refused(&[ix::verification::draw(&job)], VerificationError::SeedNotReady);
    w.tick(0, 100);
    w.ok(&[ix::verification::draw(&job)]);
    assert_eq!(w.job(&job).seed, hash(&[b"slot", &(slot + 1).to_le_bytes()]));
    w.refused(&[ix::verification::draw(&job)], EscrowError::AlreadyDrawn);
}

#[test]
fn seed_slot_aged_out() {
    let mut w = World::with_operators(1);
    let alice = w.alice;
    let (job, posted) = (w.post(&alice, terms(1)), w.slot);
    w.tick(0, 513);
    let mut in_time = w.clone();
    in_time.ok(&[ix::verification::draw(&job)]);
    assert_eq!(in_time.job(&job).seed, hash(&[b"slot", &(posted + 1).to_le_bytes()]));
    w.tick(0, 1);
    let rearmed = w.ok(&[ix::verification::draw(&job)]);
    assert_eq!(rearmed.event("DrawRearmed").u64("after_slot"), w.slot);
    assert_eq!((w.job(&job).seeded_at, w.job(&job).seed_slot), (0, w.slot));
    w.refused(&[ix::verification::draw(&job)], VerificationError::SeedNotReady);
    w.refused(&[w.claim_ix(&job, &w.operators[0], 0)], EscrowError::NotDrawn);
    let slot = w.slot;
    w.tick(0, 2);
    w.ok(&[ix::verification::draw(&job)]);
    assert_eq!(w.job(&job).seed, hash(&[b"slot", &(slot + 1).to_le_bytes()]));
}

/// `self_dealing`: the requester takes no seat of its own job.
#[test]
fn self_dealing() {
    let mut w = World::with_operators(2);
    let a = w.operators[0];
    w.mint_usd(&a, FUNDS);
    let job = w.open(&a, 1);
    w.refused(&[w.claim_ix(&job, &a, 0)], EscrowError::SelfDealing);
}

#[test]
fn an_unfit_device() {
    let mut w = World::with_operators(1);
    let (alice, a, asks) = (w.alice, w.operators[0], Requirements::default());
    for (nonce, unfit) in
        [Requirements { cores: MACHINE.cores + 1, ..asks }, Requirements { memory_mib: MACHINE.memory_mib + 1, ..asks }]
            .map(|requirements| JobTerms { requirements, ..terms(1) })
            .into_iter()
            .enumerate()
    {
        let unfit = JobTerms { nonce: nonce as u64, ..unfit };
        let job = w.open_with(&alice, unfit);
        w.refused(&[w.claim_ix(&job, &a, 0)], EscrowError::DeviceUnfit);
        let bigger = Capabilities { cores: 5, memory_mib: 4_097, ..MACHINE };
        let index = nonce as u16 + 1;
        w.ok(&[ix::escrow::register_device(&a, index, bigger, 1, 0)]);
        w.ok(&[w.claim_ix(&job, &a, index)]);
    }
}

/// A record of another class, and a class that asks for more stake than there is.
#[test]
fn another_class() {
    let mut w = World::empty();
    let poor = w.add_operator("poor", 2 * CLASS_STAKE - 1);
    w.tick(100, 250);
    let alice = w.alice;
    let job = w.open_with(&alice, JobTerms { class: 1, ..terms(1) });
    let class_0 = Job { class: 0, ..w.job(&job) };
    w.refused(&[ix::escrow::claim_seat(&poor, &job, &class_0, 0)], EscrowError::WrongAddress);
    w.ok(&[ix::reputation::open_record(&poor, 1)]);
    w.refused(&[w.claim_ix(&job, &poor, 0)], EscrowError::StakeTooLow);
    w.refused(
        &[ix::reputation::open_record(&poor, 5)],
        assay_tests::assay_sdk::reputation::ReputationError::NoSuchClass,
    );
}
