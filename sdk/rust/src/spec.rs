//! The job spec: what a requester asks to be computed, and the hash that binds it on chain.
//!
//! A spec is a JSON document. Its hash is the sha256 of its RFC 8785 canonical form *with the defaults filled in*:
//! key order, white space and leaving out `args` or `seed` do not change it. All numbers fit in 53 bits, so that every
//! JSON implementation reads and canonicalises them alike.

use assay_escrow::{ENGINE_OCI, ENGINE_TFHE, ENGINE_WASM};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

/// How a uri may begin.
const SCHEMES: [&str; 5] = ["http://", "https://", "s3://", "ipfs://", "file:///"];
/// The one spec version this code reads.
pub const VERSION: u32 = 1;
/// Largest accepted document, in bytes.
pub const MAX_DOCUMENT_BYTES: usize = 64 * 1024;
/// Longest `name`, in characters.
pub const MAX_NAME_CHARS: usize = 128;
/// Longest artifact `uri`, in bytes.
pub const MAX_URI_BYTES: usize = 2048;
/// Most units in one job.
pub const MAX_UNITS: u64 = 1 << 32;
/// Most extra arguments.
pub const MAX_ARGS: usize = 256;
/// All arguments together, in bytes.
pub const MAX_ARGS_BYTES: usize = 16 * 1024;
/// Most fuel for one unit.
pub const MAX_FUEL: u64 = 1_000_000_000_000;
/// Most linear memory for one unit, in MiB.
pub const MAX_MEMORY_MIB: u32 = 1024;
/// Longest program that nodes take, in bytes.
pub const MAX_PROGRAM_BYTES: u64 = 64 << 20;
/// Longest input that nodes take, in bytes.
pub const MAX_INPUT_BYTES: u64 = 128 << 20;
/// Longest output of one unit, in bytes.
pub const MAX_OUTPUT_BYTES: u64 = 16 * 1024 * 1024;
/// Largest seed: 2^53 - 1, the largest integer every JSON implementation keeps exactly.
pub const MAX_SEED: u64 = (1 << 53) - 1;

/// A job, as its requester wrote it. Build one with [`JobSpec::parse`]; one built by hand must pass
/// [`JobSpec::validate`] before it is hashed or run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JobSpec {
    /// Version of the spec's format: [`VERSION`].
    pub version: u32,
    /// A name for people, shown in lists.
    pub name: String,
    /// What runs the program.
    pub engine: Engine,
    /// The program, the same for all units.
    pub program: Artifact,
    /// The standard input, the same for all units.
    pub input: Artifact,
    /// How many independent pieces the job has.
    pub units: u64,
    /// Arguments after `job <unit> <units>`.
    #[serde(default)]
    pub args: Vec<String>,
    /// What one unit may use.
    pub limits: Limits,
    /// Seed of the units' random numbers.
    #[serde(default)]
    pub seed: u64,
}

/// What runs the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Engine {
    /// A `wasm32-wasip1` command.
    Wasm,
    /// A container: an image in an archive of `docker save`.
    Oci,
    /// Computing on ciphertexts: a circuit on a bundle of `assay-fhe`.
    Tfhe,
}

impl Engine {
    /// All there are, in the order of their numbers.
    pub const ALL: [Self; 3] = [Self::Wasm, Self::Oci, Self::Tfhe];

    /// Its number on chain: the bit in a machine's `Capabilities::engines`, and a job's `Requirements::engine`.
    pub const fn number(self) -> u8 {
        match self {
            Self::Wasm => ENGINE_WASM,
            Self::Oci => ENGINE_OCI,
            Self::Tfhe => ENGINE_TFHE,
        }
    }

    /// Its bit in a machine's `Capabilities::engines`.
    pub const fn bit(self) -> u8 {
        1 << self.number()
    }

    /// Its name in specs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Wasm => "wasm",
            Self::Oci => "oci",
            Self::Tfhe => "tfhe",
        }
    }
}

