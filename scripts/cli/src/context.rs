//! What every command has at hand.

use std::time::Duration;

use assay_sdk::token::ASY_MINT;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_sdk::{pubkey::Pubkey, signature::Signer};

use crate::{
    client::{api::Api, signers},
    config::Settings,
    error::Result,
    output::{Output, short},
};

const RPC_TIMEOUT: Duration = Duration::from_secs(30);

/// What every command has at hand.
pub struct Context {
    pub settings: Settings,
    pub rpc: RpcClient,
    pub api: Api,
    pub out: Output,
}

impl Context {
    pub fn new(settings: Settings) -> Self {
        let rpc = RpcClient::new_with_timeout_and_commitment(settings.url.clone(), RPC_TIMEOUT, settings.commitment);
        let (api, out) = (Api::new(settings.api.clone()), Output::new(settings.output));
        Self { settings, rpc, api, out }
    }

    /// Who acts: see [`signers::signer`].
    pub fn wallet(&self) -> Result<Box<dyn Signer>> {
        signers::signer(&self.settings.keypair)
    }

    /// What a mint is called here.
    pub fn symbol(&self, mint: &Pubkey) -> String {
        let test_dollar = self.settings.localnet.as_ref().and_then(|localnet| localnet.payment_mint);
        match mint {
            mint if *mint == ASY_MINT => "ASY".into(),
            mint if Some(*mint) == test_dollar => "tUSD".into(),
            mint => short(&mint.to_string()),
        }
    }

    /// How to come by money here.
    pub fn money_hint(&self, address: &Pubkey) -> String {
        if self.settings.is_loopback() { "run `assay airdrop`".into() } else { format!("send it to {address}") }
    }
}
