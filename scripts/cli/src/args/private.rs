//! The command line of `assay private`.

use std::path::PathBuf;

use clap::{Args, Subcommand};
use solana_sdk::pubkey::Pubkey;

#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  assay private encrypt genome.fasta --to OPERATOR --outfile genome.age     an input to publish yourself
  assay private decrypt result.age --outfile result.json
  age -r $(assay private recipient WALLET) genome.fasta > genome.age        the same, with the tool `age`")]
pub enum PrivateCommand {
    /// Encrypt a file so that only these wallets can read it
    Encrypt(Encrypt),
    /// Decrypt a file that is encrypted to the wallet
    Decrypt {
        /// The age file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// Where to write what is in it
        #[arg(short, long, value_name = "FILE")]
        outfile: PathBuf,
    },
    /// Show the recipient, age1…, that a wallet is to other tools that write age files
    #[command(after_help = "Example: assay private recipient 8APT3zPWiCaQjqop14UzJYMSCN5bFiqhL29Y31JrWFfe")]
    Recipient {
        /// Whose [default: the wallet's]
        wallet: Option<Pubkey>,
    },
}

#[derive(Args)]
#[command(after_help = "\
Example: assay private encrypt genome.fasta --to OPERATOR --to OPERATOR --outfile genome.age

In the spec, the input's `sha256` is that of the file before it was encrypted, and `\"encryption\": \"age\"` stands beside it.")]
pub struct Encrypt {
    /// The file
    #[arg(value_name = "FILE")]
    pub file: PathBuf,
    /// Who may read it, besides the wallet
    #[arg(long, value_name = "WALLET", required = true)]
    pub to: Vec<Pubkey>,
    /// Where to write the age file
    #[arg(short, long, value_name = "FILE")]
    pub outfile: PathBuf,
}
