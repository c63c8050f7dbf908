//! `assay fhe`: encrypted jobs, with the feature `fhe`.

use std::path::PathBuf;

use clap::{Args, Subcommand};

#[derive(Subcommand)]
#[command(after_help = "\
Examples:
  assay fhe keygen --client-key client.key --server-key server.key
  assay fhe encrypt --client-key client.key --server-key server.key --circuit sum.json --units 4 -o input.bin numbers.txt
  assay fhe decrypt --client-key client.key --server-key server.key --circuit sum.json result.json")]
pub enum FheCommand {
    /// Make a pair of keys: the client key reads and never leaves you, the server key computes and goes to the nodes
    Keygen(FheKeys),
    /// Encrypt vectors into the input of a job, and tell the limits that its spec needs
    Encrypt(FheEncrypt),
    /// Decrypt the result of a job
    Decrypt(FheDecrypt),
}

#[derive(Args)]
pub struct FheKeys {
    /// File of the key that reads
    #[arg(long, value_name = "FILE")]
    pub client_key: PathBuf,
    /// File of the key that computes
    #[arg(long, value_name = "FILE")]
    pub server_key: PathBuf,
}

#[derive(Args)]
pub struct FheEncrypt {
    #[command(flatten)]
    pub keys: FheKeys,
    /// The circuit that is to be computed: the job's program
    #[arg(long, value_name = "CIRCUIT.json")]
    pub circuit: PathBuf,
    /// How many units the job will have
    #[arg(long, default_value_t = 1)]
    pub units: u64,
    /// Where to write the job's input
    #[arg(short, long, value_name = "FILE")]
    pub outfile: PathBuf,
    /// One file for each vector of the circuit: whole numbers, between them spaces, commas or line ends
    #[arg(value_name = "NUMBERS", required = true)]
    pub vectors: Vec<PathBuf>,
}

#[derive(Args)]
pub struct FheDecrypt {
    #[command(flatten)]
    pub keys: FheKeys,
    /// The circuit that was computed
    #[arg(long, value_name = "CIRCUIT.json")]
    pub circuit: PathBuf,
    /// The result document, as the API gives it
    #[arg(value_name = "RESULT.json")]
    pub result: PathBuf,
}
