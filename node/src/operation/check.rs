//! Whether everything that the settings name can be used.

use std::path::Path;

use assay_sdk::{addresses, escrow, staking::Pool, verification};
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_sdk::{pubkey::Pubkey, sysvar};

use crate::agent::status::unix_now;

/// What an operator's wallet should hold, in lamports: fees and rent of some days.
pub const LEAST_LAMPORTS: u64 = 50_000_000;
/// Most seconds that this machine's clock may be off the chain's.
pub const MAX_SKEW: i64 = 30;

/// What is looked at.
pub struct Checked<'a> {
    /// The chain's RPC.
    pub url: &'a str,
    /// The operator.
    pub operator: Pubkey,
    /// The data folder.
    pub data: &'a Path,
    /// The API that takes results, if any.
    pub api: Option<&'a str>,
}

/// What was looked at, and what was found.
pub type Finding = (&'static str, Result<String, String>);

impl Checked<'_> {
    /// Look at everything; nothing is changed but for the data folder, which is created.
    pub async fn findings(&self) -> Vec<Finding> {
        let mut found = vec![("key", Ok(self.operator.to_string())), ("data", self.data())];
        let rpc = RpcClient::new_with_timeout_and_commitment(
            self.url.into(),
            std::time::Duration::from_secs(20),
            CommitmentConfig::confirmed(),
        );
        found.extend(self.chain(&rpc).await);
        if let Some(api) = self.api {
            found.push(("api", answers(api).await));
        }
        found
    }

    fn data(&self) -> Result<String, String> {
        let usable = std::fs::create_dir_all(self.data).and_then(|()| tempfile::tempfile_in(self.data).map(drop));
        let shown = self.data.display();
        usable.map(|()| format!("{shown} can be written")).map_err(|why| {
            format!("{shown}: {why}; name another folder with --data, or make it this user's") //
        })
    }

    async fn chain(&self, rpc: &RpcClient) -> Vec<Finding> {
        let keys = [
            sysvar::clock::ID,
            addresses::config(&verification::ID),
            addresses::config(&escrow::ID),
            addresses::pool(&self.operator),
            self.operator,
        ];
        let accounts = match rpc.get_multiple_accounts(&keys).await {
            Ok(accounts) => accounts,
            // Its text may hold the url, which may hold a key.
            Err(_) => return vec![("chain", Err("the RPC does not answer: see --url".into()))],
        };
        let data = |at: usize| accounts.get(at).and_then(Option::as_ref).map(|account| account.data.as_slice());
        let clock = data(0).and_then(|data| bincode::deserialize::<solana_sdk::clock::Clock>(data).ok());
        let pool = data(3).and_then(|data| assay_sdk::account::<Pool>(data).ok());
        let lamports = accounts.get(4).and_then(Option::as_ref).map_or(0, |account| account.lamports);
        let there = data(1).is_some() && data(2).is_some();
        let missing = "it has no Assay: is --url the right chain's, and are the programs initialized there?";
        vec![
            ("chain", if there { Ok("it answers and has Assay".into()) } else { Err(missing.into()) }),
            (
                "clock",
                clock.map_or(Err("the chain has no clock: see --url".into()), |clock| skew(clock.unix_timestamp)),
            ),
            ("funds", funds(lamports)),
            ("stake", stake(pool.as_ref())),
        ]
    }
}

fn skew(chain: i64) -> Result<String, String> {
    let skew = unix_now().saturating_sub(chain);
    let off = skew.unsigned_abs() > MAX_SKEW.unsigned_abs();
    if off {
        return Err(format!("this machine's clock is {skew} s off the chain's: set it, for instance with chrony"));
    }
    Ok(format!("{skew} s off the chain's"))
}

fn funds(lamports: u64) -> Result<String, String> {
    let sol = format!("{}.{:09} SOL", lamports / 1_000_000_000, lamports % 1_000_000_000);
    if lamports < LEAST_LAMPORTS {
        return Err(format!("{sol} are less than 0.05 for fees and rent: send some, or `assay airdrop` on a localnet"));
    }
    Ok(sol)
}

fn stake(pool: Option<&Pool>) -> Result<String, String> {
    match pool {
        None => Err("there is no pool: `assay stake open`, then `assay stake add 1000`".into()),
        Some(pool) if pool.active == 0 => Err("nothing is staked: `assay stake add 1000`".into()),
        Some(pool) if pool.jailed_until > unix_now() => {
            Err(format!("in jail until {} (unix seconds): it lost a seat; wait", pool.jailed_until))
        }
        Some(pool) => Ok(format!("{} base units of ASY, {} of them locked", pool.active, pool.locked)),
    }
}

async fn answers(api: &str) -> Result<String, String> {
    let url = format!("{}/health", api.trim_end_matches('/'));
    let asked = reqwest::Client::new().get(&url).timeout(std::time::Duration::from_secs(10)).send().await;
    match asked {
        Ok(reply) if reply.status().is_success() => Ok("it answers".into()),
        Ok(reply) => Err(format!("{url} answered {}: see --api", reply.status())),
        Err(_) => Err(format!("{url} does not answer: see --api")),
    }
}
