//! A chain in memory with forks: what each slot wrote, from when until when that was the node's view.

use std::{
    collections::BTreeMap,
    sync::{Arc, Mutex},
    time::{Duration, SystemTime, UNIX_EPOCH},
};

use anchor_lang::{AnchorSerialize, Discriminator, Event};
use assay_escrow::{Seat, SeatState, events::SeatSettled};
use assay_indexer::{
    Error, Result,
    decode::Rows,
    ingest::{
        self, Accounts, ChainAccount, ChainEvent, ChainTransaction, Commitment, Listed, Notice, Scan, SlotStatus,
        Source,
    },
};
use solana_sdk::pubkey::Pubkey;
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub const NEVER: Duration = Duration::from_secs(3_600);

/// What a slot did, and when the node took it for true.
pub struct Block {
    pub slot: u64,
    pub from: u64,
    pub until: u64,
    pub writes: Vec<(Pubkey, Option<Vec<u8>>)>,
    pub transactions: Vec<ChainTransaction>,
}

#[derive(Default)]
pub struct Chain {
    pub blocks: Vec<Block>,
    /// The tip, if no block is later.
    pub slot: u64,
    /// Slots that the finalized one is behind the tip.
    pub behind: u64,
    /// First slot of the history that is kept.
    pub kept_from: u64,
    pub fetched: usize,
    /// Transactions that the finalized history does not list yet.
    pub late: Vec<String>,
    /// Times the history was asked for.
    pub listings: usize,
    /// Whether finalized accounts are of now, and only their slot of then, as a local chain has it.
    pub hasty: bool,
    pub listener: Option<mpsc::Sender<Notice>>,
    /// Ticks: by hand, or since a time (nanoseconds of the epoch) so many nanoseconds each.
    pub now: u64,
    pub clock: Option<(u128, u128)>,
}

/// A chain that tells of writes unless it is `silent`.
#[derive(Clone, Default)]
pub struct Fake(pub Arc<Mutex<Chain>>);

pub fn seat(n: u8, state: SeatState) -> Seat {
    let (job, operator) = (Pubkey::new_from_array([100; 32]), Pubkey::new_from_array([n; 32]));
    Seat {
        version: 1,
        bump: 0,
        index: n,
        state,
        job,
        operator,
        payer: operator,
        device: operator,
        seal_by: 9,
        commitment: [n; 32],
        progress: 0,
        heartbeat_at: 0,
    }
}

pub fn bytes(seat: &Seat) -> Vec<u8> {
    let mut bytes = Seat::DISCRIMINATOR.to_vec();
    seat.serialize(&mut bytes).unwrap();
    bytes
}

pub fn address(n: u8) -> Pubkey {
    Pubkey::new_from_array([n.wrapping_add(50); 32])
}

pub fn account(n: u8, data: Vec<u8>) -> ChainAccount {
    ChainAccount { address: address(n), program: assay_escrow::ID, data }
}

/// The transaction that settles a seat and closes its account.
pub fn settlement(signature: &str, slot: u64, n: u8, last: Seat) -> ChainTransaction {
    let (job, operator) = (last.job, last.operator);
    let event =
        SeatSettled { job, seat: address(n), operator, paid: 7, fee: 1, royalties: 0, released: 5, bounty: 0, last };
    ChainTransaction {
        signature: signature.into(),
        slot,
        time: Some(1_700_000_000),
        closed: vec![address(n).to_string()],
        events: vec![ChainEvent { ix: 0, inner_ix: 2, program: assay_escrow::ID, data: event.data() }],
    }
}

impl Chain {
    pub fn tick(&self) -> u64 {
        let Some((since, each)) = self.clock else { return self.now };
        let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_nanos();
        u64::try_from(now.saturating_sub(since) / each).unwrap()
    }

    pub fn view(&self) -> impl Iterator<Item = &Block> {
        let now = self.tick();
        self.blocks.iter().filter(move |block| block.from <= now && now < block.until)
    }

    pub fn tip(&self) -> u64 {
        self.view().map(|block| block.slot).max().unwrap_or(0).max(self.slot)
    }

    pub fn last(&self) -> u64 {
        self.tip().saturating_sub(self.behind)
    }

