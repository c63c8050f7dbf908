//! Transactions that are not sent but shown: simulated, signed for later, or dumped for others to sign.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::Serialize;
use serde_json::json;
use solana_account_decoder_client_types::UiAccountEncoding;
use solana_rpc_client_api::config::{RpcSimulateTransactionAccountsConfig, RpcSimulateTransactionConfig};
use solana_sdk::{
    account::Account,
    pubkey::Pubkey,
    signature::{Signature, Signer},
    transaction::Transaction,
};

use super::{
    chain::{TOKEN_ACCOUNT_BYTES, read},
    send::{SIGNATURE_FEE, explain},
};
use crate::{
    amount,
    context::Context,
    error::{Error, Result},
    output::{facts, table},
};

/// What a simulation changes of an account.
#[derive(Debug, PartialEq, Eq, Serialize)]
pub struct Change {
    /// The account.
    pub address: String,
    /// Whose it is, if it is a token account.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub owner: Option<String>,
    /// Of what; SOL where it is none.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub mint: Option<String>,
    /// Lamports or base units before.
    pub before: String,
    /// And after.
    pub after: String,
    /// The difference, signed.
    pub change: String,
}

impl Context {
    /// Shows what a transaction would do, without sending it.
    pub(super) async fn dry_run(&self, transaction: &Transaction) -> Result<()> {
        let keys = &transaction.message.account_keys;
        let before = self.raw_accounts(keys).await?;
        let config = RpcSimulateTransactionConfig {
            sig_verify: false,
            replace_recent_blockhash: true,
            commitment: Some(self.settings.commitment),
            accounts: Some(RpcSimulateTransactionAccountsConfig {
                encoding: Some(UiAccountEncoding::Base64),
                addresses: keys.iter().map(Pubkey::to_string).collect(),
            }),
            ..Default::default()
        };
        let found = self.rpc.simulate_transaction_with_config(transaction, config).await;
        let found = found.map_err(|why| self.chain_error(&why))?.value;
        if let Some(error) = found.err {
            return Err(explain(&error.into(), &found.logs.unwrap_or_default()));
        }
        let after = found.accounts.unwrap_or_default();
        let after = after.into_iter().map(|found| found.and_then(|account| account.decode::<Account>()));
        let changes = changes(keys, &before, &after.collect::<Vec<_>>());
        let fee = SIGNATURE_FEE * u64::from(transaction.message.header.num_required_signatures);
        let units = found.units_consumed.unwrap_or_default();
        let document = json!({
            "dry_run": true, "compute_units": units, "fee_lamports": fee.to_string(), "changes": changes,
        });
        self.out.data(&document, || {
            let mut rows = table(&["ACCOUNT", "OWNER", "OF", "BEFORE", "AFTER", "CHANGE"]);
            for change in &changes {
                let Change { address, owner, mint, before, after, change } = change;
                let mint = mint.as_deref().map_or("SOL".into(), |mint| {
                    mint.parse().map_or_else(|_| mint.to_owned(), |mint| self.symbol(&mint))
                });
                rows.add_row([address, owner.as_deref().unwrap_or(""), &mint, before, after, change]);
            }
            let fee = format!("{} SOL, in the changes", amount::format(fee, amount::SOL_DECIMALS));
            let head = facts(&[
                ("dry run", "nothing was sent; amounts in lamports and base units".into()),
                ("compute units", units.to_string()),
                ("fee", fee),
            ]);
            format!("{head}{rows}")
        })
    }

    /// Shows a transaction that was signed by those who are here, for `solana` or anybody to send.
    pub(super) fn signed(&self, transaction: &Transaction) -> Result<()> {
        let keys = transaction.message.account_keys.iter();
        let signed = keys.zip(&transaction.signatures).map(|(key, signature)| (key.to_string(), *signature));
        let (absent, present): (Vec<_>, Vec<_>) = signed.partition(|(_, signature)| *signature == Signature::default());
        let signers: Vec<_> = present.into_iter().map(|(key, signature)| format!("{key}={signature}")).collect();
        let absent: Vec<_> = absent.into_iter().map(|(key, _)| key).collect();
        let (hash, text) = (transaction.message.recent_blockhash.to_string(), wire(transaction)?);
        let document = json!({"blockhash": hash, "signers": signers, "absent": absent, "transaction": text});
        self.out.data(&document, || {
            facts(&[
                ("blockhash", hash.clone()),
                ("signers", signers.join("\n")),
                ("still to sign", absent.join(", ")),
                ("transaction", text.clone()),
            ])
        })
    }

