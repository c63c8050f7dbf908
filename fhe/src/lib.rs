//! **assay-fhe**: encrypted jobs (engine `tfhe`): the circuit that nodes evaluate, and the bundle of ciphertexts they evaluate it on.
//!
//! The program artifact is a [`Circuit`], a JSON document; the input artifact is a [`Bundle`]: the requester's server
//! key and its encrypted vectors. Whoever has both can compute, and cannot read. The client key, which can, is in
//! neither. All is bounded before anything is computed, since strangers write both.

#[cfg(feature = "tfhe")]
pub mod evaluate;
#[cfg(feature = "tfhe")]
pub mod keys;
mod shape;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use self::shape::{Plan, plain, slice};

/// The one circuit version this code reads.
pub const VERSION: u32 = 1;
/// Longest circuit, in bytes.
pub const MAX_CIRCUIT_BYTES: usize = 1 << 20;
/// Most operations of a circuit.
pub const MAX_OPS: usize = 256;
/// Most vectors of a bundle.
pub const MAX_VECTORS: usize = 16;
/// Most numbers of a vector.
pub const MAX_LENGTH: usize = 1 << 16;
/// Longest server key, in bytes.
pub const MAX_KEY_BYTES: usize = 64 << 20;
/// Longest ciphertext of one number, in bytes.
pub const MAX_NUMBER_BYTES: usize = 128 << 10;

/// How a bundle begins; the last byte is its version.
const MAGIC: &[u8; 10] = b"assay-fhe\x01";

/// Signed integers of a circuit. They wrap around.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Integers {
    /// 16 bits.
    Int16,
    /// 32 bits.
    Int32,
    /// 64 bits.
    Int64,
}

impl Integers {
    /// Bits of one.
    pub const fn bits(self) -> u32 {
        match self {
            Self::Int16 => 16,
            Self::Int32 => 32,
            Self::Int64 => 64,
        }
    }

    /// Whether a plain number is one of them.
    pub fn holds(self, number: i64) -> bool {
        let shift = 64 - self.bits();
        (number << shift) >> shift == number
    }
}

/// What a unit gets of an encrypted vector.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Share {
    /// Its slice, see [`slice`].
    Slice,
    /// All of it, such as encrypted weights.
    Whole,
}

/// What is computed. Values are vectors: first those of the bundle, in order, then each operation's result; operations
/// name them by their number. Two values that meet are as long as each other.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Circuit {
    /// Version of the format: [`VERSION`].
    pub version: u32,
    /// What the numbers are.
    pub integers: Integers,
    /// The vectors of the bundle.
    pub vectors: Vec<Share>,
    /// One after the other. The last one's result is the unit's output.
    pub ops: Vec<Op>,
}

/// An operation on encrypted vectors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "op", rename_all = "snake_case", deny_unknown_fields)]
pub enum Op {
    /// `a + b`, number by number.
    Add {
        /// A value.
        a: usize,
        /// A value.
        b: usize,
    },
    /// `a - b`.
    Sub {
        /// A value.
        a: usize,
        /// A value.
        b: usize,
    },
    /// `a * b`.
    Mul {
        /// A value.
        a: usize,
        /// A value.
        b: usize,
    },
    /// `a` plus plain numbers.
    AddPlain {
        /// A value.
        a: usize,
        /// One for all, one for each, or as many as the sliced vectors have: then the unit takes its slice.
        by: Vec<i64>,
    },
    /// `a` times plain numbers.
    MulPlain {
        /// A value.
        a: usize,
        /// As for [`Op::AddPlain`].
        by: Vec<i64>,
    },
    /// `a` divided by a plain number, rounded towards zero.
    DivPlain {
        /// A value.
        a: usize,
        /// Not 0.
        by: i64,
    },
    /// All numbers of `a` together: one number.
    Sum {
        /// A value.
        a: usize,
    },
    /// 1 where `a` compares so with a plain number, 0 where not.
    Compare {
        /// A value.
        a: usize,
        /// How.
        is: Comparison,
        /// With what.
        than: i64,
    },
}

/// How a number compares.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Comparison {
    /// Greater.
    Gt,
    /// Greater or equal.
    Ge,
    /// Less.
    Lt,
    /// Less or equal.
    Le,
    /// Equal.
    Eq,
}

