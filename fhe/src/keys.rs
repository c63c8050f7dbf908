//! Keys, encryption and decryption of encrypted jobs: what a requester does, and what nodes need to read both.
//!
//! All parameters are pinned: a key or ciphertext of others is refused before anything is computed with it.

pub use tfhe;

use tfhe::{
    ClientKey, CompressedFheInt16, CompressedFheInt32, CompressedFheInt64, CompressedServerKey, Config, ConfigBuilder,
    DeserializationConfig, FheInt16, FheInt32, FheInt64, ServerKey, Versionize,
    integer::{IntegerCiphertext, SignedRadixCiphertext},
    named::Named,
    prelude::{FheDecrypt, FheTryEncrypt},
    safe_serialization::safe_serialize,
    shortint::parameters::Degree,
    shortint::parameters::PARAM_MESSAGE_2_CARRY_2_KS_PBS_TUNIFORM_2M128 as PARAMETERS,
};

use super::{FheError, Integers, MAX_KEY_BYTES, MAX_NUMBER_BYTES};

/// Longest client key, in bytes.
const MAX_CLIENT_KEY_BYTES: u64 = 1 << 20;

/// The pinned parameters: 128 bits of security, computation that goes wrong less often than once in 2^128 bootstraps.
pub fn config() -> Config {
    // Nothing here draws encrypted random numbers, and their key would be half of the server key.
    ConfigBuilder::with_custom_parameters(PARAMETERS).use_dedicated_oprf_key(false).build()
}

/// A requester's keys, as files hold them.
pub struct Keys {
    /// Decrypts: it stays with the requester.
    pub client: Vec<u8>,
    /// Computes: it goes to the nodes.
    pub server: Vec<u8>,
}

/// New keys, from the system's random numbers.
///
/// # Errors
/// [`FheError::Key`] where one is longer than may be, which would be a fault of this code.
pub fn generate() -> Result<Keys, FheError> {
    let client = ClientKey::generate(config());
    let server = CompressedServerKey::new(&client);
    let long = |key| move |why: String| FheError::Key { key, why };
    Ok(Keys {
        client: write(&client, MAX_CLIENT_KEY_BYTES).map_err(long("client"))?,
        server: write(&server, MAX_KEY_BYTES as u64).map_err(long("server"))?,
    })
}

/// Reads a client key.
///
/// # Errors
/// [`FheError::Key`].
pub fn client_key(bytes: &[u8]) -> Result<ClientKey, FheError> {
    let wrong = |why: String| FheError::Key { key: "client", why };
    let limits = DeserializationConfig::new(MAX_CLIENT_KEY_BYTES).disable_conformance();
    let key: ClientKey = limits.deserialize_from(bytes).map_err(wrong)?;
    if key.computation_parameters() != PARAMETERS.into() {
        return Err(wrong("it is of other parameters".to_owned()));
    }
    Ok(key)
}

/// Reads a server key, whose author may be anybody: its length and all its parameters are checked before it is used.
///
/// # Errors
/// [`FheError::Key`].
pub fn server_key(bytes: &[u8]) -> Result<ServerKey, FheError> {
    let limits = DeserializationConfig::new(MAX_KEY_BYTES as u64);
    let key: CompressedServerKey =
        limits.deserialize_from(bytes, &config().into()).map_err(|why| FheError::Key { key: "server", why })?;
    Ok(key.decompress())
}

/// Encrypts numbers, one ciphertext each.
///
/// # Errors
/// [`FheError::DoesNotFit`].
pub fn encrypt(key: &ClientKey, integers: Integers, numbers: &[i64]) -> Result<Vec<Vec<u8>>, FheError> {
    let encrypt = |number: &i64| {
        if !integers.holds(*number) {
            return Err(FheError::DoesNotFit { number: *number, bits: integers.bits() });
        }
        match integers {
            Integers::Int16 => int16::encrypt(*number as i16, key),
            Integers::Int32 => int32::encrypt(*number as i32, key),
            Integers::Int64 => int64::encrypt(*number, key),
        }
    };
    numbers.iter().map(encrypt).collect()
}

