//! What posting a job costs, by the program's own arithmetic, and whether the wallet has it.

use assay_sdk::{
    anchor_lang::{AnchorDeserialize, Space},
    escrow::{Job, JobState, JobTerms, PaymentMint, Strategy, math},
    token::ASY_MINT,
    verification::Round,
};
use solana_sdk::pubkey::Pubkey;

use crate::{
    amount::{self, SOL_DECIMALS},
    client::{chain::TOKEN_ACCOUNT_BYTES, send::SIGNATURE_FEE},
    context::Context,
    error::{Error, Result},
};

/// What a job takes when it is posted.
#[derive(Debug, PartialEq)]
pub struct Cost {
    /// Base units for every seat that may ever be asked for.
    pub deposit: u64,
    /// Seats that it covers.
    pub seats: u8,
    /// How it is judged: more cranks are paid for where more happens.
    pub strategy: Strategy,
    /// Bytes of the job's account.
    pub bytes: usize,
    /// Bytes of its round, if it has one.
    pub round: Option<usize>,
}

impl Cost {
    /// Of a job with these terms; `None` if it is more than can ever exist.
    pub fn of(terms: &JobTerms) -> Option<Self> {
        let mut job = blank(terms)?;
        job.price_seats(terms.assignment).ok()?;
        Some(Self {
            deposit: job.owed().ok()?,
            seats: terms.strategy.most(),
            strategy: terms.strategy,
            bytes: Job::space(
                &terms.strategy,
                terms.uri.len(),
                job.prices.len(),
                terms.milestones.len(),
                terms.royalties.len(),
            ),
            round: terms.strategy.has_round().then(|| Round::space(matches!(terms.strategy, Strategy::Sampled { .. }))),
        })
    }
}

/// The job as far as its price depends on it: what the chain alone knows is zero.
fn blank(terms: &JobTerms) -> Option<Job> {
    let zeros = [0; Job::INIT_SPACE];
    Some(Job {
        state: JobState::Open,
        class: terms.class,
        replicas: terms.strategy.first(),
        units: terms.units,
        seat_price: math::seat_price(terms.units, terms.price_per_unit)?,
        strategy: terms.strategy,
        ..Job::deserialize(&mut zeros.as_slice()).ok()?
    })
}

/// Checks that the wallet can pay the rent, the bounties, the fee and the deposit.
pub async fn check(
    context: &Context,
    requester: &Pubkey,
    payment: &PaymentMint,
    cost: &Cost,
    bounty: u32,
) -> Result<()> {
    let held = context.holdings(requester, &[payment.mint, ASY_MINT]).await?;
    let (tokens, asy) = (held[0].unwrap_or(0), held[1]);
    let bounties = math::bounties(bounty, &cost.strategy).unwrap_or(u64::MAX);
    let mut lamports = SIGNATURE_FEE.saturating_add(bounties);
    for bytes in [cost.bytes, TOKEN_ACCOUNT_BYTES].into_iter().chain(cost.round) {
        lamports += context.rent(bytes).await?;
    }
    if asy.is_none() {
        lamports += context.rent(TOKEN_ACCOUNT_BYTES).await?;
    }
    let have = context.lamports(requester).await?;
    let address = requester.to_string();
    if have < lamports {
        let (have, need) = (amount::format(have, SOL_DECIMALS), amount::format(lamports, SOL_DECIMALS));
        return Err(Error::NoSol { address, have, need, hint: context.money_hint(requester) });
    }
    if tokens < cost.deposit {
        let (have, need) = (amount::format(tokens, payment.decimals), amount::format(cost.deposit, payment.decimals));
        let symbol = context.symbol(&payment.mint);
        return Err(Error::NoTokens { address, have, need, symbol, hint: context.money_hint(requester) });
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use assay_sdk::escrow::Strategy;

    use super::*;

    fn cost(units: u64, strategy: Strategy) -> Option<Cost> {
        let terms = JobTerms::new(1, [0; 32], "http://a".into(), (units, 10), 60);
        Cost::of(&JobTerms { strategy, ..terms })
    }

    #[test]
    fn every_seat_that_may_be_asked_for_is_paid_for() {
        let replicated = |replicas, most, adaptive| Strategy::Replicated { replicas, quorum: 2, most, adaptive };
        let (key, registrar) = (Pubkey::default(), Pubkey::default());
        // (strategy, of 32 units at 10 each, seats)
        let table = [
            (replicated(3, 3, false), 960, 3, true),
            (replicated(2, 7, false), 2_240, 7, true),
            (replicated(2, 7, true), 2_240, 7, true),
            // The executor's 32 units, and 4 again by each of three.
            (Strategy::Sampled { samples: 4, committee: 3 }, 320 + 3 * 40, 4, true),
            (Strategy::Optimistic { window: 60 }, 320, 1, false),
            (Strategy::Accepted { window: 60 }, 320, 1, false),
            (Strategy::Proven { key }, 320, 1, false),
            (Strategy::Attested { registrar, threshold: 2 }, 320, 1, false),
        ];
        for (strategy, deposit, seats, has_round) in table {
            let cost = cost(32, strategy).unwrap();
            assert_eq!((cost.deposit, cost.seats, cost.round.is_some()), (deposit, seats, has_round), "{strategy:?}");
        }
        // A job of fewer units than samples has no more of them computed again than there are.
        assert_eq!(cost(2, Strategy::Sampled { samples: 16, committee: 2 }).unwrap().deposit, 20 + 2 * 20);
    }

    #[test]
    fn a_sampled_job_keeps_the_price_of_each_seat() {
        let bytes = |strategy| cost(32, strategy).unwrap().bytes;
        let (sampled, one) = (Strategy::Sampled { samples: 4, committee: 3 }, Strategy::Optimistic { window: 60 });
        let without = bytes(one) - one.space() + sampled.space();
        assert_eq!(bytes(sampled), without + 4 * 8);
    }

    #[test]
    fn more_than_can_exist_has_no_price() {
        assert_eq!(cost(u64::MAX, Strategy::ORDINARY), None);
        assert_eq!(cost(u64::MAX / 20, Strategy::ORDINARY), None);
    }
}
