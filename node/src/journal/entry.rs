//! What the journal holds, and how it is written: JSON, so that a person can read what a node stands by.

use std::fmt;

use rand::TryRngCore;
use rand::rngs::OsRng;
use serde::{Deserialize, Deserializer, Serialize, Serializer};
use solana_sdk::pubkey::Pubkey;

use super::JournalError;

/// How far an answer has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Stage {
    /// Written down; the seal may or may not have been sent.
    Sealing,
    /// The seal is on chain.
    Sealed,
    /// The digest is on chain, revealed or delivered: the salt is a secret no more.
    Revealed,
    /// And the API has the result.
    Handed,
}

/// A salt of 32 random bytes. It is a secret until it is revealed, so `Debug` does not print it.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Salt([u8; 32]);

impl Salt {
    pub(super) fn random() -> Result<Self, JournalError> {
        let mut salt = [0; 32];
        OsRng.try_fill_bytes(&mut salt).map_err(|error| JournalError::NoRandom(error.to_string()))?;
        Ok(Self(salt))
    }

    /// The bytes, for computing the seal and for revealing.
    pub fn expose(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Salt {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Salt(hidden)")
    }
}

/// What a question is about. Its name tells nobody where to look for what became of it, so this is written down with it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Of {
    /// The job's address, base58.
    pub job: String,
    /// The posting that stood there, base58.
    pub posting: String,
}

impl Of {
    /// A posting at a job's address.
    pub fn new(job: &Pubkey, posting: &Pubkey) -> Self {
        Self { job: job.to_string(), posting: posting.to_string() }
    }
}

/// What the journal holds for one question.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    /// The question's name, base58.
    pub question: String,
    /// What it is about; entries of earlier versions do not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub of: Option<Of>,
    /// The digest that answers it: of one unit, of drawn ones, or the root of all.
    #[serde(serialize_with = "to_hex", deserialize_with = "from_hex")]
    pub digest: [u8; 32],
    /// The salt that hides it.
    #[serde(serialize_with = "salt_to_hex", deserialize_with = "salt_from_hex")]
    pub salt: Salt,
    /// How far it has come.
    pub stage: Stage,
    /// Of drawn units: their digests, which are shown with it.
    #[serde(
        default,
        skip_serializing_if = "Vec::is_empty",
        serialize_with = "all_to_hex",
        deserialize_with = "all_from_hex"
    )]
    pub leaves: Vec<[u8; 32]>,
}

fn to_hex<S: Serializer>(bytes: &[u8; 32], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&hex::encode(bytes))
}

fn from_hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<[u8; 32], D::Error> {
    let text = String::deserialize(deserializer)?;
    let mut bytes = [0; 32];
    // Neither the text nor where it is wrong is told: it may be a salt.
    hex::decode_to_slice(text, &mut bytes).map_err(|_| serde::de::Error::custom("expected 64 hex digits"))?;
    Ok(bytes)
}

fn all_to_hex<S: Serializer>(all: &[[u8; 32]], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.collect_seq(all.iter().map(hex::encode))
}

fn all_from_hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<[u8; 32]>, D::Error> {
    #[derive(Deserialize)]
    struct Digest(#[serde(deserialize_with = "from_hex")] [u8; 32]);
    Ok(Vec::<Digest>::deserialize(deserializer)?.into_iter().map(|digest| digest.0).collect())
}

fn salt_to_hex<S: Serializer>(salt: &Salt, serializer: S) -> Result<S::Ok, S::Error> {
    to_hex(salt.expose(), serializer)
}

fn salt_from_hex<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Salt, D::Error> {
    from_hex(deserializer).map(Salt)
}
