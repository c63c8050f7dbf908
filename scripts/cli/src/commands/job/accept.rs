//! `job accept`: release what was delivered, and with the last milestone settle its seat, in one transaction.

use assay_sdk::{
    escrow::{self, Job, Seat, SeatState},
    ix,
};
use serde_json::json;
use solana_sdk::{pubkey::Pubkey, signature::Signer};

use crate::{
    context::Context,
    error::{Error, Result},
    output::facts,
};

const COMPUTE_UNITS: u32 = 250_000;
/// Where a Seat's job is: after discriminator, version, bump, index and state.
const SEAT_JOB: usize = 8 + 4;

/// Accepts what was delivered.
pub async fn run(context: &Context, job: Pubkey) -> Result<()> {
    let wallet = context.wallet()?;
    let by = wallet.pubkey();
    let state = of_chain(context, &job).await?;
    if state.requester != by {
        let why = format!("{job} was posted by {}: sign with that wallet, with --keypair", state.requester);
        return Err(Error::Refused(why));
    }
    let seat = delivered(context, &job, &state).await?;
    if state.cases > 0 {
        let why = format!("{job} has {} open: wait for them, see `assay job cases {job}`", cases(state.cases));
        return Err(Error::Refused(why));
    }
    let last = state.at_last_milestone();
    let operator = seat.operator;
    let mut work =
        vec![ix::create_ata(&by, &operator, &state.mint), ix::escrow::release_milestone(&by, &job, &state, &operator)];
    work.extend(last.then(|| ix::escrow::settle_seat(&job, &state, &seat, &by)));
    let signature = context.send(&[&*wallet], COMPUTE_UNITS, &work).await?.to_string();
    let status = if last { "settled" } else { "seated" };
    let document = json!({
        "job": job.to_string(), "operator": operator.to_string(), "milestone": state.released, "status": status,
        "signature": signature,
    });
    context.out.data(&document, || {
        facts(&[
            ("job", job.to_string()),
            ("accepted of", operator.to_string()),
            ("milestone", format!("{} of {}", state.released + 1, state.milestones.len().max(1))),
            ("status", status.into()),
            ("signature", signature.clone()),
        ])
    })
}

/// A job that is on the chain.
pub async fn of_chain(context: &Context, job: &Pubkey) -> Result<Job> {
    let found = context.account::<Job>(job).await?;
    found.ok_or_else(|| {
        Error::Refused(format!("there is no job {job} on this chain (any more): check the address and --url"))
    })
}

/// The seat of a reviewed job that was delivered and is under review.
pub async fn delivered(context: &Context, job: &Pubkey, state: &Job) -> Result<Seat> {
    if !state.strategy.is_reviewed() {
        let words = assay_sdk::strategy::words(&state.strategy);
        let why = format!("{job} is not reviewed, it is judged by {words}: follow it with `assay job watch {job}`");
        return Err(Error::Refused(why));
    }
    let seats = context.accounts_of::<Seat>(&escrow::ID, Some((SEAT_JOB, job))).await?;
    let found = seats.into_iter().map(|(_, seat)| seat).find(|seat| seat.state == SeatState::Delivered);
    found.filter(|_| state.is_live()).ok_or_else(|| {
        let why = format!("{job} has nothing to review: follow it with `assay job watch {job}` until it is delivered");
        Error::Refused(why)
    })
}

fn cases(count: u16) -> String {
    if count == 1 { "1 case".into() } else { format!("{count} cases") }
}

#[cfg(test)]
mod tests {
    use assay_sdk::anchor_lang::{AnchorDeserialize, AnchorSerialize, Space};

    use super::*;

    #[test]
    fn a_seats_job_is_where_it_is_looked_for() {
        let blank = vec![0; Seat::INIT_SPACE];
        let mut seat = Seat::deserialize(&mut blank.as_slice()).unwrap();
        seat.job = Pubkey::new_from_array([7; 32]);
        let mut bytes = vec![0; 8];
        seat.serialize(&mut bytes).unwrap();
        assert_eq!(&bytes[SEAT_JOB..SEAT_JOB + 32], &[7; 32]);
    }

    #[test]
    fn cases_are_counted() {
        assert_eq!((cases(1), cases(2)), ("1 case".into(), "2 cases".into()));
    }
}