    /// Shows a transaction that nobody signed, for a multisig to propose.
    pub(super) fn dumped(&self, transaction: &Transaction) -> Result<()> {
        let message = STANDARD.encode(transaction.message.serialize());
        let text = wire(transaction)?;
        let keys = transaction.message.account_keys.iter();
        let wanted = keys.take(transaction.message.header.num_required_signatures.into()).map(Pubkey::to_string);
        let wanted: Vec<_> = wanted.collect();
        let document = json!({"signers": wanted, "message": message, "transaction": text});
        self.out.data(&document, || {
            facts(&[
                ("to be signed by", wanted.join(", ")),
                ("message", message.clone()),
                ("transaction", text.clone()),
            ])
        })
    }
}

/// A transaction as RPC nodes take it, base64.
fn wire(transaction: &Transaction) -> Result<String> {
    let bytes =
        bincode::serialize(transaction).map_err(|why| Error::Refused(format!("it cannot be encoded: {why}")))?;
    Ok(STANDARD.encode(bytes))
}

/// Whether a signer only stands for somebody who signs elsewhere.
pub(super) fn is_absent(signer: &dyn Signer) -> bool {
    signer.try_sign_message(&[]).is_ok_and(|signature| signature == Signature::default())
}

/// Lamports of every account and tokens of every token account that differ.
fn changes(keys: &[Pubkey], before: &[Option<Account>], after: &[Option<Account>]) -> Vec<Change> {
    let mut changes = vec![];
    for (key, (before, after)) in keys.iter().zip(before.iter().zip(after)) {
        let lamports = |account: &Option<Account>| account.as_ref().map_or(0, |account| account.lamports);
        changes.extend(change(key, None, lamports(before), lamports(after)));
        let tokens = |account: &Option<Account>| {
            let data = account.as_ref().map(|account| account.data.as_slice()).unwrap_or_default();
            if data.len() < TOKEN_ACCOUNT_BYTES { None } else { token(key, data) }
        };
        let (before, after) = (tokens(before), tokens(after));
        if let Some((owner, mint, _)) = after.or(before) {
            let amount = |side: Option<(Pubkey, Pubkey, u64)>| side.map_or(0, |(.., amount)| amount);
            changes.extend(change(key, Some((owner, mint)), amount(before), amount(after)));
        }
    }
    changes
}

fn token(key: &Pubkey, data: &[u8]) -> Option<(Pubkey, Pubkey, u64)> {
    let account = read::<anchor_spl::token_interface::TokenAccount>(key, data).ok()?;
    Some((account.owner, account.mint, account.amount))
}

fn change(key: &Pubkey, token: Option<(Pubkey, Pubkey)>, before: u64, after: u64) -> Option<Change> {
    let difference = i128::from(after) - i128::from(before);
    (difference != 0).then(|| Change {
        address: key.to_string(),
        owner: token.map(|(owner, _)| owner.to_string()),
        mint: token.map(|(_, mint)| mint.to_string()),
        before: before.to_string(),
        after: after.to_string(),
        change: format!("{difference:+}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_differs_is_told_with_its_sign() {
        let keys = [Pubkey::new_from_array([1; 32]), Pubkey::new_from_array([2; 32])];
        let of = |lamports| Some(Account { lamports, ..Account::default() });
        let found = changes(&keys, &[of(5), of(7)], &[of(5), None]);
        assert_eq!(found.len(), 1);
        assert_eq!((found[0].address.clone(), found[0].change.as_str()), (keys[1].to_string(), "-7"));
    }
}