/// Why an encrypted job cannot be computed, or its files not made.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum FheError {
    /// The circuit is none.
    #[error("the circuit is wrong: {0}; see docs/engines.md for its operations")]
    Circuit(String),
    /// The bundle is none.
    #[error("the bundle is wrong: {0}; make it again with `assay fhe encrypt`")]
    Bundle(String),
    /// A key is none, or of other parameters.
    #[error("the {key} key is wrong: {why}; make both keys with `assay fhe keygen` of this version")]
    Key {
        /// `client` or `server`.
        key: &'static str,
        /// What is.
        why: String,
    },
    /// A number that the circuit's integers do not hold.
    #[error("{number} does not fit {bits} bits; scale the data down or take wider integers")]
    DoesNotFit {
        /// The number.
        number: i64,
        /// Bits of the circuit's integers.
        bits: u32,
    },
    /// A ciphertext is none, or of another key's parameters.
    #[error("the ciphertext is wrong: {0}; was it made with this pair of keys, and for these integers?")]
    Ciphertext(String),
    /// The unit is counted as more than it may use.
    #[error("out of fuel: the unit takes {asked} of {limit}; raise `limits.fuel` or take more units")]
    OutOfFuel {
        /// What it takes.
        asked: u64,
        /// What it may.
        limit: u64,
    },
    /// The unit needs more memory than it may use.
    #[error("out of memory: the unit takes {asked} MiB of {limit}; raise `limits.memory_mib` or take more units")]
    OutOfMemory {
        /// What it takes, in MiB.
        asked: u64,
        /// What it may.
        limit: u64,
    },
    /// The ciphertexts of the unit's result are too long.
    #[error("the output is longer than {0} bytes; raise `limits.output_bytes` or sum up")]
    OutputTooLarge(u64),
    /// This machine cannot evaluate.
    #[error("this machine cannot compute on ciphertexts: {0}")]
    Machine(String),
}

impl Circuit {
    /// Reads and checks a document.
    ///
    /// # Errors
    /// [`FheError::Circuit`].
    pub fn parse(bytes: &[u8]) -> Result<Self, FheError> {
        if bytes.len() > MAX_CIRCUIT_BYTES {
            return Err(FheError::Circuit(format!("{} bytes are more than {MAX_CIRCUIT_BYTES}", bytes.len())));
        }
        let circuit: Self = serde_json::from_slice(bytes).map_err(|error| FheError::Circuit(error.to_string()))?;
        circuit.validate()?;
        Ok(circuit)
    }

    fn validate(&self) -> Result<(), FheError> {
        let wrong = |why: String| Err(FheError::Circuit(why));
        if self.version != VERSION {
            return wrong(format!("version {} is not known here", self.version));
        }
        if self.vectors.is_empty() || self.vectors.len() > MAX_VECTORS {
            return wrong(format!("it has {} vectors; 1 to {MAX_VECTORS} are allowed", self.vectors.len()));
        }
        if self.ops.is_empty() || self.ops.len() > MAX_OPS {
            return wrong(format!("it has {} operations; 1 to {MAX_OPS} are allowed", self.ops.len()));
        }
        for (at, op) in self.ops.iter().enumerate() {
            if let Some(value) = op.values().into_iter().find(|value| *value >= self.vectors.len() + at) {
                return wrong(format!("operation {at} names value {value}, which is not there yet"));
            }
            if let Some(number) = op.plain().iter().find(|number| !self.integers.holds(**number)) {
                return wrong(format!("operation {at}: {number} does not fit {} bits", self.integers.bits()));
            }
            if matches!(op, Op::DivPlain { by: 0, .. }) {
                return wrong(format!("operation {at} divides by 0"));
            }
        }
        Ok(())
    }
}

impl Op {
    /// The values it takes.
    pub fn values(&self) -> Vec<usize> {
        match self {
            Self::Add { a, b } | Self::Sub { a, b } | Self::Mul { a, b } => vec![*a, *b],
            Self::AddPlain { a, .. }
            | Self::MulPlain { a, .. }
            | Self::DivPlain { a, .. }
            | Self::Sum { a }
            | Self::Compare { a, .. } => vec![*a],
        }
    }

