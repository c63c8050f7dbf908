//! Which items a client wants.

use std::collections::BTreeSet;

use super::item::{Facts, Item, Op};
use crate::serve::problem::Problem;

/// Topics at most, of one stream, subscription or webhook.
pub const MOST: usize = 64;
const PROGRAMS: [&str; 6] = ["token", "staking", "reputation", "escrow", "verification", "governance"];
const NOTICES: [&str; 4] = ["all", "deadline_near", "funds_low", "job_closed"];

/// What is wanted: several of one kind are alternatives, different kinds must all fit; of nothing, every event.
///
/// `kind` and `program` choose among events, `notice` among notices. Notices come only where one is named; events come
/// unless notices are named and neither a kind nor a program is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Topics {
    job: BTreeSet<String>,
    case: BTreeSet<String>,
    operator: BTreeSet<String>,
    requester: BTreeSet<String>,
    address: BTreeSet<String>,
    mint: BTreeSet<String>,
    program: BTreeSet<String>,
    kind: BTreeSet<String>,
    notice: BTreeSet<String>,
    class: BTreeSet<i32>,
}

impl Topics {
    /// Reads topics, each `name:value`.
    ///
    /// # Errors
    /// 400 that names the first that is wrong.
    pub fn parse<'a>(topics: impl IntoIterator<Item = &'a str>) -> Result<Self, Problem> {
        let mut parsed = Self::default();
        for (n, topic) in topics.into_iter().map(str::trim).filter(|topic| !topic.is_empty()).enumerate() {
            if n >= MOST {
                return Err(Problem::bad(format!("there may be {MOST} topics at most")));
            }
            let (name, value) = topic.split_once(':').unwrap_or((topic, ""));
            parsed.add(name, value).map_err(|what| Problem::bad(format!("topic `{}`: {what}", shown(topic))))?;
        }
        Ok(parsed)
    }

    /// Adds one.
    pub fn add(&mut self, name: &str, value: &str) -> Result<(), &'static str> {
        let set = match name {
            "class" => {
                let class: u8 = value.parse().map_err(|_| "a class is a number from 0 to 255")?;
                self.class.insert(class.into());
                return Ok(());
            }
            "program" => &mut self.program,
            "kind" => &mut self.kind,
            "notice" => &mut self.notice,
            "job" => &mut self.job,
            "case" => &mut self.case,
            "operator" => &mut self.operator,
            "requester" => &mut self.requester,
            "address" => &mut self.address,
            "mint" => &mut self.mint,
            _ => {
                return Err("topics are job, case, operator, requester, address, mint, program, kind, class, notice, \
                    each with `:` and a value");
            }
        };
        let (good, what) = match name {
            "program" => (
                PROGRAMS.contains(&value),
                "it must name a program: token, staking, reputation, escrow, \
                verification, governance",
            ),
            "kind" => {
                let name = (1..=64).contains(&value.len()) && value.chars().all(|c| c.is_ascii_alphanumeric());
                (name, "a kind is the name of an event, for example SeatSettled")
            }
            "notice" => (NOTICES.contains(&value), "notices are deadline_near, funds_low, job_closed, all"),
            _ => (is_address(value), "it needs a base58 address"),
        };
        if !good {
            return Err(what);
        }
        set.insert(value.into());
        Ok(())
    }

    /// Whether nothing is named.
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// Whether an item is wanted.
    pub fn want(&self, item: &Item) -> bool {
        self.sort(item.op, &item.facts) && self.about(&item.facts)
    }

    fn sort(&self, op: Op, facts: &Facts) -> bool {
        if op == Op::Notice {
            return self.notice.contains("all") || self.notice.contains(&facts.kind);
        }
        let events = self.notice.is_empty() || !(self.kind.is_empty() && self.program.is_empty());
        let fits = |set: &BTreeSet<String>, value: &str| set.is_empty() || set.contains(value);
        events && fits(&self.kind, &facts.kind) && fits(&self.program, &facts.program)
    }

    fn about(&self, facts: &Facts) -> bool {
        // Rather once too often than never: what is not known yet may be what is wanted.
        let unknown = facts.job.is_some() && !facts.job_known;
        let fits = |set: &BTreeSet<String>, value: &Option<String>, unknown: bool| {
            set.is_empty() || value.as_ref().map_or(unknown, |value| set.contains(value))
        };
        fits(&self.job, &facts.job, false)
            && fits(&self.case, &facts.case, false)
            && (fits(&self.operator, &facts.operator, false)
                || facts.parties.iter().any(|party| self.operator.contains(party)))
            && fits(&self.requester, &facts.requester, unknown)
            && fits(&self.mint, &facts.mint, unknown)
            && (self.class.is_empty() || facts.class.map_or(unknown, |class| self.class.contains(&class)))
            && (self.address.is_empty() || facts.addresses.iter().any(|address| self.address.contains(address)))
    }

    /// For the database: jobs, and names of events, to which it may be narrowed down.
    pub fn narrow(&self) -> (Option<Vec<String>>, Option<Vec<String>>) {
        let list = |set: &BTreeSet<String>| (!set.is_empty()).then(|| set.iter().cloned().collect());
        (list(&self.job), list(&self.kind))
    }
}

