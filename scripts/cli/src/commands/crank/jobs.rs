//! What is due of jobs, their seats and their rounds.

use assay_sdk::{
    addresses,
    escrow::{Job, JobState, Leg, Seat, SeatState, Strategy},
    ix,
    token::ASY_MINT,
    verification::{Phase, Round},
};
use solana_sdk::{instruction::Instruction, pubkey::Pubkey};

use super::{
    kind::{Crank, Kind},
    world::World,
};

impl World {
    /// What is due of all jobs, and of rounds that jobs left behind.
    pub(super) fn of_jobs(&self) -> impl Iterator<Item = Crank> {
        let jobs = self.jobs.iter().flat_map(|(at, job)| self.of_job(at, job));
        let orphans = self.rounds.iter().filter(|(job, _)| !self.jobs.contains_key(job));
        jobs.chain(orphans.map(|(job, round)| close_round(job, round)))
    }

    fn of_job(&self, at: &Pubkey, job: &Job) -> Vec<Crank> {
        let mut due = if job.is_live() { self.running(at, job) } else { self.verdict(at, job) };
        due.extend(self.ghosts(at, job));
        let legs = (0..).zip(&job.legs).filter(|(_, leg)| leg.due > 0);
        due.extend(legs.map(|(nth, leg)| self.pay_royalty(at, job, nth, leg)));
        due.extend(self.closing(at, job));
        due
    }

    /// A live job.
    fn running(&self, at: &Pubkey, job: &Job) -> Vec<Crank> {
        let mut due = vec![];
        if job.state == JobState::Open && job.seats == 0 && self.now > job.seal_by {
            let expire = ix::escrow::expire_job(at, &self.me);
            due.push(Crank::new(Kind::ExpireJob, at, vec![expire]).for_bounty(job.bounty));
        }
        if !job.strategy.has_round() {
            due.extend(self.draw(at, job, None));
            due.extend(self.seats(at).iter().filter_map(|seat| self.release(at, job, seat)));
            return due;
        }
        let Some(round) = self.rounds.get(at) else { return due };
        if !round.is_of(job) {
            due.push(close_round(at, round));
            return due;
        }
        // A seat that sealed first waits for the draw of whether others check it.
        let sealed = self.seats(at).iter().find(|_| round.phase == Phase::Checking).map(|seat| seat.operator);
        if job.seeded_at != 0 || job.seats != 0 || round.is_fresh() {
            due.extend(self.draw(at, job, sealed));
        }
        if self.countable(job, round) && job.seats != 0 {
            due.push(self.count(at, job));
        }
        due
    }

    fn draw(&self, at: &Pubkey, job: &Job, sealed: Option<Pubkey>) -> Option<Crank> {
        let wanted = job.seeded_at == 0 && self.slot > job.seed_slot && self.now <= job.seal_by;
        let draw = match (sealed, job.strategy) {
            (Some(operator), _) => ix::verification::draw_recheck(Some(&self.me), at, &operator, job.class),
            (None, strategy) if strategy.has_round() => ix::verification::draw_by(&self.me, at),
            (None, Strategy::Proven { key }) => ix::verification::draw_proven_by(Some(&self.me), at, &key),
            _ => ix::verification::draw_roundless_by(Some(&self.me), at),
        };
        wanted.then(|| Crank::new(Kind::Draw, at, vec![draw]).for_bounty(job.bounty).nth(job.seed_slot))
    }

    /// Whether counting a round would bring its job further: it waits for a canary's answer, and for a jury as long as one may be
    /// called or sits.
    fn countable(&self, job: &Job, round: &Round) -> bool {
        let audited = round.phase == Phase::Auditing && self.now > round.reveal_by;
        let waits = round.awaits_canary(self.now, self.verification.params.canary_seconds);
        (round.countable(self.now) || audited) && !waits && job.cases == 0
    }

    fn count(&self, at: &Pubkey, job: &Job) -> Crank {
        let operators: Vec<_> = self.seats(at).iter().map(|seat| seat.operator).collect();
        let count = match job.strategy {
            Strategy::Sampled { .. } => ix::verification::finalize_sample(Some(&self.me), at, job.class, &operators),
            _ => ix::verification::finalize_round_by(&self.me, at, job.class, &operators),
        };
        let phase = self.rounds.get(at).map_or(0, |round| round.phase as u64);
        Crank::new(Kind::Finalize, at, vec![count]).for_bounty(job.bounty).nth((phase << 8) | u64::from(job.replicas))
    }

    fn release(&self, at: &Pubkey, job: &Job, seat: &Seat) -> Option<Crank> {
        let due = seat.state == SeatState::Delivered && self.now > seat.seal_by && job.cases == 0;
        let release = ix::escrow::release_milestone(&self.me, at, job, &seat.operator);
        let work = vec![self.paid(job, release, &[seat.operator])];
        due.then(|| {
            Crank::new(Kind::ReleaseMilestone, at, work).nth(job.released.into()).into(&seat.operator, &job.mint)
        })
    }

    /// Carrying a verdict out, or a cancellation.
    fn verdict(&self, at: &Pubkey, job: &Job) -> Vec<Crank> {
        let seats = self.seats(at).iter();
        match job.state {
            JobState::Verified | JobState::Unresolved => {
                seats.filter_map(|seat| self.after_verdict(at, job, seat)).collect()
            }
            JobState::Cancelled => {
                seats.filter(|seat| seat.seal_by >= job.ended_at).map(|seat| self.settle(at, job, seat)).collect()
            }
            _ => vec![],
        }
    }

