//! The market's first transactions: programs initialized, mints made and allowed, operators funded and staked.
//!
//! Short windows and epochs, so that a job ends while one watches; otherwise the design's defaults.

use std::{path::Path, sync::Arc, time::Duration};

use assay_sdk::{
    ASY, addresses,
    escrow::{ClassParams, EscrowParams},
    governance::GovernanceParams,
    ix, reputation,
    staking::StakingParams,
    token::{ASY_MINT, Emission, FEE_SHARDS, FeeSplit, TokenParams},
    verification::{AttestorKey, VerificationParams},
};
use futures_util::future::try_join_all;
use serde::{Deserialize, Serialize};
use solana_commitment_config::CommitmentConfig;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_sdk::{
    instruction::Instruction,
    native_token::LAMPORTS_PER_SOL,
    pubkey::Pubkey,
    signature::{Keypair, read_keypair_file, write_keypair_file},
    signer::Signer,
    transaction::Transaction,
};
use solana_system_interface::instruction::create_account;

use crate::{Error, Folder, Result, prover};

/// All ASY that may ever be: 1,000 million.
const MAX_SUPPLY: u64 = 1_000_000_000 * ASY;
/// What the faucet may mint.
const FAUCET_ALLOWANCE: u64 = 100_000_000 * ASY;
/// What an honest operator stakes.
const STAKE: u64 = 5_000 * ASY;
/// What a liar stakes at least: more, so that sortition seats it in most jobs and one sees what becomes of it.
const LIAR_STAKE: u64 = 3 * STAKE;
/// Decimals of the test dollar.
const DOLLAR_DECIMALS: u8 = 6;
/// A test dollar is secured by 2 ASY: 10^9 of its base units (1,000 dollars) by 2,000 ASY.
const DOLLAR_BOND_RATE: u64 = 2_000 * ASY;

/// When attestors expire: a localnet's never do.
const ATTESTORS_UNTIL: i64 = i64::MAX;

/// What a user needs to know of this market, as it stands in `localnet.json`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Market {
    /// The test dollar, in which jobs are paid by default.
    pub payment_mint: String,
    /// Wallet file of the faucet: it may mint ASY and test dollars.
    pub faucet: String,
    /// The operators, in the order of their nodes.
    pub operators: Vec<String>,
    /// How many of them, from the last, lie.
    pub liars: u16,
    /// Vouches for every honest operator's wallet as an attestor.
    pub registrar: String,
    /// The key of proofs that `assay-localnet-prover` makes.
    pub proof_key: String,
}

/// The wallets of a localnet, kept in its data folder.
pub struct Wallets {
    /// Upgrade authority of the programs and authority of every Config.
    pub authority: Keypair,
    faucet: Keypair,
    dollar: Keypair,
    registrar: Keypair,
    operators: Vec<Keypair>,
}

impl Wallets {
    /// Read the wallets in `folder`, making those that are missing.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn open(folder: &Folder, operators: u16) -> Result<Wallets> {
        let wallet = |name: &str| open(&folder.keys().join(format!("{name}.json")));
        Ok(Wallets {
            authority: wallet("authority")?,
            faucet: wallet("faucet")?,
            dollar: wallet("dollar-mint")?,
            registrar: wallet("registrar")?,
            operators: (0..operators).map(|i| wallet(&operator(i))).collect::<Result<_>>()?,
        })
    }
}

/// Name of an operator's wallet file, node and folder.
pub fn operator(index: u16) -> String {
    format!("operator-{index}")
}

fn open(path: &Path) -> Result<Keypair> {
    let failed = |action| {
        move |why: Box<dyn std::error::Error>| Error::Wallet { action, path: path.into(), why: why.to_string() }
    };
    if path.exists() {
        return read_keypair_file(path).map_err(failed("read"));
    }
    let wallet = Keypair::new();
    write_keypair_file(&wallet, path).map_err(failed("write"))?;
    Ok(wallet)
}

