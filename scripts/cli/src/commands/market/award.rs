//! `market bids award`: give the seat of an auction for a bid.

use assay_sdk::{
    addresses,
    escrow::{self, Bid, Job},
    ix,
};
use serde_json::json;
use solana_sdk::{pubkey::Pubkey, signature::Signer};

use super::bids::{COMPUTE_UNITS, auction};
use crate::{
    amount,
    args::AwardBid,
    context::Context,
    error::{Error, Result},
    output::facts,
};

/// Where a Bid's job is: after discriminator, version and bump.
const BID_JOB: usize = 8 + 2;

/// Awards a bid.
pub async fn award(context: &Context, args: &AwardBid) -> Result<()> {
    let wallet = context.wallet()?;
    let (requester, job) = (wallet.pubkey(), args.job);
    let state = auction(context, &job).await?;
    if state.requester != requester {
        let why = format!("{job} was posted by {}: sign with that wallet, with --keypair", state.requester);
        return Err(Error::Refused(why));
    }
    let now = context.now().await?;
    let bid = match args.operator {
        Some(operator) => named(context, &job, &operator).await?,
        None => {
            let bids = context.accounts_of::<Bid>(&escrow::ID, Some((BID_JOB, &job))).await?;
            cheapest(bids.into_iter().map(|(_, bid)| bid), &state, now).ok_or_else(|| {
                Error::Refused(format!(
                    "there is no bid for {job} that can be awarded now: wait for one, or offer more"
                ))
            })?
        }
    };
    if bid.agrees_to(&state, now).is_err() {
        let why = format!("the bid of {} holds no more: see `assay market bids list {job}` for others", bid.operator);
        return Err(Error::Refused(why));
    }
    let work = [ix::escrow::award_bid(&requester, &bid)];
    let signature = context.send(&[&*wallet], COMPUTE_UNITS, &work).await?.to_string();
    let seat = addresses::seat(&job, &bid.operator).to_string();
    let decimals = context.decimals().await?.get(&state.mint).copied().unwrap_or(0);
    let document = json!({
        "job": job.to_string(), "operator": bid.operator.to_string(), "seat": seat, "price": bid.price.to_string(),
        "signature": signature,
    });
    context.out.talk(format!("next: assay job watch {job}"));
    context.out.data(&document, || {
        facts(&[
            ("job", job.to_string()),
            ("awarded to", bid.operator.to_string()),
            ("seat", seat.clone()),
            ("price", format!("{} {}", amount::format(bid.price, decimals), context.symbol(&state.mint))),
            ("signature", signature.clone()),
        ])
    })
}

async fn named(context: &Context, job: &Pubkey, operator: &Pubkey) -> Result<Bid> {
    let found = context.account::<Bid>(&addresses::bid(job, operator)).await?;
    found.ok_or_else(|| Error::Refused(format!("{operator} has no bid for {job}: see `assay market bids list {job}`")))
}

/// Of those that can be awarded the cheapest; of equals the one with the smallest address, so that it is the same for all.
fn cheapest(bids: impl Iterator<Item = Bid>, state: &Job, now: i64) -> Option<Bid> {
    bids.filter(|bid| bid.agrees_to(state, now).is_ok()).min_by_key(|bid| (bid.price, bid.operator))
}

#[cfg(test)]
mod tests {
    use assay_sdk::anchor_lang::{AnchorDeserialize, AnchorSerialize, Space};

    use super::*;

    fn bid(price: u64, operator: u8, expires_at: i64) -> Bid {
        let zeros = vec![0; Bid::INIT_SPACE];
        let blank = Bid::deserialize(&mut zeros.as_slice()).unwrap();
        Bid { price, operator: Pubkey::new_from_array([operator; 32]), expires_at, ..blank }
    }

    #[test]
    fn the_cheapest_that_still_holds_is_awarded() {
        let zeros = vec![0; Job::INIT_SPACE];
        let job = Job::deserialize(&mut zeros.as_slice()).unwrap();
        let bids = || [bid(5, 1, 100), bid(3, 3, 100), bid(3, 2, 100), bid(1, 4, 99)].into_iter();
        let found = |now| cheapest(bids(), &job, now).map(|bid| (bid.price, bid.operator.to_bytes()[0]));
        assert_eq!([99, 100, 101].map(found), [Some((1, 4)), Some((3, 2)), None]);
    }

    #[test]
    fn a_bids_job_is_where_it_is_looked_for() {
        let bid = Bid { job: Pubkey::new_from_array([7; 32]), ..bid(1, 1, 1) };
        let mut bytes = vec![0; 8];
        bid.serialize(&mut bytes).unwrap();
        assert_eq!(&bytes[BID_JOB..BID_JOB + 32], &[7; 32]);
    }
}
