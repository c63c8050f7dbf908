//! What only named wallets can read: age files (<https://age-encryption.org/v1>), encrypted to Solana keys.
//!
//! A wallet's Ed25519 key stands for one X25519 key, by the birational map between the two curves (RFC 7748, section 4.1):
//! whoever holds the wallet's secret holds the other's too, and whoever knows the address can encrypt to it. In the file it is
//! an ordinary X25519 recipient of age's, which does not tell whose it is.

use std::io::{Read, Write};

use age::{Decryptor, Encryptor, x25519};
use bech32::{ToBase32, Variant};
use curve25519_dalek::edwards::CompressedEdwardsY;
use sha2::{Digest, Sha512};
use solana_sdk::{instruction::Instruction, pubkey::Pubkey, signature::Keypair};
use zeroize::{Zeroize, Zeroizing};

/// How every such file begins.
pub const MAGIC: &[u8] = b"age-encryption.org/v1\n";
/// Most wallets that a file is encrypted to. Each takes about 100 bytes.
pub const MAX_READERS: usize = 64;
/// Longest file, beyond what it decrypts to, in bytes: the header, and 16 for each 64 KiB.
const OVERHEAD: u64 = 64 * 1024;

/// The memo program, which keeps a note in a transaction.
pub const MEMO: Pubkey = solana_sdk::pubkey!("MemoSq4gqABAXKb96qnH8TysNcWxMyWCqXgDLGmfcHr");
/// How the note begins that says where a private result is.
const NOTE: &str = "assay:private:";

/// Why something is not encrypted, or not decrypted.
#[derive(Debug, thiserror::Error)]
pub enum PrivateError {
    /// The address is a program's, or no key that can be encrypted to.
    #[error("{0} is not a wallet's key: nothing can be encrypted to it; name a wallet that has a keypair")]
    NoKey(Pubkey),
    /// Nobody, or too many.
    #[error("name 1 to {MAX_READERS} wallets that may read it, not {0}")]
    Readers(usize),
    /// It is for others.
    #[error("it is not encrypted to this wallet: ask whoever encrypted it to add {0}")]
    NotForYou(Pubkey),
    /// It is longer than expected once decrypted.
    #[error("it decrypts to more than {0} bytes; split the data over several jobs")]
    TooLarge(u64),
    /// Not an age file, or a damaged one.
    #[error("it is no whole age file ({0}): fetch it again, or encrypt it again")]
    Damaged(String),
}

/// A wallet's key to what is encrypted to it. Never shown.
#[derive(Clone)]
pub struct Key {
    wallet: Pubkey,
    identity: x25519::Identity,
}

impl std::fmt::Debug for Key {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Key").field("wallet", &self.wallet).finish_non_exhaustive()
    }
}

impl Key {
    /// Of a wallet.
    ///
    /// # Errors
    /// [`PrivateError::NoKey`] if age does not take the key, which no wallet's is.
    pub fn new(wallet: &Keypair) -> Result<Self, PrivateError> {
        use solana_sdk::signer::Signer;
        let address = wallet.pubkey();
        // As Ed25519 itself makes its scalar of a seed (RFC 8032, section 5.1.5); X25519 clamps it alike.
        let mut hash: [u8; 64] = Sha512::digest(Zeroizing::new(*wallet.secret_bytes())).into();
        let secret = Zeroizing::new(bech32("age-secret-key-", &hash[..32])?.to_uppercase());
        hash.zeroize();
        let identity = secret.parse().map_err(|_| PrivateError::NoKey(address))?;
        Ok(Self { wallet: address, identity })
    }

    /// Whose it is.
    pub fn wallet(&self) -> Pubkey {
        self.wallet
    }