    fn top(&self, commitment: Commitment) -> u64 {
        if commitment == Commitment::Finalized { self.last() } else { self.tip() }
    }

    /// All accounts as of a slot.
    pub fn state(&self, slot: u64) -> BTreeMap<Pubkey, Vec<u8>> {
        let mut state = BTreeMap::new();
        for (address, data) in self.view().filter(|block| block.slot <= slot).flat_map(|block| &block.writes) {
            match data {
                Some(data) => state.insert(*address, data.clone()),
                None => state.remove(address),
            };
        }
        state
    }
}

impl Fake {
    pub fn at(slot: u64) -> Fake {
        let fake = Fake::default();
        fake.with(|chain| chain.slot = slot);
        fake
    }

    pub fn with<T>(&self, change: impl FnOnce(&mut Chain) -> T) -> T {
        change(&mut self.0.lock().unwrap())
    }

    pub fn tell(&self, notice: Notice) {
        use tokio::sync::mpsc::error::TrySendError::Full;
        // Nobody may be listening just now.
        let full = self.with(|chain| chain.listener.as_ref().map(|to| matches!(to.try_send(notice), Err(Full(_)))));
        assert_ne!(full, Some(true), "more notices than there is room for");
    }

    /// One more slot, with what is written and done in it; its number.
    pub fn block(
        &self,
        writes: Vec<(Pubkey, Option<Vec<u8>>)>,
        done: impl FnOnce(u64) -> Vec<ChainTransaction>,
        silent: bool,
    ) -> u64 {
        let (slot, notices) = self.with(|chain| {
            chain.now += 1;
            chain.slot = chain.tip() + 1;
            let (slot, from) = (chain.slot, chain.now);
            chain.blocks.push(Block { slot, from, until: u64::MAX, writes, transactions: done(slot) });
            (slot, notices(chain.blocks.last().unwrap()))
        });
        for notice in notices.into_iter().filter(|_| !silent) {
            self.tell(notice);
        }
        slot
    }

    /// Writes a seat in a new slot.
    pub fn write(&self, n: u8, state: SeatState, silent: bool) -> u64 {
        self.block(vec![(address(n), Some(bytes(&seat(n, state))))], |_| vec![], silent)
    }

    /// Settles a seat in a new slot, which closes its account.
    pub fn settle(&self, n: u8, silent: bool) -> u64 {
        let done = |slot| vec![settlement(&format!("settle-{n}-{slot}"), slot, n, seat(n, SeatState::Revealed))];
        self.block(vec![(address(n), None)], done, silent)
    }

    /// Gives up every block from `slot` on. The chain goes on with later slots.
    pub fn give_up(&self, slot: u64) {
        self.with(|chain| {
            chain.now += 1;
            let now = chain.now;
            for block in chain.blocks.iter_mut().filter(|block| block.slot >= slot) {
                block.until = block.until.min(now);
            }
        });
    }

    /// Slots pass in which nothing of ours happens.
    pub fn pass(&self, slots: u64) {
        self.with(|chain| chain.slot = chain.tip() + slots);
    }

    pub fn say_dead(&self, slot: u64) {
        self.tell(Notice::Slot { slot, status: SlotStatus::Dead });
    }
}

pub fn notices(block: &Block) -> Vec<Notice> {
    let slot = block.slot;
    let written = block.writes.iter().filter_map(|(address, data)| {
        let (address, program, data) = (*address, assay_escrow::ID, data.clone()?);
        Some(Notice::Account { slot, write_version: None, account: ChainAccount { address, program, data } })
    });
    let done = block.transactions.iter().map(|t| Notice::Transaction { signature: t.signature.clone() });
    written.chain(done).collect()
}