    fn after_verdict(&self, at: &Pubkey, job: &Job, seat: &Seat) -> Option<Crank> {
        match seat.state {
            _ if Job::in_set(job.winners, seat.index) => Some(self.settle(at, job, seat)),
            // A ghost: expired like any other.
            SeatState::Claimed => None,
            _ if Job::in_set(job.losers, seat.index) => Some(self.slash(at, job, seat)),
            _ => Some(self.settle(at, job, seat)),
        }
    }

    fn settle(&self, at: &Pubkey, job: &Job, seat: &Seat) -> Crank {
        let settle = self.paid(job, ix::escrow::settle_seat(at, job, seat, &self.me), &[seat.operator]);
        let crank = Crank::new(Kind::Settle, at, vec![settle]).nth(seat.index.into());
        crank.for_bounty(job.bounty).into(&seat.operator, &job.mint)
    }

    /// Who found it out is paid, whoever sends this.
    fn slash(&self, at: &Pubkey, job: &Job, seat: &Seat) -> Crank {
        let caller = job.accuser().unwrap_or(self.me);
        let slash = ix::escrow::slash_seat(at, &job.requester, &seat.operator, &caller);
        let crank = Crank::new(Kind::SlashSeat, at, vec![ix::escrow::for_seat(slash, seat)]).nth(seat.index.into());
        let crank = crank.into_made(&job.requester, &ASY_MINT).into_made(&caller, &ASY_MINT);
        Crank { pays: caller == self.me, ..crank }
    }

    /// Seats that brought nothing in time. After a cancellation they need not any more.
    fn ghosts(&self, at: &Pubkey, job: &Job) -> impl Iterator<Item = Crank> {
        let now = if job.state == JobState::Cancelled { job.ended_at } else { self.now };
        let late =
            move |seat: &&Seat| job.is_working(seat) && !Job::in_set(job.winners, seat.index) && now > seat.seal_by;
        let expire = move |seat: &Seat| {
            let expire = ix::escrow::expire_seat(at, &job.requester, &seat.operator, &self.me);
            let work = vec![ix::escrow::for_seat(expire, seat)];
            let crank = Crank::new(Kind::ExpireSeat, at, work).nth(seat.index.into());
            let crank = crank.into_made(&job.requester, &ASY_MINT).into_made(&self.me, &ASY_MINT);
            Crank { pays: true, ..crank }
        };
        self.seats(at).iter().filter(late).map(expire)
    }

    /// Where a leg's payee is paid.
    pub(super) fn takes(&self, job: &Job, leg: &Leg) -> Pubkey {
        addresses::ata_of(&leg.to, &job.mint, &self.program(&job.mint))
    }

    /// To the payee; or to the protocol, once a payee without an account, or with a frozen one, had all the time there was.
    fn pay_royalty(&self, at: &Pubkey, job: &Job, nth: u8, leg: &Leg) -> Crank {
        let grace = i64::from(self.escrow.params.royalty_grace_seconds);
        let unclaimed = !job.is_live() && self.now > job.ended_at.saturating_add(grace);
        let to = self.takes(job, leg);
        let payable = self.held.contains_key(&to) || !unclaimed;
        let to = if payable { to } else { addresses::fee_vault_of_job(&job.mint, at) };
        let pay = self.paid(job, ix::escrow::pay_royalty(at, job, nth, &to), &[]);
        let crank = Crank::new(Kind::PayRoyalty, at, vec![pay]).nth(nth.into());
        if payable { crank.into(&leg.to, &job.mint) } else { crank }
    }

    /// Refunding, and closing once nothing else is left.
    fn closing(&self, at: &Pubkey, job: &Job) -> Option<Crank> {
        if job.is_live() {
            return None;
        }
        let held = self.held.get(&addresses::job_vault(at)).copied().unwrap_or(0);
        let refund = self.paid(job, ix::escrow::refund(at, job), &[job.requester]);
        if job.ended() && job.legs.iter().all(|leg| leg.due == 0) {
            let round = self.rounds.get(at).map(|round| ix::verification::close_round(at, &round.payer));
            let close = self.paid(job, ix::escrow::close_job(at, &job.requester, &self.me), &[]);
            let work = [Some(refund), round, Some(close)].into_iter().flatten().collect();
            let crank = Crank::new(Kind::CloseJob, at, work).for_bounty(job.bounty);
            return Some(crank.into(&job.requester, &job.mint));
        }
        let more = job.owed().is_ok_and(|owed| held > owed);
        more.then(|| Crank::new(Kind::Refund, at, vec![refund]).nth(held).into(&job.requester, &job.mint))
    }

    /// An instruction on a job, by the token program of its mint.
    fn paid(&self, job: &Job, instruction: Instruction, owners: &[Pubkey]) -> Instruction {
        if !self.is_2022(&job.mint) {
            return instruction;
        }
        ix::escrow::in_token_2022(instruction, &job.mint, owners)
    }
}

fn close_round(job: &Pubkey, round: &Round) -> Crank {
    Crank::new(Kind::CloseRound, job, vec![ix::verification::close_round(job, &round.payer)])
}
