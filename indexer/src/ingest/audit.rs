//! What was written before it was final, compared with what became final.
//!
//! An event stays if its transaction is in the finalized history, and goes, with a word to those who were told of it,
//! if it is not. A row becomes what the finalized account is; one whose account is not there ends by the closing event
//! that is left, or never was. What would delete something is done at the second sight only: some nodes list late, and
//! behind one address may be two nodes that are not equally far.

use std::{
    collections::{BTreeMap, BTreeSet, HashMap, HashSet},
    time::Duration,
};

use solana_sdk::pubkey::Pubkey;
use tokio::time::Instant;

use super::{ChainAccount, Commitment, Source, run::Indexer, sweep::MARGIN};
use crate::{
    Error, Result,
    store::{Batch, Look, Settled, Settlement, Table},
};

/// With more rows than this, all accounts of their programs are asked for instead of each.
const MANY: usize = 2_000;
/// But not more often than this.
const PAUSE: Duration = Duration::from_secs(10);
/// Rows settled at once.
const CHUNK: usize = 1_000;

/// Accounts as of a slot: those asked for, or all of some programs.
struct Chain {
    slot: u64,
    accounts: HashMap<String, ChainAccount>,
}

impl<S: Source> Indexer<S> {
    /// Settles the slots that became final since the last time.
    pub(super) async fn audit(&mut self) -> Result<()> {
        let top = self.source.finalized().await?;
        if top <= self.writer.finalized() {
            return Ok(());
        }
        // Nothing to compare with: what is written now is final as it comes, and a restart goes on from there.
        let clean = self.writer.touched().is_empty() && self.writer.watermark().await? <= self.writer.finalized();
        let since = self.writer.finalized().saturating_sub(MARGIN);
        let mut listed = self.source.history(since, Commitment::Finalized).await?;
        listed.retain(|entry| entry.slot <= top);
        let on_chain: HashSet<_> = listed.iter().map(|entry| (entry.slot, entry.signature.clone())).collect();
        self.write_history(listed, top, clean).await?;

        let from = self.writer.finalized();
        let mut doubts =
            Doubts { before: std::mem::take(&mut self.doubts), now: HashSet::new(), hold: top, sure: false };
        let settled = self.compare(from, top, &on_chain, &mut doubts).await;
        self.doubts = doubts.now;
        settled
    }

    async fn compare(
        &mut self,
        from: u64,
        top: u64,
        on_chain: &HashSet<(u64, String)>,
        doubts: &mut Doubts,
    ) -> Result<()> {
        let retracted = self.retracted(from, top, on_chain, doubts).await?;
        self.forget(&retracted);
        // Before the rows, of which some end by the events that are left.
        self.settle(Settlement { retracted, ..Settlement::default() }).await?;
        let states = self.states(from, top, doubts).await?;
        for states in states.chunks(CHUNK) {
            self.settle(Settlement { states: states.to_vec(), ..Settlement::default() }).await?;
        }
        if doubts.hold > from {
            self.settle(Settlement { finalized: Some(doubts.hold), ..Settlement::default() }).await?;
            metrics::gauge!("assay_indexer_finalized_slot").set(doubts.hold as f64);
        }
        Ok(())
    }

    /// Transactions of the tables that no history has.
    async fn retracted(
        &mut self,
        from: u64,
        top: u64,
        on_chain: &HashSet<(u64, String)>,
        doubts: &mut Doubts,
    ) -> Result<Vec<(u64, String)>> {
        let mut missing = self.writer.transactions(from, top).await?;
        missing.retain(|transaction| !on_chain.contains(transaction));
        if missing.is_empty() {
            return Ok(missing);
        }
        let listed = self.source.history(from, Commitment::Confirmed).await?;
        let late: HashSet<_> = listed.into_iter().map(|entry| (entry.slot, entry.signature)).collect();
        missing.retain(|transaction| !late.contains(transaction));
        if !missing.is_empty()
            && let Some(first) = self.source.gap_after(from).await?
        {
            // It is missing because the node dropped it.
            return Err(Error::Gap { indexed: from, first });
        }
        missing.retain(|(slot, signature)| doubts.again(format!("{slot}/{signature}"), *slot));
        Ok(missing)
    }

    /// Rows of these slots, and what they should be.
    async fn states(&mut self, from: u64, top: u64, doubts: &mut Doubts) -> Result<Vec<Settled>> {
        let mut programs: BTreeSet<&str> = self.writer.touched().programs(top).into_iter().collect();
        let mut some = self.writer.touched().rows(top);
        if some.len() > MANY {
            if self.looked.is_some_and(|last| last.elapsed() < PAUSE) {
                doubts.until(from);
                return Ok(vec![]);
            }
            self.looked = Some(Instant::now());
            programs.extend(some.iter().map(|(table, _)| table.program()));
        }
        some.retain(|(table, _)| !programs.contains(table.program()));
        let mut states = vec![];
        if !some.is_empty() {
            let addresses: Vec<Pubkey> = some.iter().filter_map(|(_, address)| address.parse().ok()).collect();
            let found = self.source.accounts(&addresses).await?;
            let accounts = found.accounts.into_iter().flatten().map(|a| (a.address.to_string(), a)).collect();
            doubts.until(found.slot);
            let looks = self.writer.rows_of(&some, top.min(found.slot)).await?;
            states = self.judge(looks, &Chain { slot: found.slot, accounts }, doubts).await?;
        }
        for program in programs {
            let chain = self.whole(program, Commitment::Finalized).await?;
            doubts.until(chain.slot);
            let looks = self.writer.rows_between(program, from, top.min(chain.slot)).await?;
            states.extend(self.judge(looks, &chain, doubts).await?);
        }
        Ok(states)
    }

