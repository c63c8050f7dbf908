//! The chain, as building a transaction needs it: accounts now, a blockhash, simulations.

use std::{
    sync::{Arc, OnceLock},
    time::Duration,
};

use solana_account_decoder_client_types::{UiAccount, UiAccountEncoding};
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::{
    client_error::{Error as ClientError, ErrorKind},
    config::{RpcAccountInfoConfig, RpcSimulateTransactionAccountsConfig, RpcSimulateTransactionConfig},
    request::RpcError,
    response::RpcSimulateTransactionResult,
};
use solana_sdk::{account::Account, hash::Hash, pubkey::Pubkey, transaction::VersionedTransaction};
use solana_transaction_status_client_types::UiTransactionEncoding;
use sqlx::PgPool;

use super::refusal::{Refusal, Result};

/// For one request; the caller waits for a few of them.
const TIMEOUT: Duration = Duration::from_secs(10);
/// For what is good to have and not needed.
const QUICK: Duration = Duration::from_millis(500);
const CONFIRMED: CommitmentConfig = CommitmentConfig::confirmed();
/// JSON-RPC's number for parameters that are wrong: what we sent is, not the node.
const INVALID_PARAMS: i64 = -32602;
/// Characters of a genesis hash that name its chain in CAIP-2.
const CAIP_2: usize = 32;

/// The chain's RPC; cheap to copy. It signs nothing and sends nothing.
#[derive(Clone)]
pub struct Chain(Arc<Inner>);

struct Inner {
    rpc: RpcClient,
    genesis: OnceLock<String>,
}

impl Chain {
    /// At this url; connects on first use.
    pub fn new(rpc_url: &str) -> Self {
        let rpc = RpcClient::new_with_timeout_and_commitment(rpc_url.into(), TIMEOUT, CONFIRMED);
        Self(Arc::new(Inner { rpc, genesis: OnceLock::new() }))
    }

    /// Accounts as they are now; `None` where there is none. At most 100.
    pub async fn accounts(&self, addresses: &[Pubkey]) -> Result<Vec<Option<Account>>> {
        let config = RpcAccountInfoConfig {
            encoding: Some(UiAccountEncoding::Base64),
            commitment: Some(CONFIRMED),
            ..RpcAccountInfoConfig::default()
        };
        let found = self.patient(self.0.rpc.get_multiple_ui_accounts_with_config(addresses, config)).await?.value;
        if found.len() != addresses.len() {
            return Err(Refusal::chain());
        }
        found.into_iter().map(|one| one.map(|ui| account(&ui).ok_or_else(Refusal::chain)).transpose()).collect()
    }

    /// A blockhash that a transaction may name for about a minute.
    pub async fn blockhash(&self) -> Result<Hash> {
        self.patient(self.0.rpc.get_latest_blockhash()).await
    }

    /// What a transaction would do, and the accounts named as it would leave them. Nobody need have signed it.
    pub async fn simulate(
        &self,
        transaction: &VersionedTransaction,
        accounts: &[Pubkey],
    ) -> Result<RpcSimulateTransactionResult> {
        let config = RpcSimulateTransactionConfig {
            sig_verify: false,
            replace_recent_blockhash: true,
            commitment: Some(CONFIRMED),
            encoding: Some(UiTransactionEncoding::Base64),
            accounts: (!accounts.is_empty()).then(|| RpcSimulateTransactionAccountsConfig {
                encoding: Some(UiAccountEncoding::Base64),
                addresses: accounts.iter().map(Pubkey::to_string).collect(),
            }),
            min_context_slot: None,
            inner_instructions: false,
        };
        Ok(self.patient(self.0.rpc.simulate_transaction_with_config(transaction, config)).await?.value)
    }

    /// The chain's CAIP-2 id, `solana:` and its genesis hash cut to 32 characters; `None` while nobody knows it. No reply
    /// waits long for it.
    pub async fn caip2(&self, pool: &PgPool) -> Option<String> {
        if self.0.genesis.get().is_none() {
            let found = tokio::time::timeout(QUICK, self.find_genesis(pool)).await;
            if let Ok(Some(hash)) = found {
                // Another request may have been faster, with the same.
                let _ = self.0.genesis.set(hash);
            }
        }
        self.0.genesis.get().map(|hash| format!("solana:{}", hash.get(..CAIP_2).unwrap_or(hash)))
    }

    async fn find_genesis(&self, pool: &PgPool) -> Option<String> {
        let indexed = sqlx::query_scalar::<_, Option<String>>("SELECT genesis FROM watermark").fetch_optional(pool);
        match indexed.await {
            Ok(Some(Some(genesis))) => Some(genesis),
            _ => self.0.rpc.get_genesis_hash().await.ok().map(|hash| hash.to_string()),
        }
    }

    /// One request, whose failure is the node's unless it says that ours was wrong. The client itself waits long when it
    /// is told to slow down: nobody waits for that here.
    async fn patient<T>(&self, request: impl Future<Output = std::result::Result<T, ClientError>>) -> Result<T> {
        let answer = tokio::time::timeout(TIMEOUT, request).await.map_err(|_| Refusal::chain())?;
        answer.map_err(|why| match why.kind() {
            ErrorKind::RpcError(RpcError::RpcResponseError { code, message, .. }) if *code == INVALID_PARAMS => {
                Refusal::refused(format!("the chain's RPC does not take this transaction: {message}"))
            }
            kind => {
                // Its words may hold the url, and that a key.
                tracing::warn!(request = ?why.request(), rpc = matches!(kind, ErrorKind::RpcError(_)), "the RPC failed");
                metrics::counter!("assay_indexer_errors_total", "kind" => "rpc").increment(1);
                Refusal::chain()
            }
        })
    }
}

/// An account out of its JSON; `None` if that is none.
pub fn account(ui: &UiAccount) -> Option<Account> {
    Some(Account {
        lamports: ui.lamports,
        data: ui.data.decode()?,
        owner: ui.owner.parse().ok()?,
        executable: ui.executable,
        rent_epoch: ui.rent_epoch,
    })
}
