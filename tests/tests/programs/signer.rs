//! Attestors' keys and signatures, of both schemes.

use assay_tests::{assay_sdk::verification::AttestorKey, chain::hash};
use p256::ecdsa::signature::Signer as _;
use solana_sdk::{signature::Keypair, signer::Signer as _};

/// Somebody who can sign.
pub enum Signer {
    Ed25519(Keypair),
    Secp256r1(p256::ecdsa::SigningKey),
}

impl Signer {
    /// The signer of a number: an even one has Ed25519.
    pub fn new(number: u8) -> Self {
        let secret = hash(&[b"attestor", &[number]]);
        if number.is_multiple_of(2) {
            return Self::Ed25519(Keypair::new_from_array(secret));
        }
        Self::Secp256r1(p256::ecdsa::SigningKey::from_slice(&secret).expect("a number below the order"))
    }

    /// What it is registered with.
    pub fn key(&self) -> AttestorKey {
        match self {
            Self::Ed25519(pair) => AttestorKey::Ed25519 { key: pair.pubkey().to_bytes() },
            Self::Secp256r1(key) => {
                let point = key.verifying_key().to_encoded_point(true);
                AttestorKey::Secp256r1 { key: point.as_bytes().try_into().expect("33 bytes") }
            }
        }
    }

    /// Its signature of a message.
    pub fn sign(&self, message: &[u8; 32]) -> (AttestorKey, [u8; 64]) {
        let signature = match self {
            Self::Ed25519(pair) => pair.sign_message(message).into(),
            Self::Secp256r1(key) => {
                let signature: p256::ecdsa::Signature = key.sign(message);
                signature.normalize_s().unwrap_or(signature).to_bytes().into()
            }
        };
        (self.key(), signature)
    }
}
