use anchor_lang::prelude::Pubkey;
use assay_tests::{
    assay_sdk::{
        addresses,
        escrow::{EscrowError, SeatState, Strategy},
        ix,
        staking::sortition::ROLE_RECHECK,
        verification::{Phase, VerificationError},
    },
    chain::hash,
};

use super::super::{Next, View, escrow::pay_bounty, send};
use crate::{
    dice::Dice,
    state::{Job, MISSING, Model, Refusal, Round, Verdict, need, require},
};

/// Slots that the sysvar remembers.
pub const REMEMBERED: u64 = 512;
/// Valid results in a row without which everything is checked.
const TRUSTED: u32 = 10;

pub fn propose(view: &View, dice: &mut Dice) -> Option<Next> {
    let round_of = |at: &Pubkey| view.model.rounds.get(&addresses::round(at));
    let ready = |at: &Pubkey, job: &Job| !job.has_round() || round_of(at).is_some();
    let (address, job) = view.job(dice, |at, job| job.live() && job.seeded_at == 0 && ready(at, job))?;
    // A proven job is drawn with its key, of which the walk has none.
    if matches!(job.strategy, Strategy::Proven { .. }) && !dice.once_in(8) {
        return None;
    }
    let caller = dice.once_in(2).then(|| view.anybody(dice));
    // Where nobody seals there is no round.
    let with_round = job.has_round() != dice.once_in(20);
    let checking = round_of(&address).is_some_and(|round| round.phase == Phase::Checking);
    let sealed = view.model.seats.values().find(|seat| seat.job == address && seat.state == SeatState::Sealed);
    let sealed = sealed.filter(|_| checking && !dice.once_in(12)).map(|seat| seat.operator);
    let call = match (&sealed, with_round, &caller) {
        (Some(operator), true, caller) => {
            ix::verification::draw_recheck(caller.as_ref(), &address, operator, job.class)
        }
        (None, true, Some(caller)) => ix::verification::draw_by(caller, &address),
        (None, true, None) => ix::verification::draw(&address),
        (_, false, caller) => ix::verification::draw_roundless_by(caller.as_ref(), &address),
    };
    let class = job.class;
    send(call, move |m| {
        let (now, slot, at) = (m.now, m.slot, addresses::round(&address));
        let job = need(m.jobs.get(&address))?.clone();
        let round = if with_round { Some(need(m.rounds.get(&at))?.clone()) } else { None };
        let named = sealed.filter(|_| with_round);
        if let Some(operator) = named {
            need(m.seats.get(&addresses::seat(&address, &operator)))?;
        }
        // The first draw needs a round in which nothing happened: who has a seat knows that it is this posting's.
        let own = round.as_ref().is_some_and(|round| round.is_of(&job) && (!job.seats.is_empty() || round.fresh()));
        require(!matches!(job.strategy, Strategy::Proven { .. }), VerificationError::WrongKey)?;
        require(!job.has_round() || own, VerificationError::StaleRound)?;
        let first = job.seed_slot + 1;
        require(first < slot, VerificationError::SeedNotReady)?;
        require(job.live(), EscrowError::WrongState)?;
        require(job.seeded_at == 0, EscrowError::AlreadyDrawn)?;
        let drawn = need(m.jobs.get_mut(&address))?;
        if first < slot - REMEMBERED {
            // Unpaid: anybody could let it age again and again.
            drawn.seed_slot = slot;
            return Ok(());
        }
        (drawn.seed, drawn.seeded_at) = (hash(&[b"slot", &first.to_le_bytes()]), now);
        if let Some(caller) = &caller {
            pay_bounty(m, &address, caller)?;
        }
        match round {
            Some(round) if round.phase == Phase::Checking => check(m, &address, round, named, class),
            _ => Ok(()),
        }
    })
}

/// Whether the one result that was sealed is checked by others: with the seed that was just drawn.
fn check(m: &mut Model, address: &Pubkey, mut round: Round, named: Option<Pubkey>, class: u8) -> Verdict {
    let clock = (m.now, m.slot);
    let job = need(m.jobs.get(address))?;
    let Strategy::Replicated { replicas, .. } = job.strategy else {
        return require(false, VerificationError::NotReplicated);
    };
    let operator = named.ok_or(Refusal::Code(VerificationError::SeatMissing.into()))?;
    let seat = need(m.seats.get(&addresses::seat(address, &operator)))?;
    require(seat.state == SeatState::Sealed, VerificationError::WrongSeatState)?;
    let record = m.records.get(&addresses::record(&operator, class)).ok_or(Refusal::Code(MISSING))?;
    require(job.class == class, VerificationError::WrongSeats)?;
    let usual = m.verification.class_values[usize::from(class)];
    if checked(job, address, &addresses::pool(&operator), recheck_bps(record.consecutive_valid, job.bond, usual)) {
        let job = need(m.jobs.get_mut(address))?;
        job.ask(replicas, false, clock)?;
        round.phase = Phase::Sealing;
        round.follow(job);
    } else {
        round.reveals_from(m.now);
    }
    m.rounds.insert(addresses::round(address), round);
    Ok(())
}

/// The first eight bytes of `sha256(seed, role, job, pool)`, as a part of 2^64, are below the probability.
fn checked(job: &Job, address: &Pubkey, pool: &Pubkey, bps: u128) -> bool {
    let drawn = hash(&[&job.seed, ROLE_RECHECK, address.as_ref(), pool.as_ref()]);
    let drawn = u64::from_le_bytes(drawn[..8].try_into().expect("eight bytes"));
    u128::from(drawn) * 10_000 < bps << 64
}

/// Always before ten valid results in a row; then one part of their number, and 5 % at least, rising with what the job is
/// worth above what is usual; in bps, rounded up.
fn recheck_bps(run: u32, bond: u64, usual: u64) -> u128 {
    if run < TRUSTED {
        return 10_000;
    }
    let rare = u128::from(10_000_u32.div_ceil(run)).max(500);
    (rare * u128::from(bond.max(usual))).div_ceil(usual.into()).min(10_000)
}
