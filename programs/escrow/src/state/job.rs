use anchor_lang::prelude::*;

use crate::EscrowError;

/// Where a job is. Sealing and revealing happen within `Seated` and are told by the seats and the round.
#[derive(AnchorSerialize, AnchorDeserialize, InitSpace, Clone, Copy, Debug, PartialEq, Eq)]
pub enum JobState {
    /// Seats are free.
    Open,
    /// All seats are taken.
    Seated,
    /// A digest has the quorum: winners are to be paid, losers slashed.
    Verified,
    /// Every seat of a verified job is settled.
    Settled,
    /// The round ended without a quorum: bonds are released, the requester is refunded.
    Unresolved,
    /// The requester took it back before anyone had a seat.
    Cancelled,
    /// Its time ran out with no seat taken.
    Expired,
}

/// What the requester of a job chooses.
#[derive(AnchorSerialize, AnchorDeserialize, Clone, Debug)]
pub struct JobTerms {
    /// Makes the job's address unique among the requester's.
    pub nonce: u64,
    /// sha256 of the spec's canonical JSON.
    pub spec_hash: [u8; 32],
    /// Where the spec is found, 1 to 128 bytes.
    pub uri: String,
    pub units: u64,
    /// Base units for each unit and replica.
    pub price_per_unit: u64,
    pub replicas: u8,
    pub quorum: u8,
    /// 0 to 4.
    pub class: u8,
    /// Number of the engine's bit.
    pub engine: u8,
    /// Least cores of a device.
    pub cores: u16,
    /// Least memory of a device, in MiB.
    pub memory_mib: u32,
    /// Seconds from now by which every seal must be in.
    pub deadline_seconds: u32,
}

/// One escrow, at `["job", requester, nonce]`. Its vault holds at least what `owed` says.
#[account]
#[derive(InitSpace, Debug)]
pub struct Job {
    pub version: u8,
    pub bump: u8,
    pub vault_bump: u8,
    pub state: JobState,
    pub class: u8,
    pub engine: u8,
    pub replicas: u8,
    pub quorum: u8,
    /// Bit i: seat i is taken and not yet settled, slashed or expired.
    pub seats: u8,
    /// Bit i: seat i revealed the quorum's digest.
    pub winners: u8,
    /// Bit i: seat i revealed another digest, or sealed and revealed nothing.
    pub losers: u8,
    /// Terms pinned at posting: what governance changes later does not reach this job.
    pub fee_bps: u16,
    pub requester: Pubkey,
    pub mint: Pubkey,
    pub nonce: u64,
    pub spec_hash: [u8; 32],
    pub units: u64,
    /// Base units for one seat, fee included.
    pub seat_price: u64,
    /// ASY base units a seat loses when it never seals.
    pub bond: u64,
    /// ASY base units locked for a seat, and lost when its result is wrong or withheld: bond and part of the class stake.
    pub exposure: u64,
    pub posted_at: i64,
    /// The last moment for any seal.
    pub seal_by: i64,
    /// Seconds that a seat has to seal.
    pub seal_window: u32,
    /// Seconds to reveal.
    pub reveal_window: u32,
    pub cores: u16,
    pub memory_mib: u32,
    /// The seed is the hash of the first slot after this one.
    pub seed_slot: u64,
    /// When the seed was captured; 0 before.
    pub seeded_at: i64,
    pub seed: [u8; 32],
    /// Merkle root with the quorum; zeros before.
    pub root: [u8; 32],
    #[max_len(0)]
    pub uri: String,
}

impl Job {
    /// Bytes of the account with a uri of `uri` bytes, discriminator included.
    pub const fn space(uri: usize) -> usize {
        8_usize.saturating_add(Self::INIT_SPACE).saturating_add(uri)
    }

    /// Base units still owed to winners.
    pub fn owed(&self) -> Result<u64> {
        let unpaid = u64::from((self.winners & self.seats).count_ones());
        self.seat_price.checked_mul(unpaid).ok_or_else(|| EscrowError::Overflow.into())
    }

    /// Take the lowest free seat and return its index.
    pub fn take_seat(&mut self) -> Result<u8> {
        let index = u8::try_from(self.seats.trailing_ones()).map_err(|_| EscrowError::NoFreeSeat)?;
        require!(index < self.replicas, EscrowError::NoFreeSeat);
        self.seats |= bit(index)?;
        if self.seats.count_ones() == u32::from(self.replicas) {
            self.state = JobState::Seated;
        }
        self.invariant()?;
        Ok(index)
    }

    /// Give up a seat: a verified job is settled with its last one; an unfinished job opens again.
    pub fn leave_seat(&mut self, index: u8) -> Result<()> {
        let bit = bit(index)?;
        require!(self.seats & bit != 0, EscrowError::WrongSeatState);
        self.seats &= !bit;
        match self.state {
            JobState::Open | JobState::Seated => self.state = JobState::Open,
            JobState::Verified if self.seats == 0 => self.state = JobState::Settled,
            _ => {}
        }
        self.invariant()
    }

    /// Whether seat `index` is in a bit set.
    pub fn in_set(set: u8, index: u8) -> bool {
        bit(index).is_ok_and(|bit| set & bit != 0)
    }

    /// Whether nothing more can happen but refund and close.
    pub fn ended(&self) -> bool {
        let over = !matches!(self.state, JobState::Open | JobState::Seated | JobState::Verified);
        over && self.seats == 0
    }

    /// Holds after every change.
    pub fn invariant(&self) -> Result<()> {
        let all = bit(self.replicas)?.saturating_sub(1);
        require!(self.seats & !all == 0, EscrowError::Invariant);
        require!(self.winners & self.losers == 0, EscrowError::Invariant);
        require!((self.winners | self.losers) & !all == 0, EscrowError::Invariant);
        require!(self.exposure >= self.bond, EscrowError::Invariant);
        require!((self.state == JobState::Seated) <= (self.seats == all), EscrowError::Invariant);
        Ok(())
    }
}

fn bit(index: u8) -> Result<u8> {
    1_u8.checked_shl(u32::from(index)).ok_or_else(|| EscrowError::Invariant.into())
}
