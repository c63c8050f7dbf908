//! A chain by its public JSON-RPC and WebSocket.

mod ask;
mod known;
mod socket;

use std::{collections::HashMap, sync::Mutex};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::{StreamExt, TryStreamExt, future::try_join_all, stream};
use serde_json::{Value, json};
use solana_account_decoder_client_types::{UiAccount, UiAccountData, UiAccountEncoding};
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::{
    client_error::Result as Answer,
    config::{
        RpcAccountInfoConfig, RpcBlockConfig, RpcProgramAccountsConfig, RpcSignaturesForAddressConfig,
        RpcTransactionConfig,
    },
    request::RpcRequest,
    response::{OptionalContext, RpcConfirmedTransactionStatusWithSignature, RpcKeyedAccount},
};
use solana_sdk::{pubkey::Pubkey, signature::Signature};
use solana_transaction_status_client_types::{
    TransactionConfirmationStatus, TransactionDetails, UiTransactionEncoding,
};
use tokio::sync::{OnceCell, mpsc};

use self::known::Known;
pub use self::{ask::Patience, socket::probe};
use super::{
    Accounts, ChainAccount, ChainTransaction, Commitment, Listed, Notice, Scan, Source, extract::extract, history,
};
use crate::{Error, Result};

const CONFIRMED: CommitmentConfig = CommitmentConfig::confirmed();
/// Most signatures that nodes give at once.
const PAGE: usize = 1_000;
/// Most accounts that nodes give at once.
const MOST_ACCOUNTS: usize = 100;
/// Requests under way at once.
const PARALLEL: usize = 8;
/// No block is older than Solana's first, in March 2020; some local chains tell nonsense.
const FIRST_BLOCK_TIME: i64 = 1_584_000_000;

/// The source that needs nothing but a node.
pub struct RpcSource {
    rpc: RpcClient,
    /// With more time for an answer.
    scans: RpcClient,
    ws_url: String,
    programs: Vec<Pubkey>,
    pub(super) patience: Patience,
    known: Known,
    understands: OnceCell<bool>,
    /// Block times asked for because the transaction's own was unusable; only the last slots'.
    times: Mutex<HashMap<u64, i64>>,
}

impl RpcSource {
    /// For these programs; connects on first use.
    pub fn new(rpc_url: &str, ws_url: &str, programs: Vec<Pubkey>) -> Self {
        let patience = Patience::default();
        let client = |timeout| RpcClient::new_with_timeout_and_commitment(rpc_url.into(), timeout, CONFIRMED);
        let (rpc, scans) = (client(patience.answer), client(10 * patience.answer));
        let (known, times) = (Known::default(), Mutex::default());
        let understands = OnceCell::new();
        Self { rpc, scans, ws_url: ws_url.into(), programs, patience, known, understands, times }
    }

    /// With more or less patience.
    #[must_use]
    pub fn patience(mut self, patience: Patience) -> Self {
        let client = |timeout| RpcClient::new_with_timeout_and_commitment(self.rpc.url(), timeout, CONFIRMED);
        (self.rpc, self.scans) = (client(patience.answer), client(10 * patience.answer));
        self.patience = patience;
        self
    }

    /// The programs that it tells of.
    pub fn programs(&self) -> &[Pubkey] {
        &self.programs
    }

    /// Says which accounts of a program there were, as the tables know: a scan without them is looked at twice.
    pub fn expect(&self, program: Pubkey, addresses: impl IntoIterator<Item = Pubkey>) {
        self.known.expect(program, addresses);
    }

    async fn top(&self, commitment: Commitment) -> Result<u64> {
        let ask = || self.rpc.get_slot_with_commitment(config(commitment));
        Ok(self.known.saw(commitment, self.patience.ask("getSlot", ask).await?))
    }

    /// One program's listing, newest first, from slot `from` on. Transactions that are not confirmed yet, or failed,
    /// are left out.
    async fn listing(&self, program: &Pubkey, from: u64, commitment: Commitment) -> Result<Vec<Listed>> {
        let mut listed = vec![];
        let mut before = None;
        loop {
            let page = self.page(program, before, commitment).await?;
            let last = page.last().filter(|_| page.len() == PAGE).map(|entry| (entry.signature.clone(), entry.slot));
            for entry in page.into_iter().filter(|entry| entry.slot >= from && entry.err.is_none()) {
                if entry.confirmation_status != Some(TransactionConfirmationStatus::Processed) {
                    listed.push(Listed { signature: entry.signature, slot: entry.slot });
                }
            }
            match last {
                Some((signature, slot)) if slot >= from => before = Some(signature),
                _ => return Ok(listed),
            }
        }
    }

