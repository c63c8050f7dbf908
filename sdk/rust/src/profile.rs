//! The device profile: what a machine is and how fast, measured by its node and signed by its operator.
//!
//! A JSON document of two fields. `signature` is the operator's Ed25519 signature (base58) over [`DOMAIN`] followed by
//! `profile` in its RFC 8785 canonical form. All numbers fit in 53 bits, so that every JSON implementation reads and
//! canonicalises them alike. It proves who said it, not that it is so: a verified device (`verify_device`) is one that
//! somebody else looked at.

use serde::{Deserialize, Serialize};
use solana_sdk::{pubkey::Pubkey, signature::Signature, signer::Signer};

use crate::escrow::Capabilities;

/// The one version that this code writes and reads.
pub const VERSION: u32 = 1;
/// What a signature begins with, so that it is good for nothing else.
pub const DOMAIN: &[u8] = b"assay:profile:";
/// Largest document, in bytes.
pub const MAX_DOCUMENT_BYTES: usize = 64 * 1024;
/// Largest number: 2^53 - 1.
const MAX_NUMBER: u64 = (1 << 53) - 1;
const MIB_PER_GIB: u64 = 1024;

/// A machine as its node found it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Profile {
    /// [`VERSION`].
    pub version: u32,
    /// Whose machine it is, base58; who signs.
    pub operator: String,
    /// When it was measured, unix seconds.
    pub measured_at: u64,
    /// 32 random bytes, hex: no two profiles are alike, however alike the machines.
    pub nonce: String,
    /// What it is.
    pub hardware: Hardware,
    /// How fast it is.
    pub speed: Speed,
}

/// What a machine is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Hardware {
    /// The processor.
    pub cpu: Cpu,
    /// Memory in MiB that a process here may use: what is built in, or less if its cgroup says so.
    pub memory_mib: u64,
    /// Memory in MiB that is built in.
    pub memory_built_in_mib: u64,
    /// The disk that the node's data are on, in MiB.
    pub disk_mib: u64,
    /// What was free of it.
    pub disk_free_mib: u64,
    /// GPUs, as their driver tells them.
    pub gpus: Vec<Gpu>,
}

/// A processor.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Cpu {
    /// Its name; empty where the system does not tell.
    pub model: String,
    /// Its instruction set, such as `x86_64`.
    pub architecture: String,
    /// Extensions of it that count for computing, such as `avx2`.
    pub features: Vec<String>,
    /// Logical cores that a process here may use: what is built in, or less if affinity or its cgroup say so.
    pub cores: u16,
    /// Logical cores that are built in.
    pub cores_built_in: u16,
}

/// A GPU.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Gpu {
    /// Its name, such as `NVIDIA H100 80GB HBM3`.
    pub model: String,
    /// Its memory in MiB.
    pub memory_mib: u64,
    /// Version of the driver.
    pub driver: String,
}

/// How fast a machine is.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Speed {
    /// The engine that burned the fuel, with its version.
    pub engine: String,
    /// Fuel that one core burns in a second.
    pub fuel_per_second_one_core: u64,
    /// Fuel that all cores burn in a second, at once.
    pub fuel_per_second_all_cores: u64,
    /// MiB that one core copies in memory in a second.
    pub memory_mib_per_second: u64,
    /// MiB that the data's disk takes in a second, written through.
    pub disk_mib_per_second: u64,
}

/// A profile with its operator's signature.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Signed {
    /// What is signed.
    pub profile: Profile,
    /// By whom `profile.operator` says, base58.
    pub signature: String,
}

