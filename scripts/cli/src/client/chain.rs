//! Reading the chain.

use std::collections::HashMap;

use assay_sdk::{
    addresses,
    anchor_lang::{AccountDeserialize, Discriminator},
    escrow::{self, PaymentMint},
    token::{ASY_MINT, DECIMALS},
};
use solana_rpc_client_api::{
    client_error::{Error as ClientError, ErrorKind},
    config::{RpcAccountInfoConfig, RpcProgramAccountsConfig, UiAccountEncoding},
    filter::{Memcmp, RpcFilterType},
    request::RpcError,
    response::UiAccount,
};
use solana_sdk::{account::Account, clock::Clock, pubkey::Pubkey, sysvar};

use super::api::innermost;
use crate::{
    context::Context,
    error::{Error, Result},
};

/// Bytes of an SPL token account.
pub const TOKEN_ACCOUNT_BYTES: usize = 165;
/// At most so many accounts are asked for at once.
const MOST_ACCOUNTS: usize = 100;

/// A mint that jobs can be paid in, or ASY.
#[derive(Clone, Debug)]
pub struct Currency {
    pub mint: Pubkey,
    pub decimals: u8,
}

impl Context {
    /// An RPC error in our words.
    pub fn chain_error(&self, error: &ClientError) -> Error {
        let url = self.settings.url.clone();
        match error.kind() {
            ErrorKind::Io(_) | ErrorKind::Reqwest(_) | ErrorKind::Middleware(_) => {
                Error::NoChain { url, why: innermost(error) }
            }
            ErrorKind::RpcError(RpcError::RpcResponseError { message, .. }) => {
                Error::Chain { url, why: message.clone() }
            }
            _ => Error::Chain { url, why: error.to_string() },
        }
    }

    /// Accounts as they are, `None` where there is none.
    pub async fn raw_accounts(&self, addresses: &[Pubkey]) -> Result<Vec<Option<Account>>> {
        let mut all = Vec::with_capacity(addresses.len());
        for some in addresses.chunks(MOST_ACCOUNTS) {
            let found = self.rpc.get_multiple_accounts_with_commitment(some, self.settings.commitment).await;
            all.extend(found.map_err(|why| self.chain_error(&why))?.value);
        }
        Ok(all)
    }

    /// An account of a known type, `None` where there is none.
    pub async fn account<T: AccountDeserialize>(&self, address: &Pubkey) -> Result<Option<T>> {
        let found = self.raw_accounts(&[*address]).await?.into_iter().next().flatten();
        // An address that somebody sent lamports to is no account of ours.
        let found = found.filter(|account| !account.data.is_empty());
        found.map(|account| read(address, &account.data)).transpose()
    }

    /// An account that must be there if the programs are set up on this chain.
    pub async fn config<T: AccountDeserialize>(&self, address: &Pubkey) -> Result<T> {
        let missing = || {
            let why = format!("Assay is not set up on the chain at {}: name another with --url", self.settings.url);
            Error::Refused(why)
        };
        self.account(address).await?.ok_or_else(missing)
    }

    /// All accounts of a type, of which the bytes at `offset` are `owner`'s.
    pub async fn accounts_of<T: AccountDeserialize + Discriminator>(
        &self,
        program: &Pubkey,
        owner: Option<(usize, &Pubkey)>,
    ) -> Result<Vec<(Pubkey, T)>> {
        let found = self.data_of::<T>(program, owner).await?;
        found.into_iter().map(|(address, data)| Ok((address, read(&address, &data)?))).collect()
    }

    /// Likewise, without those that this build cannot read: one of an older layout stops nothing.
    pub async fn readable_of<T: AccountDeserialize + Discriminator>(
        &self,
        program: &Pubkey,
    ) -> Result<Vec<(Pubkey, T)>> {
        let found = self.data_of::<T>(program, None).await?;
        Ok(found.into_iter().filter_map(|(address, data)| Some((address, read(&address, &data).ok()?))).collect())
    }

