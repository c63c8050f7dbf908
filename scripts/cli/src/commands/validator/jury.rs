//! `validator jury`: a case's jury, and an operator's place in it.

use assay_sdk::{
    addresses,
    escrow::Job,
    staking::sortition::{self, ROLE_JURY},
    verification::{self, Ballot, Case, CaseKind, CasePhase},
};
use serde_json::{Value, json};
use solana_sdk::pubkey::Pubkey;

use super::{Chain, Me, asy, sortition::Lot};
use crate::{
    context::Context,
    duration::words,
    error::{Error, Result},
    output::{facts, table},
};

/// Where a Ballot's case is: after discriminator, version, bump, state and level.
const BALLOT_CASE: usize = 8 + 1 + 1 + 1 + 1;

/// What an operator is in a case.
#[derive(Clone, Debug, PartialEq)]
pub struct Place {
    /// `juror`, `requester`, `opener`, `executor`, `appellant`, `seated`, `candidate` or `none`.
    pub role: &'static str,
    /// Why it cannot take a chair now, but for the draw.
    pub hindered: Vec<String>,
    /// Its lot, once the jury's seed is drawn.
    pub lot: Option<Lot>,
}

impl Place {
    /// The place of `me` in a case about `job`. `ballot`: its own; `seated`: whether it has a seat in the job.
    pub(super) fn of(
        at: &Pubkey,
        case: &Case,
        job: &Job,
        me: &Me,
        chain: &Chain,
        ballot: Option<&Ballot>,
        seated: bool,
    ) -> Self {
        let role = match () {
            () if ballot.is_some() => "juror",
            () if case.requester == me.operator => "requester",
            () if case.opener == me.operator => "opener",
            () if case.executor == me.operator => "executor",
            () if case.is_party(&me.operator) => "appellant",
            () if seated => "seated",
            () => "candidate",
        };
        let hindered = if role == "candidate" { hindered(case, job, me, chain) } else { vec![] };
        let role = if role == "candidate" && !me.records.contains_key(&job.class) { "none" } else { role };
        let lot = (case.seeded_at != 0 && role == "candidate").then(|| lot(at, case, job, me, chain));
        Self { role, hindered, lot }
    }

    /// Whether it may take a chair at `now`.
    pub fn may_join(&self, now: i64) -> bool {
        self.role == "candidate" && self.hindered.is_empty() && self.lot.is_some_and(|lot| lot.is_chosen(now))
    }

    /// Whether it has anything to do with the case, or may have.
    pub fn concerns(&self) -> bool {
        !matches!(self.role, "none" | "seated") && (self.role != "candidate" || self.hindered.is_empty())
    }

    pub fn json(&self, now: i64) -> Value {
        let lot = self.lot.map(|lot| {
            json!({
                "chosen": lot.is_chosen(now), "chosen_at": lot.chosen_at().map(|at| at.to_string()),
                "chance_bps": lot.chance_bps(now), "drawn": lot.drawn.to_string(), "weight": lot.weight.to_string(),
                "total_weight": lot.total.to_string(),
            })
        });
        json!({"role": self.role, "may_join": self.may_join(now), "hindered": self.hindered, "sortition": lot})
    }

    /// In words, for a table.
    pub fn words(&self, now: i64) -> String {
        match (self.role, self.hindered.first(), self.lot) {
            ("candidate", Some(why), _) => why.clone(),
            ("candidate", None, None) => "may be drawn".into(),
            ("candidate", None, Some(lot)) => match lot.chosen_at() {
                Some(at) if at <= now => "may join now".into(),
                Some(at) => format!("may join in {}", words(u64::try_from(at - now).unwrap_or(0))),
                None => "is not drawn".into(),
            },
            ("none", ..) => "has no record in its class".into(),
            (role, ..) => role.into(),
        }
    }
}

/// Why a stranger cannot take a chair, but for the draw: what the program asks, in its order.
fn hindered(case: &Case, job: &Job, me: &Me, chain: &Chain) -> Vec<String> {
    let (now, free) = (chain.now, me.pool.active.saturating_sub(me.pool.locked));
    let least = chain.escrow.params.classes.get(usize::from(job.class)).map_or(0, |class| class.stake);
    let late = case.phase == CasePhase::Judging && case.joins_until().is_ok_and(|until| now > until);
    let full = case.phase == CasePhase::Judging && case.joined >= case.chairs;
    let checks = [
        (!me.records.contains_key(&job.class), format!("no record in class {}: `assay validator join`", job.class)),
        (case.phase == CasePhase::Resolved || case.phase == CasePhase::Concluded, "the votes are counted".into()),
        (late, "chairs are taken no more".into()),
        (full, "all chairs are taken".into()),
        (me.pool.active < least, format!("class {} asks for {} at work: `assay stake add`", job.class, asy(least))),
        (free < case.juror_bond, format!("a chair locks {}, and {} are free", asy(case.juror_bond), asy(free))),
        (me.pool.jailed(now), "it is in jail".into()),
    ];
    checks.into_iter().filter(|(hinders, _)| *hinders).map(|(_, why)| why).collect()
}

