//! `validator cases`: the open cases that concern an operator.

use assay_sdk::{
    addresses,
    escrow::Job,
    verification::{self, Ballot, Case},
};
use serde_json::json;
use solana_sdk::{account::Account, pubkey::Pubkey};

use super::{
    Chain, Me,
    jury::{Place, about, ballot_json},
};
use crate::{
    client::chain::read,
    context::Context,
    duration::words,
    error::Result,
    output::{short, table},
};

/// A case with the operator's place in it.
struct Row {
    at: Pubkey,
    case: Case,
    ballot: Option<Ballot>,
    place: Place,
}

/// Lists them, those that end first above.
pub async fn run(context: &Context, operator: Option<Pubkey>, all: bool) -> Result<()> {
    let me = Me::read(context, operator).await?;
    let chain = Chain::read(context).await?;
    let mut rows = rows(context, &me, &chain).await?;
    rows.retain(|row| all || row.place.concerns());
    rows.sort_by_key(|row| (row.case.until, row.at));
    let items: Vec<_> = rows.iter().map(|row| row_json(row, chain.now)).collect();
    context.out.data(&json!({"operator": me.operator.to_string(), "cases": items}), || {
        if rows.is_empty() {
            return "no open case concerns it".into();
        }
        let mut shown = table(&["case", "job", "about", "phase", "time left", "chairs", "you"]);
        for Row { at, case, ballot, place } in &rows {
            let left = u64::try_from(case.until.saturating_sub(chain.now)).map_or_else(|_| "over".into(), words);
            let state = ballot.as_ref().map(|ballot| format!(", {:?}", ballot.state).to_lowercase());
            shown.add_row([
                at.to_string(),
                short(&case.job.to_string()),
                about(case.kind),
                format!("{:?}", case.phase).to_lowercase(),
                left,
                format!("{}/{}", case.joined, case.chairs),
                format!("{}{}", place.words(chain.now), state.unwrap_or_default()),
            ]);
        }
        shown.to_string()
    })
}

async fn rows(context: &Context, me: &Me, chain: &Chain) -> Result<Vec<Row>> {
    let cases = context.accounts_of::<Case>(&verification::ID, None).await?;
    let wanted = cases.iter().flat_map(|(at, case)| {
        [case.job, addresses::ballot(at, &me.operator), addresses::seat(&case.job, &me.operator)]
    });
    let found = context.raw_accounts(&wanted.collect::<Vec<_>>()).await?;
    let mut rows = vec![];
    for ((at, case), accounts) in cases.into_iter().zip(found.chunks(3)) {
        let there = |at: usize| accounts.get(at).and_then(Option::as_ref).filter(|found| !found.data.is_empty());
        let parse = |found: &Account| read::<Ballot>(&at, &found.data);
        let Some(job) = there(0).map(|found| read::<Job>(&case.job, &found.data)).transpose()? else { continue };
        let ballot = there(1).map(parse).transpose()?;
        let place = Place::of(&at, &case, &job, me, chain, ballot.as_ref(), there(2).is_some());
        rows.push(Row { at, case, ballot, place });
    }
    Ok(rows)
}

fn row_json(row: &Row, now: i64) -> serde_json::Value {
    let Row { at, case, ballot, place } = row;
    json!({
        "case": at.to_string(), "job": case.job.to_string(), "about": about(case.kind),
        "phase": format!("{:?}", case.phase), "until": case.until.to_string(), "level": case.level,
        "chairs": case.chairs, "joined": case.joined, "juror_bond": case.juror_bond.to_string(),
        "you": place.json(now), "ballot": ballot.as_ref().map(ballot_json),
    })
}
