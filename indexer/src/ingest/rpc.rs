//! A chain by its public JSON-RPC and WebSocket.

use std::{collections::HashMap, sync::Mutex, time::Duration};

use base64::{Engine as _, engine::general_purpose::STANDARD};
use futures_util::{
    StreamExt, TryStreamExt,
    future::try_join_all,
    stream,
    stream::{BoxStream, SelectAll},
};
use serde_json::json;
use solana_account_decoder_client_types::{UiAccount, UiAccountData, UiAccountEncoding};
use solana_commitment_config::CommitmentConfig;
use solana_pubsub_client::nonblocking::pubsub_client::PubsubClient;
use solana_rpc_client::{nonblocking::rpc_client::RpcClient, rpc_client::GetConfirmedSignaturesForAddress2Config};
use solana_rpc_client_api::{
    config::{
        RpcAccountInfoConfig, RpcBlockConfig, RpcProgramAccountsConfig, RpcTransactionConfig, RpcTransactionLogsConfig,
        RpcTransactionLogsFilter,
    },
    request::RpcRequest,
    response::{OptionalContext, RpcKeyedAccount},
};
use solana_sdk::{pubkey::Pubkey, signature::Signature};
use solana_transaction_status_client_types::{
    TransactionConfirmationStatus, TransactionDetails, UiTransactionEncoding,
};
use tokio::sync::mpsc;

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
const TIMEOUT: Duration = Duration::from_secs(30);
/// No block is older than Solana's first, in March 2020; some local chains tell nonsense.
const FIRST_BLOCK_TIME: i64 = 1_584_000_000;

/// The source that needs nothing but a node.
pub struct RpcSource {
    rpc: RpcClient,
    ws_url: String,
    programs: Vec<Pubkey>,
    /// Block times asked for because the transaction's own was unusable; only the last slots'.
    times: Mutex<HashMap<u64, i64>>,
}

impl RpcSource {
    /// For these programs; connects on first use.
    pub fn new(rpc_url: &str, ws_url: &str, programs: Vec<Pubkey>) -> Self {
        let rpc = RpcClient::new_with_timeout_and_commitment(rpc_url.into(), TIMEOUT, CONFIRMED);
        Self { rpc, ws_url: ws_url.into(), programs, times: Mutex::default() }
    }

    /// One program's listing, newest first, from slot `from` on. Transactions that are not confirmed yet, or failed,
    /// are left out.
    async fn listing(&self, program: &Pubkey, from: u64, commitment: Commitment) -> Result<Vec<Listed>> {
        let mut listed = vec![];
        let mut before = None;
        loop {
            let query = GetConfirmedSignaturesForAddress2Config {
                before,
                until: None,
                limit: Some(PAGE),
                commitment: Some(config(commitment)),
            };
            let page = self.rpc.get_signatures_for_address_with_config(program, query).await;
            let page = page.map_err(rpc("getSignaturesForAddress"))?;
            let last = page.last().filter(|_| page.len() == PAGE).map(|entry| (entry.signature.clone(), entry.slot));
            for entry in page.into_iter().filter(|entry| entry.slot >= from && entry.err.is_none()) {
                if entry.confirmation_status != Some(TransactionConfirmationStatus::Processed) {
                    listed.push(Listed { signature: entry.signature, slot: entry.slot });
                }
            }
            match last {
                Some((signature, slot)) if slot >= from => before = Some(parse(&signature)?),
                _ => return Ok(listed),
            }
        }
    }

    /// Signatures of a block in order. Nodes without it give an order that is good enough: none.
    async fn block(&self, slot: u64) -> Vec<String> {
        let config = RpcBlockConfig {
            encoding: Some(UiTransactionEncoding::Base64),
            transaction_details: Some(TransactionDetails::Signatures),
            rewards: Some(false),
            commitment: Some(CONFIRMED),
            max_supported_transaction_version: Some(0),
        };
        match self.rpc.get_block_with_config(slot, config).await {
            Ok(block) => block.signatures.unwrap_or_default(),
            Err(why) => {
                tracing::debug!(slot, why = %why.kind(), "no block; the order of its transactions is a guess");
                vec![]
            }
        }
    }

    async fn time(&self, slot: u64, told: Option<i64>) -> Option<i64> {
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
}

impl Source for RpcSource {
    async fn slot(&self) -> Result<u64> {
        self.rpc.get_slot_with_commitment(CONFIRMED).await.map_err(rpc("getSlot"))
    }

    async fn finalized(&self) -> Result<u64> {
        self.rpc.get_slot_with_commitment(CommitmentConfig::finalized()).await.map_err(rpc("getSlot"))
    }

    async fn genesis(&self) -> Result<String> {
        Ok(self.rpc.get_genesis_hash().await.map_err(rpc("getGenesisHash"))?.to_string())
    }

    async fn gap_after(&self, slot: u64) -> Result<Option<u64>> {
        let first = self.rpc.get_first_available_block().await.map_err(rpc("getFirstAvailableBlock"))?;
        let next = slot.saturating_add(1);
        // A sparse local chain keeps no empty blocks, but knows their times; a node that pruned a block does not.
        let gap = first > next && self.rpc.get_block_time(next).await.is_err();
        Ok(gap.then_some(first))
    }

