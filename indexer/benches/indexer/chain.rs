//! A chain in memory: as many jobs as wanted, told by scan or by notice.

use std::sync::{
    Mutex,
    atomic::{AtomicU64, Ordering},
};

use anchor_lang::{AnchorSerialize, Discriminator};
use assay_escrow::{Job, JobState, Requirements, Strategy};
use assay_indexer::{
    Error, Result,
    ingest::{Accounts, ChainAccount, ChainTransaction, Commitment, Listed, Notice, Scan, Source},
};
use solana_sdk::pubkey::Pubkey;
use tokio::sync::mpsc;

/// An address that a number gives.
pub fn address(kind: u8, number: u64) -> Pubkey {
    let mut bytes = [kind; 32];
    // Spread over the index, as hashes are.
    bytes[..8].copy_from_slice(&number.wrapping_mul(0x9e37_79b9_7f4a_7c15).to_be_bytes());
    Pubkey::new_from_array(bytes)
}

/// The `number`th job after so many changes: 10,000 requesters, three mints, five classes; one in fifty is live.
pub fn job(number: u64, changes: u64) -> ChainAccount {
    let state = match number.wrapping_add(changes) % 50 {
        0 => JobState::Open,
        1..=45 => JobState::Settled,
        46 | 47 => JobState::Cancelled,
        _ => JobState::Expired,
    };
    let job = Job {
        version: 1,
        bump: 255,
        vault_bump: 255,
        state,
        class: u8::try_from(number % 5).unwrap_or_default(),
        replicas: 3,
        cases: 0,
        seats: 0,
        winners: 3,
        losers: 4,
        released: u8::try_from(changes).unwrap_or_default(),
        fee_bps: 250,
        cancel_floor_bps: 6_000,
        requester: address(2, number % 10_000),
        mint: address(3, number % 3),
        nonce: number,
        spec_hash: address(4, number).to_bytes(),
        units: 1 + number % 1_000,
        seat_price: 1_000 + number % 100_000,
        bond: 192_000_000,
        exposure: 25_192_000_000,
        posted_at: 1_750_000_000 + i64::try_from(number).unwrap_or_default(),
        seal_by: 1_750_003_600,
        seal_window: 600,
        reveal_window: 120,
        bounty: 10_000,
        requirements: Requirements::default(),
        seed_slot: number,
        seeded_at: 1_750_000_001,
        seed: address(5, number).to_bytes(),
        ended_at: 1_750_000_100,
        root: address(6, number).to_bytes(),
        strategy: Strategy::ORDINARY,
        uri: "https://jobs.example/spec.json".into(),
        prices: vec![],
        milestones: vec![],
        legs: vec![],
    };
    let mut data = Job::DISCRIMINATOR.to_vec();
    job.serialize(&mut data).expect("a Vec takes everything");
    ChainAccount { address: address(1, number), program: assay_escrow::ID, data }
}

/// Tells what it is told to tell.
#[derive(Default)]
pub struct Chain {
    slot: AtomicU64,
    /// Jobs that a scan finds.
    pub jobs: u64,
    listener: Mutex<Option<mpsc::Sender<Notice>>>,
}

impl Chain {
    /// With so many jobs there from the beginning.
    pub fn of(jobs: u64) -> Self {
        Self { slot: AtomicU64::new(1), jobs, listener: Mutex::default() }
    }

    /// The listener, once the indexer has subscribed.
    pub async fn listener(&self) -> mpsc::Sender<Notice> {
        loop {
            if let Some(listener) = self.listener.lock().expect("nobody panics here").clone() {
                return listener;
            }
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    }

    /// A job's write, in a slot of its own for each thousand.
    pub fn notice(&self, number: u64, changes: u64) -> Notice {
        if number.is_multiple_of(1_000) {
            self.slot.fetch_add(1, Ordering::Relaxed);
        }
        Notice::Account { slot: self.slot.load(Ordering::Relaxed), write_version: None, account: job(number, changes) }
    }
}

impl Source for Chain {
    async fn slot(&self) -> Result<u64> {
        Ok(self.slot.load(Ordering::Relaxed))
    }
    /// Stands still: what becomes final is read again from the node, and this one has nothing to say of what it told.
    async fn finalized(&self) -> Result<u64> {
        Ok(1)
    }
    async fn genesis(&self) -> Result<String> {
        Ok("bench".into())
    }
    async fn gap_after(&self, _: u64) -> Result<Option<u64>> {
        Ok(None)
    }
    async fn history(&self, _: u64, _: Commitment) -> Result<Vec<Listed>> {
        Ok(vec![])
    }
    async fn transaction(&self, _: &Listed) -> Result<ChainTransaction> {
        Err(Error::Rpc { what: "getTransaction", why: "there is none".into() })
    }
    async fn scan(&self, program: Pubkey, _: Commitment) -> Result<Scan> {
        let jobs = if program == assay_escrow::ID { self.jobs } else { 0 };
        Ok(Scan { slot: self.slot().await?, accounts: (0..jobs).map(|number| job(number, 0)).collect() })
    }
    async fn accounts(&self, addresses: &[Pubkey]) -> Result<Accounts> {
        Ok(Accounts { slot: self.slot().await?, accounts: addresses.iter().map(|_| None).collect() })
    }
    async fn subscribe(&self, notices: mpsc::Sender<Notice>) -> Result<()> {
        *self.listener.lock().expect("nobody panics here") = Some(notices.clone());
        let _ = notices.send(Notice::Subscribed).await;
        notices.closed().await;
        Ok(())
    }
}
