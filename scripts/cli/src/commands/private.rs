//! `private`: files that only named wallets can read.

use std::{
    fs,
    path::{Path, PathBuf},
};

use assay_sdk::private;
use serde::Serialize;
use sha2::{Digest, Sha256};
use solana_sdk::pubkey::Pubkey;

use crate::{
    args::{Encrypt, PrivateCommand},
    context::Context,
    error::{Error, Result},
    output::facts,
};

/// A file that was written.
#[derive(Serialize)]
struct Written {
    file: String,
    /// Of the file as it was before it was encrypted, or is now that it is decrypted.
    sha256: String,
    bytes: u64,
    /// Who can read it.
    readers: Vec<String>,
}

/// Runs one of its commands.
pub fn run(context: &Context, command: &PrivateCommand) -> Result<()> {
    match command {
        PrivateCommand::Encrypt(args) => encrypt(context, args),
        PrivateCommand::Decrypt { file, outfile } => decrypt(context, file, outfile),
        PrivateCommand::Recipient { wallet } => recipient(context, *wallet),
    }
}

fn encrypt(context: &Context, args: &Encrypt) -> Result<()> {
    use solana_sdk::signature::Signer;
    let bytes = read(&args.file)?;
    let mut readers = args.to.clone();
    readers.push(context.wallet()?.pubkey());
    readers.sort_unstable();
    readers.dedup();
    write(&args.outfile, &private::encrypt(&bytes, &readers)?)?;
    tell(context, &args.outfile, &bytes, &readers)
}

fn decrypt(context: &Context, file: &Path, outfile: &Path) -> Result<()> {
    let key = context.key()?;
    let bytes = key.open(&read(file)?, u64::MAX)?;
    write(outfile, &bytes)?;
    tell(context, outfile, &bytes, &[key.wallet()])
}

fn recipient(context: &Context, wallet: Option<Pubkey>) -> Result<()> {
    let wallet = wallet.map_or_else(|| context.wallet().map(|wallet| wallet.pubkey()), Ok)?;
    let recipient = private::recipient(&wallet)?;
    let document = serde_json::json!({"wallet": wallet.to_string(), "recipient": recipient});
    context.out.data(&document, || recipient.clone())
}

fn tell(context: &Context, file: &Path, bytes: &[u8], readers: &[Pubkey]) -> Result<()> {
    let written = Written {
        file: file.display().to_string(),
        sha256: hex::encode(Sha256::digest(bytes)),
        bytes: bytes.len() as u64,
        readers: readers.iter().map(ToString::to_string).collect(),
    };
    context.out.data(&written, || {
        facts(&[
            ("file", written.file.clone()),
            ("sha256 of what is in it", written.sha256.clone()),
            ("bytes", written.bytes.to_string()),
            ("readers", written.readers.join(", ")),
        ])
    })
}

fn read(path: &Path) -> Result<Vec<u8>> {
    fs::read(path).map_err(Error::file("read", path))
}

/// For its owner alone: what is decrypted is nobody else's to read.
fn write(path: &Path, bytes: &[u8]) -> Result<()> {
    use std::{io::Write, os::unix::fs::OpenOptionsExt};
    let open = || fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(path);
    let written = open().and_then(|mut file| file.write_all(bytes));
    written.map_err(Error::file("write", PathBuf::from(path)))
}
