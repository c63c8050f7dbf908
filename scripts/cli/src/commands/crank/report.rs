//! What became of what was due.

use serde::Serialize;
use serde_json::json;

use super::{
    earned::Earned,
    kind::{Crank, Kind, Receiver},
};
use crate::{
    amount::{self, ASY_DECIMALS, SOL_DECIMALS},
    context::Context,
    error::{Error, Result},
    output::{short, table},
};

/// One that was done.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Sent {
    kind: Kind,
    subject: String,
    signature: String,
    /// None where the chain does not tell.
    earned: Option<Earned>,
}

/// One that was refused.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Failed {
    kind: Kind,
    subject: String,
    error: String,
}

/// One that waits for somebody to make a token account.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize)]
pub struct Waiting {
    kind: Kind,
    subject: String,
    /// Who has no account.
    owner: String,
    /// Of what.
    mint: String,
}

/// What became of what was due.
#[derive(Default, Serialize)]
pub struct Report {
    pub sent: Vec<Sent>,
    pub failed: Vec<Failed>,
    pub waiting: Vec<Waiting>,
    pub earned: Earned,
}

impl Sent {
    pub fn new(crank: &Crank, signature: String, earned: Option<Earned>) -> Self {
        Self { kind: crank.kind, subject: crank.subject.to_string(), signature, earned }
    }
}

impl Failed {
    pub fn new(crank: &Crank, why: &Error) -> Self {
        Self { kind: crank.kind, subject: crank.subject.to_string(), error: why.to_string() }
    }
}

impl Waiting {
    pub fn new(crank: &Crank, lacks: &Receiver) -> Self {
        let (owner, mint) = (lacks.owner.to_string(), lacks.mint.to_string());
        Self { kind: crank.kind, subject: crank.subject.to_string(), owner, mint }
    }
}

impl Report {
    pub fn is_empty(&self) -> bool {
        self.sent.is_empty() && self.failed.is_empty() && self.waiting.is_empty()
    }

    pub fn add(&mut self, other: Self) {
        other.sent.iter().filter_map(|sent| sent.earned).for_each(|earned| self.earned.add(earned));
        self.sent.extend(other.sent);
        self.failed.extend(other.failed);
    }

    pub fn tell(&self, context: &Context) -> Result<()> {
        context.out.data(self, || {
            let mut page = String::new();
            if !self.sent.is_empty() {
                let mut rows = table(&["done", "about", "SOL", "ASY", "signature"]);
                for sent in &self.sent {
                    let earned = sent.earned.map(|earned| (signed(earned.lamports, SOL_DECIMALS), asy(earned)));
                    let (sol, asy) = earned.unwrap_or(("?".into(), "?".into()));
                    rows.add_row([&sent.kind.name(), &sent.subject, &sol, &asy, &short(&sent.signature)]);
                }
                let (sol, asy) = (signed(self.earned.lamports, SOL_DECIMALS), asy(self.earned));
                page.push_str(&format!("{rows}\n\nearned {sol} SOL, fees taken off, and {asy} ASY\n"));
            }
            for Failed { kind, subject, error } in &self.failed {
                page.push_str(&format!("refused: {} {subject}: {error}\n", kind.name()));
            }
            page.push_str(&waits(context, &self.waiting));
            if page.is_empty() { "nothing is due".into() } else { page }
        })
    }
}

fn asy(earned: Earned) -> String {
    signed(earned.asy, ASY_DECIMALS)
}

/// A difference in base units, decimal.
fn signed(base: i128, decimals: u8) -> String {
    let sign = if base < 0 { "-" } else { "" };
    let base = u64::try_from(base.unsigned_abs()).unwrap_or(u64::MAX);
    format!("{sign}{}", amount::format(base, decimals))
}

fn waits(context: &Context, waiting: &[Waiting]) -> String {
    let line = |one: &Waiting| {
        let of = one.mint.parse().map_or_else(|_| one.mint.clone(), |mint| context.symbol(&mint));
        let Waiting { kind, subject, owner, .. } = one;
        format!("waits: {} {subject}: {owner} has no {of} account (--make-accounts makes it)\n", kind.name())
    };
    waiting.iter().map(line).collect()
}

/// Lists what could be done.
pub fn list(context: &Context, due: &[Crank], waiting: &[Waiting]) -> Result<()> {
    let rows =
        due.iter().map(|crank| json!({"kind": crank.kind, "subject": crank.subject.to_string(), "pays": crank.pays}));
    let document = json!({"due": rows.collect::<Vec<_>>(), "waiting": waiting});
    context.out.data(&document, || {
        let mut rows = table(&["due", "about", "pays"]);
        for crank in due {
            let pays = if crank.pays { "you" } else { "" };
            rows.add_row([crank.kind.name(), crank.subject.to_string(), pays.to_owned()]);
        }
        let page = if due.is_empty() { "nothing is due\n".into() } else { format!("{rows}\n") };
        format!("{page}{}", waits(context, waiting))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn differences_are_decimal() {
        let table = [(0, "0"), (-5_000, "-0.000005"), (1_500_000_000, "1.5"), (i128::MIN, "-18446744073.709551615")];
        for (base, said) in table {
            assert_eq!(signed(base, 9), said);
        }
    }
}