    async fn history(&self, from: u64, commitment: Commitment) -> Result<Vec<Listed>> {
        let listings = self.programs.iter().map(|program| self.listing(program, from, commitment));
        let listings = try_join_all(listings).await?;
        let slots = stream::iter(history::merge(&listings)).map(async |(slot, order)| match order {
            Ok(signatures) => (slot, signatures),
            Err(unknown) => (slot, history::by_block(unknown, &self.block(slot).await)),
        });
        let ordered: Vec<(u64, Vec<String>)> = slots.buffered(PARALLEL).collect().await;
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
        let found = self.rpc.get_transaction_with_config(&signature, config).await.map_err(rpc("getTransaction"))?;
        let mut transaction = extract(&listed.signature, found, &self.programs)
            .ok_or_else(|| Error::Rpc { what: "getTransaction", why: format!("{signature} is unreadable") })?;
        transaction.time = self.time(transaction.slot, transaction.time).await;
        Ok(transaction)
    }

    async fn scan(&self, program: Pubkey, commitment: Commitment) -> Result<Scan> {
        // A node that gives no context gives a state of now, which is of this slot or later.
        let slot = self.rpc.get_slot_with_commitment(config(commitment)).await.map_err(rpc("getSlot"))?;
        let params = json!([program.to_string(), accounts_config(commitment)]);
        let found: OptionalContext<Vec<RpcKeyedAccount>> =
            self.rpc.send(RpcRequest::GetProgramAccounts, params).await.map_err(rpc("getProgramAccounts"))?;
        let (slot, found) = match found {
            OptionalContext::Context(response) => (response.context.slot, response.value),
            OptionalContext::NoContext(value) => (slot, value),
        };
        let accounts = found.into_iter().map(|keyed| account(program, keyed)).collect::<Result<_>>()?;
        Ok(Scan { slot, accounts })
    }

    async fn accounts(&self, addresses: &[Pubkey]) -> Result<Accounts> {
        let (mut slot, mut accounts) = (u64::MAX, vec![]);
        for some in addresses.chunks(MOST_ACCOUNTS) {
            let found = self.rpc.get_multiple_accounts_with_commitment(some, CommitmentConfig::finalized());
            let found = found.await.map_err(rpc("getMultipleAccounts"))?;
            // Of several answers the oldest: the state is of that slot or a later one.
            slot = slot.min(found.context.slot);
            accounts.extend(some.iter().zip(found.value).map(|(address, found)| {
                let account = found.filter(|account| self.programs.contains(&account.owner))?;
                Some(ChainAccount { address: *address, program: account.owner, data: account.data })
            }));
        }
        Ok(Accounts { slot, accounts })
    }

    async fn subscribe(&self, notices: mpsc::Sender<Notice>) -> Result<()> {
        let client = PubsubClient::new(&self.ws_url).await.map_err(ws("connect"))?;
        let mut streams: SelectAll<BoxStream<'_, Result<Notice>>> = SelectAll::new();
        for program in self.programs.iter().copied() {
            let filter = RpcTransactionLogsFilter::Mentions(vec![program.to_string()]);
            let config = RpcTransactionLogsConfig { commitment: Some(CONFIRMED) };
            let (logs, _) = client.logs_subscribe(filter, config).await.map_err(ws("logsSubscribe"))?;
            let transactions = logs.filter(|log| std::future::ready(log.value.err.is_none()));
            streams.push(transactions.map(|log| Ok(Notice::Transaction { signature: log.value.signature })).boxed());
            let config = Some(accounts_config(Commitment::Confirmed));
            let (accounts, _) = client.program_subscribe(&program, config).await.map_err(ws("programSubscribe"))?;
            let notice = move |update: solana_rpc_client_api::response::Response<RpcKeyedAccount>| {
                let account = account(program, update.value)?;
                Ok(Notice::Account { slot: update.context.slot, write_version: None, account })
            };
            // The end of one stream is the end of the connection: end them all.
            streams.push(accounts.map(notice).boxed());
        }
        let ended = || Error::WebSocket { what: "listen", why: "the connection ended".into() };
        notices.send(Notice::Subscribed).await.map_err(|_| ended())?;
        while let Some(notice) = streams.try_next().await? {
            notices.send(notice).await.map_err(|_| ended())?;
        }
        Err(ended())
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

/// Only what kind of error it was: a transport's own words may hold the url, and the url a key.
fn rpc(what: &'static str) -> impl Fn(solana_rpc_client_api::client_error::Error) -> Error {
    use solana_rpc_client_api::client_error::ErrorKind;
    move |error| {
        let why = match error.kind() {
            ErrorKind::Reqwest(why) if why.is_timeout() => "no answer in time".into(),
            ErrorKind::Reqwest(why) if why.is_connect() => "it cannot be reached".into(),
            ErrorKind::Reqwest(why) => match why.status() {
                Some(status) => format!("HTTP status {status}"),
                None => "the answer was cut short or is no JSON".into(),
            },
            kind => kind.to_string(),
        };
        Error::Rpc { what, why }
    }
}

fn ws(what: &'static str) -> impl Fn(solana_pubsub_client::nonblocking::pubsub_client::PubsubClientError) -> Error {
    use solana_pubsub_client::nonblocking::pubsub_client::PubsubClientError as Why;
    move |error| {
        let why = match error {
            Why::SubscribeFailed { reason, message } => format!("{reason}: {message}"),
            Why::UrlParseError(_) => "--ws-url is no url".into(),
            Why::ConnectionClosed(_) => "the connection was closed".into(),
            _ => "it cannot be reached".into(),
        };
        Error::WebSocket { what, why }
    }
}
