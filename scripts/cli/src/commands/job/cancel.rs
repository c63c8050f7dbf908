//! `job cancel`: take a job back, with payment and rent, in one transaction.

use assay_sdk::{
    addresses,
    escrow::{Job, JobState},
    ix,
    verification::Round,
};
use serde_json::json;
use solana_sdk::{pubkey::Pubkey, signature::Signer};

use crate::{
    context::Context,
    error::{Error, Result},
    output::facts,
};

const COMPUTE_UNITS: u32 = 200_000;

/// Cancels a job.
pub async fn run(context: &Context, job: Pubkey) -> Result<()> {
    let wallet = context.wallet()?;
    let requester = wallet.pubkey();
    let Some(state) = context.account::<Job>(&job).await? else {
        let why = format!("there is no job {job} on this chain (any more): check the address and --url");
        return Err(Error::Refused(why));
    };
    if state.requester != requester {
        let why = format!("{job} was posted by {}: sign with that wallet, with --keypair", state.requester);
        return Err(Error::Refused(why));
    }
    if state.state != JobState::Open || state.seats != 0 {
        let seats = state.seats.count_ones();
        let why = format!(
            "{job} is {:?} with {seats} seats taken and can no longer be cancelled: follow it with `assay job watch {job}`",
            state.state
        );
        return Err(Error::Refused(why));
    }
    let mut work = vec![
        // The refund's account may have been closed since.
        ix::create_ata(&requester, &requester, &state.mint),
        ix::escrow::cancel_job(&requester, &job),
        ix::escrow::refund(&job, &state),
    ];
    if context.account::<Round>(&addresses::round(&job)).await?.is_some() {
        work.push(ix::verification::close_round(&job, &requester));
    }
    work.push(ix::escrow::close_job(&job, &requester, &requester));
    let signature = context.send(&[&*wallet], COMPUTE_UNITS, &work).await?.to_string();
    context.out.data(&json!({"job": job.to_string(), "status": "cancelled", "signature": signature}), || {
        facts(&[("job", job.to_string()), ("status", "cancelled".into()), ("signature", signature.clone())])
    })
}
