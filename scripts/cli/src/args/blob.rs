//! The command line of `assay blob`.

use std::path::PathBuf;

use clap::Subcommand;

use crate::config;

#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  assay blob put input.bin                 store a file; broken off, the same command goes on with it
  assay blob get HASH --out input.bin      fetch it, checked
  assay blob status HASH                   whether it is there
  assay blob status                        the uploads that were begun here and not completed
  assay blob sign-in                       store in the wallet's own quota from now on

What is stored is for everybody who knows its hash: encrypt what is confidential.")]
pub enum BlobCommand {
    /// Store files under their sha256
    Put {
        /// The files
        #[arg(value_name = "FILE", required = true)]
        files: Vec<PathBuf>,
    },
    /// Fetch a blob and check it
    Get {
        /// Its sha256
        #[arg(value_name = "HASH", value_parser = config::root)]
        hash: String,
        /// Where to write it [default: standard output]
        #[arg(short, long, value_name = "FILE")]
        out: Option<PathBuf>,
    },
    /// Show whether blobs are there; without any, which uploads were begun here and not completed
    #[command(visible_alias = "list")]
    Status {
        /// Their sha256
        #[arg(value_name = "HASH", value_parser = config::root)]
        hashes: Vec<String>,
    },
    /// Give up uploads that were begun here; what is stored is deleted by the indexer, once no job names it
    Delete {
        /// The sha256 of what was to be uploaded
        #[arg(value_name = "HASH", required = true, value_parser = config::root)]
        hashes: Vec<String>,
    },
    /// Sign in to the API with the wallet; the session is kept in ~/.config/assay, for you alone to read
    SignIn {
        /// Whom the wallet may sign in to [default: the API's own host]
        #[arg(long, value_name = "HOST")]
        domain: Option<String>,
    },
    /// End the wallet's session with the API
    SignOut,
}
