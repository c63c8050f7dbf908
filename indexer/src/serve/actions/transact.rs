//! Instructions to an unsigned transaction that was simulated.

use std::collections::HashMap;

use assay_sdk::{instructions, ix};
use solana_compute_budget_interface::ComputeBudgetInstruction;
use solana_rpc_client_api::response::RpcSimulateTransactionResult;
use solana_sdk::{
    account::Account,
    hash::Hash,
    instruction::Instruction,
    message::{CompileError, VersionedMessage, v0},
    pubkey::Pubkey,
    signature::Signature,
    transaction::{TransactionError, VersionedTransaction},
};
use solana_sdk_ids::{compute_budget, ed25519_program, secp256r1_program, system_program};

use super::{
    chain::{Chain, account},
    refusal::{Refusal, Result},
};

/// Most compute units that a transaction may take.
const MOST_UNITS: u32 = 1_400_000;
/// Bytes of a packet, and so of a transaction.
const MOST_BYTES: usize = 1_232;
/// Lamports for each signature.
const SIGNATURE_FEE: u64 = 5_000;
/// Micro-lamports of a lamport.
const MICRO: u64 = 1_000_000;

/// A transaction that nobody has signed, and what it would do.
#[derive(Debug)]
pub struct Prepared {
    /// Its wire form, to be signed.
    pub bytes: Vec<u8>,
    /// Its accounts as they were just before.
    pub before: HashMap<Pubkey, Account>,
    /// Those that it may change.
    pub writable: Vec<Pubkey>,
    /// The same as its simulation left them, but those that are gone.
    pub after: HashMap<Pubkey, Account>,
    /// Lamports.
    pub fee: u64,
    /// That it took.
    pub units: u32,
    /// That it sets.
    pub limit: u32,
}

/// Makes the transaction that `payer` signs: a blockhash of now, a compute limit by a first simulation, and a second
/// simulation of just what is returned. `price`: micro-lamports of priority fee for each unit of the limit.
///
/// # Errors
/// 422 when it would fail or does not fit, 503 when the chain does not answer.
pub async fn prepare(chain: &Chain, payer: &Pubkey, work: &[Instruction], price: u64) -> Result<Prepared> {
    let blockhash = chain.blockhash().await?;
    let (draft, _) = compile(payer, &budgeted(work, MOST_UNITS, price), blockhash)?;
    let first = chain.simulate(&draft, &[]).await?;
    let first = succeeded(first, work, price)?;
    let limit = with_margin(first.units_consumed);
    let instructions = budgeted(work, limit, price);
    let (transaction, bytes) = compile(payer, &instructions, blockhash)?;

    let keys = transaction.message.static_account_keys();
    let before = keys.iter().copied().zip(chain.accounts(keys).await?);
    let before = before.filter_map(|(key, account)| Some((key, account?))).collect();
    let writable = keys.iter().enumerate().filter(|(at, _)| transaction.message.is_maybe_writable(*at, None));
    let writable: Vec<_> = writable.map(|(_, key)| *key).collect();
    let second = chain.simulate(&transaction, &writable).await?;
    let second = succeeded(second, work, price)?;

    // Without them it would look as if everything were gone.
    let states = second.accounts.filter(|states| states.len() == writable.len()).ok_or_else(Refusal::chain)?;
    let after = writable.iter().copied().zip(states);
    let after = after.filter_map(|(key, ui)| Some((key, account(&ui?)?))).filter(|(_, account)| account.lamports > 0);
    let fee = second.fee.unwrap_or_else(|| fee(&instructions, limit, price));
    let units = second.units_consumed.and_then(|units| u32::try_from(units).ok()).unwrap_or(limit);
    let after = after.collect();
    Ok(Prepared { before, writable, after, fee, units, limit, bytes })
}

/// The limit and the price come first, so that their place tells nothing of the work.
fn budgeted(work: &[Instruction], limit: u32, price: u64) -> Vec<Instruction> {
    let limit = ComputeBudgetInstruction::set_compute_unit_limit(limit);
    let price = (price > 0).then(|| ComputeBudgetInstruction::set_compute_unit_price(price));
    std::iter::once(limit).chain(price).chain(work.iter().cloned()).collect()
}

/// A fifth more than was taken, as accounts may be others by then.
fn with_margin(units: Option<u64>) -> u32 {
    let more = units.and_then(|units| units.checked_mul(6)?.checked_div(5)?.checked_add(1_000));
    more.and_then(|units| u32::try_from(units).ok()).map_or(MOST_UNITS, |units| units.min(MOST_UNITS))
}

