//! Who signs: a keypair file, a hardware wallet, or nobody here.

use std::{fs, io::ErrorKind, path::Path};

use solana_sdk::{
    pubkey::Pubkey,
    signature::{Keypair, NullSigner, Signer, read_keypair},
};

use crate::error::{Error, Result};

/// The signer that `--keypair` names: a keypair file, `usb://ledger?key=0` where this build can talk to one, or an
/// address, whose owner signs elsewhere.
pub fn signer(path: &Path) -> Result<Box<dyn Signer>> {
    let text = path.to_str().unwrap_or_default();
    if text.starts_with("usb://") {
        return hardware(text);
    }
    // A file that is called like an address is a file.
    if !path.exists()
        && let Ok(address) = text.parse::<Pubkey>()
    {
        return Ok(Box::new(NullSigner::new(&address)));
    }
    Ok(Box::new(keypair(path)?))
}

/// Reads a keypair file.
pub fn keypair(path: &Path) -> Result<Keypair> {
    let mut file = fs::File::open(path).map_err(|source| match source.kind() {
        ErrorKind::NotFound => Error::NoWallet(path.to_owned()),
        _ => Error::File { action: "read", path: path.to_owned(), source },
    })?;
    // The reader's own words may quote the file, which is a secret.
    let why = "expected an array of 64 numbers".to_owned();
    read_keypair(&mut file).map_err(|_| Error::BadWallet { path: path.to_owned(), why })
}

#[cfg(feature = "ledger")]
fn hardware(locator: &str) -> Result<Box<dyn Signer>> {
    use solana_derivation_path::DerivationPath;
    use solana_remote_wallet::{
        locator::Locator,
        remote_keypair::generate_remote_keypair,
        remote_wallet::{RemoteWalletError, maybe_wallet_manager},
    };
    use uriparse::URIReference;

    let bad = |why: String| Error::Usage(format!("{locator:?} names no hardware wallet: {why}"));
    let uri = URIReference::try_from(locator).map_err(|why| bad(why.to_string()))?;
    let path = DerivationPath::from_uri_key_query(&uri).map_err(|why| bad(why.to_string()))?.unwrap_or_default();
    let place = Locator::new_from_uri(&uri).map_err(|why| bad(why.to_string()))?;
    let failed = |why: RemoteWalletError| {
        Error::Refused(format!(
            "the hardware wallet does not answer ({why}): plug it in, unlock it, open its Solana app"
        ))
    };
    let manager = maybe_wallet_manager().map_err(failed)?;
    let manager = manager.ok_or_else(|| Error::Refused("no hardware wallet is plugged in".into()))?;
    Ok(Box::new(generate_remote_keypair(place, path, &manager, false, "keypair").map_err(failed)?))
}

#[cfg(not(feature = "ledger"))]
fn hardware(_: &str) -> Result<Box<dyn Signer>> {
    Err(Error::Usage(
        "this build cannot talk to hardware wallets: build it with `--features ledger`, or name a keypair file with \
         --keypair"
            .into(),
    ))
}
