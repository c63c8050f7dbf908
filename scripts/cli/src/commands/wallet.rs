//! `keygen`, `address`, `balance`.

use std::{
    fs::{self, DirBuilder, OpenOptions},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
};

use serde::Serialize;
use serde_json::json;
use solana_sdk::{
    pubkey::Pubkey,
    signature::{Keypair, Signer, write_keypair},
};

use crate::{
    amount::{self, SOL_DECIMALS},
    args::Keygen,
    context::Context,
    error::{Error, Result},
    output::{facts, table},
};

/// Creates a wallet that only its owner can read, and never overwrites one.
pub fn keygen(context: &Context, args: &Keygen) -> Result<()> {
    let path = args.outfile.as_ref().unwrap_or(&context.settings.keypair);
    if let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) {
        DirBuilder::new().recursive(true).mode(0o700).create(folder).map_err(Error::file("create", folder))?;
    }
    let file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(path);
    let mut file = file.map_err(|source| match source.kind() {
        ErrorKind::AlreadyExists => Error::WalletExists(path.clone()),
        _ => Error::File { action: "create", path: path.clone(), source },
    })?;
    let wallet = Keypair::new();
    let written = write_keypair(&wallet, &mut file).map_err(|_| ErrorKind::Other.into()).and_then(|_| file.flush());
    if let Err(source) = written {
        // Half a key is worse than none; if it cannot be removed either, the error below names the file.
        let _ = fs::remove_file(path);
        return Err(Error::File { action: "write", path: path.clone(), source });
    }
    let (address, file) = (wallet.pubkey().to_string(), path.display().to_string());
    let document = json!({"address": address, "keypair": file});
    context.out.data(&document, || facts(&[("address", address), ("keypair", file)]))
}

/// Shows the wallet's address.
pub fn address(context: &Context) -> Result<()> {
    let address = context.wallet()?.pubkey().to_string();
    context.out.data(&json!({"address": address}), || address.clone())
}

#[derive(Serialize)]
struct Holding {
    symbol: String,
    /// `null` for SOL.
    mint: Option<String>,
    /// Base units.
    amount: String,
    decimals: u8,
    /// The same as a decimal number.
    ui_amount: String,
}

impl Holding {
    fn new(symbol: String, mint: Option<Pubkey>, base: u64, decimals: u8) -> Self {
        let (amount, ui_amount) = (base.to_string(), amount::format(base, decimals));
        Self { symbol, mint: mint.map(|mint| mint.to_string()), amount, decimals, ui_amount }
    }
}

/// Shows what an address holds.
pub async fn balance(context: &Context, address: Option<Pubkey>) -> Result<()> {
    let address = address.map_or_else(|| context.wallet().map(|wallet| wallet.pubkey()), Ok)?;
    let lamports = context.lamports(&address).await?;
    let currencies = context.currencies().await?;
    let mints: Vec<_> = currencies.iter().map(|currency| currency.mint).collect();
    let held = context.holdings(&address, &mints).await?;
    let mut holdings = vec![Holding::new("SOL".into(), None, lamports, SOL_DECIMALS)];
    holdings.extend(currencies.iter().zip(held).map(|(currency, held)| {
        let symbol = context.symbol(&currency.mint);
        Holding::new(symbol, Some(currency.mint), held.unwrap_or(0), currency.decimals)
    }));
    context.out.data(&json!({"address": address.to_string(), "balances": holdings}), || {
        let mut table = table(&["", "amount", "mint"]);
        for held in &holdings {
            table.add_row([&held.symbol, &held.ui_amount, held.mint.as_ref().unwrap_or(&String::new())]);
        }
        format!("{address}\n{table}")
    })
}
