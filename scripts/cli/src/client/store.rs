//! Storing content in the indexer's blobs: small ones in one request, large ones in chunks, of which those that are
//! there already are not sent again, even by the next run.

use std::{
    collections::BTreeMap,
    fs::File,
    io::{self, Read},
    os::unix::fs::FileExt,
    path::{Path, PathBuf},
    time::Duration,
};

use backon::{ExponentialBuilder, Retryable};
use futures_util::{StreamExt, TryStreamExt, stream};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use reqwest::{Method, StatusCode};
use serde::Deserialize;
use serde_json::json;
use sha2::{Digest, Sha256};
use tokio::time::sleep;

use super::kept::Kept;
use crate::{
    context::Context,
    error::{Error, Result},
    output::short,
};

/// Up to so many bytes are sent in one request.
const WHOLE: u64 = 8 << 20;
/// Chunks sent at a time.
const AT_A_TIME: usize = 4;
/// How often a chunk is tried again, and how often the end is asked for while no more gets hashed.
const RETRIES: usize = 5;
const HASHING_TRIES: u32 = 60;
/// The ids of uploads that were begun, by API and hash: whoever knows an id may go on with its upload.
const FILE: &str = "uploads.json";

type Begun = BTreeMap<String, String>;

/// What is to be stored.
pub enum Source {
    /// A file, read as it is sent.
    File(File, PathBuf),
    /// What is in memory.
    Bytes(Vec<u8>),
}

/// What was stored.
#[derive(Debug, PartialEq, Eq)]
pub struct Stored {
    /// The content's sha256, hex: its name.
    pub sha256: String,
    /// Its bytes.
    pub bytes: u64,
    /// Bytes that were sent; the others were there.
    pub sent: u64,
}

impl Source {
    /// A file.
    ///
    /// # Errors
    /// [`Error::File`] when it cannot be read.
    pub fn open(path: &Path) -> Result<Self> {
        File::open(path).map(|file| Self::File(file, path.to_owned())).map_err(Error::file("read", path))
    }

    fn failed(&self) -> impl FnOnce(io::Error) -> Error {
        let path = match self {
            Self::File(_, path) => path.clone(),
            Self::Bytes(_) => PathBuf::new(),
        };
        Error::file("read", path)
    }

    /// Its sha256, hex, and its length.
    ///
    /// # Errors
    /// [`Error::File`] when it cannot be read.
    pub fn name(&self) -> Result<(String, u64)> {
        match self {
            Self::Bytes(bytes) => Ok((hex::encode(Sha256::digest(bytes)), bytes.len() as u64)),
            Self::File(file, path) => hash(file).map_err(Error::file("read", path)),
        }
    }

    /// Bytes from an offset on.
    fn read(&self, offset: u64, length: u64) -> Result<Vec<u8>> {
        let mut part = vec![0; usize::try_from(length).unwrap_or(usize::MAX)];
        let read = match self {
            Self::File(file, _) => file.read_exact_at(&mut part, offset),
            Self::Bytes(bytes) => {
                let rest = usize::try_from(offset).ok().and_then(|offset| bytes.get(offset..));
                rest.unwrap_or_default().read_exact(&mut part)
            }
        };
        read.map(|()| part).map_err(self.failed())
    }
}

/// The sha256 of a file, hex, and its length.
fn hash(mut file: &File) -> io::Result<(String, u64)> {
    let (mut hasher, mut bytes, mut part) = (Sha256::new(), 0, vec![0; 1 << 20]);
    loop {
        match file.read(&mut part)? {
            0 => return Ok((hex::encode(hasher.finalize()), bytes)),
            read => {
                hasher.update(&part[..read]);
                bytes += read as u64;
            }
        }
    }
}

/// How far an upload in chunks is, as the API says it.
#[derive(Deserialize)]
struct Status {
    id: Option<String>,
    chunk_size: String,
    chunks: u64,
    have: Vec<[u64; 2]>,
    hashed: u64,
}

impl Status {
    fn missing(&self) -> Vec<u64> {
        (0..self.chunks).filter(|n| !self.have.iter().any(|[first, last]| (*first..=*last).contains(n))).collect()
    }
}