/// Bring the market into being on a chain that has the programs and nothing else.
///
/// # Errors
/// [`Error::Genesis`] with what the chain said.
pub async fn run(rpc: &str, folder: &Folder, wallets: &Wallets, liars: u16) -> Result<Market> {
    let commitment = CommitmentConfig::confirmed();
    let rpc = Arc::new(RpcClient::new_with_timeout_and_commitment(rpc.into(), Duration::from_secs(30), commitment));
    let genesis = Genesis { rpc, wallets };
    genesis.fund().await?;
    genesis.programs().await?;
    genesis.mints().await?;
    let honest = wallets.operators.len().saturating_sub(liars.into());
    // Half of all stake lies, also where many are honest: else a job of one seat would seldom be a liar's.
    let lying = STAKE.saturating_mul(honest as u64).checked_div(liars.into()).unwrap_or(0).max(LIAR_STAKE);
    let stake = |index| if index < honest { STAKE } else { lying };
    let operators = wallets.operators.iter().enumerate();
    try_join_all(operators.map(|(index, operator)| genesis.operator(operator, stake(index)))).await?;
    try_join_all(wallets.operators.iter().take(honest).map(|operator| genesis.attestor(operator))).await?;
    let key = prover::key().map_err(chain)?;
    let proof_key = addresses::proof_key(&key).to_string();
    genesis.send(&[ix::verification::register_key(&wallets.authority.pubkey(), key)], &[&wallets.authority]).await?;
    Ok(Market {
        payment_mint: wallets.dollar.pubkey().to_string(),
        faucet: folder.keys().join("faucet.json").display().to_string(),
        operators: wallets.operators.iter().map(|operator| operator.pubkey().to_string()).collect(),
        liars,
        registrar: wallets.registrar.pubkey().to_string(),
        proof_key,
    })
}

struct Genesis<'a> {
    rpc: Arc<RpcClient>,
    wallets: &'a Wallets,
}

impl Genesis<'_> {
    async fn fund(&self) -> Result<()> {
        let wallets = self.wallets;
        let all = [&wallets.authority, &wallets.faucet].into_iter().chain(&wallets.operators);
        try_join_all(all.map(|wallet| async {
            let signature =
                self.rpc.request_airdrop(&wallet.pubkey(), 1_000 * LAMPORTS_PER_SOL).await.map_err(chain)?;
            while !self.rpc.confirm_transaction(&signature).await.map_err(chain)? {
                tokio::time::sleep(Duration::from_millis(100)).await;
            }
            Ok(())
        }))
        .await
        .map(drop)
    }

    async fn programs(&self) -> Result<()> {
        let Wallets { authority, faucet, dollar, .. } = self.wallets;
        let (key, hash) = (authority.pubkey(), self.rpc.get_genesis_hash().await.map_err(chain)?);
        let (genesis, signers) = (hash.to_bytes(), [authority]);
        let token = [
            ix::token::initialize(&key, MAX_SUPPLY, token_params(dollar.pubkey())),
            ix::token::set_minter(&key, &faucet.pubkey(), FAUCET_ALLOWANCE),
        ];
        let rest = [
            ix::staking::initialize(&key, staking_params()),
            ix::escrow::initialize(&key, escrow_params()),
            ix::verification::initialize(&key, genesis, verification_params()),
        ];
        // A transaction of its own: together they would be too large.
        let governance = [ix::governance::initialize(&key, governance_params())];
        // Staking's vault is of the mint.
        self.send(&token, &signers).await?;
        tokio::try_join!(self.send(&rest, &signers), self.send(&governance, &signers)).map(drop)
    }

    async fn mints(&self) -> Result<()> {
        let Wallets { authority, faucet, dollar, .. } = self.wallets;
        let (payer, mint) = (authority.pubkey(), dollar.pubkey());
        let space = 82; // a mint of the SPL Token program
        let rent = self.rpc.get_minimum_balance_for_rent_exemption(space).await.map_err(chain)?;
        let token = ix::TOKEN_PROGRAM;
        let make = [
            create_account(&payer, &mint, rent, space as u64, &token),
            spl_token_interface::instruction::initialize_mint2(&token, &mint, &faucet.pubkey(), None, DOLLAR_DECIMALS)
                .map_err(chain)?,
            ix::escrow::register_mint(&payer, &mint, DOLLAR_BOND_RATE),
            // ASY secures itself one to one.
            ix::escrow::register_mint(&payer, &ASY_MINT, assay_sdk::escrow::math::RATE_UNIT),
        ];
        self.send(&make, &[authority, dollar]).await?;
        let vaults = |mint| {
            let open = (0..FEE_SHARDS).map(move |shard| ix::token::open_fee_vault(&payer, mint, shard));
            open.collect::<Vec<_>>()
        };
        let (asy, usd, signers) = (vaults(&ASY_MINT), vaults(&mint), [authority]);
        tokio::try_join!(self.send(&asy, &signers), self.send(&usd, &signers)).map(drop)
    }

    async fn operator(&self, operator: &Keypair, stake: u64) -> Result<()> {
        let (key, faucet) = (operator.pubkey(), &self.wallets.faucet);
        let wallet = addresses::ata(&key, &ASY_MINT);
        let fund = [
            ix::create_ata(&key, &key, &ASY_MINT),
            ix::token::mint_to(&faucet.pubkey(), &wallet, 2 * stake),
            ix::staking::open_pool(&key),
            ix::staking::stake(&key, stake),
        ];
        self.send(&fund, &[operator, faucet]).await?;
        let records: Vec<_> = (0..reputation::CLASSES).map(|class| ix::reputation::open_record(&key, class)).collect();
        self.send(&records, &[operator]).await
    }

    /// An operator's wallet attests what its own node computes.
    async fn attestor(&self, operator: &Keypair) -> Result<()> {
        let Wallets { authority, registrar, .. } = self.wallets;
        let key = AttestorKey::Ed25519 { key: operator.pubkey().to_bytes() };
        let register =
            ix::verification::register_attestor(&registrar.pubkey(), &authority.pubkey(), key, ATTESTORS_UNTIL);
        self.send(&[register], &[authority, registrar]).await
    }

    /// Send one transaction, paid by its first signer, and wait for it.
    async fn send(&self, instructions: &[Instruction], signers: &[&Keypair]) -> Result<()> {
        let payer: Option<Pubkey> = signers.first().map(|signer| signer.pubkey());
        let blockhash = self.rpc.get_latest_blockhash().await.map_err(chain)?;
        let transaction = Transaction::new_signed_with_payer(instructions, payer.as_ref(), signers, blockhash);
        self.rpc.send_and_confirm_transaction(&transaction).await.map(drop).map_err(chain)
    }
}

