//! What a transaction brought the wallet.

use std::time::Duration;

use assay_sdk::token::ASY_MINT;
use serde::{Serialize, Serializer};
use solana_sdk::pubkey::Pubkey;
use solana_transaction_status_client_types::{
    EncodedConfirmedTransactionWithStatusMeta, EncodedTransaction, UiMessage, UiTransactionTokenBalance,
    option_serializer::OptionSerializer,
};

use crate::context::Context;

/// A node answers a moment after it has confirmed.
const TRIES: u32 = 20;
const PAUSE: Duration = Duration::from_millis(200);

/// What the wallet has more, or less, of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Earned {
    /// Lamports, the fee taken off where the wallet paid it.
    #[serde(serialize_with = "text")]
    pub lamports: i128,
    /// Base units of ASY.
    #[serde(serialize_with = "text")]
    pub asy: i128,
}

fn text<S: Serializer>(value: &i128, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&value.to_string())
}

impl Earned {
    pub fn add(&mut self, other: Self) {
        self.lamports += other.lamports;
        self.asy += other.asy;
    }

    /// Of a transaction, by `owner`; nothing if the chain does not tell.
    pub async fn of(context: &Context, signature: &str, owner: &Pubkey) -> Option<Self> {
        for _ in 0..TRIES {
            if let Ok((_, transaction)) = context.transaction(signature.to_owned()).await {
                return Self::read(transaction, owner);
            }
            tokio::time::sleep(PAUSE).await;
        }
        None
    }

    fn read(transaction: EncodedConfirmedTransactionWithStatusMeta, owner: &Pubkey) -> Option<Self> {
        let meta = transaction.transaction.meta?;
        let EncodedTransaction::Json(body) = transaction.transaction.transaction else { return None };
        let UiMessage::Raw(message) = body.message else { return None };
        let whose = owner.to_string();
        let at = message.account_keys.iter().position(|key| *key == whose);
        let of = |balances: &[u64]| at.and_then(|at| balances.get(at)).map_or(0, |held| i128::from(*held));
        let lamports = of(&meta.post_balances) - of(&meta.pre_balances);
        let asy = held(&meta.post_token_balances, &whose) - held(&meta.pre_token_balances, &whose);
        Some(Self { lamports, asy })
    }
}

fn held(balances: &OptionSerializer<Vec<UiTransactionTokenBalance>>, owner: &str) -> i128 {
    let OptionSerializer::Some(balances) = balances else { return 0 };
    let (mint, owner) = (ASY_MINT.to_string(), OptionSerializer::Some(owner.to_owned()));
    let own = balances.iter().filter(|balance| balance.mint == mint && balance.owner == owner);
    own.filter_map(|balance| balance.ui_token_amount.amount.parse::<i128>().ok()).sum()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_is_earned_is_what_the_wallet_has_more() {
        let key = |n: u8| Pubkey::new_from_array([n; 32]).to_string();
        let tokens = |owner: u8, mint: &str, amount: &str| {
            json!({"accountIndex": 2, "mint": mint, "owner": key(owner), "programId": key(9),
                "uiTokenAmount": {"uiAmount": null, "decimals": 9, "amount": amount, "uiAmountString": ""}})
        };
        let asy = ASY_MINT.to_string();
        let transaction = json!({
            "slot": 12, "blockTime": null,
            "transaction": {"signatures": ["s"], "message": {
                "header": {"numRequiredSignatures": 1, "numReadonlySignedAccounts": 0, "numReadonlyUnsignedAccounts": 1},
                "accountKeys": [key(1), key(2), key(3)], "recentBlockhash": "h", "instructions": []
            }},
            "meta": {
                "err": null, "status": {"Ok": null}, "fee": 5000,
                "preBalances": [10_000, 7, 0], "postBalances": [12_000, 0, 5],
                "preTokenBalances": [tokens(1, &asy, "100"), tokens(2, &asy, "9")],
                "postTokenBalances": [tokens(1, &asy, "350"), tokens(1, &key(8), "77"), tokens(2, &asy, "0")],
            }
        });
        let read = |owner: u8| {
            let transaction = serde_json::from_value(transaction.clone()).unwrap();
            Earned::read(transaction, &Pubkey::new_from_array([owner; 32])).unwrap()
        };
        assert_eq!(read(1), Earned { lamports: 2_000, asy: 250 });
        assert_eq!(read(2), Earned { lamports: -7, asy: -9 });
        assert_eq!(read(5), Earned::default(), "who is not in it has nothing of it");
        assert_eq!(serde_json::to_value(read(2)).unwrap(), json!({"lamports": "-7", "asy": "-9"}));
    }
}
