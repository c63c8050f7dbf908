//! Sign-In With Solana: the message that a wallet signs to show whose it is, as the wallet standard's `signIn` writes
//! it (github.com/phantom/sign-in-with-solana).

use base64::{Engine as _, alphabet, engine};
use serde::Serialize;
use solana_sdk::{pubkey::Pubkey, signature::Signature};
use utoipa::ToSchema;

/// What people read in the wallet before they sign.
pub const STATEMENT: &str = "Sign in to Assay. This costs nothing and sends no transaction.";
const VERSION: &str = "1";

/// Genesis hashes of the clusters that have a name.
const CLUSTERS: [(&str, &str); 3] = [
    ("5eykt4UsFv8P8NJdTREpY1vzqKqZKvdpKuc147dw2N9d", "mainnet"),
    ("EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG", "devnet"),
    ("4uhcVJyU9pJkvQyS88uRDiswHXSCkY3zQawwpjk2NsNY", "testnet"),
];

/// What a cluster is called in a message.
pub fn chain(genesis: Option<&str>) -> &'static str {
    CLUSTERS.iter().find(|(hash, _)| Some(*hash) == genesis).map_or("localnet", |(_, name)| name)
}

/// Input of a wallet's `signIn`, with every field that it may have.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = SignInInput)]
pub struct Input {
    /// The site that asks.
    pub domain: String,
    /// The wallet.
    pub address: String,
    /// What people read.
    pub statement: String,
    /// What is signed in to.
    pub uri: String,
    /// Always `1`.
    pub version: String,
    /// `mainnet`, `testnet`, `devnet` or `localnet`.
    pub chain_id: String,
    /// Good for one try.
    pub nonce: String,
    /// When it was asked for.
    #[schema(format = DateTime)]
    pub issued_at: String,
    /// Until when it may be used.
    #[schema(format = DateTime)]
    pub expiration_time: String,
}

/// What varies from one invitation to the next, as a row has it.
#[derive(Clone, Debug, sqlx::FromRow)]
pub struct Invitation {
    pub wallet: String,
    pub domain: String,
    pub uri: String,
    pub chain: String,
    pub nonce: String,
    pub issued_at: String,
    pub expires_at: String,
}

impl From<Invitation> for Input {
    fn from(row: Invitation) -> Self {
        Self {
            domain: row.domain,
            address: row.wallet,
            statement: STATEMENT.into(),
            uri: row.uri,
            version: VERSION.into(),
            chain_id: row.chain,
            nonce: row.nonce,
            issued_at: row.issued_at,
            expiration_time: row.expires_at,
        }
    }
}

impl Input {
    /// The text to sign, byte for byte, by the specification's ABNF.
    pub fn message(&self) -> String {
        let Self { domain, address, statement, uri, version, chain_id, nonce, issued_at, expiration_time } = self;
        format!(
            "{domain} wants you to sign in with your Solana account:\n{address}\n\n{statement}\n\nURI: {uri}\nVersion: \
             {version}\nChain ID: {chain_id}\nNonce: {nonce}\nIssued At: {issued_at}\nExpiration Time: {expiration_time}"
        )
    }
}

/// Whether the wallet signed the message, strictly (no small-order keys, no second form of a signature). Wallets' tools
/// write signatures in base58 or base64, and a text may be read as both.
pub fn signed(wallet: &Pubkey, message: &str, signature: &str) -> bool {
    let config = engine::GeneralPurposeConfig::new().with_decode_padding_mode(engine::DecodePaddingMode::Indifferent);
    let base64 = engine::GeneralPurpose::new(&alphabet::STANDARD, config).decode(signature).ok();
    let readings = [bs58::decode(signature).into_vec().ok(), base64];
    let mut signatures = readings.into_iter().flatten().filter_map(|bytes| Signature::try_from(bytes.as_slice()).ok());
    signatures.any(|signature| signature.verify(wallet.as_ref(), message.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The text that `createSignInMessageText` of @solana/wallet-standard-util makes of the same input.
    #[test]
    fn the_message_is_the_wallet_standards() {
        let row = Invitation {
            wallet: "11111111111111111111111111111112".into(),
            domain: "app.example".into(),
            uri: "https://app.example".into(),
            chain: chain(Some("EtWTRABZaYq6iMfeYKouRu166VU2xqa1wcaWoxPkrZBG")).into(),
            nonce: "abcdef12".into(),
            issued_at: "2026-11-21T22:00:00Z".into(),
            expires_at: "2026-11-21T22:05:00Z".into(),
        };
        let lines = [
            "app.example wants you to sign in with your Solana account:",
            "11111111111111111111111111111112",
            "",
            "Sign in to Assay. This costs nothing and sends no transaction.",
            "",
            "URI: https://app.example",
            "Version: 1",
            "Chain ID: devnet",
            "Nonce: abcdef12",
            "Issued At: 2026-11-21T22:00:00Z",
            "Expiration Time: 2026-11-21T22:05:00Z",
        ];
        assert_eq!(Input::from(row).message(), lines.join("\n"));
        assert_eq!((chain(None), chain(Some("other"))), ("localnet", "localnet"));
    }
}
