//! The chain as a node uses it: read a snapshot, send a transaction.

mod history;
mod send;

use std::{collections::HashMap, sync::Arc, time::Duration};

use anyhow::{Context, Result};
use assay_sdk::{
    addresses,
    anchor_lang::{AccountDeserialize, Discriminator},
    errors,
    escrow::{self, Bid, Job, Seat},
    ix, staking,
    verification::{self, Ballot, Case, Round},
};
use backon::{ExponentialBuilder, Retryable};
use solana_account_decoder_client_types::UiAccountEncoding;
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_rpc_client_api::{
    config::{RpcAccountInfoConfig, RpcProgramAccountsConfig},
    filter::{Memcmp, RpcFilterType},
};
use solana_sdk::{clock::Clock, instruction::Instruction, pubkey::Pubkey, signature::Keypair, signer::Signer, sysvar};

use self::send::Fees;
pub use self::send::PriorityFee;
use crate::market::{Me, Snapshot};

/// The device that a node registers and works with.
pub const DEVICE: u16 = 0;
/// Where a Bid names its operator: after the discriminator, version, bump and job.
const BIDDER: usize = 8 + 1 + 1 + 32;
/// Compute units that a transaction may use; the dearest crank, a count of seven seats, stays below.
pub const COMPUTE_LIMIT: u32 = 200_000;

/// A connection, and the operator's wallet.
#[derive(Clone)]
pub struct Chain {
    rpc: Arc<RpcClient>,
    wallet: Arc<Keypair>,
    genesis: [u8; 32],
    fees: Arc<Fees>,
}

impl Chain {
    /// Connect to an RPC server, waiting up to a minute for it.
    ///
    /// # Errors
    /// When it does not answer, or Assay is not initialized there.
    pub async fn connect(url: &str, wallet: Keypair) -> Result<Self> {
        let commitment = CommitmentConfig::confirmed();
        let rpc = Arc::new(RpcClient::new_with_timeout_and_commitment(url.into(), Duration::from_secs(20), commitment));
        let retry = ExponentialBuilder::default().with_max_times(8).with_max_delay(Duration::from_secs(10));
        let config = addresses::config(&verification::ID);
        let data = (|| rpc.get_account_data(&config)).retry(retry).await.with_context(|| {
            format!("no Assay at {url}: is the address right, and are the programs initialized there?")
        })?;
        let genesis = read::<verification::Config>(&data)?.genesis;
        Ok(Self { rpc, wallet: Arc::new(wallet), genesis, fees: Arc::default() })
    }

    /// The same, paying this for being early.
    #[must_use]
    pub fn paying(self, wanted: PriorityFee) -> Self {
        Self { fees: Arc::new(Fees { wanted, ..Fees::default() }), ..self }
    }

    /// The operator that this node works for.
    pub fn operator(&self) -> Pubkey {
        self.wallet.pubkey()
    }

    /// The genesis hash that seals on this chain name.
    pub fn genesis(&self) -> &[u8; 32] {
        &self.genesis
    }

    /// Read everything that decisions depend on.
    ///
    /// # Errors
    /// When the RPC fails, or the operator has no pool or device.
    pub async fn snapshot(&self) -> Result<Snapshot> {
        let operator = self.operator();
        let mut keys = vec![
            sysvar::clock::ID,
            addresses::config(&escrow::ID),
            addresses::config(&staking::ID),
            addresses::totals(),
            addresses::pool(&operator),
            addresses::device(&operator, DEVICE),
            addresses::config(&verification::ID),
        ];
        let classes = 0..assay_sdk::reputation::CLASSES;
        let first = keys.len();
        keys.extend(classes.clone().map(|class| addresses::record(&operator, class)));
        let (jobs, seats, rounds, cases, ballots, bids, singles) = tokio::try_join!(
            self.scan::<Job>(&escrow::ID),
            self.scan::<Seat>(&escrow::ID),
            self.scan::<Round>(&verification::ID),
            self.scan::<Case>(&verification::ID),
            self.scan::<Ballot>(&verification::ID),
            self.scan_of::<Bid>(&escrow::ID, Some((BIDDER, operator))),
            async { Ok(self.rpc.get_multiple_accounts(&keys).await?) },
        )?;
        let one = |i: usize, what: &str| {
            let account = singles.get(i).and_then(Option::as_ref);
            account.map(|account| account.data.as_slice()).with_context(|| what.to_string())
        };
        let clock: Clock = bincode::deserialize(one(0, "the chain has no clock")?)?;
        let records = classes.zip(&singles[first..]).filter_map(|(class, account)| {
            Some((class, read(&account.as_ref()?.data).ok()?)) //
        });
        Ok(Snapshot {
            now: clock.unix_timestamp,
            slot: clock.slot,
            escrow: read(one(1, "escrow is not initialized on this chain")?)?,
            staking: read(one(2, "staking is not initialized on this chain")?)?,
            verification: read(one(6, "verification is not initialized on this chain")?)?,
            totals: read(one(3, "staking is not initialized on this chain")?)?,
            jobs: jobs.into_iter().collect(),
            seats: grouped(seats, |seat| seat.job),
            rounds: rounds.into_iter().map(|(_, round)| (round.job, round)).collect(),
            cases: cases.into_iter().collect(),
            ballots: grouped(ballots, |ballot| ballot.case),
            bids: bids.into_iter().map(|(_, bid)| (bid.job, bid)).collect(),
            facts: HashMap::new(),
            me: Me {
                operator,
                pool: read(one(4, "this operator has no pool: run `assay stake open` and `assay stake add` first")?)?,
                device: read(one(5, "this operator has no device: it is registered when the node starts")?)?,
                records: records.collect(),
            },
        })
    }

