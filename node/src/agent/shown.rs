//! What nobody computes again because it is shown to be right: by a proof that a command makes, or by the signature of an
//! attestor whose key this node has.

use std::{path::PathBuf, process::Stdio, time::Duration};

use anyhow::{Context, Result, anyhow, ensure};
use assay_sdk::{
    addresses,
    escrow::{Job, Seat},
    ix,
    verification::{
        self, Attestor, AttestorKey, attest,
        proof::{PROOF, Statement, binding, inputs},
    },
};
use serde::Deserialize;
use serde_json::{Value, json};
use solana_sdk::{pubkey::Pubkey, signature::Keypair, signer::Signer};
use tokio::{io::AsyncWriteExt, process::Command};

use super::Agent;
use crate::{
    chain::COMPUTE_LIMIT,
    compute::Honesty,
    journal::{Entry, Stage},
    market::posting,
};

/// Compute units of a transaction that checks a proof.
const PROOF_COMPUTE: u32 = 400_000;
/// Longest time that a prover may take.
const PROVER_TIMEOUT: Duration = Duration::from_secs(24 * 3_600);

/// With what a node shows results.
#[derive(Default)]
pub struct Shows {
    /// A command that reads a job's facts as JSON and writes `{"proof": "<512 hex digits>"}`: words, the first of which is a
    /// program.
    pub prover: Option<Vec<String>>,
    /// An attestor's key, for jobs whose registrar vouches for it. An attestation is worth what its attestor is: this one
    /// signs what its own node computed.
    pub attestor: Option<Keypair>,
}

/// Without the key.
impl std::fmt::Debug for Shows {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let attestor = self.attestor.as_ref().map(Signer::pubkey);
        f.debug_struct("Shows").field("prover", &self.prover).field("attestor", &attestor).finish()
    }
}

impl Clone for Shows {
    fn clone(&self) -> Self {
        Self { prover: self.prover.clone(), attestor: self.attestor.as_ref().map(Keypair::insecure_clone) }
    }
}

/// What a prover writes.
#[derive(Deserialize)]
struct Proof {
    /// A, B and C as the chain has them, 256 bytes in hex.
    proof: String,
}

impl Agent {
    pub(super) async fn prove(&self, address: &Pubkey, job: &Job, seat: &Seat, key: &Pubkey) -> Result<()> {
        let entry = self.whole(address, job, seat).await?;
        let prover = self.options.shows.prover.as_ref().context("no prover: see --prover")?;
        let facts = self.told(address, job, key, &entry);
        let mut proof = prove(prover, &facts).await?;
        if self.workshop.honesty != Honesty::Honest {
            // A prover proves no lie; this one passes off something as a proof.
            proof[PROOF - 1] ^= 1;
        }
        self.still_posted(address, job).await?;
        let submit =
            ix::verification::submit_proof(&self.chain.operator(), address, job.class, key, entry.digest, proof);
        let shows = self.noted(address, job, vec![submit])?;
        self.bring_all("prove", &entry, shows, PROOF_COMPUTE, Stage::Revealed).await
    }

    /// What a prover is told.
    fn told(&self, address: &Pubkey, job: &Job, key: &Pubkey, entry: &Entry) -> Value {
        let statement = Statement {
            genesis: self.chain.genesis(),
            job: address,
            seed: &job.seed,
            operator: &self.chain.operator(),
            spec_hash: &job.spec_hash,
            root: &entry.digest,
        };
        let bound = binding(&statement);
        json!({
            "program": verification::ID.to_string(),
            "genesis": hex::encode(statement.genesis),
            "job": address.to_string(),
            "seed": hex::encode(job.seed),
            "operator": statement.operator.to_string(),
            "spec_hash": hex::encode(job.spec_hash),
            "units": job.units,
            "root": hex::encode(entry.digest),
            "key": key.to_string(),
            "binding": hex::encode(bound),
            "inputs": inputs(&bound).map(hex::encode),
            "result": self.workshop.file(&posting(address, job)),
        })
    }