/// Why a document is no signed profile.
#[derive(Debug, thiserror::Error)]
pub enum ProfileError {
    /// Longer than [`MAX_DOCUMENT_BYTES`].
    #[error("the profile is {0} bytes long; none is longer than {MAX_DOCUMENT_BYTES}: is it another file?")]
    TooLong(usize),
    /// Not JSON, a field missing, unknown or of a wrong type.
    #[error("this is no device profile: {0}; a node writes one with `assay operator profile --measure`")]
    Malformed(#[from] serde_json::Error),
    /// A version that this code does not know.
    #[error("profile version {0} is not known here; update Assay")]
    UnknownVersion(u32),
    /// A field that cannot be right.
    #[error("`{0}` of the profile is not what it must be; measure again with `assay operator profile --measure`")]
    BadField(&'static str),
    /// Somebody else's, or changed since.
    #[error("the signature is not {0}'s over this profile: it was changed, or is another machine's; ask for a new one")]
    BadSignature(String),
    /// Another operator's than was asked for.
    #[error("the profile is {found}'s, not {expected}'s; ask the right operator for it")]
    OtherOperator {
        /// Whose it is.
        found: String,
        /// Whose it should be.
        expected: Pubkey,
    },
    /// The wallet does not sign.
    #[error("the wallet does not sign the profile: {0}; use a key file")]
    Unsigned(String),
}

impl Profile {
    /// What is signed.
    ///
    /// # Errors
    /// [`ProfileError::Malformed`] should it not be JSON, which no profile causes.
    fn message(&self) -> Result<Vec<u8>, ProfileError> {
        let mut message = DOMAIN.to_vec();
        message.extend(serde_jcs::to_vec(self)?);
        Ok(message)
    }

    /// Sign it. The wallet must be the operator's.
    ///
    /// # Errors
    /// [`ProfileError::OtherOperator`] for another wallet, [`ProfileError::Unsigned`] when it does not sign.
    pub fn sign(self, wallet: &dyn Signer) -> Result<Signed, ProfileError> {
        self.validate()?;
        let operator = wallet.try_pubkey().map_err(|why| ProfileError::Unsigned(why.to_string()))?;
        if self.operator != operator.to_string() {
            return Err(ProfileError::OtherOperator { found: self.operator, expected: operator });
        }
        let signature = wallet.try_sign_message(&self.message()?);
        let signature = signature.map_err(|why| ProfileError::Unsigned(why.to_string()))?.to_string();
        Ok(Signed { profile: self, signature })
    }

    fn validate(&self) -> Result<(), ProfileError> {
        let Self { hardware: Hardware { cpu, .. }, speed, .. } = self;
        if self.version != VERSION {
            return Err(ProfileError::UnknownVersion(self.version));
        }
        let numbers = [
            ("measured_at", self.measured_at),
            ("hardware.memory_mib", self.hardware.memory_mib),
            ("hardware.memory_built_in_mib", self.hardware.memory_built_in_mib),
            ("hardware.disk_mib", self.hardware.disk_mib),
            ("hardware.disk_free_mib", self.hardware.disk_free_mib),
            ("speed.fuel_per_second_one_core", speed.fuel_per_second_one_core),
            ("speed.fuel_per_second_all_cores", speed.fuel_per_second_all_cores),
            ("speed.memory_mib_per_second", speed.memory_mib_per_second),
            ("speed.disk_mib_per_second", speed.disk_mib_per_second),
        ];
        let large = numbers.into_iter().find(|(_, number)| *number > MAX_NUMBER);
        let nonce = self.nonce.len() == 64 && self.nonce.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f'));
        let gpus = self.hardware.gpus.iter().all(|gpu| gpu.memory_mib <= MAX_NUMBER);
        let bad = match () {
            () if large.is_some() => large.map(|(name, _)| name),
            () if !nonce => Some("nonce"),
            () if !gpus => Some("hardware.gpus"),
            () if cpu.cores == 0 || cpu.cores > cpu.cores_built_in => Some("hardware.cpu.cores"),
            () if self.hardware.memory_mib == 0 => Some("hardware.memory_mib"),
            () => None,
        };
        bad.map_or(Ok(()), |field| Err(ProfileError::BadField(field)))
    }
}

impl Signed {
    /// Read one and verify it, for any operator.
    ///
    /// # Errors
    /// [`ProfileError`], which says what is wrong with it.
    pub fn parse(document: &[u8]) -> Result<Self, ProfileError> {
        if document.len() > MAX_DOCUMENT_BYTES {
            return Err(ProfileError::TooLong(document.len()));
        }
        let signed: Self = serde_json::from_slice(document)?;
        signed.verify()?;
        Ok(signed)
    }

    /// Whether its operator signed it as it is; returns who that is.
    ///
    /// # Errors
    /// [`ProfileError`], which says what is wrong with it.
    pub fn verify(&self) -> Result<Pubkey, ProfileError> {
        self.profile.validate()?;
        let operator: Pubkey = self.profile.operator.parse().map_err(|_| ProfileError::BadField("operator"))?;
        let signature: Signature = self.signature.parse().map_err(|_| ProfileError::BadField("signature"))?;
        if !signature.verify(operator.as_ref(), &self.profile.message()?) {
            return Err(ProfileError::BadSignature(self.profile.operator.clone()));
        }
        Ok(operator)
    }

    /// [`Signed::verify`], and it is this operator's.
    ///
    /// # Errors
    /// As there, and [`ProfileError::OtherOperator`].
    pub fn verify_of(&self, expected: &Pubkey) -> Result<(), ProfileError> {
        match self.verify()? {
            operator if operator == *expected => Ok(()),
            operator => Err(ProfileError::OtherOperator { found: operator.to_string(), expected: *expected }),
        }
    }

    /// The document, indented for people.
    ///
    /// # Errors
    /// [`ProfileError::Malformed`] should it not be JSON, which no profile causes.
    pub fn to_json(&self) -> Result<String, ProfileError> {
        Ok(serde_json::to_string_pretty(self)? + "\n")
    }
}

impl Hardware {
    /// What its device says on chain, with these engines. Of unlike GPUs the most numerous ones count.
    pub fn capabilities(&self, engines: u8) -> Capabilities {
        let most = self.gpus.iter().map(|gpu| code(&gpu.model)).max_by_key(|code| self.of(*code).count());
        let gpus = most.map_or(0, |code| u8::try_from(self.of(code).count()).unwrap_or(u8::MAX));
        let smallest = most.and_then(|code| self.of(code).map(|gpu| gpu.memory_mib).min());
        Capabilities {
            engines,
            cores: self.cpu.cores,
            memory_mib: narrow(self.memory_mib),
            disk_gib: narrow(self.disk_mib / MIB_PER_GIB),
            gpus,
            gpu_memory_mib: narrow(smallest.unwrap_or(0)),
            gpu_model: most.unwrap_or_default(),
            ..Capabilities::default()
        }
    }

    fn of(&self, model: [u8; 4]) -> impl Iterator<Item = &Gpu> {
        self.gpus.iter().filter(move |gpu| code(&gpu.model) == model)
    }
}

/// A GPU's model as the chain writes it: the first word with a digit in it, cut to four of `A-Z0-9`; zeros if there is
/// none.
fn code(model: &str) -> [u8; 4] {
    let words = model.split(|c: char| !c.is_ascii_alphanumeric());
    let word = words.into_iter().find(|word| word.bytes().any(|b| b.is_ascii_digit())).unwrap_or_default();
    let mut code = [0; 4];
    for (to, from) in code.iter_mut().zip(word.bytes()) {
        *to = from.to_ascii_uppercase();
    }
    code
}

fn narrow(number: u64) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests;