    /// From a node that is as far as what was seen: the listing of one behind would lack the newest.
    async fn page(
        &self,
        program: &Pubkey,
        before: Option<String>,
        commitment: Commitment,
    ) -> Result<Vec<RpcConfirmedTransactionStatusWithSignature>> {
        let config = RpcSignaturesForAddressConfig {
            before,
            until: None,
            limit: Some(PAGE),
            commitment: Some(config(commitment)),
            min_context_slot: self.understands_min_context().await?.then(|| self.known.slot(commitment)),
        };
        let params = json!([program.to_string(), config]);
        let ask = || self.rpc.send(RpcRequest::GetSignaturesForAddress, params.clone());
        self.patience.ask("getSignaturesForAddress", ask).await
    }

    /// Whether the node takes `minContextSlot` for what it is. Surfpool, the local chain, takes it for the oldest slot to
    /// be listed, and so leaves everything out.
    async fn understands_min_context(&self) -> Result<bool> {
        let ask = async || {
            let version: Value = self.rpc.send(RpcRequest::GetVersion, Value::Null).await?;
            Ok(version.get("surfnet-version").is_none())
        };
        self.understands.get_or_try_init(async || self.patience.ask("getVersion", ask).await).await.copied()
    }

    /// A block without its transactions, or with their signatures. `None` if the node has none: it was skipped, or is
    /// too old.
    async fn block(&self, slot: u64, details: TransactionDetails) -> Result<Option<(u64, Vec<String>)>> {
        let config = RpcBlockConfig {
            encoding: Some(UiTransactionEncoding::Base64),
            transaction_details: Some(details),
            rewards: Some(false),
            commitment: Some(CONFIRMED),
            max_supported_transaction_version: Some(0),
        };
        let ask = async || {
            let block = none_if_missing(self.rpc.get_block_with_config(slot, config).await)?;
            Ok(block.map(|block| (block.parent_slot, block.signatures.unwrap_or_default())))
        };
        self.patience.ask("getBlock", ask).await
    }

    pub(super) async fn time(&self, slot: u64, told: Option<i64>) -> Option<i64> {
        if told.is_some_and(|time| time >= FIRST_BLOCK_TIME) {
            return told;
        }
        let known = self.times.lock().ok().and_then(|times| times.get(&slot).copied());
        if known.is_some() {
            return known;
        }
        let time = self.rpc.get_block_time(slot).await.ok().filter(|time| *time >= FIRST_BLOCK_TIME)?;
        if let Ok(mut times) = self.times.lock() {
            if times.len() >= 1_000 {
                times.clear();
            }
            times.insert(slot, time);
        }
        Some(time)
    }

    /// A program's accounts as one answer tells them.
    async fn look(&self, program: Pubkey, commitment: Commitment) -> Result<Scan> {
        // A node that gives no context gives a state of now, which is of this slot or later.
        let now = self.top(commitment).await?;
        let params = json!([program.to_string(), accounts_config(commitment)]);
        let ask = async || {
            let found: OptionalContext<Vec<RpcKeyedAccount>> =
                self.scans.send(RpcRequest::GetProgramAccounts, params.clone()).await?;
            let (slot, found) = match found {
                OptionalContext::Context(response) => (response.context.slot, response.value),
                OptionalContext::NoContext(value) => (now, value),
            };
            self.known.fresh(commitment, slot)?;
            Ok((slot, found))
        };
        let (slot, found) = self.patience.ask("getProgramAccounts", ask).await?;
        self.known.saw(commitment, slot);
        let accounts = found.into_iter().map(|keyed| account(program, keyed)).collect::<Result<_>>()?;
        Ok(Scan { slot, accounts })
    }

    /// These accounts, whichever of the programs owns them.
    async fn some(&self, addresses: &[Pubkey], commitment: Commitment) -> Result<Accounts> {
        let (mut slot, mut accounts) = (u64::MAX, vec![]);
        for some in addresses.chunks(MOST_ACCOUNTS) {
            let ask = async || {
                let found = self.rpc.get_multiple_accounts_with_commitment(some, config(commitment)).await?;
                self.known.fresh(commitment, found.context.slot)?;
                Ok(found)
            };
            let found = self.patience.ask("getMultipleAccounts", ask).await?;
            // Of several answers the oldest: the state is of that slot or a later one.
            slot = slot.min(found.context.slot);
            accounts.extend(some.iter().zip(found.value).map(|(address, found)| {
                let account = found.filter(|account| self.programs.contains(&account.owner))?;
                Some(ChainAccount { address: *address, program: account.owner, data: account.data })
            }));
        }
        Ok(Accounts { slot, accounts })
    }
}

fn none_if_missing<T>(answer: Answer<T>) -> Answer<Option<T>> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(why) if ask::no_block(&why) => Ok(None),
        Err(why) => Err(why),
    }
}

impl Source for RpcSource {
    async fn slot(&self) -> Result<u64> {
        self.top(Commitment::Confirmed).await
    }

    async fn finalized(&self) -> Result<u64> {
        self.top(Commitment::Finalized).await
    }

    async fn genesis(&self) -> Result<String> {
        Ok(self.patience.ask("getGenesisHash", || self.rpc.get_genesis_hash()).await?.to_string())
    }

