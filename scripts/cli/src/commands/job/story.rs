//! The story of a job as the chain's history tells it: who computed, who got what, what it took. Pure arithmetic.

use std::collections::HashMap;

use assay_sdk::addresses;
use serde::Serialize;
use serde_json::Value;
use solana_sdk::pubkey::Pubkey;

use super::{cases, number, text};
use crate::{
    client::history::{Event, Recorded},
    error::{Error, Result},
};

/// One operator's part. Amounts in base units: `paid` and `fee` of the job's mint, `slashed` of ASY.
#[derive(Clone, Debug, PartialEq)]
pub struct Part {
    pub operator: Pubkey,
    pub seat: Pubkey,
    /// `pending`, `won`, `lost`, `ghost` or `released`, as the API says it.
    pub outcome: &'static str,
    pub paid: u64,
    pub fee: u64,
    pub slashed: u64,
    /// Number of the seat, and (paid, slashed) of it alone: an operator that lost a seat may have taken another.
    pub index: u64,
    pub of_seat: (u64, u64),
    /// The seat's last state, once it is closed.
    pub last: Option<Value>,
}

/// A dispute.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Dispute {
    pub case: String,
    /// What it was about: `unit 5`, `tie`.
    pub about: String,
    pub opener: String,
    /// `open` until it is concluded; then `unanswered`, `decided`, `undecided` or `moot`.
    pub ruling: String,
    /// Whether the executor was found right, where a jury decided about one.
    pub upheld: Option<bool>,
}

/// A juror's part in a case, in base units of ASY.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Juror {
    pub case: String,
    pub operator: String,
    /// Besides the bond, which came back.
    pub paid: u64,
    pub slashed: u64,
    #[serde(skip)]
    pub ballot: Pubkey,
}

/// A job's story.
#[derive(Clone, Debug, PartialEq)]
pub struct Story {
    pub mint: Pubkey,
    pub units: u64,
    /// How it is judged, as the API has it.
    pub strategy: Value,
    /// Base units paid in.
    pub deposit: u64,
    /// Base units that went back to the requester.
    pub refunded: u64,
    /// In the order in which they took their seats.
    pub parts: Vec<Part>,
    /// In the order in which they were opened.
    pub disputes: Vec<Dispute>,
    /// In the order in which they took their chairs.
    pub jurors: Vec<Juror>,
    /// The root that was settled on, lower hex.
    pub root: Option<String>,
    /// The job's last state, once it is closed.
    pub job_closed: Option<Value>,
    /// The round's last state, once it is closed.
    pub round_closed: Option<Value>,
    /// What executors had at stake in cases.
    sureties: Vec<Pubkey>,
    /// ASY base units burned by this job's slashes.
    pub burned: u64,
    pub transactions: u64,
    pub compute_units: u64,
    /// The most lamports that the job's accounts ever held together.
    pub rent_peak: u64,
}

impl Story {
    /// Tells the story of a job from its history, oldest first.
    ///
    /// # Errors
    /// [`Error::Refused`] if the history has no such job.
    pub fn tell(job: &Pubkey, history: &[Recorded]) -> Result<Self> {
        let mine = |event: &&Event| text(&event.data, "job") == job.to_string();
        let posted = history.iter().flat_map(|t| &t.events).filter(mine).find(|event| event.kind == "JobPosted");
        let Some(Event { data: posted, .. }) = posted else {
            let why = format!("the chain's history has no job {job}: check the address and --url");
            return Err(Error::Refused(why));
        };
        let mut story = Self {
            mint: address(posted, "mint")?,
            units: number(posted, "units"),
            strategy: posted.get("strategy").cloned().unwrap_or_default(),
            deposit: number(posted, "deposit"),
            refunded: 0,
            parts: vec![],
            disputes: vec![],
            jurors: vec![],
            sureties: vec![],
            root: None,
            job_closed: None,
            round_closed: None,
            burned: 0,
            transactions: history.len() as u64,
            compute_units: history.iter().map(|transaction| transaction.compute_units).sum(),
            rent_peak: 0,
        };
        for transaction in history {
            story.hear(job, transaction)?;
        }
        story.rent_peak = rent_peak(&story.accounts(job), history);
        Ok(story)
    }

