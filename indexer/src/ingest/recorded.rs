//! A recording of a chain, played back: for fixtures, and rebuilds without a node.
//!
//! JSON lines: `genesis` first; `account`, `transaction` and `slot` as they were noticed; `scan` with the number of
//! `found` lines that follow it; `end` with the slot up to which the recording is whole. The last scan of a program
//! is what a scan finds.

use std::{
    collections::HashMap,
    fs::File,
    io::{BufRead, BufReader, Write},
    path::Path,
};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};
use solana_sdk::pubkey::Pubkey;
use tokio::sync::mpsc;

use super::{
    Accounts, ChainAccount, ChainEvent, ChainTransaction, Commitment, Listed, Notice, Scan, SlotStatus, Source,
};
use crate::{Error, Result};

#[derive(Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
enum Line {
    Genesis(String),
    Account { slot: u64, write_version: Option<u64>, address: String, program: String, data: String },
    Transaction { signature: String, slot: u64, time: Option<i64>, closed: Vec<String>, events: Vec<EventLine> },
    Slot { slot: u64, dead: bool },
    Scan { program: String, slot: u64, count: usize },
    Found { address: String, data: String },
    End { slot: u64, finalized: u64 },
}

#[derive(Serialize, Deserialize)]
struct EventLine {
    ix: i32,
    inner_ix: i32,
    program: String,
    data: String,
}

/// Writes a recording.
pub struct Recorder<W>(W);

impl<W: Write> Recorder<W> {
    /// Begins one.
    ///
    /// # Errors
    /// [`Error::File`] when it cannot be written, as all of these.
    pub fn begin(out: W, genesis: &str) -> Result<Self> {
        let mut recorder = Self(out);
        recorder.line(&Line::Genesis(genesis.into()))?;
        Ok(recorder)
    }

    fn line(&mut self, line: &Line) -> Result<()> {
        let wrong = |source| Error::File { path: "the recording".into(), source };
        serde_json::to_writer(&mut self.0, line).map_err(|why| wrong(why.into()))?;
        self.0.write_all(b"\n").map_err(wrong)
    }

    /// An account as noticed.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn account(&mut self, slot: u64, write_version: Option<u64>, account: &ChainAccount) -> Result<()> {
        let (address, program) = (account.address.to_string(), account.program.to_string());
        self.line(&Line::Account { slot, write_version, address, program, data: STANDARD.encode(&account.data) })
    }

    /// A transaction.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn transaction(&mut self, told: &ChainTransaction) -> Result<()> {
        let event = |event: &ChainEvent| EventLine {
            ix: event.ix,
            inner_ix: event.inner_ix,
            program: event.program.to_string(),
            data: STANDARD.encode(&event.data),
        };
        let (signature, closed) = (told.signature.clone(), told.closed.clone());
        let events = told.events.iter().map(event).collect();
        self.line(&Line::Transaction { signature, slot: told.slot, time: told.time, closed, events })
    }

    /// What became of a slot.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn slot(&mut self, slot: u64, status: SlotStatus) -> Result<()> {
        self.line(&Line::Slot { slot, dead: status == SlotStatus::Dead })
    }

    /// All accounts of a program.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn scan(&mut self, program: Pubkey, scan: &Scan) -> Result<()> {
        self.line(&Line::Scan { program: program.to_string(), slot: scan.slot, count: scan.accounts.len() })?;
        scan.accounts.iter().try_for_each(|account| {
            self.line(&Line::Found { address: account.address.to_string(), data: STANDARD.encode(&account.data) })
        })
    }

    /// Ends it: up to this slot it has everything.
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn end(mut self, slot: u64, finalized: u64) -> Result<()> {
        self.line(&Line::End { slot, finalized })?;
        self.0.flush().map_err(|source| Error::File { path: "the recording".into(), source })
    }
}

/// A recording, in memory.
pub struct RecordedSource {
    genesis: String,
    slot: u64,
    finalized: u64,
    notices: Vec<Notice>,
    /// In chain order.
    transactions: Vec<ChainTransaction>,
    /// Where a signature's transaction is.
    places: HashMap<String, usize>,
    scans: HashMap<Pubkey, Scan>,
}

impl RecordedSource {
    /// Reads a recording.
    ///
    /// # Errors
    /// [`Error::File`] when it cannot be read; [`Error::Recording`] with the line that is broken, or if it has no end.
    pub fn open(path: &Path) -> Result<Self> {
        let wrong = |source| Error::File { path: path.display().to_string(), source };
        let mut lines = BufReader::new(File::open(path).map_err(wrong)?).lines().enumerate();
        let mut read = Self {
            genesis: String::new(),
            slot: 0,
            finalized: 0,
            notices: vec![],
            transactions: vec![],
            places: HashMap::new(),
            scans: HashMap::new(),
        };
        let mut ended = false;
        while let Some((at, line)) = lines.next() {
            let bad = |why: String| Error::Recording { line: at.saturating_add(1), why };
            match serde_json::from_str(&line.map_err(wrong)?).map_err(|why| bad(why.to_string()))? {
                Line::Scan { program, slot, count } => {
                    let program = key(&program).map_err(bad)?;
                    let found = lines.by_ref().take(count).map(|(_, line)| found(program, &line.map_err(wrong)?));
                    let accounts = found.collect::<Result<Vec<_>>>()?;
                    if accounts.len() < count {
                        return Err(bad(format!("of {count} accounts {} follow", accounts.len())));
                    }
                    read.scans.insert(program, Scan { slot, accounts });
                }
                Line::End { slot, finalized } => (read.slot, read.finalized, ended) = (slot, finalized, true),
                line => read.take(line).map_err(bad)?,
            }
        }
        if !ended {
            return Err(Error::Recording { line: 0, why: "it has no end; it was cut".into() });
        }
        let dead: Vec<u64> = read.notices.iter().filter_map(dead).collect();
        read.transactions.retain(|transaction| !dead.contains(&transaction.slot));
        read.transactions.sort_by_key(|transaction| transaction.slot);
        read.places = read.transactions.iter().enumerate().map(|(at, told)| (told.signature.clone(), at)).collect();
        Ok(read)
    }

