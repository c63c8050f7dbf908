//! Private jobs: an input that only named operators can read, and a result that only the requester can.

use assay_sdk::{
    addresses,
    escrow::Strategy,
    private::{self, Key, PrivateError},
    result::ResultDocument,
    spec::Encryption,
    staking::Pool,
};
use sha2::{Digest, Sha256};
use solana_sdk::pubkey::Pubkey;

use super::signers;
use crate::{
    commands::job::spec_file::Prepared,
    context::Context,
    error::{Error, Result},
};

/// Longest result document, in bytes.
const MAX_RESULT_BYTES: u64 = 2 << 30;
/// Most notes of a job that are looked at: anybody can write some.
const MAX_NOTES: usize = 64;

impl From<PrivateError> for Error {
    fn from(why: PrivateError) -> Self {
        Self::Refused(why.to_string())
    }
}

impl Context {
    /// The wallet's key to what is encrypted to it. A hardware wallet has none to give.
    pub fn key(&self) -> Result<Key> {
        let path = &self.settings.keypair;
        if path.to_str().is_some_and(|text| text.starts_with("usb://")) {
            let why = "a hardware wallet decrypts nothing: post private jobs from a keypair file";
            return Err(Error::Refused(why.into()));
        }
        Ok(Key::new(&signers::keypair(path)?)?)
    }

    /// The result of a job, checked against its root: as the API has it, or decrypted with the wallet if the job is private.
    ///
    /// # Errors
    /// [`Error::Refused`] if it is another wallet's to read, and as the API and the chain say.
    pub async fn result(&self, job: &Pubkey, root: &[u8; 32]) -> Result<ResultDocument> {
        let missing = match self.api.download(&format!("/v1/results/{}", hex::encode(root))).await {
            Ok(bytes) => {
                let document = ResultDocument::parse(&bytes)?;
                document.verify(root)?;
                return Ok(document);
            }
            Err(why @ Error::Api { status: 404, .. }) => why,
            Err(why) => return Err(why),
        };
        let (history, _) = self.history(job).await?;
        let notes: Vec<_> = history.iter().rev().flat_map(|recorded| &recorded.notes).take(MAX_NOTES).collect();
        if notes.is_empty() {
            return Err(missing);
        }
        // One that is not handed over yet, or is not this root's, is no reason to give up.
        let (key, mut others) = (self.key()?, None);
        for note in notes {
            match self.noted(&key, note, root).await {
                Ok(document) => return Ok(document),
                Err(Error::Refused(why)) => others = Some(why),
                Err(_) => {}
            }
        }
        let Some(why) = others else { return Err(missing) };
        Err(Error::Refused(format!(
            "the result of {job} is private ({why}): name its requester's wallet with --keypair"
        )))
    }

    /// The result that a note names.
    async fn noted(&self, key: &Key, note: &[u8; 32], root: &[u8; 32]) -> Result<ResultDocument> {
        let file = self.api.download(&format!("/v1/blobs/{}", hex::encode(note))).await?;
        let document = ResultDocument::parse(&key.open(&file, MAX_RESULT_BYTES)?)?;
        document.verify(root)?;
        Ok(document)
    }

    /// Who may read the input of a private job: its requester, and these operators, who are enough for all its seats.
    ///
    /// # Errors
    /// [`Error::Usage`] if they are too few, [`Error::Refused`] if one has no pool.
    pub async fn readers(&self, requester: &Pubkey, operators: &[Pubkey], strategy: &Strategy) -> Result<Vec<Pubkey>> {
        let mut named = operators.to_vec();
        named.sort_unstable();
        named.dedup();
        let seats = usize::from(strategy.most());
        if named.len() < seats {
            let why = format!("the job may ask for {seats} seats: name as many operators with --to, or more");
            return Err(Error::Usage(why));
        }
        let pools: Vec<_> = named.iter().map(addresses::pool).collect();
        for (operator, pool) in named.iter().zip(&pools) {
            if self.account::<Pool>(pool).await?.is_none() {
                let why = format!("{operator} has no pool and can take no seat: choose from `assay stake pools`");
                return Err(Error::Refused(why));
            }
        }
        named.push(*requester);
        Ok(named)
    }
}