    /// Every account that the job ever held rent in: job, vault, round, seats, and those of its cases.
    pub fn accounts(&self, job: &Pubkey) -> Vec<Pubkey> {
        let mut all = vec![*job, addresses::job_vault(job), addresses::round(job)];
        all.extend(self.parts.iter().map(|part| part.seat));
        let cases = self.disputes.iter().filter_map(|dispute| dispute.case.parse().ok());
        all.extend(cases.flat_map(|case| [case, addresses::case_vault(&case)]));
        all.extend(self.jurors.iter().map(|juror| juror.ballot));
        all.extend(&self.sureties);
        all
    }

    fn hear(&mut self, job: &Pubkey, transaction: &Recorded) -> Result<()> {
        // staking's `Slashed` has the exact amount and comes before escrow's `SeatSlashed`, which has the job.
        let mut slashes: HashMap<Pubkey, &Value> = HashMap::new();
        for Event { program, kind, data } in &transaction.events {
            if (program.as_str(), kind.as_str()) == ("staking", "Slashed") {
                slashes.insert(address(data, "operator")?, data);
                continue;
            }
            let of_case = self.disputes.iter().any(|dispute| data["case"] == dispute.case);
            if text(data, "job") != job.to_string() && !of_case {
                continue;
            }
            match kind.as_str() {
                "SeatClaimed" => self.claim(data)?,
                "SeatSettled" => {
                    let part = self.part(data)?;
                    part.paid += number(data, "paid");
                    part.fee += number(data, "fee");
                    part.of_seat = (number(data, "paid"), 0);
                    part.outcome = if number(data, "paid") > 0 { "won" } else { "released" };
                    part.last = data.get("last").cloned();
                }
                "SeatSlashed" => {
                    let taken = slashes.remove(&address(data, "operator")?);
                    let part = self.part(data)?;
                    part.of_seat = (0, taken.map_or(0, |taken| number(taken, "amount")));
                    part.slashed += part.of_seat.1;
                    part.outcome = if text(data, "reason") == "Ghost" { "ghost" } else { "lost" };
                    part.last = data.get("last").cloned();
                    self.burned += taken.map_or(0, |taken| number(taken, "burned"));
                }
                "RoundFinalized" => self.judge(data),
                "CaseOpened" => self.disputes.push(Dispute {
                    case: text(data, "case").into_owned(),
                    about: cases::about(data),
                    opener: text(data, "opener").into_owned(),
                    ruling: "open".into(),
                    upheld: None,
                }),
                "CaseAnswered" => {
                    let surety = addresses::surety(job, &address(data, "operator")?);
                    if !self.sureties.contains(&surety) {
                        self.sureties.push(surety);
                    }
                }
                "CaseConcluded" | "CaseMooted" | "CaseClosed" => self.conclude(data),
                "JurorJoined" => self.jurors.push(Juror {
                    case: text(data, "case").into_owned(),
                    operator: text(data, "operator").into_owned(),
                    paid: 0,
                    slashed: 0,
                    ballot: address(data, "ballot")?,
                }),
                "BallotSettled" => self.juror(data).for_each(|juror| juror.paid = number(data, "paid")),
                "BallotSlashed" => {
                    let taken = slashes.remove(&address(data, "operator")?);
                    let amount = taken.map_or(0, |taken| number(taken, "amount"));
                    self.juror(data).for_each(|juror| juror.slashed = amount);
                    self.burned += taken.map_or(0, |taken| number(taken, "burned"));
                }
                "JobRefunded" => self.refunded += number(data, "amount"),
                "JobClosed" => {
                    self.job_closed = data.get("last").cloned();
                    self.root = self.job_closed.as_ref().and_then(root).or(self.root.take());
                }
                "RoundClosed" => self.round_closed = data.get("last").cloned(),
                _ => {}
            }
        }
        Ok(())
    }

