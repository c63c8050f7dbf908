use anchor_lang::prelude::*;

use super::Job;
use crate::EscrowError;

/// Seed of a Bid: `["bid", job, operator]`: one bid an operator and job.
pub const BID_SEED: &[u8] = b"bid";

/// What an operator offers: all that it agrees to, for whoever awards the bid locks its stake without asking again.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Copy, Debug)]
pub struct BidTerms {
    /// Base units for a seat, fee and royalties included; at most the job's.
    pub price: u64,
    /// The last moment to be awarded.
    pub expires_at: i64,
    /// Names the posting that is meant: see `Bid::posted_at`.
    pub posted_at: i64,
    /// Most ASY base units that the seat may lock. The job's grow with its price, which can still be topped up.
    pub exposure: u64,
}

/// An operator's offer to take a seat of an auction. It paid the rent and gets it back.
#[account]
#[derive(InitSpace, Debug)]
pub struct Bid {
    pub version: u8,
    pub bump: u8,
    pub job: Pubkey,
    pub operator: Pubkey,
    /// The machine that would work.
    pub device: Pubkey,
    pub price: u64,
    pub exposure: u64,
    pub expires_at: i64,
    /// When the job was posted that is meant. Bids are placed in a later second than that, so that no other job can be
    /// posted at the same address in it: the time names one posting.
    pub posted_at: i64,
}

impl Bid {
    /// Whether the operator agreed to this job as it stands, in `now`.
    pub fn agrees_to(&self, job: &Job, now: i64) -> Result<()> {
        require!(self.posted_at == job.posted_at, EscrowError::OtherPosting);
        require!(now <= self.expires_at, EscrowError::BidExpired);
        require!(job.exposure <= self.exposure, EscrowError::ExposureRose);
        Ok(())
    }

    /// Whether it can still come to be awarded: also while another has the seat, which opens again if that is a ghost.
    /// `job` is none where no job is at the address any more.
    pub fn stands(&self, job: Option<&Job>, now: i64) -> bool {
        job.is_some_and(|job| job.is_live() && self.agrees_to(job, now).is_ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::JobState;

    fn job() -> Job {
        let zeros = [0; 1_024];
        let empty = Job::deserialize(&mut &zeros[..]).unwrap();
        Job { state: JobState::Open, posted_at: 100, exposure: 50, ..empty }
    }

    fn bid() -> Bid {
        let zeros = [0; 1_024];
        let empty = Bid::deserialize(&mut &zeros[..]).unwrap();
        Bid { posted_at: 100, exposure: 50, expires_at: 200, ..empty }
    }

    #[test]
    fn what_a_bid_agrees_to() {
        let refused = |bid: Bid, job: Job, now| bid.agrees_to(&job, now).unwrap_err();
        bid().agrees_to(&job(), 200).unwrap();
        Bid { exposure: u64::MAX, ..bid() }.agrees_to(&job(), 200).unwrap();
        assert_eq!(refused(bid(), job(), 201), EscrowError::BidExpired.into());
        assert_eq!(refused(bid(), Job { posted_at: 101, ..job() }, 150), EscrowError::OtherPosting.into());
        assert_eq!(refused(bid(), Job { exposure: 51, ..job() }, 150), EscrowError::ExposureRose.into());
    }

    #[test]
    fn when_a_bid_stands() {
        let stands = |job: Job, now| bid().stands(Some(&job), now);
        assert!(stands(job(), 200) && !stands(job(), 201));
        assert!(stands(Job { state: JobState::Seated, ..job() }, 200));
        assert!(!bid().stands(None, 150) && !stands(Job { posted_at: 99, ..job() }, 150));
        assert!(!stands(Job { exposure: 51, ..job() }, 150));
        use JobState::*;
        for state in [Verified, Settled, Unresolved, Cancelled, Expired] {
            assert!(!stands(Job { state, ..job() }, 150));
        }
    }
}
