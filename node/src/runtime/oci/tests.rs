//! Archives as strangers may write them, the exact commands, and real containers where a container engine runs.

mod archives;
mod containers;
mod protocol;

use std::path::Path;

use assay_sdk::spec::JobSpec;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tar::{Builder, EntryType, Header};

use super::*;

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}

/// A tar file of these.
fn tar(files: &[(&str, &[u8])]) -> Vec<u8> {
    let mut builder = Builder::new(vec![]);
    for (name, content) in files {
        add(&mut builder, name, EntryType::Regular, content);
    }
    builder.into_inner().unwrap()
}

fn add(builder: &mut Builder<Vec<u8>>, name: &str, kind: EntryType, content: &[u8]) {
    let mut header = Header::new_gnu();
    header.set_entry_type(kind);
    header.set_mode(0o755);
    header.set_size(content.len() as u64);
    // By hand: the library refuses names that lead out.
    header.as_old_mut().name[..name.len()].copy_from_slice(name.as_bytes());
    header.set_cksum();
    builder.append(&header, content).unwrap();
}

/// An image of one layer, not packed yet.
struct Image {
    layer: Vec<u8>,
    config: Value,
    tags: Value,
}

impl Image {
    fn new(layer: Vec<u8>) -> Self {
        let config = json!({"architecture": archive::architecture(), "os": "linux",
            "config": {"Entrypoint": ["/job"]},
            "rootfs": {"type": "layers", "diff_ids": [format!("sha256:{}", sha256(&layer))]}});
        Self { layer, config, tags: Value::Null }
    }

    fn id(&self) -> String {
        sha256(self.config.to_string().as_bytes())
    }

    /// As `docker save` wrote it.
    fn saved(&self) -> Vec<u8> {
        let config = format!("{}.json", self.id());
        let manifest = json!([{"Config": config, "RepoTags": self.tags, "Layers": ["layer.tar"]}]).to_string();
        let text = self.config.to_string();
        tar(&[("manifest.json", manifest.as_bytes()), (&config, text.as_bytes()), ("layer.tar", &self.layer)])
    }
}

fn spec(units: u64, args: &[&str]) -> JobSpec {
    let file = json!({"uri": "https://example.org/x", "sha256": "00".repeat(32)});
    let spec = json!({"version": 1, "name": "t", "engine": "oci", "program": file, "input": file, "units": units,
        "args": args, "limits": {"fuel": 1_000_000, "memory_mib": 32, "output_bytes": 4096}});
    JobSpec::parse(spec.to_string().as_bytes()).unwrap()
}

fn write(path: &Path, text: &str) {
    std::fs::write(path, text).unwrap();
}