/// Reads a ciphertext, whose author may be anybody. The thread must have the server key set.
///
/// # Errors
/// [`FheError::Ciphertext`].
pub fn open(integers: Integers, bytes: &[u8]) -> Result<SignedRadixCiphertext, FheError> {
    Ok(match integers {
        Integers::Int16 => int16::read(bytes)?.into_raw_parts().0,
        Integers::Int32 => int32::read(bytes)?.into_raw_parts().0,
        Integers::Int64 => int64::read(bytes)?.into_raw_parts().0,
    })
}

/// Writes a ciphertext, compressed. The thread must have the server key set.
///
/// # Errors
/// [`FheError::Ciphertext`] where it is longer than may be, which would be a fault of this code.
pub fn close(integers: Integers, mut number: SignedRadixCiphertext) -> Result<Vec<u8>, FheError> {
    // Whoever reads it expects that each block may be anything, also where the library knows better, as it does of answers
    // to comparisons.
    let widest = Degree::new(PARAMETERS.message_modulus.0 - 1);
    number.blocks_mut().iter_mut().for_each(|block| block.degree = widest);
    match integers {
        Integers::Int16 => int16::close(number),
        Integers::Int32 => int32::close(number),
        Integers::Int64 => int64::close(number),
    }
}

/// Decrypts ciphertexts of a node's output. `server` is this pair's too: outputs are compressed.
///
/// # Errors
/// [`FheError::Ciphertext`].
pub fn decrypt(
    key: &ClientKey,
    server: &ServerKey,
    integers: Integers,
    numbers: &[&[u8]],
) -> Result<Vec<i64>, FheError> {
    let decrypt = |bytes: &&[u8]| -> Result<i64, FheError> {
        Ok(match integers {
            Integers::Int16 => FheDecrypt::<i16>::decrypt(&int16::read(bytes)?, key).into(),
            Integers::Int32 => FheDecrypt::<i32>::decrypt(&int32::read(bytes)?, key).into(),
            Integers::Int64 => FheDecrypt::<i64>::decrypt(&int64::read(bytes)?, key),
        })
    };
    tfhe::with_server_key_as_context(server.clone(), || numbers.iter().map(decrypt).collect())
}

/// Reading and writing of one width. The library's types of widths have no names that generic code could bound.
macro_rules! width {
    ($name:ident, $plain:ty, $whole:ty, $compressed:ty) => {
        mod $name {
            use super::*;

            pub fn encrypt(number: $plain, key: &ClientKey) -> Result<Vec<u8>, FheError> {
                let number = <$compressed>::try_encrypt(number, key);
                let number = number.map_err(|error| FheError::Ciphertext(error.to_string()))?;
                write(&number, MAX_NUMBER_BYTES as u64).map_err(FheError::Ciphertext)
            }

            pub fn read(bytes: &[u8]) -> Result<$whole, FheError> {
                let limits = DeserializationConfig::new(MAX_NUMBER_BYTES as u64);
                let number: $compressed =
                    limits.deserialize_from(bytes, &PARAMETERS.into()).map_err(FheError::Ciphertext)?;
                Ok(number.decompress())
            }

            pub fn close(number: SignedRadixCiphertext) -> Result<Vec<u8>, FheError> {
                let number =
                    <$whole>::from_raw_parts(number, Default::default(), Default::default(), Default::default());
                write(&number.compress(), MAX_NUMBER_BYTES as u64).map_err(FheError::Ciphertext)
            }
        }
    };
}

width!(int16, i16, FheInt16, CompressedFheInt16);
width!(int32, i32, FheInt32, CompressedFheInt32);
width!(int64, i64, FheInt64, CompressedFheInt64);

fn write<T: serde::Serialize + Versionize + Named>(value: &T, most: u64) -> Result<Vec<u8>, String> {
    let mut bytes = vec![];
    safe_serialize(value, &mut bytes, most).map_err(|error| error.to_string())?;
    Ok(bytes)
}
