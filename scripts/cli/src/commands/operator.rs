//! `operator`: what a node's owner wants to know of it, and tells it.

use std::{fs, path::Path};

use assay_sdk::{
    addresses,
    anchor_lang::prelude::Pubkey as Address,
    escrow::{self, Job, Seat, SeatState},
    staking::Pool,
    verification::{self, Ballot, Round},
};
use serde_json::{Value, json};
use solana_sdk::{pubkey::Pubkey, signature::Signer};

use crate::{
    amount::{self, ASY_DECIMALS, SOL_DECIMALS},
    context::Context,
    duration::words,
    error::{Error, Result},
    output::{facts, table},
};

/// The file in a node's data folder that tells it to drain.
const DRAIN: &str = "drain";

fn asy(base: u64) -> String {
    format!("{} ASY", amount::format(base, ASY_DECIMALS))
}

/// Tells a node to finish, or to go on.
pub fn drain(context: &Context, data: &Path, undo: bool) -> Result<()> {
    if !data.is_dir() {
        return Err(Error::Usage(format!(
            "there is no node's data in {}: name its folder with --data",
            data.display()
        )));
    }
    let file = data.join(DRAIN);
    match fs::remove_file(&file) {
        _ if !undo => fs::write(&file, "").map_err(Error::file("write", &file))?,
        Err(why) if why.kind() != std::io::ErrorKind::NotFound => return Err(Error::file("remove", &file)(why)),
        _ => {}
    }
    let said = if undo { "takes work again" } else { "takes nothing new, and ends when nothing is left" };
    context.out.data(&json!({"data": data.display().to_string(), "draining": !undo}), || format!("the node {said}"))
}

/// A seat with what it waits for.
struct Held {
    job: Pubkey,
    seat: Seat,
    exposure: u64,
    /// What is due next, and when.
    due: Option<(&'static str, i64)>,
}

/// Shows what an operator has at stake.
pub async fn status(context: &Context, operator: Option<Pubkey>) -> Result<()> {
    let operator = operator.map_or_else(|| context.wallet().map(|wallet| wallet.pubkey()), Ok)?;
    let pool: Option<Pool> = context.account(&addresses::pool(&operator)).await?;
    let pool = pool.ok_or_else(|| Error::Refused(format!("{operator} is no operator: `assay stake open`")))?;
    let (now, lamports) = (context.now().await?, context.lamports(&operator).await?);
    let seats = seats(context, &operator).await?;
    let chairs = context.accounts_of::<Ballot>(&verification::ID, Some((BALLOT_OPERATOR, &operator))).await?;
    let rows: Vec<_> = seats.iter().map(seat_json).collect();
    let cases: Vec<_> = chairs.iter().map(|(_, ballot)| ballot.case.to_string()).collect();
    let document = json!({
        "operator": operator.to_string(), "lamports": lamports.to_string(), "active": pool.active.to_string(),
        "locked": pool.locked.to_string(), "jailed_until": pool.jailed_until.to_string(), "seats": rows, "cases": cases,
    });
    context.out.data(&document, || {
        let mut page = facts(&[
            ("operator", operator.to_string()),
            ("wallet", format!("{} SOL", amount::format(lamports, SOL_DECIMALS))),
            ("stake", asy(pool.active)),
            ("at risk", asy(pool.locked)),
            ("in jail", if pool.jailed_until > now { "yes".into() } else { String::new() }),
            ("judges", cases.join(", ")),
        ]);
        if !seats.is_empty() {
            let mut rows = table(&["job", "seat", "at risk", "due", "in"]);
            for Held { job, seat, exposure, due } in &seats {
                let (what, at) = due.unwrap_or_default();
                let left = u64::try_from(at - now).map(words).unwrap_or_default();
                rows.add_row([job.to_string(), format!("{:?}", seat.state), asy(*exposure), what.into(), left]);
            }
            page.push_str(&format!("\n{rows}"));
        }
        page
    })
}

/// Where a Seat's operator is: after discriminator, version, bump, index, state and job.
pub const SEAT_OPERATOR: usize = 8 + 1 + 1 + 1 + 1 + 32;
/// Where a Ballot's operator is: after discriminator, version, bump, level, state and case.
pub const BALLOT_OPERATOR: usize = 8 + 1 + 1 + 1 + 1 + 32;

async fn seats(context: &Context, operator: &Pubkey) -> Result<Vec<Held>> {
    let found = context.accounts_of::<Seat>(&escrow::ID, Some((SEAT_OPERATOR, operator))).await?;
    let mut held = vec![];
    for (_, seat) in found {
        let job: Address = seat.job;
        let terms = context.account::<Job>(&job).await?;
        let round = context.account::<Round>(&addresses::round(&job)).await?;
        let due = match seat.state {
            SeatState::Claimed => Some(("seal", seat.seal_by)),
            SeatState::Sealed => round.filter(|round| round.reveal_by > 0).map(|round| ("reveal", round.reveal_by)),
            _ => None,
        };
        held.push(Held { job, seat, exposure: terms.map_or(0, |job| job.exposure), due });
    }
    held.sort_by_key(|held| held.due.map_or(i64::MAX, |(_, at)| at));
    Ok(held)
}

fn seat_json(held: &Held) -> Value {
    json!({
        "job": held.job.to_string(), "index": held.seat.index, "state": format!("{:?}", held.seat.state),
        "exposure": held.exposure.to_string(), "due": held.due.map(|(what, _)| what),
        "due_at": held.due.map(|(_, at)| at.to_string()),
    })
}

#[cfg(test)]
mod tests {
    use assay_sdk::anchor_lang::AccountSerialize;

    use super::*;

    #[test]
    fn operators_are_where_the_filters_look() {
        let operator = Pubkey::new_from_array([7; 32]);
        let other = Pubkey::new_from_array([1; 32]);
        let seat = Seat {
            version: 1,
            bump: 2,
            index: 3,
            state: SeatState::Claimed,
            job: other,
            operator,
            payer: other,
            device: other,
            seal_by: 0,
            commitment: [0; 32],
            progress: 0,
            heartbeat_at: 0,
        };
        let mut bytes = vec![];
        seat.try_serialize(&mut bytes).unwrap();
        assert_eq!(bytes[SEAT_OPERATOR..SEAT_OPERATOR + 32], operator.to_bytes());
    }
}
