//! The webhooks' secrets. They must be kept so that they can sign: encrypted (AES-256-GCM-SIV) with the key of
//! `--webhook-key-file`, or, without one, as they are.

use std::path::Path;

use aes_gcm_siv::{
    Aes256GcmSiv, KeyInit, Nonce,
    aead::{Aead, Payload},
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use sha2::{Digest, Sha256};

use crate::{Error, Result};

const SHORTEST: usize = 32;
const NONCE: usize = 12;

/// What signs a webhook's deliveries. Not printable, but by [`Secret::show`], once.
pub struct Secret([u8; 32]);

impl Secret {
    /// A new one.
    pub fn new() -> Self {
        Self(rand::random())
    }

    /// As its receiver needs it.
    pub fn show(&self) -> String {
        format!("whsec_{}", STANDARD.encode(self.0))
    }

    /// The signature of a message, as the header has it.
    pub fn sign(&self, id: &str, timestamp: i64, body: &str) -> Option<String> {
        let signer = standardwebhooks::Webhook::from_bytes(self.0.to_vec()).ok()?;
        signer.sign(id, timestamp, body.as_bytes()).ok()
    }
}

/// Encrypts what is kept, if it has a key.
pub struct Keyring(Option<Aes256GcmSiv>);

impl Keyring {
    /// Of the file's content, if there is a file.
    ///
    /// # Errors
    /// [`Error::File`] when it cannot be read, [`Error::Start`] when it is shorter than 32 bytes.
    pub fn load(file: Option<&Path>) -> Result<Self> {
        let Some(path) = file else { return Ok(Self(None)) };
        let bytes = std::fs::read(path);
        let bytes = bytes.map_err(|source| Error::File { path: path.display().to_string(), source })?;
        if bytes.trim_ascii().len() < SHORTEST {
            return Err(Error::Start(format!("the key of --webhook-key-file has less than {SHORTEST} bytes")));
        }
        let key = Sha256::new().chain_update(b"assay:webhook-secrets").chain_update(bytes.trim_ascii()).finalize();
        Ok(Self(Some(Aes256GcmSiv::new(&key))))
    }

    /// As it is kept, and whether that is encrypted. Bound to its hook: of another one it opens nothing.
    pub fn seal(&self, hook: &str, secret: &Secret) -> Option<(Vec<u8>, bool)> {
        let Some(cipher) = &self.0 else { return Some((secret.0.to_vec(), false)) };
        let nonce: [u8; NONCE] = rand::random();
        let payload = Payload { msg: &secret.0, aad: hook.as_bytes() };
        let sealed = cipher.encrypt(Nonce::from_slice(&nonce), payload).ok()?;
        Some(([&nonce[..], &sealed].concat(), true))
    }

    /// What was kept. `None` if it was encrypted with another key, or one is missing.
    pub fn open(&self, hook: &str, kept: &[u8], sealed: bool) -> Option<Secret> {
        if !sealed {
            return kept.try_into().ok().map(Secret);
        }
        let (nonce, sealed) = kept.split_at_checked(NONCE)?;
        let payload = Payload { msg: sealed, aad: hook.as_bytes() };
        let secret = self.0.as_ref()?.decrypt(Nonce::from_slice(nonce), payload).ok()?;
        secret.as_slice().try_into().ok().map(Secret)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyring(text: &str) -> Result<Keyring> {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(file.path(), text).unwrap();
        Keyring::load(Some(file.path()))
    }

    #[test]
    fn a_sealed_secret_opens_with_its_key_and_for_its_hook_alone() {
        let ring = keyring("0123456789abcdef0123456789abcdef\n").unwrap();
        let secret = Secret::new();
        let (kept, sealed) = ring.seal("wh_a", &secret).unwrap();
        assert!(sealed && !kept.windows(32).any(|part| part == secret.0));
        assert_eq!(ring.open("wh_a", &kept, true).unwrap().0, secret.0);
        assert!(ring.open("wh_b", &kept, true).is_none());
        assert!(keyring("0123456789abcdef0123456789abcdeF").unwrap().open("wh_a", &kept, true).is_none());
        assert!(Keyring(None).open("wh_a", &kept, true).is_none());
        assert!(ring.open("wh_a", &kept[..5], true).is_none());
        let (kept, sealed) = Keyring(None).seal("wh_a", &secret).unwrap();
        assert!(!sealed);
        assert_eq!(ring.open("wh_a", &kept, false).unwrap().0, secret.0);
    }

    #[test]
    fn a_short_key_is_refused() {
        assert!(matches!(keyring("too short"), Err(Error::Start(_))));
        assert!(matches!(Keyring::load(Some(Path::new("/nowhere/at/all"))), Err(Error::File { .. })));
    }
}