fn lot(at: &Pubkey, case: &Case, job: &Job, me: &Me, chain: &Chain) -> Lot {
    let epoch = chain.staking.epoch(chain.now);
    let score = me.records.get(&job.class).and_then(|record| record.score_bps(chain.now)).unwrap_or(0);
    Lot {
        drawn: Lot::number(&case.seed, ROLE_JURY, at, &me.operator),
        weight: sortition::with_reputation(me.pool.weight.effective(epoch), score),
        total: chain.totals.weight.settled(epoch),
        first: case.chairs.into(),
        since: case.seeded_at,
        step: chain.escrow.params.widen_seconds.into(),
    }
}

/// What a case asks, in words.
pub fn about(kind: CaseKind) -> String {
    match kind {
        CaseKind::Challenge { unit } => format!("unit {unit}"),
        CaseKind::Sample => "sample".into(),
        CaseKind::Tie => "tie".into(),
    }
}

/// Shows a case's jury.
pub async fn run(context: &Context, at: Pubkey, operator: Option<Pubkey>) -> Result<()> {
    let me = Me::read(context, operator).await?;
    let chain = Chain::read(context).await?;
    let gone = || Error::Refused(format!("there is no case {at}: see `assay validator cases`"));
    let case: Case = context.account(&at).await?.ok_or_else(gone)?;
    let job: Job = context.account(&case.job).await?.ok_or_else(gone)?;
    let mut ballots = context.accounts_of::<Ballot>(&verification::ID, Some((BALLOT_CASE, &at))).await?;
    ballots.sort_by_key(|(_, ballot)| (ballot.level, ballot.operator));
    let own = ballots.iter().map(|(_, ballot)| ballot).find(|ballot| ballot.operator == me.operator);
    let seat = addresses::seat(&case.job, &me.operator);
    let seated = context.raw_accounts(&[seat]).await?.iter().flatten().any(|seat| !seat.data.is_empty());
    let place = Place::of(&at, &case, &job, &me, &chain, own, seated);
    let jurors: Vec<_> = ballots.iter().map(|(_, ballot)| ballot_json(ballot)).collect();
    let document = json!({
        "case": at.to_string(), "job": case.job.to_string(), "operator": me.operator.to_string(),
        "about": about(case.kind), "phase": format!("{:?}", case.phase), "until": case.until.to_string(),
        "level": case.level, "chairs": case.chairs, "joined": case.joined, "sealed": case.sealed,
        "revealed": case.revealed, "juror_bond": case.juror_bond.to_string(), "you": place.json(chain.now),
        "ballot": own.map(ballot_json), "jurors": jurors,
    });
    context.out.data(&document, || page(&at, &case, &place, &ballots, chain.now))
}

fn page(at: &Pubkey, case: &Case, place: &Place, ballots: &[(Pubkey, Ballot)], now: i64) -> String {
    let Case { joined, chairs, sealed, revealed, .. } = case;
    let left = u64::try_from(case.until.saturating_sub(now)).map_or_else(|_| "over".into(), words);
    let chance = place.lot.map(|lot| {
        let (chance, weight) = (f64::from(lot.chance_bps(now)) / 100.0, asy(lot.weight));
        format!("{chance:.1} % now, by {weight} of stake times reputation, in {}", asy(lot.total))
    });
    let mut page = facts(&[
        ("case", at.to_string()),
        ("job", case.job.to_string()),
        ("about", about(case.kind)),
        ("phase", format!("{:?}", case.phase).to_lowercase()),
        ("time left", left),
        ("chairs", format!("{joined} of {chairs} taken, {sealed} sealed, {revealed} revealed")),
        ("a chair locks", asy(case.juror_bond)),
        ("you", place.words(now)),
        ("chance", chance.unwrap_or_default()),
    ]);
    if place.may_join(now) {
        page.push_str("\nThe node of this operator takes the chair, computes and votes: `assay operator run`.\n");
    }
    if ballots.is_empty() {
        return page;
    }
    let mut rows = table(&["juror", "jury", "ballot"]);
    for (_, ballot) in ballots {
        let jury = if ballot.level == 0 { "first".into() } else { format!("appeal {}", ballot.level) };
        rows.add_row([ballot.operator.to_string(), jury, format!("{:?}", ballot.state).to_lowercase()]);
    }
    format!("{page}\n{rows}\n")
}

/// A ballot as documents have it.
pub fn ballot_json(ballot: &Ballot) -> Value {
    json!({
        "operator": ballot.operator.to_string(), "level": ballot.level, "state": format!("{:?}", ballot.state),
        "bond": ballot.bond.to_string(), "seal_by": ballot.seal_by.to_string(),
    })
}