    /// Decrypts a file that comes to at most `limit` bytes.
    ///
    /// # Errors
    /// [`PrivateError::NotForYou`], [`PrivateError::TooLarge`], [`PrivateError::Damaged`].
    pub fn open(&self, file: &[u8], limit: u64) -> Result<Vec<u8>, PrivateError> {
        let identity: &dyn age::Identity = &self.identity;
        let decryptor = Decryptor::new_buffered(file).map_err(damaged)?;
        let reader = decryptor.decrypt(std::iter::once(identity)).map_err(|why| match why {
            age::DecryptError::NoMatchingKeys => PrivateError::NotForYou(self.wallet),
            other => damaged(other),
        })?;
        let mut bytes = Vec::with_capacity(file.len());
        reader.take(limit.saturating_add(1)).read_to_end(&mut bytes).map_err(damaged)?;
        if bytes.len() as u64 > limit {
            bytes.zeroize();
            return Err(PrivateError::TooLarge(limit));
        }
        Ok(bytes)
    }
}

/// The longest file that comes to at most `limit` bytes.
pub fn longest(limit: u64) -> u64 {
    limit.saturating_add(limit / 4096).saturating_add(OVERHEAD)
}

/// age's name of a wallet, `age1…`, for other tools that write such files.
///
/// # Errors
/// [`PrivateError::NoKey`].
pub fn recipient(wallet: &Pubkey) -> Result<String, PrivateError> {
    let point = CompressedEdwardsY(wallet.to_bytes()).decompress();
    // A point of small order has no secret: everybody could read what is encrypted to it. Program addresses are no points.
    let point = point.filter(|point| point.is_torsion_free() && !point.is_small_order());
    bech32("age", point.ok_or(PrivateError::NoKey(*wallet))?.to_montgomery().as_bytes())
}

/// Encrypts bytes so that each of these wallets, and nobody else, can read them.
///
/// # Errors
/// [`PrivateError::Readers`] for none or too many, [`PrivateError::NoKey`] for one that nothing can be encrypted to.
pub fn encrypt(bytes: &[u8], readers: &[Pubkey]) -> Result<Vec<u8>, PrivateError> {
    let mut wallets = readers.to_vec();
    wallets.sort_unstable();
    wallets.dedup();
    if wallets.is_empty() || wallets.len() > MAX_READERS {
        return Err(PrivateError::Readers(wallets.len()));
    }
    let parsed = |wallet: &Pubkey| recipient(wallet)?.parse().map_err(|_| PrivateError::NoKey(*wallet));
    let keys = wallets.iter().map(parsed).collect::<Result<Vec<x25519::Recipient>, _>>()?;
    let encryptor = Encryptor::with_recipients(keys.iter().map(|key| key as &dyn age::Recipient)).map_err(damaged)?;
    let mut file = Vec::with_capacity(bytes.len());
    let mut writer = encryptor.wrap_output(&mut file).map_err(damaged)?;
    writer.write_all(bytes).map_err(damaged)?;
    writer.finish().map_err(damaged)?;
    Ok(file)
}

/// Decrypts what is encrypted to a wallet, up to `limit` bytes.
///
/// # Errors
/// As [`Key::open`].
pub fn decrypt(file: &[u8], wallet: &Keypair, limit: u64) -> Result<Vec<u8>, PrivateError> {
    Key::new(wallet)?.open(file, limit)
}

/// The note that goes with a result on chain: the sha256 of the age file that it is in.
pub fn note(file: &[u8; 32]) -> Instruction {
    Instruction { program_id: MEMO, accounts: vec![], data: format!("{NOTE}{}", hex::encode(file)).into_bytes() }
}

/// The sha256 that such a note names.
pub fn noted(note: &[u8]) -> Option<[u8; 32]> {
    let mut file = [0; 32];
    hex::decode_to_slice(note.strip_prefix(NOTE.as_bytes())?, &mut file).ok()?;
    Some(file)
}

fn bech32(prefix: &str, bytes: &[u8]) -> Result<String, PrivateError> {
    bech32::encode(prefix, bytes.to_base32(), Variant::Bech32).map_err(damaged)
}