    async fn whole(&self, program: &str, commitment: Commitment) -> Result<Chain> {
        let programs = self.rows.programs();
        let Some((id, _)) = programs.into_iter().find(|(_, name)| *name == program) else {
            return Ok(Chain { slot: 0, accounts: HashMap::new() });
        };
        let scan = self.source.scan(id, commitment).await?;
        let accounts = scan.accounts.into_iter().map(|account| (account.address.to_string(), account)).collect();
        Ok(Chain { slot: scan.slot, accounts })
    }

    async fn judge(&mut self, looks: Vec<Look>, chain: &Chain, doubts: &mut Doubts) -> Result<Vec<Settled>> {
        let (mut states, mut batch) = (vec![], Batch::default());
        for Look { table, address, slot, open } in looks {
            let data = match chain.accounts.get(&address).map(|account| (account, self.rows.state(account))) {
                None if open && !doubts.again(format!("{}/{address}/{slot}", table.name()), slot) => continue,
                None => None,
                Some((_, Ok((of, data)))) if of == table => Some(data),
                // Of another type now, or unreadable: as a scan would write it.
                Some((account, other)) => {
                    self.rows.scanned(&mut batch, account, chain.slot);
                    if other.is_err() {
                        continue;
                    }
                    None
                }
            };
            states.push(Settled { table, address, seen: slot, slot: chain.slot, data });
        }
        self.apply(batch).await?;
        Ok(states)
    }

    /// Takes back what was written in slots that were given up, at once. What the tables should have instead, a scan at
    /// a later slot tells.
    pub(super) async fn dead(&mut self, slots: BTreeSet<u64>) -> Result<()> {
        for slot in slots {
            if slot <= self.writer.finalized() {
                continue;
            }
            let retracted = self.writer.transactions(slot.saturating_sub(1), slot).await?;
            self.forget(&retracted);
            self.settle(Settlement { retracted, ..Settlement::default() }).await?;
            let mut by_program: BTreeMap<&str, Vec<(Table, String)>> = BTreeMap::new();
            for (table, address) in self.writer.touched().at(slot) {
                by_program.entry(table.program()).or_default().push((table, address));
            }
            let scanned = self.writer.touched().programs_since(slot);
            let programs: BTreeSet<&str> = by_program.keys().copied().chain(scanned.iter().copied()).collect();
            for program in programs {
                let chain = self.whole(program, Commitment::Confirmed).await?;
                if chain.slot <= slot {
                    // A node that is not as far cannot tell; the audit will.
                    continue;
                }
                let looks = if scanned.contains(&program) {
                    // A scan of this slot or a later one may have told what was written in it.
                    self.writer.rows_between(program, slot.saturating_sub(1), chain.slot).await?
                } else {
                    let of_program = by_program.get(program).map_or(&[][..], Vec::as_slice);
                    self.writer.rows_of(of_program, slot).await?
                };
                let states = self.judge(looks, &chain, &mut Doubts::none()).await?;
                self.settle(Settlement { states, ..Settlement::default() }).await?;
            }
        }
        Ok(())
    }

    fn forget(&mut self, retracted: &[(u64, String)]) {
        for (slot, signature) in retracted {
            tracing::info!(slot, signature, "not on the chain any more: its events are retracted");
            self.done.remove(signature);
        }
    }

    async fn settle(&mut self, settlement: Settlement) -> Result<()> {
        if settlement == Settlement::default() {
            return Ok(());
        }
        let applied = self.writer.settle(&settlement).await?;
        metrics::counter!("assay_indexer_retracted_events_total").increment(applied.retracted);
        Ok(())
    }
}

/// What an audit did not believe at first sight, and so how far it is sure.
struct Doubts {
    before: HashSet<String>,
    now: HashSet<String>,
    hold: u64,
    sure: bool,
}

impl Doubts {
    /// Where the word of the source is enough.
    fn none() -> Self {
        Self { before: HashSet::new(), now: HashSet::new(), hold: 0, sure: true }
    }

    /// Whether this was doubted before; if not, it is now, and nothing from its slot on is final yet.
    fn again(&mut self, what: String, slot: u64) -> bool {
        if self.sure || self.before.contains(&what) {
            return true;
        }
        self.now.insert(what);
        self.until(slot.saturating_sub(1));
        false
    }

    fn until(&mut self, slot: u64) {
        self.hold = self.hold.min(slot);
    }
}