impl Context {
    /// Stores a content, as the signed-in wallet where there is a session. Where the API asks for one, the wallet signs in.
    ///
    /// # Errors
    /// [`Error::Api`] and [`Error::NoApi`]; what was sent stays sent, and the same call goes on with it.
    pub async fn store(&self, source: &Source) -> Result<Stored> {
        let token = self.session().await?;
        match self.store_as(source, token.as_deref()).await {
            Err(Error::Api { status: 401, .. }) => {
                self.out.talk("the API wants to know who stores this: signing in with the wallet");
                let token = self.sign_in(None).await?;
                self.store_as(source, Some(&token)).await
            }
            stored => stored,
        }
    }

    async fn store_as(&self, source: &Source, token: Option<&str>) -> Result<Stored> {
        let (sha256, bytes) = source.name()?;
        if bytes <= WHOLE {
            let (path, body) = (format!("/v1/blobs/{sha256}"), source.read(0, bytes)?);
            patiently(|| self.api.call(Method::PUT, &path, token, |request| request.body(body.clone()))).await?;
            return Ok(Stored { sha256, bytes, sent: bytes });
        }
        let status = self.begin(&sha256, bytes, token).await?;
        let Some(id) = status.id.clone() else { return Ok(Stored { sha256, bytes, sent: 0 }) };
        let sent = self.send_chunks(source, (&sha256, bytes), &id, &status, token).await?;
        self.complete(&id, token).await?;
        self.remember(&sha256, None)?;
        Ok(Stored { sha256, bytes, sent })
    }

    /// Takes up the upload that an earlier run began, or begins one.
    async fn begin(&self, sha256: &str, bytes: u64, token: Option<&str>) -> Result<Status> {
        let begun = Kept::<Begun>::open(FILE)?.value.get(&self.upload_key(sha256)).cloned();
        if let Some(id) = begun {
            let path = format!("/v1/blobs/uploads/{id}");
            match self.api.call(Method::GET, &path, token, |request| request).await {
                Ok(response) => {
                    self.out.talk(format!("going on with the upload of {}", short(sha256)));
                    return Ok(serde_json::from_value(self.api.json(response).await?)?);
                }
                // Expired, completed, or another wallet's.
                Err(Error::Api { status: 403 | 404, .. }) => self.remember(sha256, None)?,
                Err(why) => return Err(why),
            }
        }
        let asked = json!({"sha256": sha256, "size": bytes.to_string()});
        let response =
            patiently(|| self.api.call(Method::POST, "/v1/blobs/uploads", token, |request| request.json(&asked)));
        let status: Status = serde_json::from_value(self.api.json(response.await?).await?)?;
        self.remember(sha256, status.id.clone())?;
        Ok(status)
    }

    /// Sends the chunks that are not there, several at a time; returns how many bytes they were.
    async fn send_chunks(
        &self,
        source: &Source,
        (name, bytes): (&str, u64),
        id: &str,
        status: &Status,
        token: Option<&str>,
    ) -> Result<u64> {
        let size: u64 = status.chunk_size.parse().unwrap_or(0);
        if size == 0 {
            return Err(Error::Refused("the API names no size of chunks: update assay, or check --api".into()));
        }
        let missing = status.missing();
        let length = |n: u64| size.min(bytes.saturating_sub(n * size));
        let total: u64 = missing.iter().map(|n| length(*n)).sum();
        let bar = bar(self.out.draws(), name, bytes);
        bar.set_position(bytes - total);
        let send = |n: u64| {
            let bar = bar.clone();
            async move {
                let part = source.read(n * size, length(n))?;
                let (path, hash) = (format!("/v1/blobs/uploads/{id}/{n}"), hex::encode(Sha256::digest(&part)));
                let put = || {
                    let (part, hash) = (part.clone(), hash.clone());
                    self.api.call(Method::PUT, &path, token, |put| put.header("x-content-sha256", hash).body(part))
                };
                patiently(put).await?;
                bar.inc(length(n));
                Ok::<_, Error>(())
            }
        };
        stream::iter(missing).map(send).buffer_unordered(AT_A_TIME).try_collect::<Vec<()>>().await?;
        bar.finish_and_clear();
        Ok(total)
    }

