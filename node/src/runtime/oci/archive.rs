//! An image's archive, read before any container tool sees it: a stranger wrote it.
//!
//! Both layouts are known, the one of `docker save` (`manifest.json`) and OCI's (`index.json`); an archive with both must
//! say the same twice. The image is run by the sha256 of its configuration, which binds its layers: so the artifact's hash
//! is the program's, as for any other engine. Refused is what could do more than add files to an image: names for it
//! (which might be those of an image that this machine has), compressed or sparse layers (which unpack to more than
//! they are), devices, volumes.

use std::{
    collections::HashMap,
    io::Cursor,
    path::{Component, Path},
};

use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;
use sha2::{Digest, Sha256};
use tar::{Archive, EntryType};

use crate::runtime::RuntimeError;

/// Most files of an archive, of a layer too.
const MAX_FILES: usize = 1 << 17;
/// Most layers of an image.
const MAX_LAYERS: usize = 128;

/// One image of `manifest.json`.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Saved {
    config: String,
    repo_tags: Option<Vec<String>>,
    layers: Vec<String>,
}

/// What is read of an image's configuration.
#[derive(Deserialize)]
struct Image {
    architecture: String,
    os: String,
    rootfs: RootFs,
    #[serde(default)]
    config: Settings,
}

#[derive(Deserialize)]
struct RootFs {
    diff_ids: Vec<String>,
}

#[derive(Deserialize, Default)]
#[serde(rename_all = "PascalCase", default)]
struct Settings {
    volumes: Option<HashMap<String, Value>>,
}

/// `index.json` of OCI's layout.
#[derive(Deserialize)]
struct Index {
    manifests: Vec<Blob>,
}

/// The manifest that it names.
#[derive(Deserialize)]
struct Manifest {
    config: Blob,
    layers: Vec<Blob>,
}

#[derive(Deserialize)]
struct Blob {
    digest: String,
    #[serde(default)]
    annotations: HashMap<String, String>,
}

/// Files of the archive by their names.
type Files<'a> = HashMap<String, &'a [u8]>;

fn bad(why: impl Into<String>) -> RuntimeError {
    RuntimeError::BadImage(why.into())
}

/// The image's id (64 hex digits) if the archive holds one image, and nothing that is refused.
///
/// # Errors
/// [`RuntimeError::BadImage`]; [`RuntimeError::Host`] for an image of another architecture than this machine's.
pub fn check(archive: &[u8]) -> Result<String, RuntimeError> {
    let files = files(archive)?;
    let mut ids = vec![];
    if files.contains_key("manifest.json") {
        ids.push(saved(&files)?);
    }
    if files.contains_key("index.json") {
        ids.push(indexed(&files)?);
    }
    match ids.as_slice() {
        [id] => Ok(id.clone()),
        [id, other] if id == other => Ok(id.clone()),
        [] => Err(bad("it has neither manifest.json nor index.json")),
        _ => Err(bad("manifest.json and index.json name different images")),
    }
}

fn files(archive: &[u8]) -> Result<Files<'_>, RuntimeError> {
    let mut files = HashMap::new();
    let broken = |error: std::io::Error| bad(format!("it is no tar file: {error}"));
    for entry in Archive::new(Cursor::new(archive)).entries().map_err(broken)? {
        let entry = entry.map_err(broken)?;
        let name = clean(&entry.path().map_err(broken)?).ok_or_else(|| bad("a file's name leads out of it"))?;
        let start = usize::try_from(entry.raw_file_position()).unwrap_or(usize::MAX);
        let end = start.saturating_add(usize::try_from(entry.size()).unwrap_or(usize::MAX));
        let content = match entry.header().entry_type() {
            EntryType::Regular => archive.get(start..end).ok_or_else(|| bad("it is cut short"))?,
            // Links of older layouts, which nothing here follows.
            EntryType::Directory | EntryType::Symlink => continue,
            other => return Err(bad(format!("{name} is of type {other:?}"))),
        };
        // Of two with one name, the container tool might take the other.
        if files.insert(name, content).is_some() || files.len() > MAX_FILES {
            return Err(bad("it has two files of one name, or too many"));
        }
    }
    Ok(files)
}

/// The name without `./`; nothing if it leads elsewhere.
fn clean(path: &Path) -> Option<String> {
    let mut parts = vec![];
    for part in path.components() {
        match part {
            Component::Normal(part) => parts.push(part.to_str()?),
            Component::CurDir => {}
            _ => return None,
        }
    }
    Some(parts.join("/"))
}

