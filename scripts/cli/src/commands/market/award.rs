//! `market bids award`: give the seat of an auction for a bid.

use assay_sdk::{
    addresses,
    escrow::{self, Bid, Device, Job},
    ix,
    staking::Pool,
};
use serde_json::json;
use solana_sdk::{account::Account, pubkey::Pubkey, signature::Signer};

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
            let offers = offers(context, &job).await?;
            let config: escrow::Config = context.config(&addresses::config(&escrow::ID)).await?;
            let stake = config.params.classes.get(usize::from(state.class)).map_or(0, |class| class.stake);
            cheapest(offers, &state, stake, now).ok_or_else(|| {
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

/// A bid, and what else an award looks at.
struct Offer {
    bid: Bid,
    device: Device,
    pool: Pool,
}

/// All bids for a job whose machines and pools are there.
async fn offers(context: &Context, job: &Pubkey) -> Result<Vec<Offer>> {
    let bids = context.accounts_of::<Bid>(&escrow::ID, Some((BID_JOB, job))).await?;
    let behind: Vec<_> = bids.iter().flat_map(|(_, bid)| [bid.device, addresses::pool(&bid.operator)]).collect();
    let found = context.raw_accounts(&behind).await?;
    let offer = |(bid, found): (Bid, &[Option<Account>])| {
        let [Some(device), Some(pool)] = found else { return None };
        let (device, pool) = (assay_sdk::account(&device.data).ok()?, assay_sdk::account(&pool.data).ok()?);
        Some(Offer { bid, device, pool })
    };
    Ok(bids.into_iter().map(|(_, bid)| bid).zip(found.chunks(2)).filter_map(offer).collect())
}

impl Offer {
    /// Whether the chain would take its award now; `stake` is what the job's class asks for.
    fn can_be_awarded(&self, job: &Job, stake: u64, now: i64) -> bool {
        let staked = self.pool.active >= stake && self.pool.active.saturating_sub(self.pool.locked) >= job.exposure;
        let machine = job.requirements.fits(&self.device) && self.device.takes_work();
        self.bid.agrees_to(job, now).is_ok() && staked && machine
    }
}

/// Of those that can be awarded the cheapest; of equals the one with the smallest address, so that it is the same for all.
fn cheapest(offers: Vec<Offer>, job: &Job, stake: u64, now: i64) -> Option<Bid> {
    let able = offers.into_iter().filter(|offer| offer.can_be_awarded(job, stake, now)).map(|offer| offer.bid);
    able.min_by_key(|bid| (bid.price, bid.operator))
}

#[cfg(test)]
mod tests {
    use assay_sdk::anchor_lang::{AnchorDeserialize, AnchorSerialize, Space};

    use super::*;

    fn blank<T: AnchorDeserialize + Space>() -> T {
        T::deserialize(&mut vec![0; T::INIT_SPACE].as_slice()).unwrap()
    }

    fn bid(price: u64, operator: u8, expires_at: i64) -> Bid {
        Bid { price, operator: Pubkey::new_from_array([operator; 32]), expires_at, exposure: 7, ..blank() }
    }

    /// A bid by an operator with a free slot, so much stake, and so much of it locked.
    fn offer(bid: Bid, active: u64, locked: u64) -> Offer {
        let mut device: Device = blank();
        (device.available, device.slots, device.capabilities.engines) = (true, 1, 1);
        Offer { bid, device, pool: Pool { active, locked, ..blank() } }
    }

    #[test]
    fn the_cheapest_that_still_holds_is_awarded() {
        let job = Job { exposure: 7, ..blank() };
        let offers = || {
            let mut busy = offer(bid(1, 5, 200), 10, 0);
            busy.device.busy = 1;
            let mut of_another_engine = offer(bid(1, 6, 200), 10, 0);
            of_another_engine.device.capabilities.engines = 2;
            let able = [bid(5, 1, 100), bid(3, 3, 100), bid(3, 2, 100), bid(1, 4, 99)].map(|bid| offer(bid, 10, 3));
            let poor = [offer(bid(1, 7, 200), 9, 0), offer(bid(1, 8, 200), 10, 4)];
            able.into_iter().chain(poor).chain([busy, of_another_engine]).collect::<Vec<_>>()
        };
        let found = |now| cheapest(offers(), &job, 10, now).map(|bid| (bid.price, bid.operator.to_bytes()[0]));
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