impl Prepared {
    /// Encrypts the input to these wallets: it is stored so, and found so by the spec, whose hash of it stays the one of what it
    /// decrypts to. The program stays for all to read.
    ///
    /// # Errors
    /// [`Error::Usage`] if the input is not a local file, or is the program.
    pub fn hidden(mut self, blobs: &str, readers: &[Pubkey]) -> Result<Self> {
        let input = &mut self.spec.input;
        if input.sha256 == self.spec.program.sha256 {
            return Err(Error::Usage("the input is the program, which is for all to read".into()));
        }
        let at = self.blobs.iter().position(|(name, _)| *name == input.sha256);
        let at = at.ok_or_else(|| {
            Error::Usage(
                "--private encrypts a local file: give the input as a path, or encrypt it with `assay private encrypt`"
                    .into(),
            )
        })?;
        let file = private::encrypt(&self.blobs[at].1, readers)?;
        let name = hex::encode(Sha256::digest(&file));
        input.uri = format!("{blobs}/{name}");
        input.encryption = Some(Encryption::Age);
        self.blobs[at] = (name, file);
        // The spec itself is the last.
        self.blobs.pop();
        self.blobs.push((hex::encode(self.spec.hash()), self.spec.canonical()));
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use assay_sdk::spec::JobSpec;
    use serde_json::json;
    use solana_sdk::signature::{Keypair, Signer};

    use super::*;

    const BLOBS: &str = "http://127.0.0.1:8900/v1/blobs";

    fn prepared(input: &str) -> Prepared {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("job.wasm"), b"\0asm").unwrap();
        std::fs::write(folder.path().join("input"), b"secret genome").unwrap();
        let hash = |bytes: &[u8]| hex::encode(Sha256::digest(bytes));
        let spec = json!({
            "version": 1, "name": "test", "engine": "wasm", "units": 2,
            "program": {"uri": "job.wasm", "sha256": hash(b"\0asm")},
            "input": {"uri": input, "sha256": hash(b"secret genome")},
            "limits": {"fuel": 1000, "memory_mib": 1, "output_bytes": 100}
        });
        let path = folder.path().join("job.json");
        std::fs::write(&path, spec.to_string()).unwrap();
        Prepared::read(&path, BLOBS).unwrap()
    }

    #[test]
    fn nothing_that_is_stored_tells_the_input() {
        let (operator, stranger) = (Keypair::new_from_array([1; 32]), Keypair::new_from_array([2; 32]));
        let open = prepared("input");
        let hidden = prepared("input").hidden(BLOBS, &[operator.pubkey()]).unwrap();
        assert_eq!(hidden.spec.input.sha256, open.spec.input.sha256);
        assert_eq!(hidden.spec.program, open.spec.program);
        assert_eq!(hidden.blobs.len(), 3);
        for (name, bytes) in &hidden.blobs[..2] {
            assert_eq!(*name, hex::encode(Sha256::digest(bytes)));
            assert!(!bytes.windows(6).any(|part| part == b"secret"));
        }
        let (name, file) = &hidden.blobs[1];
        assert_eq!(hidden.spec.input.uri, format!("{BLOBS}/{name}"));
        assert!(file.starts_with(private::MAGIC));
        assert_eq!(private::decrypt(file, &operator, 100).unwrap(), b"secret genome");
        assert!(matches!(private::decrypt(file, &stranger, 100), Err(PrivateError::NotForYou(_))));
        let spec = JobSpec::parse_expecting(&hidden.blobs[2].1, &hidden.spec.hash()).unwrap();
        assert!(spec.is_private() && spec.hash() != open.spec.hash());
    }

    #[test]
    fn an_input_elsewhere_is_not_hidden_by_posting() {
        let reader = Keypair::new_from_array([1; 32]).pubkey();
        let error = prepared("https://example.org/input").hidden(BLOBS, &[reader]).map(drop).unwrap_err();
        assert!(matches!(error, Error::Usage(_)), "{error}");
    }
}