fn damaged(why: impl std::fmt::Display) -> PrivateError {
    PrivateError::Damaged(why.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use solana_sdk::signer::Signer;

    fn wallet(seed: u8) -> Keypair {
        Keypair::new_from_array([seed; 32])
    }

    #[test]
    fn only_those_named_can_read_it() {
        let (a, b, c) = (wallet(1), wallet(2), wallet(3));
        let text = b"what only two may know".repeat(10_000);
        let file = encrypt(&text, &[a.pubkey(), b.pubkey(), a.pubkey()]).unwrap();
        assert!(file.starts_with(MAGIC) && file.len() as u64 <= longest(text.len() as u64));
        assert!(!file.windows(22).any(|part| part == b"what only two may know"));
        for reader in [&a, &b] {
            assert_eq!(decrypt(&file, reader, text.len() as u64).unwrap(), text);
        }
        let error = decrypt(&file, &c, u64::MAX).unwrap_err();
        assert!(matches!(&error, PrivateError::NotForYou(who) if *who == c.pubkey()), "{error}");
    }

    /// The two ways from a wallet, by its address and by its secret, lead to one key; and one that is known.
    #[test]
    fn a_wallets_key_is_the_standard_one() {
        for seed in 0..32 {
            let wallet = wallet(seed);
            let key = Key::new(&wallet).unwrap();
            assert_eq!(key.identity.to_public().to_string(), recipient(&wallet.pubkey()).unwrap(), "seed {seed}");
        }
        // RFC 8032's first test key; libsodium's crypto_sign_ed25519_pk_to_curve25519 gives the same.
        let secret = hex::decode("9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60").unwrap();
        let wallet = Keypair::new_from_array(secret.try_into().unwrap());
        let u = "d85e07ec22b0ad881537c2f44d662d1a143cf830c57aca4305d85c7a90f6b62e";
        let expected = bech32("age", &hex::decode(u).unwrap()).unwrap();
        assert_eq!(recipient(&wallet.pubkey()).unwrap(), expected);
    }

    #[test]
    fn what_is_no_key_is_refused() {
        let program = crate::addresses::config(&crate::escrow::ID);
        // Of order 4, 1 and 8: everybody could read what is encrypted to them.
        let eight = hex::decode("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05").unwrap();
        let mut one = [0; 32];
        one[0] = 1;
        let small = [Pubkey::default(), Pubkey::new_from_array(one), Pubkey::try_from(eight.as_slice()).unwrap()];
        for address in small.into_iter().chain([program]) {
            let error = encrypt(b"x", &[address]).unwrap_err();
            assert!(matches!(&error, PrivateError::NoKey(which) if *which == address), "{error}");
        }
        assert!(matches!(encrypt(b"x", &[]), Err(PrivateError::Readers(0))));
        let many: Vec<_> = (0..65).map(|seed| wallet(seed).pubkey()).collect();
        assert!(matches!(encrypt(b"x", &many), Err(PrivateError::Readers(65))));
    }

    #[test]
    fn damage_and_length_are_told() {
        let reader = wallet(1);
        let file = encrypt(b"0123456789", &[reader.pubkey()]).unwrap();
        assert_eq!(decrypt(&file, &reader, 10).unwrap(), b"0123456789");
        assert!(matches!(decrypt(&file, &reader, 9), Err(PrivateError::TooLarge(9))));
        for at in [0, 30, file.len() - 1] {
            let mut bad = file.clone();
            bad[at] ^= 1;
            let error = decrypt(&bad, &reader, 10).unwrap_err();
            assert!(matches!(error, PrivateError::Damaged(_) | PrivateError::NotForYou(_)), "{at}: {error}");
        }
        assert!(matches!(decrypt(&file[..file.len() - 1], &reader, 10), Err(PrivateError::Damaged(_))));
        assert!(matches!(decrypt(b"ACGT", &reader, 10), Err(PrivateError::Damaged(_))));
    }

    #[test]
    fn a_note_names_a_file() {
        let note = note(&[0xab; 32]);
        assert_eq!(note.data, format!("assay:private:{}", "ab".repeat(32)).into_bytes());
        assert_eq!(noted(&note.data), Some([0xab; 32]));
        assert_eq!((noted(b"assay:private:ab"), noted(b"hello")), (None, None));
    }

    #[test]
    fn a_key_is_not_shown() {
        let key = Key::new(&wallet(7)).unwrap();
        assert_eq!(format!("{key:?}"), format!("Key {{ wallet: {}, .. }}", wallet(7).pubkey()));
    }
}