    /// The cases about a job, as they are now.
    ///
    /// # Errors
    /// When the RPC fails.
    pub async fn cases(&self, job: &Pubkey) -> Result<Vec<Case>> {
        let all = self.scan::<Case>(&verification::ID).await?;
        Ok(all.into_iter().map(|(_, case)| case).filter(|case| case.job == *job).collect())
    }

    async fn scan<T: AccountDeserialize + Discriminator>(&self, program: &Pubkey) -> Result<Vec<(Pubkey, T)>> {
        self.scan_of(program, None).await
    }

    /// Those that have a key at this place.
    async fn scan_of<T: AccountDeserialize + Discriminator>(
        &self,
        program: &Pubkey,
        key: Option<(usize, Pubkey)>,
    ) -> Result<Vec<(Pubkey, T)>> {
        let kind = RpcFilterType::Memcmp(Memcmp::new_raw_bytes(0, T::DISCRIMINATOR.to_vec()));
        let of = key.map(|(at, key)| RpcFilterType::Memcmp(Memcmp::new_raw_bytes(at, key.to_bytes().to_vec())));
        let config = RpcProgramAccountsConfig {
            filters: Some([kind].into_iter().chain(of).collect()),
            account_config: RpcAccountInfoConfig {
                encoding: Some(UiAccountEncoding::Base64),
                commitment: Some(CommitmentConfig::confirmed()),
                ..Default::default()
            },
            ..Default::default()
        };
        let accounts = self.rpc.get_program_ui_accounts_with_config(program, config).await?;
        let decoded = accounts.into_iter().filter_map(|(key, account)| {
            Some((key, read(&account.data.decode()?).ok()?)) //
        });
        Ok(decoded.collect())
    }

    /// Whether an account exists.
    ///
    /// # Errors
    /// When the RPC fails.
    pub async fn exists(&self, address: &Pubkey) -> Result<bool> {
        let found = self.rpc.get_account_with_commitment(address, CommitmentConfig::confirmed()).await?;
        Ok(found.value.is_some())
    }

    /// What stands at an address now, if anything does.
    ///
    /// # Errors
    /// When the RPC fails, or something else stands there.
    pub async fn account<T: AccountDeserialize>(&self, address: &Pubkey) -> Result<Option<T>> {
        let found = self.rpc.get_account_with_commitment(address, CommitmentConfig::confirmed()).await?;
        found.value.map(|account| read(&account.data)).transpose()
    }

    /// The chain's clock, unix seconds.
    ///
    /// # Errors
    /// When the RPC fails.
    pub async fn now(&self) -> Result<i64> {
        let clock: Clock = bincode::deserialize(&self.rpc.get_account_data(&sysvar::clock::ID).await?)?;
        Ok(clock.unix_timestamp)
    }

    /// Create an associated token account where it is missing, at this operator's expense.
    ///
    /// # Errors
    /// When the RPC fails.
    pub async fn create_ata_if_missing(&self, owner: &Pubkey, mint: &Pubkey) -> Result<Vec<Instruction>> {
        let missing = !self.exists(&addresses::ata(owner, mint)).await?;
        Ok(if missing { vec![ix::create_ata(&self.operator(), owner, mint)] } else { vec![] })
    }
}

/// A program refused a transaction, with one of its own errors.
#[derive(Debug, PartialEq, Eq)]
pub struct Rejected(pub u32);

impl std::fmt::Display for Rejected {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match errors::lookup(self.0) {
            Some(error) => write!(f, "{} ({}): {}", error.name, error.code, error.message),
            None => write!(f, "program error {}", self.0),
        }
    }
}

impl std::error::Error for Rejected {}

/// By what each belongs to.
fn grouped<T>(all: Vec<(Pubkey, T)>, of: impl Fn(&T) -> Pubkey) -> HashMap<Pubkey, Vec<T>> {
    let mut groups: HashMap<Pubkey, Vec<T>> = HashMap::new();
    for (_, one) in all {
        groups.entry(of(&one)).or_default().push(one);
    }
    groups
}

fn read<T: AccountDeserialize>(data: &[u8]) -> Result<T> {
    Ok(assay_sdk::account(data)?)
}
