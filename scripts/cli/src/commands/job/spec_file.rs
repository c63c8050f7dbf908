//! A job spec as a file, with its artifacts beside it, made ready for posting.

use std::{
    fs,
    path::{Path, PathBuf},
};

use assay_sdk::spec::{Artifact, JobSpec, MAX_DOCUMENT_BYTES, SpecError};
use sha2::{Digest, Sha256};

use super::artifact;
use crate::error::{Error, Result};

/// A spec that can be posted, and what must be stored before.
#[derive(Debug)]
pub struct Prepared {
    pub spec: JobSpec,
    /// Name of the blob (its sha256 in hex) and content: local artifacts, then the spec in canonical form.
    pub blobs: Vec<(String, Vec<u8>)>,
}

impl Prepared {
    /// Reads a spec. Uris that are paths become `{blobs}/{sha256}`; their files must be what the spec says.
    pub fn read(path: &Path, blobs: &str) -> Result<Self> {
        let bytes = fs::read(path).map_err(Error::file("read", path))?;
        let bad = |source| Error::Spec { path: path.to_owned(), source };
        if bytes.len() > MAX_DOCUMENT_BYTES {
            return Err(bad(SpecError::TooLong(bytes.len())));
        }
        // Not JobSpec::parse, which refuses relative uris: validated below, when they are replaced.
        let mut spec: JobSpec = serde_json::from_slice(&bytes).map_err(|why| bad(why.into()))?;
        let folder = path.parent().unwrap_or(Path::new(""));
        let mut local = vec![];
        local.extend(store(&mut spec.program, "program", folder, blobs)?);
        local.extend(store(&mut spec.input, "input", folder, blobs)?);
        spec.validate().map_err(bad)?;
        let canonical = spec.canonical();
        local.push((hex::encode(spec.hash()), canonical));
        Ok(Self { spec, blobs: local })
    }
}

/// If the artifact's uri is a path, checks the file, points the uri to where it will be stored, and returns it.
fn store(
    artifact: &mut Artifact,
    field: &'static str,
    folder: &Path,
    blobs: &str,
) -> Result<Option<(String, Vec<u8>)>> {
    if artifact.uri.is_empty() || artifact.uri.contains("://") {
        return Ok(None);
    }
    if artifact.encryption.is_some() {
        let why = format!("leave `{field}.encryption` out of the spec: `job post --private` encrypts a local file");
        return Err(Error::Usage(why));
    }
    let path: PathBuf = folder.join(&artifact.uri);
    let bytes = artifact::read(&path, artifact::most(field))?;
    let file = hex::encode(Sha256::digest(&bytes));
    if file != artifact.sha256 {
        return Err(Error::HashMismatch { path, field, spec: artifact.sha256.clone(), file });
    }
    artifact.uri = format!("{blobs}/{file}");
    Ok(Some((file, bytes)))
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const BLOBS: &str = "http://127.0.0.1:8900/v1/blobs";

    fn folder(change: impl Fn(&mut Value)) -> (tempfile::TempDir, PathBuf) {
        let place = tempfile::tempdir().unwrap();
        fs::write(place.path().join("job.wasm"), b"\0asm").unwrap();
        fs::create_dir(place.path().join("data")).unwrap();
        fs::write(place.path().join("data/input.txt"), b"ACGT").unwrap();
        let hash = |bytes: &[u8]| hex::encode(Sha256::digest(bytes));
        let mut spec = json!({
            "version": 1, "name": "test", "engine": "wasm", "units": 2,
            "program": {"uri": "job.wasm", "sha256": hash(b"\0asm")},
            "input": {"uri": "data/input.txt", "sha256": hash(b"ACGT")},
            "limits": {"fuel": 1000, "memory_mib": 1, "output_bytes": 100}
        });
        change(&mut spec);
        let path = place.path().join("job.json");
        fs::write(&path, spec.to_string()).unwrap();
        (place, path)
    }

    #[test]
    fn relative_uris_are_stored_and_replaced() {
        let (_place, path) = folder(|_| {});
        let Prepared { spec, blobs } = Prepared::read(&path, BLOBS).unwrap();
        assert_eq!(spec.program.uri, format!("{BLOBS}/{}", spec.program.sha256));
        assert_eq!(spec.input.uri, format!("{BLOBS}/{}", spec.input.sha256));
        let contents: Vec<_> = blobs.iter().map(|(_, bytes)| bytes.as_slice()).collect();
        assert_eq!(contents[..2], [b"\0asm".as_slice(), b"ACGT"]);
        for (name, bytes) in &blobs {
            assert_eq!(*name, hex::encode(Sha256::digest(bytes)));
        }
        assert_eq!(blobs[2].0, hex::encode(spec.hash()), "the spec's blob is found by the hash on chain");
        assert_eq!(JobSpec::parse_expecting(&blobs[2].1, &spec.hash()).unwrap(), spec);
    }

    #[test]
    fn absolute_uris_stay() {
        let (_place, path) = folder(|spec| {
            spec["program"]["uri"] = json!("https://example.org/job.wasm");
            spec["input"]["uri"] = json!("file:///srv/input");
        });
        let Prepared { spec, blobs } = Prepared::read(&path, BLOBS).unwrap();
        assert_eq!(
            (spec.program.uri.as_str(), spec.input.uri.as_str()),
            ("https://example.org/job.wasm", "file:///srv/input")
        );
        assert_eq!(blobs.len(), 1);
    }

    #[test]
    fn a_file_that_is_another_is_refused() {
        let (_place, path) = folder(|spec| spec["input"]["sha256"] = json!("ab".repeat(32)));
        let said = Prepared::read(&path, BLOBS).unwrap_err().to_string();
        let file = hex::encode(Sha256::digest(b"ACGT"));
        assert!(said.contains(&format!("spec says {}, file is {file}", "ab".repeat(32))), "{said}");
        assert!(said.contains("input.txt") && said.contains("`input.sha256`"), "{said}");
    }

    #[test]
    fn what_is_no_spec_is_named() {
        type Change = fn(&mut Value);
        let table: [(Change, &str); 4] = [
            (|spec| spec["units"] = json!(0), "`units` is 0"),
            (|spec| spec["unit"] = json!(1), "unknown field `unit`"),
            (|spec| spec["input"]["uri"] = json!("none.txt"), "none.txt"),
            (|spec| spec["program"]["uri"] = json!(""), "`program.uri` must start"),
        ];
        for (change, expected) in table {
            let (_place, path) = folder(change);
            let said = Prepared::read(&path, BLOBS).unwrap_err().to_string();
            assert!(said.contains(expected), "{said}");
        }
        let missing = Prepared::read(Path::new("/nowhere/job.json"), BLOBS);
        assert!(matches!(missing, Err(Error::File { action: "read", .. })));
    }
}
