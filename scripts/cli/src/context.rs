//! What every command has at hand.

use std::{fs, io::ErrorKind, time::Duration};

use assay_sdk::token::ASY_MINT;
use solana_rpc_client::nonblocking::rpc_client::RpcClient;
use solana_sdk::{
    pubkey::Pubkey,
    signature::{Keypair, read_keypair},
};

use crate::{
    client::api::Api,
    config::Settings,
    error::{Error, Result},
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

    /// The wallet's keypair.
    pub fn wallet(&self) -> Result<Keypair> {
        read_wallet(&self.settings.keypair)
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

/// Reads a keypair file.
pub fn read_wallet(path: &std::path::Path) -> Result<Keypair> {
    if path.to_str().is_some_and(|text| text.starts_with("usb://")) {
        return Err(Error::Usage("hardware wallets are not supported yet: name a keypair file with --keypair".into()));
    }
    let mut file = fs::File::open(path).map_err(|source| match source.kind() {
        ErrorKind::NotFound => Error::NoWallet(path.to_owned()),
        _ => Error::File { action: "read", path: path.to_owned(), source },
    })?;
    // The reader's own words may quote the file, which is a secret.
    let why = "expected an array of 64 numbers".to_owned();
    read_keypair(&mut file).map_err(|_| Error::BadWallet { path: path.to_owned(), why })
}
