//! Sending transactions, and what their failures mean.

use std::time::{Duration, Instant};

use assay_sdk::errors;
use backon::{ConstantBuilder, Retryable};
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_rpc_client_api::{
    client_error::{Error as ClientError, ErrorKind, TransactionError},
    request::{RpcError, RpcResponseErrorData},
};
use solana_sdk::{
    hash::Hash,
    instruction::{Instruction, InstructionError},
    signature::{Signature, Signer},
    transaction::Transaction,
};

use super::{shown::is_absent, signers};
use crate::{
    config::How,
    context::Context,
    error::{Error, Result},
};

/// Lamports for each signature.
pub const SIGNATURE_FEE: u64 = 5_000;
/// How often a transaction is signed anew after its blockhash ran out.
const ATTEMPTS: usize = 4;
const POLL: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_secs(120);

impl Context {
    /// Signs and sends a transaction and waits until it has the commitment asked for. When its blockhash runs out
    /// before it was taken, it is signed and sent again.
    ///
    /// With `--dry-run`, `--sign-only` or `--dump-transaction` nothing is sent: the transaction is shown, and the error
    /// [`Error::Shown`] ends the command, which is no failure.
    ///
    /// * `signers`: the first pays, unless `--fee-payer` does
    /// * `compute_units`: the limit
    pub async fn send(&self, signers: &[&dyn Signer], compute_units: u32, work: &[Instruction]) -> Result<Signature> {
        let mut instructions = vec![ComputeBudgetInstruction::set_compute_unit_limit(compute_units)];
        let price = self.settings.sending.unit_price;
        instructions.extend(price.map(ComputeBudgetInstruction::set_compute_unit_price));
        instructions.extend_from_slice(work);
        let payer = self.settings.sending.fee_payer.as_deref().map(signers::signer).transpose()?;
        let mut all: Vec<&dyn Signer> = payer.iter().map(AsRef::as_ref).collect();
        // Whoever pays and signs besides signs once; what anybody may send, the wallet signs only to pay for it.
        let asked = |signer: &dyn Signer| {
            let mut metas = instructions.iter().flat_map(|instruction| &instruction.accounts);
            metas.any(|meta| meta.is_signer && meta.pubkey == signer.pubkey())
        };
        let besides = |payer: &dyn Signer, signer: &dyn Signer| payer.pubkey() != signer.pubkey() && asked(signer);
        all.extend(signers.iter().filter(|signer| payer.as_deref().is_none_or(|payer| besides(payer, **signer))));
        let signers = all.as_slice();
        if self.settings.sending.how != How::Send {
            return self.show(signers, &instructions).await;
        }
        if let Some(absent) = signers.iter().find(|signer| is_absent(**signer)) {
            let why = format!("{} is an address, not a wallet: use --dump-transaction or --dry-run", absent.pubkey());
            return Err(Error::Usage(why));
        }
        (|| self.attempt(signers, &instructions))
            .retry(ConstantBuilder::default().with_delay(POLL).with_max_times(ATTEMPTS))
            .when(|why| matches!(why, Error::Expired(_)))
            .notify(|why, _| self.out.talk(why))
            .await
    }

    /// Shows what [`Context::send`] would send.
    async fn show(&self, signers: &[&dyn Signer], instructions: &[Instruction]) -> Result<Signature> {
        let payer = signers.first().map(|payer| payer.pubkey());
        let mut transaction = Transaction::new_with_payer(instructions, payer.as_ref());
        match self.settings.sending.how {
            How::DryRun => self.dry_run(&transaction).await?,
            How::Dump => self.dumped(&transaction)?,
            How::Sign | How::Send => {
                let hash = match self.settings.sending.blockhash {
                    Some(hash) => hash,
                    None => self.rpc.get_latest_blockhash().await.map_err(|why| self.chain_error(&why))?,
                };
                let here: Vec<_> = signers.iter().copied().filter(|signer| !is_absent(*signer)).collect();
                transaction.try_partial_sign(&here, hash).map_err(|why| Error::Refused(why.to_string()))?;
                self.signed(&transaction)?;
            }
        }
        Err(Error::Shown)
    }

