//! The result document: all units' outputs and the root they add up to. It travels off chain; anyone can check it
//! against the root that the market settled on.

use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde::{Deserialize, Serialize};

use crate::merkle::{self, MerkleError};

/// The outputs of a job's units, in unit order, and their root.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ResultDocument {
    /// Merkle root over the units' digests.
    pub root: [u8; 32],
    /// What each unit wrote, in unit order.
    pub outputs: Vec<Vec<u8>>,
}

/// Why a result document is not believed.
#[derive(Debug, thiserror::Error)]
pub enum ResultError {
    /// Not JSON, or a field missing, unknown or of a wrong type.
    #[error("not a result document: {0}; expected {{\"root\": \"<hex>\", \"outputs\": [\"<base64>\", …]}}")]
    Malformed(#[from] serde_json::Error),
    /// The root is not 64 hex digits.
    #[error("`root` must be 64 hex digits, not {0:?}")]
    BadRoot(String),
    /// An output is not base64.
    #[error("output {unit} is not base64: {source}")]
    BadOutput {
        /// The unit.
        unit: usize,
        /// What is wrong with it.
        source: base64::DecodeError,
    },
    /// The document has no outputs.
    #[error(transparent)]
    Merkle(#[from] MerkleError),
    /// The outputs add up to another root.
    #[error(
        "the outputs add up to root {found}, but {expected} was expected; do not use them, fetch the result elsewhere"
    )]
    RootMismatch {
        /// The root expected, hex.
        expected: String,
        /// The root of the outputs, hex.
        found: String,
    },
}

/// How the document is written.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wire {
    root: String,
    outputs: Vec<String>,
}

impl ResultDocument {
    /// Puts the outputs, in unit order, and their root together.
    ///
    /// # Errors
    /// [`ResultError::Merkle`] without outputs.
    pub fn build(outputs: Vec<Vec<u8>>) -> Result<Self, ResultError> {
        Ok(Self { root: root_of(&outputs)?, outputs })
    }

    /// Reads a document and checks that its outputs add up to the root it names.
    ///
    /// # Errors
    /// Any [`ResultError`].
    pub fn parse(bytes: &[u8]) -> Result<Self, ResultError> {
        let wire: Wire = serde_json::from_slice(bytes)?;
        let mut root = [0; 32];
        hex::decode_to_slice(&wire.root, &mut root).map_err(|_| ResultError::BadRoot(wire.root.clone()))?;
        let decode = |(unit, text)| STANDARD.decode(text).map_err(|source| ResultError::BadOutput { unit, source });
        let outputs = wire.outputs.iter().enumerate().map(decode).collect::<Result<_, _>>()?;
        let document = Self { root, outputs };
        document.verify(&root)?;
        Ok(document)
    }

    /// Recomputes every digest and checks the outputs against `root`, as settled on chain.
    ///
    /// # Errors
    /// [`ResultError::RootMismatch`], or [`ResultError::Merkle`] without outputs.
    pub fn verify(&self, root: &[u8; 32]) -> Result<(), ResultError> {
        let found = root_of(&self.outputs)?;
        if found != *root {
            return Err(ResultError::RootMismatch { expected: hex::encode(root), found: hex::encode(found) });
        }
        Ok(())
    }

    /// The units' digests, in unit order: the leaves under the root.
    pub fn digests(&self) -> Vec<[u8; 32]> {
        digests_of(&self.outputs)
    }

    /// The document as JSON.
    pub fn to_json(&self) -> Vec<u8> {
        let outputs = self.outputs.iter().map(|output| STANDARD.encode(output)).collect();
        serde_json::to_vec(&Wire { root: hex::encode(self.root), outputs }).expect("strings always serialize")
    }
}

fn digests_of(outputs: &[Vec<u8>]) -> Vec<[u8; 32]> {
    (0u64..).zip(outputs).map(|(unit, output)| merkle::unit_digest(unit, output)).collect()
}

fn root_of(outputs: &[Vec<u8>]) -> Result<[u8; 32], MerkleError> {
    merkle::root(&digests_of(outputs))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn document() -> ResultDocument {
        ResultDocument::build(vec![b"output 0".to_vec(), b"output 1".to_vec()]).unwrap()
    }

    #[test]
    fn is_written_and_read_back() {
        let json = document().to_json();
        let root = hex::encode(document().root);
        let expected = format!(r#"{{"root":"{root}","outputs":["b3V0cHV0IDA=","b3V0cHV0IDE="]}}"#);
        assert_eq!(String::from_utf8(json.clone()).unwrap(), expected);
        assert_eq!(ResultDocument::parse(&json).unwrap(), document());
        let digests = [merkle::unit_digest(0, b"output 0"), merkle::unit_digest(1, b"output 1")];
        assert_eq!((document().digests(), document().root), (digests.to_vec(), merkle::root(&digests).unwrap()));
    }

    #[test]
    fn outputs_changed_or_in_another_order_do_not_verify() {
        let root = document().root;
        assert!(document().verify(&root).is_ok());
        let swapped = ResultDocument { root, outputs: vec![b"output 1".to_vec(), b"output 0".to_vec()] };
        assert!(
            matches!(swapped.verify(&root), Err(ResultError::RootMismatch { expected, .. }) if expected == hex::encode(root))
        );
        assert!(matches!(ResultDocument::parse(&swapped.to_json()), Err(ResultError::RootMismatch { .. })));
        let short = ResultDocument { root, outputs: vec![b"output 0".to_vec()] };
        assert!(matches!(short.verify(&root), Err(ResultError::RootMismatch { .. })));
    }

    #[test]
    fn wrong_documents_get_named_errors() {
        let zeros = "0".repeat(64);
        let table = [
            ("{".to_string(), "not a result document"),
            (format!(r#"{{"root":"{zeros}","outputs":[],"x":1}}"#), "unknown field `x`"),
            (r#"{"root":"12","outputs":["YQ=="]}"#.to_string(), "`root` must be 64 hex digits, not \"12\""),
            (format!(r#"{{"root":"{zeros}","outputs":["YQ==","?"]}}"#), "output 1 is not base64"),
            (format!(r#"{{"root":"{zeros}","outputs":[]}}"#), "a job without units has no root"),
        ];
        for (text, expected) in table {
            let error = ResultDocument::parse(text.as_bytes()).unwrap_err().to_string();
            assert!(error.contains(expected), "{error:?} should contain {expected:?}");
        }
    }
}