    /// Its plain numbers.
    pub fn plain(&self) -> &[i64] {
        match self {
            Self::AddPlain { by, .. } | Self::MulPlain { by, .. } => by,
            Self::DivPlain { by, .. } => std::slice::from_ref(by),
            Self::Compare { than, .. } => std::slice::from_ref(than),
            _ => &[],
        }
    }
}

/// A server key and encrypted vectors, as they lie in the input artifact: the magic, then the key, the number of vectors,
/// and of each the number of its ciphertexts and these. Keys and ciphertexts follow their length; all of these counts
/// are u32, little-endian.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Bundle<'a> {
    /// The compressed server key.
    pub server_key: &'a [u8],
    /// One ciphertext for each number.
    pub vectors: Vec<Vec<&'a [u8]>>,
}

impl<'a> Bundle<'a> {
    /// Finds the parts of a bundle, within bounds. Whether they are keys and ciphertexts is seen later.
    ///
    /// # Errors
    /// [`FheError::Bundle`].
    pub fn parse(bytes: &'a [u8]) -> Result<Self, FheError> {
        let wrong = |why: &str| FheError::Bundle(why.to_owned());
        let mut rest = bytes.strip_prefix(MAGIC).ok_or_else(|| wrong("it does not begin like one"))?;
        let server_key = sized(&mut rest, MAX_KEY_BYTES)?;
        let count = count(&mut rest, MAX_VECTORS)?;
        let mut vectors = Vec::with_capacity(count);
        for _ in 0..count {
            let length = self::count(&mut rest, MAX_LENGTH)?;
            vectors.push((0..length).map(|_| sized(&mut rest, MAX_NUMBER_BYTES)).collect::<Result<_, _>>()?);
        }
        if !rest.is_empty() {
            return Err(wrong("something follows its end"));
        }
        Ok(Self { server_key, vectors })
    }

    /// The bytes of the input artifact.
    pub fn to_bytes(&self) -> Vec<u8> {
        let mut bytes = MAGIC.to_vec();
        let put = |bytes: &mut Vec<u8>, part: &[u8]| {
            bytes.extend((part.len() as u32).to_le_bytes());
            bytes.extend(part);
        };
        put(&mut bytes, self.server_key);
        bytes.extend((self.vectors.len() as u32).to_le_bytes());
        for vector in &self.vectors {
            bytes.extend((vector.len() as u32).to_le_bytes());
            vector.iter().for_each(|number| put(&mut bytes, number));
        }
        bytes
    }
}

/// The ciphertexts of a unit's output: each after its length, u32 little-endian.
pub fn output(numbers: &[Vec<u8>]) -> Vec<u8> {
    numbers
        .iter()
        .flat_map(|number| (number.len() as u32).to_le_bytes().into_iter().chain(number.iter().copied()))
        .collect()
}

/// The ciphertexts in a unit's output.
///
/// # Errors
/// [`FheError::Ciphertext`] where it is none.
pub fn read_output(mut bytes: &[u8]) -> Result<Vec<&[u8]>, FheError> {
    let mut numbers = vec![];
    while !bytes.is_empty() {
        let number = sized(&mut bytes, MAX_NUMBER_BYTES);
        numbers
            .push(number.map_err(|_| FheError::Ciphertext("the output is cut short or no encrypted one".to_owned()))?);
    }
    Ok(numbers)
}

fn count(rest: &mut &[u8], most: usize) -> Result<usize, FheError> {
    let (head, tail) = rest.split_first_chunk::<4>().ok_or_else(|| FheError::Bundle("it is cut short".to_owned()))?;
    *rest = tail;
    let count = u32::from_le_bytes(*head) as usize;
    if count == 0 || count > most {
        return Err(FheError::Bundle(format!("it counts {count} where 1 to {most} are allowed")));
    }
    Ok(count)
}

fn sized<'a>(rest: &mut &'a [u8], most: usize) -> Result<&'a [u8], FheError> {
    let length = count(rest, most)?;
    let (head, tail) = rest.split_at_checked(length).ok_or_else(|| FheError::Bundle("it is cut short".to_owned()))?;
    *rest = tail;
    Ok(head)
}