/// The image that `manifest.json` names.
fn saved(files: &Files<'_>) -> Result<String, RuntimeError> {
    let images: Vec<Saved> = json(files, "manifest.json")?;
    let [image] = images.as_slice() else { return Err(bad(format!("it holds {} images, not one", images.len()))) };
    if image.repo_tags.as_ref().is_some_and(|tags| !tags.is_empty()) {
        return Err(bad("the image has a name: save it by its id, `podman save $(podman images -q NAME)`"));
    }
    let layers = image.layers.iter().map(|name| file(files, name)).collect::<Result<Vec<_>, _>>()?;
    image_id(file(files, &image.config)?, &layers)
}

/// The image that `index.json` names.
fn indexed(files: &Files<'_>) -> Result<String, RuntimeError> {
    let index: Index = json(files, "index.json")?;
    let [named] = index.manifests.as_slice() else {
        return Err(bad(format!("it holds {} images, not one", index.manifests.len())));
    };
    if named.annotations.keys().any(|key| key.ends_with(".ref.name") || key.ends_with("image.name")) {
        return Err(bad("the image has a name: save it by its id"));
    }
    let manifest: Manifest = parse(blob(files, named)?, "the manifest")?;
    let layers = manifest.layers.iter().map(|layer| blob(files, layer)).collect::<Result<Vec<_>, _>>()?;
    image_id(blob(files, &manifest.config)?, &layers)
}

fn image_id(config: &[u8], layers: &[&[u8]]) -> Result<String, RuntimeError> {
    let image: Image = parse(config, "the image's configuration")?;
    if image.os != "linux" || layers.is_empty() || layers.len() > MAX_LAYERS {
        return Err(bad(format!("it has {} layers for {}; 1 to {MAX_LAYERS} for linux run", layers.len(), image.os)));
    }
    if image.config.volumes.is_some_and(|volumes| !volumes.is_empty()) {
        return Err(bad("it declares volumes, and units may write nothing that stays"));
    }
    let hashes: Vec<String> = layers.iter().map(|layer| format!("sha256:{}", sha256(layer))).collect();
    if hashes != image.rootfs.diff_ids {
        return Err(bad("its layers are not those of its configuration, or compressed"));
    }
    layers.iter().try_for_each(|layer| check_layer(layer))?;
    let here = architecture();
    if image.architecture != here {
        let why = format!("the image is for {}, this machine is {here}", image.architecture);
        return Err(RuntimeError::Host(why));
    }
    Ok(sha256(config))
}

/// What container images call this machine's architecture.
pub fn architecture() -> &'static str {
    match std::env::consts::ARCH {
        "x86_64" => "amd64",
        "aarch64" => "arm64",
        other => other,
    }
}

/// A layer unpacks to no more than it is, and to files, folders and links only.
fn check_layer(layer: &[u8]) -> Result<(), RuntimeError> {
    let broken = |error: std::io::Error| bad(format!("a layer is no tar file, or compressed: {error}"));
    let mut count = 0;
    for entry in Archive::new(Cursor::new(layer)).entries().map_err(broken)? {
        let mut entry = entry.map_err(broken)?;
        count += 1;
        let kind = entry.header().entry_type();
        let plain = matches!(kind, EntryType::Regular | EntryType::Directory | EntryType::Symlink | EntryType::Link);
        let mut sparse = false;
        if let Some(extensions) = entry.pax_extensions().map_err(broken)? {
            for extension in extensions {
                sparse |= extension.map_err(broken)?.key_bytes().starts_with(b"GNU.sparse");
            }
        }
        if !plain || sparse || count > MAX_FILES {
            return Err(bad(format!("a layer holds something of type {kind:?}, a sparse file, or too much")));
        }
    }
    Ok(())
}

fn blob<'a>(files: &Files<'a>, blob: &Blob) -> Result<&'a [u8], RuntimeError> {
    let digest = blob.digest.strip_prefix("sha256:").ok_or_else(|| bad(format!("{} is no sha256", blob.digest)))?;
    let content = file(files, &format!("blobs/sha256/{digest}"))?;
    if sha256(content) == digest { Ok(content) } else { Err(bad(format!("blob {digest} is something else"))) }
}

fn file<'a>(files: &Files<'a>, name: &str) -> Result<&'a [u8], RuntimeError> {
    files.get(name).copied().ok_or_else(|| bad(format!("{name} is missing")))
}

fn json<T: DeserializeOwned>(files: &Files<'_>, name: &str) -> Result<T, RuntimeError> {
    parse(file(files, name)?, name)
}

fn parse<T: DeserializeOwned>(bytes: &[u8], what: &str) -> Result<T, RuntimeError> {
    serde_json::from_slice(bytes).map_err(|error| bad(format!("{what}: {error}")))
}

fn sha256(bytes: &[u8]) -> String {
    hex::encode(Sha256::digest(bytes))
}