impl std::str::FromStr for Engine {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let named = Self::ALL.into_iter().find(|engine| engine.name() == text);
        named.ok_or_else(|| format!("{text:?} is no engine: there are wasm, oci and tfhe"))
    }
}

/// A file named by where it can be fetched and by what it must be.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Artifact {
    /// `http://`, `https://`, `s3://`, `ipfs://` or `file:///`.
    pub uri: String,
    /// sha256 of the content, 64 lower-case hex digits; of what is encrypted, the sha256 of what it decrypts to.
    pub sha256: String,
    /// How what is at the uri is encrypted; not at all if not given, and then not written, so that specs keep their hashes.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub encryption: Option<Encryption>,
}

/// How a file is encrypted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Encryption {
    /// As an age file, to the wallets that may read it.
    Age,
}

/// What one unit may use; more than that fails the job on every machine alike.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Limits {
    /// Fuel: about one per WebAssembly instruction; for `tfhe` one per bootstrap; for `oci` the unit's time, see
    /// docs/engines.md.
    pub fuel: u64,
    /// Memory, in MiB: linear memory, the container's, or the keys' and ciphertexts'.
    pub memory_mib: u32,
    /// Standard output, in bytes.
    pub output_bytes: u64,
}

/// Why a document is not a job spec.
#[derive(Debug, thiserror::Error)]
pub enum SpecError {
    /// Longer than [`MAX_DOCUMENT_BYTES`].
    #[error("the spec is {0} bytes long; keep it under {MAX_DOCUMENT_BYTES} and put data into the input artifact")]
    TooLong(usize),
    /// Not JSON, a field missing, unknown or of a wrong type.
    #[error("the spec is not a job spec: {0}; compare it with job-spec.schema.json")]
    Malformed(#[from] serde_json::Error),
    /// A version this code does not know.
    #[error("spec version {0} is not known here; write \"version\": {VERSION}, or update Assay")]
    UnknownVersion(u32),
    /// An empty, too long or unprintable name.
    #[error("`name` must have 1 to {MAX_NAME_CHARS} printable characters")]
    BadName,
    /// A hash that is not 64 lower-case hex digits.
    #[error("`{field}.sha256` must be 64 lower-case hex digits (as `sha256sum` prints them), not {found:?}")]
    BadHash {
        /// `program` or `input`.
        field: &'static str,
        /// What was found.
        found: String,
    },
    /// A uri that cannot be fetched.
    #[error("`{field}.uri` must start with {}, and have no spaces, not {found:?}", SCHEMES.join(", "))]
    BadUri {
        /// `program` or `input`.
        field: &'static str,
        /// What was found.
        found: String,
    },
    /// No units, or more than [`MAX_UNITS`].
    #[error("`units` is {0}; it must be 1 to {MAX_UNITS}")]
    BadUnits(u64),
    /// Too many or too long arguments, or one with a NUL in it.
    #[error(
        "`args` must be at most {MAX_ARGS} strings of {MAX_ARGS_BYTES} bytes together, none with a NUL; put more into the input"
    )]
    BadArgs,
    /// A limit of zero or above its cap.
    #[error("`limits.{field}` is {found}; it must be 1 to {max}")]
    BadLimit {
        /// Which limit.
        field: &'static str,
        /// What was found.
        found: u64,
        /// The cap.
        max: u64,
    },
    /// A seed above [`MAX_SEED`].
    #[error("`seed` is {0}; it must be at most {MAX_SEED} (2^53 - 1)")]
    BadSeed(u64),
    /// The document is a valid spec, but not the one that was agreed on.
    #[error("the spec's hash is {found}, but {expected} was agreed on; fetch the right document or post the job again")]
    HashMismatch {
        /// The agreed hash, hex.
        expected: String,
        /// The document's hash, hex.
        found: String,
    },
}

impl JobSpec {
    /// Reads and validates a document.
    pub fn parse(bytes: &[u8]) -> Result<Self, SpecError> {
        if bytes.len() > MAX_DOCUMENT_BYTES {
            return Err(SpecError::TooLong(bytes.len()));
        }
        let spec: Self = serde_json::from_slice(bytes)?;
        spec.validate()?;
        Ok(spec)
    }

