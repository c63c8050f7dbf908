//! Sending: a fee that fits the moment, and another blockhash where one grew old.

use std::{
    sync::Mutex,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use solana_commitment_config::CommitmentConfig;
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_rpc_client_api::{
    client_error::{Error as ClientError, ErrorKind},
    config::RpcSendTransactionConfig,
    request::{RpcError, RpcResponseErrorData},
};
use solana_sdk::{
    hash::Hash,
    instruction::{Instruction, InstructionError},
    signature::Signature,
    transaction::{Transaction, TransactionError},
};

use super::{COMPUTE_LIMIT, Chain, Rejected};
use crate::{crash, operation::metrics};

/// Blockhashes to try one after the other: each lives for a minute or so.
const ATTEMPTS: usize = 3;
/// Time between two looks whether a transaction has landed.
const LOOK: Duration = Duration::from_millis(400);
/// Time between two sendings of the same transaction: leaders drop some.
const RESEND: Duration = Duration::from_secs(3);
/// Longest time for one blockhash, should the RPC never say that it is old.
const LONGEST: Duration = Duration::from_secs(120);
/// For how long what others pay is remembered.
const FRESH: Duration = Duration::from_secs(10);

/// What to pay for being early: micro-lamports for each compute unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PriorityFee {
    /// What three of four transactions of the last slots paid, and never more than `most`.
    Auto {
        most: u64,
    },
    Fixed(u64),
}

impl Default for PriorityFee {
    fn default() -> Self {
        Self::Auto { most: 100_000 }
    }
}

/// The fee, and what others paid of late.
#[derive(Debug, Default)]
pub(super) struct Fees {
    pub(super) wanted: PriorityFee,
    pub(super) seen: Mutex<Option<(Instant, u64)>>,
}

/// Of so many, what three of four do not exceed.
fn third_quartile(mut paid: Vec<u64>) -> u64 {
    paid.sort_unstable();
    paid.get((paid.len() * 3 / 4).min(paid.len().saturating_sub(1))).copied().unwrap_or(0)
}

impl Chain {
    /// Sign, send and wait for confirmation.
    ///
    /// # Errors
    /// [`Rejected`] if a program refused; else what the RPC said.
    pub async fn send(&self, instructions: Vec<Instruction>) -> Result<Signature> {
        self.send_as("", instructions, COMPUTE_LIMIT).await
    }

    /// [`Chain::send`] with so many compute units, as a step of [`crash::STEPS`].
    ///
    /// # Errors
    /// As there.
    pub async fn send_as(&self, what: &str, instructions: Vec<Instruction>, units: u32) -> Result<Signature> {
        let price = self.price().await;
        let mut all = vec![ComputeBudgetInstruction::set_compute_unit_limit(units)];
        all.extend((price > 0).then(|| ComputeBudgetInstruction::set_compute_unit_price(price)));
        all.extend(instructions);
        for _ in 0..ATTEMPTS {
            if let Some(signature) = self.attempt(what, &all).await? {
                return Ok(signature);
            }
            tracing::debug!(what, "a transaction's blockhash is too old: trying another");
        }
        bail!("the transaction did not land with {ATTEMPTS} blockhashes: is the network busy? See --priority-fee")
    }

    /// With one blockhash; nothing if it grew too old.
    async fn attempt(&self, what: &str, instructions: &[Instruction]) -> Result<Option<Signature>> {
        let blockhash = self.rpc.get_latest_blockhash().await?;
        let payer = self.operator();
        let transaction = Transaction::new_signed_with_payer(instructions, Some(&payer), &[&*self.wallet], blockhash);
        let config = |skip_preflight| RpcSendTransactionConfig {
            skip_preflight,
            preflight_commitment: Some(CommitmentConfig::confirmed().commitment),
            ..RpcSendTransactionConfig::default()
        };
        let sent = self.rpc.send_transaction_with_config(&transaction, config(false)).await;
        let signature = sent.map_err(refused)?;
        crash::point(what, "sent");
        let (began, mut last) = (Instant::now(), Instant::now());
        loop {
            if self.has_landed(&signature).await? {
                crash::point(what, "confirmed");
                return Ok(Some(signature));
            }
            if began.elapsed() > LONGEST || !self.is_valid(&blockhash).await? {
                // It may have landed with the last slot that took it.
                return Ok(self.has_landed(&signature).await?.then_some(signature));
            }
            if last.elapsed() > RESEND {
                last = Instant::now();
                // Whatever it says, the next look tells.
                let _ = self.rpc.send_transaction_with_config(&transaction, config(true)).await;
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    async fn has_landed(&self, signature: &Signature) -> Result<bool> {
        let statuses = self.rpc.get_signature_statuses(&[*signature]).await?.value;
        let Some(status) = statuses.into_iter().next().context("the RPC tells no status")? else { return Ok(false) };
        match status.status.clone() {
            Err(error) => Err(refused(ClientError::from(error))),
            Ok(()) => Ok(status.satisfies_commitment(CommitmentConfig::confirmed())),
        }
    }

    async fn is_valid(&self, blockhash: &Hash) -> Result<bool> {
        Ok(self.rpc.is_blockhash_valid(blockhash, CommitmentConfig::processed()).await?)
    }

    /// Micro-lamports for each compute unit.
    async fn price(&self) -> u64 {
        let most = match self.fees.wanted {
            PriorityFee::Fixed(price) => return price,
            PriorityFee::Auto { most } => most,
        };
        let seen = || self.fees.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        let known = *seen();
        if let Some((_, price)) = known.filter(|(at, _)| at.elapsed() < FRESH) {
            return price;
        }
        // A server that does not know costs nothing but speed.
        let paid = self.rpc.get_recent_prioritization_fees(&[]).await.unwrap_or_default();
        let price = third_quartile(paid.into_iter().map(|fee| fee.prioritization_fee).collect()).min(most);
        *seen() = Some((Instant::now(), price));
        price
    }
}

/// A program's own refusal, or what the RPC said.
fn refused(error: ClientError) -> anyhow::Error {
    match custom_code(&error) {
        Some(code) => Rejected(code).into(),
        None => {
            metrics::rpc_failed();
            error.into()
        }
    }
}

fn custom_code(error: &ClientError) -> Option<u32> {
    let refused = match error.kind() {
        ErrorKind::TransactionError(refused) => refused.clone(),
        ErrorKind::RpcError(RpcError::RpcResponseError {
            data: RpcResponseErrorData::SendTransactionPreflightFailure(result),
            ..
        }) => result.err.clone()?.into(),
        _ => return None,
    };
    match refused {
        TransactionError::InstructionError(_, InstructionError::Custom(code)) => Some(code),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn three_of_four_pay_no_more() {
        assert_eq!(third_quartile(vec![]), 0);
        assert_eq!(third_quartile(vec![7]), 7);
        assert_eq!(third_quartile(vec![4, 1, 3, 2]), 4);
        assert_eq!(third_quartile((0..100).rev().collect()), 75);
    }
}