    /// The data of all accounts of a type.
    async fn data_of<T: Discriminator>(
        &self,
        program: &Pubkey,
        owner: Option<(usize, &Pubkey)>,
    ) -> Result<Vec<(Pubkey, Vec<u8>)>> {
        let equal = |offset, bytes: &[u8]| RpcFilterType::Memcmp(Memcmp::new_base58_encoded(offset, bytes));
        let kind = equal(0, assay_sdk::discriminator::<T>());
        let owner = owner.map(|(offset, owner)| equal(offset, owner.as_ref()));
        let config = RpcProgramAccountsConfig {
            filters: Some([Some(kind), owner].into_iter().flatten().collect()),
            account_config: RpcAccountInfoConfig {
                encoding: Some(UiAccountEncoding::Base64),
                commitment: Some(self.settings.commitment),
                ..RpcAccountInfoConfig::default()
            },
            ..RpcProgramAccountsConfig::default()
        };
        let found = self.rpc.get_program_ui_accounts_with_config(program, config).await;
        let found = found.map_err(|why| self.chain_error(&why))?;
        let data = |(address, account): (Pubkey, UiAccount)| {
            let data = account.data.decode().ok_or_else(|| Error::BadAccount(address.to_string()))?;
            Ok((address, data))
        };
        found.into_iter().map(data).collect()
    }

    /// The mints that jobs may be paid in.
    pub async fn payment_mints(&self) -> Result<Vec<PaymentMint>> {
        let mut mints: Vec<_> = self.accounts_of::<PaymentMint>(&escrow::ID, None).await?;
        mints.sort_by_key(|(address, _)| *address);
        Ok(mints.into_iter().map(|(_, mint)| mint).collect())
    }

    /// ASY and every payment mint.
    pub async fn currencies(&self) -> Result<Vec<Currency>> {
        let mut all = vec![Currency { mint: ASY_MINT, decimals: DECIMALS }];
        let others = self.payment_mints().await?.into_iter().filter(|other| other.mint != ASY_MINT);
        all.extend(others.map(|other| Currency { mint: other.mint, decimals: other.decimals }));
        Ok(all)
    }

    /// The decimals of all that jobs are paid in, and of ASY.
    pub async fn decimals(&self) -> Result<HashMap<Pubkey, u8>> {
        Ok(self.currencies().await?.into_iter().map(|currency| (currency.mint, currency.decimals)).collect())
    }

    /// Lamports of an address.
    pub async fn lamports(&self, address: &Pubkey) -> Result<u64> {
        let found = self.rpc.get_balance_with_commitment(address, self.settings.commitment).await;
        Ok(found.map_err(|why| self.chain_error(&why))?.value)
    }

    /// Base units that an owner has of each mint in its associated account; `None` where it has no account.
    pub async fn holdings(&self, owner: &Pubkey, mints: &[Pubkey]) -> Result<Vec<Option<u64>>> {
        let addresses: Vec<_> = mints.iter().map(|mint| addresses::ata(owner, mint)).collect();
        let found = self.raw_accounts(&addresses).await?;
        let pairs = addresses.iter().zip(found);
        pairs
            .map(|(address, account)| account.map(|account| token_amount(address, &account.data)).transpose())
            .collect()
    }

    /// Lamports that keep an account of so many bytes alive.
    pub async fn rent(&self, bytes: usize) -> Result<u64> {
        let rent = self.rpc.get_minimum_balance_for_rent_exemption(bytes).await;
        rent.map_err(|why| self.chain_error(&why))
    }

    /// The chain's time, in unix seconds.
    pub async fn now(&self) -> Result<i64> {
        let found = self.raw_accounts(&[sysvar::clock::ID]).await?.into_iter().next().flatten();
        // slot, epoch_start_timestamp, epoch, leader_schedule_epoch, unix_timestamp: eight bytes each.
        let at = std::mem::offset_of!(Clock, unix_timestamp);
        let bytes =
            found.as_ref().and_then(|clock| clock.data.get(at..at + 8)).and_then(|b| <[u8; 8]>::try_from(b).ok());
        bytes.map(i64::from_le_bytes).ok_or_else(|| Error::BadAccount(sysvar::clock::ID.to_string()))
    }
}

/// Reads an account of a known type.
pub fn read<T: AccountDeserialize>(address: &Pubkey, data: &[u8]) -> Result<T> {
    assay_sdk::account(data).map_err(|_| Error::BadAccount(address.to_string()))
}

/// Base units in a token account.
pub fn token_amount(address: &Pubkey, data: &[u8]) -> Result<u64> {
    if data.is_empty() {
        return Ok(0);
    }
    read::<anchor_spl::token::TokenAccount>(address, data).map(|account| account.amount)
}

/// The supply of a mint.
pub fn supply(address: &Pubkey, data: &[u8]) -> Result<u64> {
    read::<anchor_spl::token::Mint>(address, data).map(|mint| mint.supply)
}
