//! Bidding for seats that are auctioned.

use anyhow::{Result, ensure};
use assay_sdk::{
    escrow::{BidTerms, Job},
    ix,
};
use solana_sdk::pubkey::Pubkey;

use super::Agent;
use crate::{
    chain::DEVICE,
    market::{posting, rules::Offer},
};

impl Agent {
    /// Offer to take the seat, for what the rules ask. What an award locks is agreed to here: the bid names it.
    pub(super) async fn bid(&self, address: &Pubkey, job: &Job) -> Result<()> {
        self.look_before(address, job, Offer { price: job.seat_price, units: job.units }).await?;
        let (now, policy) = (self.chain.now().await?, self.rules.now());
        let facts = self.facts().get(&posting(address, job)).copied();
        let last = job.seal_by.saturating_sub(job.seal_window.into());
        let expires_at = now.saturating_add(policy.rules.bidding.valid_seconds.into()).min(last);
        // Else another job could be posted at the address with the same time.
        ensure!(now > job.posted_at, "it was posted in this very second");
        let terms = BidTerms {
            price: policy.rules.bid(job, facts.as_ref()),
            expires_at,
            posted_at: job.posted_at,
            exposure: job.exposure,
        };
        let price = terms.price;
        self.chain.send(vec![ix::escrow::place_bid(&self.chain.operator(), address, job.class, DEVICE, terms)]).await?;
        tracing::info!(job = %address, price, expires_at, "bid");
        Ok(())
    }
}