/// A version 0 transaction with room for its one signature.
fn compile(payer: &Pubkey, work: &[Instruction], blockhash: Hash) -> Result<(VersionedTransaction, Vec<u8>)> {
    let message = v0::Message::try_compile(payer, work, &[], blockhash).map_err(|why| match why {
        CompileError::AccountIndexOverflow => too_large("it names more than 256 accounts"),
        other => Refusal::refused(format!("there is no such transaction: {other}")),
    })?;
    let needed = usize::from(message.header.num_required_signatures);
    if let Some(other) = message.account_keys.iter().take(needed).find(|key| *key != payer) {
        return Err(Refusal::refused(format!("this needs the signature of {other} too, which {payer} cannot give")));
    }
    let signatures = vec![Signature::default(); needed];
    let transaction = VersionedTransaction { signatures, message: VersionedMessage::V0(message) };
    let bytes = bincode::serialize(&transaction).map_err(|why| Refusal::refused(format!("no wire form: {why}")))?;
    if bytes.len() > MOST_BYTES {
        return Err(too_large(&format!("it has {} bytes, and {MOST_BYTES} is the most", bytes.len())));
    }
    Ok((transaction, bytes))
}

fn too_large(why: &str) -> Refusal {
    let advice = "give shorter texts or fewer list items, or do it in several steps";
    Refusal::refused(format!("TransactionTooLarge: {why}; {advice}"))
}

fn succeeded(
    simulated: RpcSimulateTransactionResult,
    work: &[Instruction],
    price: u64,
) -> Result<RpcSimulateTransactionResult> {
    let Some(error) = simulated.err else { return Ok(simulated) };
    let ours = 1 + usize::from(price > 0);
    let step = |at: u8| match usize::from(at).checked_sub(ours).and_then(|at| work.get(at)) {
        Some(instruction) => named(instruction),
        None => "the compute budget".into(),
    };
    Err(Refusal::simulated(&TransactionError::from(error), simulated.logs.unwrap_or_default(), step))
}

/// `escrow/post_job`, or what else is known of an instruction.
pub fn named(instruction: &Instruction) -> String {
    match instructions::lookup(&instruction.program_id, &instruction.data) {
        Some(known) => format!("{}/{}", known.program, known.name),
        None => program_name(&instruction.program_id),
    }
}

/// What a program is called; its address if it has no name here.
pub fn program_name(program: &Pubkey) -> String {
    const OTHERS: [(Pubkey, &str); 5] = [
        (system_program::ID, "system"),
        (compute_budget::ID, "compute_budget"),
        (ed25519_program::ID, "ed25519"),
        (secp256r1_program::ID, "secp256r1"),
        (ix::ASSOCIATED_TOKEN_PROGRAM, "associated_token"),
    ];
    match OTHERS.into_iter().find(|(id, _)| id == program) {
        Some((_, name)) => name.into(),
        None => program.to_string(),
    }
}

/// Lamports: of the one signature, of those that precompiles check, and the priority.
fn fee(instructions: &[Instruction], limit: u32, price: u64) -> u64 {
    let checks = |ix: &&Instruction| [ed25519_program::ID, secp256r1_program::ID].contains(&ix.program_id);
    let checked: u64 = instructions.iter().filter(checks).map(|ix| ix.data.first().copied().map_or(0, u64::from)).sum();
    let priority = u64::from(limit).saturating_mul(price).div_ceil(MICRO);
    SIGNATURE_FEE.saturating_mul(checked.saturating_add(1)).saturating_add(priority)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fees_count_signatures_and_priority() {
        let work = [ix::staking::advance_epoch()];
        assert_eq!(fee(&budgeted(&work, 200_000, 0), 200_000, 0), 5_000);
        assert_eq!(fee(&budgeted(&work, 200_000, 7), 200_000, 7), 5_002);
        let verify = Instruction { program_id: ed25519_program::ID, accounts: vec![], data: vec![3, 0] };
        assert_eq!(fee(&[verify], 0, 0), 20_000);
    }

    #[test]
    fn limits_have_a_margin_and_an_end() {
        assert_eq!(with_margin(Some(100_000)), 121_000);
        assert_eq!((with_margin(Some(1_300_000)), with_margin(None)), (MOST_UNITS, MOST_UNITS));
    }

    #[test]
    fn what_does_not_fit_or_needs_others_is_refused_by_name() {
        let (payer, other) = (Pubkey::new_from_array([1; 32]), Pubkey::new_from_array([2; 32]));
        let long = ix::token::burn(&payer, &other, 1);
        let long = Instruction { data: vec![0; 1_300], ..long };
        let said = compile(&payer, &[long], Hash::default()).unwrap_err();
        assert!(said.message().starts_with("TransactionTooLarge: it has "), "{}", said.message());
        let said = compile(&payer, &[ix::token::burn(&other, &payer, 1)], Hash::default()).unwrap_err();
        assert!(said.message().starts_with(&format!("this needs the signature of {other} too")));
        let (transaction, bytes) = compile(&payer, &[ix::token::burn(&payer, &other, 1)], Hash::default()).unwrap();
        assert_eq!((transaction.signatures.as_slice(), bytes[0]), (&[Signature::default()][..], 1));
    }
}