    async fn attempt(&self, signers: &[&dyn Signer], instructions: &[Instruction]) -> Result<Signature> {
        let blockhash = self.rpc.get_latest_blockhash().await.map_err(|why| self.chain_error(&why))?;
        let payer = signers.first().map(|payer| payer.pubkey());
        let mut transaction = Transaction::new_with_payer(instructions, payer.as_ref());
        transaction.try_sign(&signers.to_vec(), blockhash).map_err(|why| Error::Refused(why.to_string()))?;
        match self.rpc.send_transaction(&transaction).await {
            Ok(signature) => self.confirm(&signature, Some(&blockhash)).await,
            Err(why) => Err(self.send_error(&transaction.signatures[0], &why)),
        }
    }

    /// Waits until a transaction has the commitment asked for, or can never have it.
    pub async fn confirm(&self, signature: &Signature, blockhash: Option<&Hash>) -> Result<Signature> {
        let start = Instant::now();
        while start.elapsed() < PATIENCE {
            // Asked before the status, so that "expired and not there" is final.
            let expired = match blockhash {
                Some(hash) => {
                    self.rpc.is_blockhash_valid(hash, self.settings.commitment).await.is_ok_and(|valid| !valid)
                }
                None => false,
            };
            let status = self.rpc.get_signature_statuses(&[*signature]).await;
            match status.ok().and_then(|reply| reply.value.into_iter().next().flatten()) {
                Some(status) if status.satisfies_commitment(self.settings.commitment) => {
                    return match status.err {
                        Some(error) => Err(explain(&error, &[])),
                        None => Ok(*signature),
                    };
                }
                None if expired => return Err(Error::Expired(signature.to_string())),
                _ => tokio::time::sleep(POLL).await,
            }
        }
        Err(Error::Unconfirmed(signature.to_string(), PATIENCE.as_secs()))
    }

    fn send_error(&self, signature: &Signature, error: &ClientError) -> Error {
        let logs = match error.kind() {
            ErrorKind::RpcError(RpcError::RpcResponseError {
                data: RpcResponseErrorData::SendTransactionPreflightFailure(simulated),
                ..
            }) => simulated.logs.clone().unwrap_or_default(),
            _ => vec![],
        };
        match error.get_transaction_error() {
            Some(TransactionError::BlockhashNotFound) => Error::Expired(signature.to_string()),
            Some(error) => explain(&error, &logs),
            None => self.chain_error(error),
        }
    }
}

/// A transaction's error in our words.
pub fn explain(error: &TransactionError, logs: &[String]) -> Error {
    if let TransactionError::InstructionError(_, InstructionError::Custom(code)) = error
        && let Some(known) = errors::lookup(*code)
    {
        return Error::Program { name: known.name.clone(), code: known.code, message: known.message.clone() };
    }
    if matches!(error, TransactionError::AccountNotFound | TransactionError::InsufficientFundsForFee) {
        return Error::Refused("the wallet has no SOL to pay with: send it some, or run `assay airdrop`".into());
    }
    Error::Transaction { why: error.to_string(), log: complaint(logs) }
}

/// What a program said last about its failure.
fn complaint(logs: &[String]) -> Option<String> {
    let said = |line: &String| {
        let text = line.strip_prefix("Program log: ")?;
        let anchor = text.rsplit_once("Error Message: ").map(|(_, message)| message);
        anchor.or_else(|| text.strip_prefix("Error: ")).map(str::to_owned)
    };
    logs.iter().rev().find_map(said)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn program_errors_are_named() {
        let error = TransactionError::InstructionError(3, InstructionError::Custom(6315));
        let said = explain(&error, &[]).to_string();
        assert_eq!(
            said,
            "NotEligible (6315): Sortition did not choose this pool (yet): the threshold doubles with time"
        );
    }

    #[test]
    fn other_errors_come_with_the_programs_words() {
        let error = TransactionError::InstructionError(1, InstructionError::Custom(1));
        let logs = ["Program 11 invoke [1]", "Program log: Error: insufficient funds", "Program 11 failed"];
        let said = explain(&error, &logs.map(str::to_owned)).to_string();
        assert!(said.ends_with("the program said: insufficient funds"), "{said}");
        let anchor = "Program log: AnchorError caused by account: pool. Error Code: AccountNotInitialized. \
                      Error Number: 3012. Error Message: The program expected this account to be already initialized.";
        assert_eq!(
            complaint(&[anchor.to_owned()]).unwrap(),
            "The program expected this account to be already initialized."
        );
        let said = explain(&TransactionError::AccountNotFound, &[]).to_string();
        assert!(said.contains("assay airdrop"), "{said}");
    }
}