    async fn gap_after(&self, slot: u64) -> Result<Option<u64>> {
        let first = self.patience.ask("getFirstAvailableBlock", || self.rpc.get_first_available_block()).await?;
        let next = slot.saturating_add(1);
        if first <= next {
            return Ok(None);
        }
        // A sparse local chain keeps no empty blocks, but knows their times; a node that pruned a block does not.
        let time = async || none_if_missing(self.rpc.get_block_time(next).await);
        if self.patience.ask("getBlockTime", time).await?.is_some() {
            return Ok(None);
        }
        // The slots between may all have been skipped: then the first block's parent is one that we have.
        let block = self.block(first, TransactionDetails::None).await?;
        Ok(block.is_none_or(|(parent, _)| parent > slot).then_some(first))
    }

    async fn history(&self, from: u64, commitment: Commitment) -> Result<Vec<Listed>> {
        let listings = self.programs.iter().map(|program| self.listing(program, from, commitment));
        let listings = try_join_all(listings).await?;
        let slots = stream::iter(history::merge(&listings)).map(async |(slot, order)| match order {
            Ok(signatures) => Ok::<_, Error>((slot, signatures)),
            Err(unknown) => {
                // Nodes without the block give an order that is good enough: none.
                let block = self.block(slot, TransactionDetails::Signatures).await?;
                Ok((slot, history::by_block(unknown, &block.unwrap_or_default().1)))
            }
        });
        let ordered: Vec<(u64, Vec<String>)> = slots.buffered(PARALLEL).try_collect().await?;
        let listed = |(slot, signatures): (u64, Vec<String>)| {
            signatures.into_iter().map(move |signature| Listed { signature, slot })
        };
        Ok(ordered.into_iter().flat_map(listed).collect())
    }

    async fn transaction(&self, listed: &Listed) -> Result<ChainTransaction> {
        let config = RpcTransactionConfig {
            encoding: Some(UiTransactionEncoding::Json),
            commitment: Some(CONFIRMED),
            max_supported_transaction_version: Some(0),
        };
        let signature = parse(&listed.signature)?;
        let ask = || self.rpc.get_transaction_with_config(&signature, config);
        let found = self.patience.ask("getTransaction", ask).await?;
        let mut transaction = extract(&listed.signature, found, &self.programs)
            .ok_or_else(|| Error::Rpc { what: "getTransaction", why: format!("{signature} is unreadable") })?;
        transaction.time = self.time(transaction.slot, transaction.time).await;
        Ok(transaction)
    }

    /// A known account that the answer lacks is asked for by itself, so that an answer that is not whole closes
    /// nothing.
    async fn scan(&self, program: Pubkey, commitment: Commitment) -> Result<Scan> {
        let mut scan = self.look(program, commitment).await?;
        let missing = self.known.missing(program, &scan.accounts);
        if !missing.is_empty() {
            let there = self.some(&missing, commitment).await?.accounts.into_iter().flatten();
            let there: Vec<_> = there.filter(|account| account.program == program).collect();
            if !there.is_empty() {
                metrics::counter!("assay_indexer_partial_scans_total").increment(1);
                tracing::warn!(lacked = there.len(), of = missing.len(), "the node's scan was not whole");
                scan.accounts.extend(there);
            }
        }
        self.known.scanned(program, &scan.accounts);
        Ok(scan)
    }

    async fn accounts(&self, addresses: &[Pubkey]) -> Result<Accounts> {
        self.some(addresses, Commitment::Finalized).await
    }

    async fn subscribe(&self, notices: mpsc::Sender<Notice>) -> Result<()> {
        socket::follow(self, notices).await
    }
}

fn config(commitment: Commitment) -> CommitmentConfig {
    match commitment {
        Commitment::Confirmed => CONFIRMED,
        Commitment::Finalized => CommitmentConfig::finalized(),
    }
}

fn accounts_config(commitment: Commitment) -> RpcProgramAccountsConfig {
    RpcProgramAccountsConfig {
        account_config: RpcAccountInfoConfig {
            encoding: Some(UiAccountEncoding::Base64),
            commitment: Some(config(commitment)),
            ..Default::default()
        },
        with_context: Some(true),
        ..Default::default()
    }
}

fn account(program: Pubkey, keyed: RpcKeyedAccount) -> Result<ChainAccount> {
    let bad = |why: &str| Error::Rpc { what: "an account", why: format!("{}: {why}", keyed.pubkey) };
    let address = keyed.pubkey.parse().map_err(|_| bad("is no address"))?;
    let UiAccount { data: UiAccountData::Binary(text, UiAccountEncoding::Base64), .. } = &keyed.account else {
        return Err(bad("not base64, as asked for"));
    };
    let data = STANDARD.decode(text).map_err(|_| bad("not base64, as asked for"))?;
    Ok(ChainAccount { address, program, data })
}

fn parse(signature: &str) -> Result<Signature> {
    let bad = |_| Error::Rpc { what: "getSignaturesForAddress", why: format!("{signature:?} is no signature") };
    signature.parse().map_err(bad)
}
