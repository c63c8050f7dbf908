//! The command line of `assay model`.

use std::path::PathBuf;

use assay_sdk::escrow::MAX_ROYALTY_BPS;
use clap::{Args, Subcommand};
use solana_sdk::pubkey::Pubkey;

use crate::config;

#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  assay model publish weights.bin --royalty 250          for 2.5 % of what jobs with it pay; stored with the indexer
  assay model publish weights.bin --uri ipfs://CID       the same content, kept elsewhere
  assay model version 0 weights-2.bin                    a new content of model 0
  assay model payee 0 WALLET                             whom jobs pay from now on
  assay model list --mine
  assay model royalties --claim                          what jobs owe the wallet")]
pub enum ModelCommand {
    /// Publish a model: its content's hash, where it is, and the royalty that jobs which name it pay
    Publish(Publish),
    /// Give a model a new content; the royalty stays
    Version {
        /// Number of the model
        id: u32,
        #[command(flatten)]
        content: Content,
    },
    /// Have jobs that name a model from now on pay somebody else
    Payee {
        /// Number of the model
        id: u32,
        /// Who is paid
        #[arg(value_name = "WALLET")]
        payee: Pubkey,
    },
    /// Retire a model: its rent comes back; what jobs owe for it is paid as before
    Retire {
        /// Number of the model
        id: u32,
    },
    /// List models
    List(Models),
    /// Show a model with its history
    Show {
        /// The model
        #[arg(value_name = "ADDRESS")]
        model: Pubkey,
    },
    /// Show the royalties that jobs owe, and have them paid
    Royalties {
        /// Whose [default: the wallet's]
        #[arg(value_name = "PAYEE")]
        payee: Option<Pubkey>,
        /// Have them paid now, to the payee's associated token accounts
        #[arg(long)]
        claim: bool,
    },
}

/// What a model consists of.
#[derive(Args)]
pub struct Content {
    /// The content, which is hashed here; it is stored with the indexer unless --uri says where it is
    #[arg(value_name = "FILE", required_unless_present = "hash", conflicts_with = "hash")]
    pub file: Option<PathBuf>,
    /// The content's sha256, without the content
    #[arg(long, value_name = "HEX", value_parser = config::root, requires = "uri")]
    pub hash: Option<String>,
    /// Where the content is found, 1 to 128 bytes
    #[arg(long, value_name = "URI")]
    pub uri: Option<String>,
}

#[derive(Args)]
pub struct Publish {
    #[command(flatten)]
    pub content: Content,
    /// Of what operators are paid for jobs with it, in bps; it never changes
    #[arg(long, value_name = "BPS", default_value_t = 0, value_parser = clap::value_parser!(u16).range(0..=i64::from(MAX_ROYALTY_BPS)))]
    pub royalty: u16,
    /// Who is paid [default: the wallet]
    #[arg(long, value_name = "WALLET")]
    pub payee: Option<Pubkey>,
    /// Its number among the wallet's [default: the first free one]
    #[arg(long)]
    pub id: Option<u32>,
}

#[derive(Args)]
pub struct Models {
    /// Only the wallet's
    #[arg(long, conflicts_with = "author")]
    pub mine: bool,
    /// Only this author's
    #[arg(long, value_name = "WALLET")]
    pub author: Option<Pubkey>,
    /// Only those of this content
    #[arg(long, value_name = "HEX", value_parser = config::root)]
    pub hash: Option<String>,
    /// At most so many
    #[arg(long, default_value_t = 50, value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub limit: u16,
}