impl Source for Fake {
    async fn slot(&self) -> Result<u64> {
        Ok(self.with(|chain| chain.tip()))
    }
    async fn finalized(&self) -> Result<u64> {
        Ok(self.with(|chain| chain.last()))
    }
    async fn accounts(&self, addresses: &[Pubkey]) -> Result<Accounts> {
        Ok(self.with(|chain| {
            let slot = chain.last();
            let state = chain.state(if chain.hasty { u64::MAX } else { slot });
            let account = |address: &Pubkey| {
                let data = state.get(address)?.clone();
                Some(ChainAccount { address: *address, program: assay_escrow::ID, data })
            };
            Accounts { slot, accounts: addresses.iter().map(account).collect() }
        }))
    }
    async fn genesis(&self) -> Result<String> {
        Ok("fake".into())
    }
    async fn gap_after(&self, slot: u64) -> Result<Option<u64>> {
        Ok(self.with(|chain| (chain.kept_from > slot + 1).then_some(chain.kept_from)))
    }
    async fn history(&self, from: u64, commitment: Commitment) -> Result<Vec<Listed>> {
        Ok(self.with(|chain| {
            chain.listings += 1;
            let top = chain.top(commitment);
            let blocks =
                chain.view().filter(|block| (from..=top).contains(&block.slot) && block.slot >= chain.kept_from);
            let all = blocks.flat_map(|block| &block.transactions);
            let late = |t: &&ChainTransaction| !chain.late.contains(&t.signature);
            all.filter(late).map(|t| Listed { signature: t.signature.clone(), slot: t.slot }).collect()
        }))
    }
    async fn transaction(&self, listed: &Listed) -> Result<ChainTransaction> {
        self.with(|chain| {
            chain.fetched += 1;
            let mut all = chain.view().flat_map(|block| &block.transactions);
            let found = all.find(|t| t.signature == listed.signature).cloned();
            found.ok_or(Error::Rpc { what: "getTransaction", why: "unknown".into() })
        })
    }
    async fn scan(&self, program: Pubkey, commitment: Commitment) -> Result<Scan> {
        Ok(self.with(|chain| {
            let slot = chain.top(commitment);
            let ours = program == assay_escrow::ID;
            let state = chain.state(if chain.hasty { u64::MAX } else { slot });
            let accounts = state.into_iter().filter(|_| ours);
            let accounts = accounts.map(|(address, data)| ChainAccount { address, program, data }).collect();
            Scan { slot, accounts }
        }))
    }
    async fn subscribe(&self, notices: mpsc::Sender<Notice>) -> Result<()> {
        self.with(|chain| chain.listener = Some(notices.clone()));
        let _ = notices.send(Notice::Subscribed).await;
        let mut last = self.with(|chain| chain.tick());
        // By the clock, if there is one: told of each slot as it comes, but of every seventh not.
        while !notices.is_closed() && self.with(|chain| chain.clock.is_some()) {
            let (now, told) = self.with(|chain| {
                let now = chain.tick();
                let new = chain.blocks.iter().filter(|b| last < b.from && b.from <= now && b.slot % 7 != 0);
                (now, new.flat_map(self::notices).collect::<Vec<_>>())
            });
            last = now;
            for notice in told {
                let _ = notices.send(notice).await;
            }
            tokio::time::sleep(Duration::from_millis(3)).await;
        }
        notices.closed().await;
        Ok(())
    }
}

/// Runs the indexer until `done`, then kills it: dropped wherever it is, as kill -9 would.
pub async fn index_until(chain: &Fake, url: &str, sweep: Duration, done: impl AsyncFn() -> bool) {
    index_with(chain, Rows::new().unwrap(), url, sweep, done).await;
}

pub async fn index_with(chain: &Fake, rows: Rows, url: &str, sweep: Duration, done: impl AsyncFn() -> bool) {
    // That of a run before, which nobody reads any more.
    chain.with(|chain| chain.listener = None);
    let run = ingest::run(Arc::new(chain.clone()), rows, url, sweep, CancellationToken::new());
    let wait = async {
        // Longer than anything takes, so that what never comes fails with a name.
        for _ in 0..3_000 {
            if done().await {
                return;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
        panic!("half a minute went by in vain");
    };
    tokio::select! {
        ended = run => panic!("it ended: {ended:?}"),
        () = wait => {}
    }
}

/// Runs the indexer in a thread of its own until the token is cancelled.
pub fn index_beside(chain: &Fake, url: &str, sweep: Duration) -> CancellationToken {
    let (stop, chain, url) = (CancellationToken::new(), Arc::new(chain.clone()), url.to_owned());
    let stopped = stop.clone();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(ingest::run(chain, Rows::new().unwrap(), &url, sweep, stopped)).unwrap();
    });
    stop
}