fn chain(error: impl std::fmt::Display) -> Error {
    Error::Genesis(error.to_string())
}

/// Half of the fees burned, the rest to the treasury; an epoch of a minute, whose emission loses 1 % from one to the next.
fn token_params(reserve_mint: Pubkey) -> TokenParams {
    TokenParams {
        split: FeeSplit { burn_bps: 5_000, reserve_bps: 0, rewards_bps: 0, treasury_bps: 5_000 },
        emission: Emission { first: 100 * ASY, keep_bps: 9_900, epoch_seconds: 60 },
        reserve_mint,
    }
}

fn staking_params() -> StakingParams {
    StakingParams {
        unbonding: 60,
        epoch_seconds: 3,
        weight_cap: 1_000_000 * ASY,
        harmed_bps: 4_000,
        caller_bps: 1_000,
        min_self_stake: 100 * ASY,
        max_commission_bps: 3_000,
        commission_step_bps: 25,
        // No jail: a liar is seated again in the next job, so that one sees what becomes of it.
        jail_seconds: 0,
    }
}

fn escrow_params() -> EscrowParams {
    let class = |seconds, stake| ClassParams { seconds, stake: stake * ASY };
    EscrowParams {
        fee_bps: 250,
        bond_bps: 3_000,
        wrong_bps: 2_500,
        classes: [class(5, 100), class(20, 200), class(60, 400), class(180, 800), class(600, 1_600)],
        seal_factor: 7,
        reveal_factor: 2,
        spread: 2,
        widen_seconds: 2,
        max_job_seconds: 24 * 3_600,
        worker_floor_bps: 6_000,
        review_min_seconds: 10,
        review_max_seconds: 7 * 24 * 3_600,
        cancel_floor_bps: 1_000,
        bounty_lamports: 5_000,
        royalty_grace_seconds: 3_600,
    }
}

/// Juries of three; no canaries.
fn verification_params() -> VerificationParams {
    VerificationParams {
        jury: 3,
        challenge_bond: 10 * ASY,
        juror_bond: 20 * ASY,
        canary_seconds: 0,
        canary_keeper: Pubkey::default(),
        class_values: [1, 2, 4, 8, 16].map(|asy| asy * ASY),
    }
}

fn governance_params() -> GovernanceParams {
    GovernanceParams {
        vote_seconds: 60,
        timelock_seconds: 10,
        execute_window_seconds: 3_600,
        quorum_bps: 2_000,
        majority_bps: 5_000,
        proposal_stake: 1_000 * ASY,
    }
}