    fn claim(&mut self, data: &Value) -> Result<()> {
        let (operator, index) = (address(data, "operator")?, number(data, "index"));
        let fresh = Part {
            operator,
            seat: address(data, "seat")?,
            outcome: "pending",
            paid: 0,
            fee: 0,
            slashed: 0,
            index,
            of_seat: (0, 0),
            last: None,
        };
        // A ghost may come back: its seat has the same address, and what it lost stays lost.
        match self.parts.iter_mut().find(|part| part.operator == operator) {
            Some(part) => *part = Part { paid: part.paid, fee: part.fee, slashed: part.slashed, ..fresh },
            None => self.parts.push(fresh),
        }
        Ok(())
    }

    /// The verdict, of an event or of the job's account: its root, and what it says of the seats that are still there: bit i
    /// is seat i.
    pub fn judge(&mut self, verdict: &Value) {
        self.root = root(verdict);
        let (winners, losers) = (number(verdict, "winners"), number(verdict, "losers"));
        for part in self.parts.iter_mut().filter(|part| part.last.is_none()) {
            let is_in = |set: u64| set.checked_shr(u32::try_from(part.index).unwrap_or(64)).unwrap_or(0) & 1 == 1;
            part.outcome = if is_in(winners) {
                "won"
            } else if is_in(losers) {
                "lost"
            } else {
                "pending"
            };
        }
    }

    fn juror(&mut self, data: &Value) -> impl Iterator<Item = &mut Juror> {
        let ballot = text(data, "ballot").into_owned();
        self.jurors.iter_mut().filter(move |juror| juror.ballot.to_string() == ballot)
    }

    /// How a case ended: its closing carries its last state, which says all.
    fn conclude(&mut self, data: &Value) {
        let case = text(data, "case").into_owned();
        let Some(dispute) = self.disputes.iter_mut().find(|dispute| dispute.case == case) else { return };
        let last = data.get("last").unwrap_or(data);
        dispute.ruling = match &*text(last, "ruling") {
            "" => "moot".into(),
            ruling => ruling.to_lowercase(),
        };
        let about_one = dispute.ruling == "decided" && last.get("claim").is_some() && last["kind"] != "Tie";
        dispute.upheld = about_one.then(|| last["claim"] == last["decision"]).or(dispute.upheld);
    }

    fn part(&mut self, data: &Value) -> Result<&mut Part> {
        let operator = address(data, "operator")?;
        let found = self.parts.iter_mut().find(|part| part.operator == operator);
        found.ok_or_else(|| {
            Error::Refused(format!("the history of {operator}'s seat is cut short: ask another RPC with --url"))
        })
    }
}

/// The root of a job or a verdict; `None` where it is zeros: there is none.
fn root(of: &Value) -> Option<String> {
    let root = text(of, "root");
    root.bytes().any(|digit| digit != b'0').then(|| root.into_owned())
}

/// The most lamports that `accounts` held together after any transaction.
fn rent_peak(accounts: &[Pubkey], history: &[Recorded]) -> u64 {
    let mut held: HashMap<Pubkey, u64> = HashMap::new();
    let sums = history.iter().map(|transaction| {
        held.extend(accounts.iter().filter_map(|account| Some((*account, *transaction.balances.get(account)?))));
        held.values().sum()
    });
    sums.max().unwrap_or(0)
}

fn address(data: &Value, field: &str) -> Result<Pubkey> {
    let found = text(data, field);
    found.parse().map_err(|_| Error::Refused(format!("an event has no {field}: update assay")))
}

#[cfg(test)]
#[path = "story_tests.rs"]
mod tests;