    /// Has the whole hash checked, for as long as that gets on.
    async fn complete(&self, id: &str, token: Option<&str>) -> Result<()> {
        let path = format!("/v1/blobs/uploads/{id}/complete");
        let (mut hashed, mut idle) = (0, 0);
        while idle < HASHING_TRIES {
            let response = patiently(|| self.api.call(Method::POST, &path, token, |request| request)).await?;
            if response.status() == StatusCode::CREATED {
                return Ok(());
            }
            let status: Status = serde_json::from_value(self.api.json(response).await?)?;
            idle = if status.hashed > hashed { 0 } else { idle + 1 };
            hashed = status.hashed;
            sleep(Duration::from_secs(1)).await;
        }
        let why = "the indexer does not get on with hashing: repeat the command later, it goes on from here";
        Err(Error::Refused(why.into()))
    }

    fn upload_key(&self, sha256: &str) -> String {
        format!("{} {sha256}", self.settings.api)
    }

    /// Keeps the id of an upload, or forgets it.
    fn remember(&self, sha256: &str, id: Option<String>) -> Result<()> {
        let mut kept = Kept::<Begun>::open(FILE)?;
        match id {
            Some(id) => kept.value.insert(self.upload_key(sha256), id),
            None => kept.value.remove(&self.upload_key(sha256)),
        };
        kept.save()
    }

    /// The uploads to this API that were begun here and not completed: (sha256, id).
    ///
    /// # Errors
    /// [`Error::File`].
    pub fn begun(&self) -> Result<Vec<(String, String)>> {
        let own = self.upload_key("");
        let kept = Kept::<Begun>::open(FILE)?.value;
        Ok(kept.into_iter().filter_map(|(key, id)| Some((key.strip_prefix(&own)?.to_owned(), id))).collect())
    }

    /// Gives an upload up: its chunks are deleted, and it is forgotten.
    ///
    /// # Errors
    /// [`Error::Api`] and [`Error::NoApi`].
    pub async fn give_up(&self, sha256: &str, id: &str) -> Result<()> {
        let (token, path) = (self.session().await?, format!("/v1/blobs/uploads/{id}"));
        match self.api.call(Method::DELETE, &path, token.as_deref(), |request| request).await {
            Ok(_) | Err(Error::Api { status: 404, .. }) => self.remember(sha256, None),
            Err(why) => Err(why),
        }
    }
}

/// Tries again what an overloaded, restarting or distant API failed to do: everything here may be done twice.
pub async fn patiently<T, F: Future<Output = Result<T>>>(ask: impl FnMut() -> F) -> Result<T> {
    let again = |why: &Error| matches!(why, Error::NoApi { .. } | Error::Api { status: 408 | 429 | 502 | 503, .. });
    let pauses = ExponentialBuilder::default().with_jitter().with_max_times(RETRIES);
    ask.retry(pauses).when(again).await
}

/// A bar for the bytes of a content, if progress may be drawn.
pub fn bar(drawn: bool, name: &str, bytes: u64) -> ProgressBar {
    let target = if drawn { ProgressDrawTarget::stderr() } else { ProgressDrawTarget::hidden() };
    let bar = ProgressBar::with_draw_target(Some(bytes), target).with_message(short(name));
    // The template is a constant that a test renders.
    ProgressStyle::with_template(TEMPLATE).map(|style| bar.clone().with_style(style)).unwrap_or(bar)
}

const TEMPLATE: &str = "{msg} {wide_bar} {binary_bytes}/{binary_total_bytes} {binary_bytes_per_sec} {eta}";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_and_bytes_are_read_alike() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("a");
        std::fs::write(&path, b"abcdef").unwrap();
        let name = hex::encode(Sha256::digest(b"abcdef"));
        for source in [Source::open(&path).unwrap(), Source::Bytes(b"abcdef".to_vec())] {
            assert_eq!(source.name().unwrap(), (name.clone(), 6));
            assert_eq!(source.read(2, 3).unwrap(), b"cde");
            assert!(matches!(source.read(5, 2), Err(Error::File { .. })), "shorter than it was");
            assert!(source.read(9, 1).is_err());
        }
    }

    #[test]
    fn only_what_is_missing_is_sent() {
        let status = |have| Status { id: None, chunk_size: "1".into(), chunks: 6, have, hashed: 0 };
        assert_eq!(status(vec![[1, 2], [5, 5]]).missing(), [0, 3, 4]);
        assert_eq!(status(vec![]).missing(), [0, 1, 2, 3, 4, 5]);
        assert!(status(vec![[0, 5]]).missing().is_empty());
    }

    #[test]
    fn the_bar_can_be_drawn() {
        assert!(ProgressStyle::with_template(TEMPLATE).is_ok());
    }
}