#[cfg(test)]
mod tests {
    use assay_sdk::{
        anchor_lang::AnchorDeserialize,
        escrow,
        reputation::Record,
        staking::{self, Pool, Totals, Weight},
    };

    use super::*;

    const NOW: i64 = 1_000;

    fn key(n: u8) -> Pubkey {
        Pubkey::new_from_array([n; 32])
    }

    /// An account of zeros.
    fn blank<T: AnchorDeserialize>() -> T {
        T::deserialize(&mut &[0; 8_192][..]).unwrap()
    }

    /// An operator at key 1, with all the weight there is.
    fn scene() -> (Case, Job, Me, Chain) {
        let weight = Weight { now: 90, last: 90, epoch: 0 };
        let pool = Pool { operator: key(1), active: 100, locked: 10, weight, ..Default::default() };
        let record = Record { operator: key(1), ..blank() };
        let me = Me { operator: key(1), pool, records: [(0, record)].into() };
        let mut escrow: escrow::Config = blank();
        (escrow.params.classes[0].stake, escrow.params.widen_seconds) = (100, 2);
        let params = staking::StakingParams { epoch_seconds: 100, ..Default::default() };
        let staking = staking::Config { params, ..Default::default() };
        let totals = Totals { weight, ..Default::default() };
        let case = Case {
            phase: CasePhase::Judging,
            chairs: 3,
            juror_bond: 90,
            requester: key(2),
            opener: key(3),
            executor: key(4),
            seeded_at: NOW - 5,
            seal_window: 10,
            ..blank()
        };
        (case, blank(), me, Chain { now: NOW, escrow, staking, totals })
    }

    fn place(change: impl Fn(&mut Case, &mut Me, &mut Chain)) -> Place {
        let (mut case, job, mut me, mut chain) = scene();
        change(&mut case, &mut me, &mut chain);
        Place::of(&key(9), &case, &job, &me, &chain, None, false)
    }

    #[test]
    fn whoever_has_all_the_weight_may_join() {
        let found = place(|_, _, _| ());
        assert_eq!((found.role, found.hindered.len()), ("candidate", 0));
        assert!(found.may_join(NOW) && found.concerns());
        assert_eq!(found.words(NOW), "may join now");
        let early = place(|case, _, _| (case.phase, case.seeded_at) = (CasePhase::Called, 0));
        assert!(!early.may_join(NOW) && early.concerns());
        assert_eq!(early.words(NOW), "may be drawn");
    }

    type Change = fn(&mut Case, &mut Me, &mut Chain);

    #[test]
    fn what_hinders_is_told() {
        let table: [(Change, &str); 7] = [
            (|case, _, _| case.joined = 3, "all chairs are taken"),
            (|case, _, _| case.seeded_at = NOW - 21, "chairs are taken no more"),
            (|case, _, _| case.phase = CasePhase::Resolved, "the votes are counted"),
            (|case, _, _| case.juror_bond = 91, "a chair locks 0.000000091 ASY, and 0.00000009 ASY are free"),
            (|_, me, _| me.pool.active = 99, "class 0 asks for 0.0000001 ASY at work"),
            (|_, me, _| me.pool.jailed_until = NOW + 1, "it is in jail"),
            (|_, me, _| me.records.clear(), "has no record in its class"),
        ];
        for (change, said) in table {
            let found = place(change);
            assert!(!found.may_join(NOW), "{said}");
            assert!(found.words(NOW).starts_with(said), "{said}: {}", found.words(NOW));
            assert!(!found.concerns(), "{said}");
        }
        let unweighed = place(|_, me, _| me.pool.weight.now = 0);
        assert!(!unweighed.may_join(NOW) && unweighed.words(NOW) == "is not drawn");
    }

    #[test]
    fn parties_and_jurors_are_no_candidates() {
        let (case, job, me, chain) = scene();
        let of =
            |case: &Case, ballot: Option<&Ballot>, seated| Place::of(&key(9), case, &job, &me, &chain, ballot, seated);
        let table = [
            (Case { requester: key(1), ..case.clone() }, "requester"),
            (Case { opener: key(1), ..case.clone() }, "opener"),
            (Case { executor: key(1), ..case.clone() }, "executor"),
        ];
        for (case, role) in table {
            let found = of(&case, None, true);
            assert!(found.role == role && found.concerns() && !found.may_join(NOW), "{role}: {found:?}");
        }
        assert_eq!(of(&case, Some(&blank()), false).role, "juror");
        let seated = of(&case, None, true);
        assert!(seated.role == "seated" && !seated.concerns() && !seated.may_join(NOW));
        let mut appealed = case.clone();
        (appealed.appeals[1].by, appealed.appeals[1].bond) = (key(1), 5);
        assert_eq!(of(&appealed, None, false).role, "appellant");
    }
}
