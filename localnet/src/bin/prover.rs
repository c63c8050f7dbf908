//! `assay-localnet-prover`: proves a job of a localnet, as `assay-node --prover` runs it: facts in, `{"proof": …}` out.

use std::{io::Read, process::ExitCode};

use assay_localnet::prover;
use serde_json::{Value, json};

fn main() -> ExitCode {
    match run() {
        Ok(proof) => {
            println!("{}", json!({ "proof": proof }));
            ExitCode::SUCCESS
        }
        Err(why) => {
            eprintln!("error: {why}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<String, Box<dyn std::error::Error>> {
    let mut facts = String::new();
    std::io::stdin().read_to_string(&mut facts)?;
    let facts: Value = serde_json::from_str(&facts)?;
    let mut binding = [0; 32];
    hex::decode_to_slice(facts["binding"].as_str().ok_or("no `binding` among the facts")?, &mut binding)?;
    Ok(hex::encode(prover::prove(&binding).map_err(|why| why.to_string())?))
}