    fn take(&mut self, line: Line) -> std::result::Result<(), String> {
        match line {
            Line::Genesis(genesis) => self.genesis = genesis,
            Line::Account { slot, write_version, address, program, data } => {
                let account = ChainAccount { address: key(&address)?, program: key(&program)?, data: bytes(&data)? };
                self.notices.push(Notice::Account { slot, write_version, account });
            }
            Line::Transaction { signature, slot, time, closed, events } => {
                let event = |event: EventLine| {
                    let (program, data) = (key(&event.program)?, bytes(&event.data)?);
                    Ok(ChainEvent { ix: event.ix, inner_ix: event.inner_ix, program, data })
                };
                let events = events.into_iter().map(event).collect::<std::result::Result<_, String>>()?;
                self.notices.push(Notice::Transaction { signature: signature.clone() });
                self.transactions.push(ChainTransaction { signature, slot, time, closed, events });
            }
            Line::Slot { slot, dead } => {
                let status = if dead { SlotStatus::Dead } else { SlotStatus::Finalized };
                self.notices.push(Notice::Slot { slot, status });
            }
            Line::Found { .. } => return Err("a found account outside of a scan".into()),
            Line::Scan { .. } | Line::End { .. } => {}
        }
        Ok(())
    }
}

fn dead(notice: &Notice) -> Option<u64> {
    match notice {
        Notice::Slot { slot, status: SlotStatus::Dead } => Some(*slot),
        _ => None,
    }
}

fn key(text: &str) -> std::result::Result<Pubkey, String> {
    text.parse().map_err(|_| format!("{text} is no address"))
}

fn bytes(text: &str) -> std::result::Result<Vec<u8>, String> {
    STANDARD.decode(text).map_err(|_| "data that is not base64".into())
}

fn found(program: Pubkey, line: &str) -> Result<ChainAccount> {
    let read = || match serde_json::from_str(line).map_err(|why| why.to_string())? {
        Line::Found { address, data } => Ok(ChainAccount { address: key(&address)?, program, data: bytes(&data)? }),
        _ => Err("a scan is cut short".to_owned()),
    };
    read().map_err(|why| Error::Recording { line: 0, why })
}

impl Source for RecordedSource {
    async fn slot(&self) -> Result<u64> {
        Ok(self.slot)
    }

    async fn finalized(&self) -> Result<u64> {
        Ok(self.finalized)
    }

    async fn genesis(&self) -> Result<String> {
        Ok(self.genesis.clone())
    }

    async fn gap_after(&self, _: u64) -> Result<Option<u64>> {
        Ok(None)
    }

    async fn history(&self, from: u64, commitment: Commitment) -> Result<Vec<Listed>> {
        let top = if commitment == Commitment::Finalized { self.finalized } else { self.slot };
        let told = self.transactions.iter().filter(|told| told.slot >= from && told.slot <= top);
        Ok(told.map(|told| Listed { signature: told.signature.clone(), slot: told.slot }).collect())
    }

    async fn transaction(&self, listed: &Listed) -> Result<ChainTransaction> {
        let found = self.places.get(&listed.signature).and_then(|at| self.transactions.get(*at));
        found
            .filter(|told| told.slot == listed.slot)
            .cloned()
            .ok_or_else(|| Error::Recording { line: 0, why: format!("{} is not in it", listed.signature) })
    }

    async fn scan(&self, program: Pubkey, _: Commitment) -> Result<Scan> {
        let found = self.scans.get(&program).cloned();
        found.ok_or_else(|| Error::Recording { line: 0, why: format!("it has no scan of {program}") })
    }

    async fn accounts(&self, addresses: &[Pubkey]) -> Result<Accounts> {
        let all: HashMap<Pubkey, &ChainAccount> =
            self.scans.values().flat_map(|scan| &scan.accounts).map(|account| (account.address, account)).collect();
        let slot = self.scans.values().map(|scan| scan.slot).min().unwrap_or(0);
        Ok(Accounts { slot, accounts: addresses.iter().map(|address| all.get(address).copied().cloned()).collect() })
    }

    /// Everything at once; then nothing more happens.
    async fn subscribe(&self, notices: mpsc::Sender<Notice>) -> Result<()> {
        let ended = |_| Error::Recording { line: 0, why: "nobody listens any more".into() };
        notices.send(Notice::Subscribed).await.map_err(ended)?;
        for notice in &self.notices {
            notices.send(notice.clone()).await.map_err(ended)?;
        }
        notices.closed().await;
        Ok(())
    }
}