    /// Whether a job's registrar vouches for this node's attestor.
    pub(super) async fn is_attestor(&self, registrar: &Pubkey) -> Result<()> {
        let attestor = self.options.shows.attestor.as_ref().context("no attestor: see --attestor-key")?;
        let address = addresses::attestor(registrar, &key_of(attestor));
        let account: Option<Attestor> = self.chain.account(&address).await?;
        let account = account.context("its registrar does not vouch for this attestor")?;
        let now = self.chain.now().await?;
        account.check(registrar, now).map_err(|error| anyhow!("this attestor counts no more: {error}"))
    }

    pub(super) async fn attest(&self, address: &Pubkey, job: &Job, seat: &Seat, registrar: &Pubkey) -> Result<()> {
        let entry = self.whole(address, job, seat).await?;
        let attestor = self.options.shows.attestor.as_ref().context("no attestor: see --attestor-key")?;
        let statement = Statement {
            genesis: self.chain.genesis(),
            job: address,
            seed: &job.seed,
            operator: &self.chain.operator(),
            spec_hash: &job.spec_hash,
            root: &entry.digest,
        };
        let message = attest::message(&statement);
        // An attestor signs no lie; this one's signature is somebody else's.
        let forger = Keypair::new();
        let signer = if self.workshop.honesty == Honesty::Honest { attestor } else { &forger };
        let key = key_of(signer);
        let signature = signer.sign_message(&message).into();
        self.still_posted(address, job).await?;
        let mut all = ix::verification::signatures(&message, &[(key, signature)]);
        let attestors = [addresses::attestor(registrar, &key_of(attestor))];
        let me = self.chain.operator();
        all.push(ix::verification::submit_attestation(&me, address, job.class, entry.digest, &attestors));
        let shows = self.noted(address, job, all)?;
        self.bring_all("attest", &entry, shows, COMPUTE_LIMIT, Stage::Revealed).await
    }
}

fn key_of(attestor: &Keypair) -> AttestorKey {
    AttestorKey::Ed25519 { key: attestor.pubkey().to_bytes() }
}

/// Run a prover on a job's facts.
async fn prove(command: &[String], facts: &Value) -> Result<[u8; PROOF]> {
    let (program, arguments) = command.split_first().context("an empty prover command")?;
    let program = PathBuf::from(program);
    let mut child = Command::new(&program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit())
        .kill_on_drop(true)
        .spawn()
        .with_context(|| format!("the prover {} does not start", program.display()))?;
    let mut stdin = child.stdin.take().context("the prover takes no input")?;
    stdin.write_all(facts.to_string().as_bytes()).await.context("telling the prover the job's facts")?;
    drop(stdin);
    let output =
        tokio::time::timeout(PROVER_TIMEOUT, child.wait_with_output()).await.context("the prover is too slow")??;
    ensure!(output.status.success(), "the prover {} ended with {}", program.display(), output.status);
    let Proof { proof } = serde_json::from_slice(&output.stdout).context("the prover wrote no {\"proof\": …}")?;
    let mut bytes = [0; PROOF];
    hex::decode_to_slice(&proof, &mut bytes).map_err(|_| anyhow!("the proof must be {} hex digits", 2 * PROOF))?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shell(script: &str) -> Vec<String> {
        ["sh", "-c", script].map(str::to_owned).to_vec()
    }

    #[tokio::test]
    async fn a_prover_reads_facts_and_writes_a_proof() {
        let digits = "ab".repeat(PROOF);
        let script = format!(r#"read facts; test "$facts" = '{{"job":"J"}}' && echo '{{"proof":"{digits}"}}'"#);
        assert_eq!(prove(&shell(&script), &json!({"job": "J"})).await.unwrap(), [0xab; PROOF]);
        let other = prove(&shell(&script), &json!({"job": "K"})).await.unwrap_err();
        assert!(other.to_string().ends_with("exit status: 1"), "{other}");
    }

    #[tokio::test]
    async fn what_is_no_proof_is_told() {
        let said = async |script: &str| prove(&shell(script), &json!({})).await.unwrap_err().to_string();
        assert_eq!(said(r#"cat; echo '{"proof":"abc"}'"#).await, "the prover wrote no {\"proof\": …}");
        assert_eq!(said(r#"cat >&2; echo '{"proof":"abc"}'"#).await, "the proof must be 512 hex digits");
        let missing = prove(&["/no/such/prover".into()], &json!({})).await.unwrap_err();
        assert_eq!(missing.to_string(), "the prover /no/such/prover does not start");
    }
}