/// Whether it looks like a base58 address of 32 bytes.
pub fn is_address(text: &str) -> bool {
    let mut bytes = [0; 32];
    (32..=44).contains(&text.len()) && bs58::decode(text).onto(&mut bytes) == Ok(32)
}

/// Enough of it to be recognised.
fn shown(topic: &str) -> String {
    topic.chars().take(80).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: &str = "11111111111111111111111111111112";
    const B: &str = "11111111111111111111111111111113";

    fn event(facts: Facts) -> Item {
        Item { id: 1, op: Op::Event, facts, time: String::new(), json: "".into(), frame: "".into() }
    }

    fn settled() -> Facts {
        Facts {
            program: "escrow".into(),
            kind: "SeatSettled".into(),
            job: Some(A.into()),
            job_known: true,
            operator: Some(B.into()),
            requester: Some(A.into()),
            class: Some(2),
            addresses: vec![A.into(), B.into()],
            ..Facts::default()
        }
    }

    #[test]
    fn one_kind_is_or_several_are_and() {
        let table = [
            (vec![], true),
            (vec!["kind:SeatSettled"], true),
            (vec!["kind:SeatSlashed", "kind:SeatSettled"], true),
            (vec!["kind:SeatSlashed"], false),
            (vec!["program:escrow", "class:1", "class:2"], true),
            (vec!["program:staking", "class:2"], false),
            (vec!["class:1"], false),
            (vec!["job:11111111111111111111111111111112"], true),
            (vec!["job:11111111111111111111111111111113"], false),
            (vec!["address:11111111111111111111111111111113"], true),
            (vec!["operator:11111111111111111111111111111113", "requester:11111111111111111111111111111112"], true),
            (vec!["operator:11111111111111111111111111111113", "requester:11111111111111111111111111111113"], false),
            (vec!["mint:11111111111111111111111111111113"], false),
            (vec!["notice:all"], false),
            (vec!["notice:all", "kind:SeatSettled"], true),
        ];
        for (topics, wanted) in table {
            assert_eq!(Topics::parse(topics.clone()).unwrap().want(&event(settled())), wanted, "{topics:?}");
        }
    }

    #[test]
    fn what_is_ahead_of_its_job_is_not_missed() {
        let early = Facts { job_known: false, requester: None, class: None, ..settled() };
        for (topic, wanted) in
            [("class:1", true), ("requester:11111111111111111111111111111113", true), ("kind:X", false)]
        {
            assert_eq!(Topics::parse([topic]).unwrap().want(&event(early.clone())), wanted, "{topic}");
        }
    }

    #[test]
    fn notices_come_where_they_are_named() {
        let facts =
            Facts { kind: "funds_low".into(), parties: vec![A.into()], addresses: vec![A.into()], ..Facts::default() };
        let notice = Item { op: Op::Notice, ..event(facts) };
        let table = [
            (vec![], false),
            (vec!["kind:SeatSettled"], false),
            (vec!["notice:all"], true),
            (vec!["notice:deadline_near"], false),
            (vec!["notice:funds_low", "address:11111111111111111111111111111112"], true),
            (vec!["notice:funds_low", "operator:11111111111111111111111111111112"], true),
            (vec!["notice:funds_low", "operator:11111111111111111111111111111113"], false),
        ];
        for (topics, wanted) in table {
            assert_eq!(Topics::parse(topics.clone()).unwrap().want(&notice), wanted, "{topics:?}");
        }
    }

    #[test]
    fn wrong_topics_are_named() {
        for bad in
            ["job", "job:", "job:x", "class:256", "class:-1", "program:system", "kind:a b", "notice:x", "colour:red"]
        {
            assert!(Topics::parse([bad]).is_err(), "{bad}");
        }
        assert!(Topics::parse(vec!["class:1"; MOST]).is_ok());
        assert!(Topics::parse(vec!["class:1"; MOST + 1]).is_err());
    }
}