    /// Reads and validates a document and checks that it is the one with this hash (as stored in the job's account).
    pub fn parse_expecting(bytes: &[u8], hash: &[u8; 32]) -> Result<Self, SpecError> {
        let spec = Self::parse(bytes)?;
        let found = spec.hash();
        if found != *hash {
            return Err(SpecError::HashMismatch { expected: hex::encode(hash), found: hex::encode(found) });
        }
        Ok(spec)
    }

    /// Checks every field against its bounds.
    pub fn validate(&self) -> Result<(), SpecError> {
        if self.version != VERSION {
            return Err(SpecError::UnknownVersion(self.version));
        }
        let name_chars = self.name.chars().count();
        if name_chars == 0 || name_chars > MAX_NAME_CHARS || self.name.chars().any(char::is_control) {
            return Err(SpecError::BadName);
        }
        self.program.validate("program")?;
        self.input.validate("input")?;
        if self.units == 0 || self.units > MAX_UNITS {
            return Err(SpecError::BadUnits(self.units));
        }
        let args_bytes: usize = self.args.iter().map(String::len).sum();
        if self.args.len() > MAX_ARGS || args_bytes > MAX_ARGS_BYTES || self.args.iter().any(|a| a.contains('\0')) {
            return Err(SpecError::BadArgs);
        }
        self.limits.validate()?;
        if self.seed > MAX_SEED {
            return Err(SpecError::BadSeed(self.seed));
        }
        Ok(())
    }

    /// The RFC 8785 canonical form, defaults filled in.
    pub fn canonical(&self) -> Vec<u8> {
        serde_jcs::to_vec(self).expect("a spec is made of strings, integers and lists, which always serialize")
    }

    /// Whether its results are for its requester alone: those of an encrypted input are.
    pub fn is_private(&self) -> bool {
        self.input.encryption.is_some()
    }

    /// sha256 of [`JobSpec::canonical`]: the spec hash in the job's account.
    pub fn hash(&self) -> [u8; 32] {
        Sha256::digest(self.canonical()).into()
    }
}

impl Artifact {
    /// The content's sha256 as bytes.
    ///
    /// # Errors
    /// [`SpecError::BadHash`] for a hand-built artifact whose `sha256` is not 64 lower-case hex digits.
    pub fn sha256_bytes(&self) -> Result<[u8; 32], SpecError> {
        self.hash_of("artifact")
    }

    fn hash_of(&self, field: &'static str) -> Result<[u8; 32], SpecError> {
        let bad = || SpecError::BadHash { field, found: self.sha256.clone() };
        // hex::decode takes upper case too, which would give one content two spec hashes.
        if self.sha256.bytes().any(|b| b.is_ascii_uppercase()) {
            return Err(bad());
        }
        let mut hash = [0; 32];
        hex::decode_to_slice(&self.sha256, &mut hash).map_err(|_| bad())?;
        Ok(hash)
    }

    fn validate(&self, field: &'static str) -> Result<(), SpecError> {
        self.hash_of(field)?;
        let rest = SCHEMES.iter().find_map(|scheme| self.uri.strip_prefix(scheme));
        let clean = !self.uri.chars().any(|c| c.is_control() || c.is_whitespace());
        if self.uri.len() > MAX_URI_BYTES || !clean || rest.is_none_or(str::is_empty) {
            return Err(SpecError::BadUri { field, found: self.uri.chars().take(200).collect() });
        }
        Ok(())
    }
}

impl Limits {
    fn validate(&self) -> Result<(), SpecError> {
        let limits = [
            ("fuel", self.fuel, MAX_FUEL),
            ("memory_mib", self.memory_mib.into(), MAX_MEMORY_MIB.into()),
            ("output_bytes", self.output_bytes, MAX_OUTPUT_BYTES),
        ];
        for (field, found, max) in limits {
            if found == 0 || found > max {
                return Err(SpecError::BadLimit { field, found, max });
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests;
