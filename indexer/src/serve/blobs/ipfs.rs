//! IPFS, through the HTTP API that Kubo has: blobs are added and pinned there after they were stored here.
//!
//! A blob of up to 1 MiB is one raw block, whose CID is its SHA-256 in other letters: whoever knows the hash finds it.
//! A larger one is a tree of blocks, whose root's CID the ledger keeps.

use std::time::Duration;

use bytes::Bytes;
use futures_util::{Stream, StreamExt, stream};
use reqwest::{Client, RequestBuilder, Response, Url, header};
use serde::Deserialize;
use tokio_util::sync::CancellationToken;

use super::{Blobs, Kind, MIB, Name, ledger::Entry};
use crate::Error;

/// Largest blob that is one block; Kubo passes none above 2 MiB on.
pub const MAX_BLOCK: u64 = MIB;
/// Blobs pinned in one go.
const BATCH: i64 = 16;
/// Time between two looks at what is to be pinned.
const EVERY: Duration = Duration::from_secs(5);
/// How long Kubo may be silent.
const SILENCE: Duration = Duration::from_secs(30);

/// A client of Kubo's API. Only its operator names the URL, no request does.
#[derive(Clone)]
pub struct Ipfs {
    base: Url,
    http: Client,
}

/// Why IPFS did not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum IpfsError {
    /// It does not answer, or breaks off.
    #[error("IPFS does not answer; check --ipfs-api and that the node runs")]
    Unreachable,
    /// It refuses.
    #[error("IPFS answers {0}")]
    Refused(u16),
    /// It has put the content where no such content is.
    #[error("IPFS put it at {0:?}, which is not where this content is")]
    OtherCid(String),
}

#[derive(Deserialize)]
struct Put {
    #[serde(rename = "Key")]
    key: String,
}

#[derive(Deserialize)]
struct Added {
    #[serde(rename = "Hash")]
    hash: String,
}

/// The CID of one raw block with this SHA-256: version 1, in base32.
pub fn raw_cid(name: &Name) -> String {
    // CIDv1, codec raw, multihash sha2-256 of 32 bytes.
    let bytes = [&[0x01, 0x55, 0x12, 0x20], name.bytes().as_slice()].concat();
    let alphabet = b"abcdefghijklmnopqrstuvwxyz234567";
    let (mut text, mut held, mut bits) = (String::from("b"), 0_u32, 0);
    for byte in bytes {
        held = (held << 8 | u32::from(byte)) & 0xfff;
        bits += 8;
        while bits >= 5 {
            bits -= 5;
            text.push(char::from(alphabet[(held >> bits & 31) as usize]));
        }
    }
    if bits > 0 {
        text.push(char::from(alphabet[(held << (5 - bits) & 31) as usize]));
    }
    text
}

impl Ipfs {
    /// Of the API at this URL.
    ///
    /// # Errors
    /// [`Error::Start`] when it is no URL.
    pub fn new(url: &str) -> crate::Result<Self> {
        // Its words may hold a password of the URL.
        let bad = || Error::Start("--ipfs-api must be a URL such as http://127.0.0.1:5001".into());
        let base = Url::parse(url).ok().filter(|url| !url.cannot_be_a_base()).ok_or_else(bad)?;
        let http = Client::builder().connect_timeout(Duration::from_secs(5)).read_timeout(SILENCE);
        let http = http.redirect(reqwest::redirect::Policy::none()).build().map_err(|_| bad())?;
        Ok(Self { base, http })
    }

    fn post(&self, call: &str, query: &[(&str, &str)]) -> RequestBuilder {
        let mut url = self.base.clone();
        url.set_path(&format!("{}/api/v0/{call}", url.path().trim_end_matches('/')));
        self.http.post(url).query(query)
    }

    async fn ask(&self, request: RequestBuilder) -> Result<Response, IpfsError> {
        let response = request.send().await.map_err(|_| IpfsError::Unreachable)?;
        if response.status().is_success() { Ok(response) } else { Err(IpfsError::Refused(response.status().as_u16())) }
    }

    /// Stores and pins a block, which must get the CID that its hash says.
    pub async fn put_block(&self, name: &Name, bytes: Bytes) -> Result<String, IpfsError> {
        let cid = raw_cid(name);
        let query = [("cid-codec", "raw"), ("mhtype", "sha2-256"), ("mhlen", "32")];
        let request = multipart(self.post("block/put", &query), stream::iter([Ok(bytes)]));
        let put: Put = self.ask(request).await?.json().await.map_err(|_| IpfsError::Unreachable)?;
        if put.key != cid {
            return Err(IpfsError::OtherCid(put.key));
        }
        self.ask(self.post("pin/add", &[("arg", &cid)])).await?;
        Ok(cid)
    }

    /// Stores and pins what is more than a block; returns the CID of its root.
    pub async fn add<S>(&self, bytes: S) -> Result<String, IpfsError>
    where
        S: Stream<Item = std::io::Result<Bytes>> + Send + 'static,
    {
        let query = [
            ("cid-version", "1"),
            ("raw-leaves", "true"),
            ("hash", "sha2-256"),
            ("pin", "true"),
            ("progress", "false"),
        ];
        let added: Added = self
            .ask(multipart(self.post("add", &query), bytes))
            .await?
            .json()
            .await
            .map_err(|_| IpfsError::Unreachable)?;
        let cid =
            !added.hash.is_empty() && added.hash.len() <= 128 && added.hash.bytes().all(|b| b.is_ascii_alphanumeric());
        if cid { Ok(added.hash) } else { Err(IpfsError::OtherCid(added.hash)) }
    }

    /// Lets a CID go.
    pub async fn unpin(&self, cid: &str) -> Result<(), IpfsError> {
        self.ask(self.post("pin/rm", &[("arg", cid)])).await.map(drop)
    }

    /// The bytes at a CID that is pinned, as they come.
    pub async fn cat(&self, cid: &str) -> Result<Response, IpfsError> {
        self.ask(self.post("cat", &[("arg", cid)])).await
    }

    /// The block with this hash, if the node has it itself: strangers do not make it search the world.
    pub async fn block(&self, name: &Name) -> Result<Response, IpfsError> {
        self.ask(self.post("block/get", &[("arg", &raw_cid(name)), ("offline", "true")])).await
    }
}

/// A body of one file, as Kubo takes them. It is streamed: reqwest's own forms would need its `multipart` feature.
fn multipart<S>(request: RequestBuilder, bytes: S) -> RequestBuilder
where
    S: Stream<Item = std::io::Result<Bytes>> + Send + 'static,
{
    let boundary = hex::encode(rand::random::<[u8; 16]>());
    let head = format!(
        "--{boundary}\r\ncontent-disposition: form-data; name=\"file\"; filename=\"blob\"\r\ncontent-type: application/octet-stream\r\n\r\n"
    );
    let tail = format!("\r\n--{boundary}--\r\n");
    let whole = stream::iter([Ok(Bytes::from(head))]).chain(bytes).chain(stream::iter([Ok(Bytes::from(tail))]));
    let kind = format!("multipart/form-data; boundary={boundary}");
    request.header(header::CONTENT_TYPE, kind).body(reqwest::Body::wrap_stream(whole))
}

/// Pins what was stored and is not pinned yet, for as long as the process runs. What fails is tried again, later and
/// later; what a kill cut off is found again, because the ledger says what has no CID.
pub async fn keep_pinned(blobs: Blobs, stop: CancellationToken) {
    let Some(ipfs) = blobs.ipfs.clone() else { return };
    while !stop.is_cancelled() {
        let done = match pin_some(&blobs, &ipfs).await {
            Ok(done) => done,
            Err(why) => {
                tracing::warn!("blobs to pin cannot be listed: {why}");
                0
            }
        };
        if done == 0 {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(EVERY) => {}
            }
        }
    }
}

/// Takes what is due, so that no other instance does, and pins it.
async fn pin_some(blobs: &Blobs, ipfs: &Ipfs) -> Result<usize, sqlx::Error> {
    let due = sqlx::query_as(
        "UPDATE blobs b SET pin_tries = b.pin_tries + 1,
             pin_after = now() + least(interval '1 minute' * power(2, least(b.pin_tries, 10)), interval '6 hours')
         FROM (SELECT kind, name FROM blobs WHERE cid IS NULL AND kind = 'blobs' AND pin_after <= now()
             ORDER BY pin_after LIMIT $1 FOR UPDATE SKIP LOCKED) due
         WHERE b.kind = due.kind AND b.name = due.name
         RETURNING b.name, b.size, b.upload, b.chunk_size, b.cid",
    );
    type Row = (String, i64, Option<String>, Option<i64>, Option<String>);
    let due: Vec<Row> = due.bind(BATCH).fetch_all(&blobs.pool).await?;
    let found = due.len();
    for (name, size, upload, chunk_size, cid) in due {
        let Ok(name) = Name::read(&name) else { continue };
        let entry = Entry::of(Kind::Blob, name, (size, upload, chunk_size, cid));
        match pin(blobs, ipfs, &entry).await {
            Ok(cid) => {
                let update = sqlx::query("UPDATE blobs SET cid = $2 WHERE kind = 'blobs' AND name = $1");
                update.bind(&entry.name.0).bind(cid).execute(&blobs.pool).await?;
            }
            Err(why) => tracing::warn!("{} is not on IPFS yet: {why}", entry.name.0),
        }
    }
    Ok(found)
}

async fn pin(blobs: &Blobs, ipfs: &Ipfs, entry: &Entry) -> Result<String, IpfsError> {
    let bytes = blobs.bytes(entry.clone(), 0..entry.size);
    if entry.size > MAX_BLOCK {
        return ipfs.add(bytes).await;
    }
    let all: Vec<_> = bytes.collect().await;
    let all = all.into_iter().collect::<std::io::Result<Vec<Bytes>>>().map_err(|_| IpfsError::Unreachable)?;
    ipfs.put_block(&entry.name, all.concat().into()).await
}

#[cfg(test)]
mod tests {
    use super::*;

    /// As `ipfs cid format` and `ipfs block put --cid-codec raw` have it.
    #[test]
    fn a_blocks_cid_is_its_hash() {
        let hello = Name("2cf24dba5fb0a30e26e83b2ac5b9e29e1b161e5c1fa7425e73043362938b9824".into());
        assert_eq!(raw_cid(&hello), "bafkreibm6jg3ux5qumhcn2b3flc3tyu6dmlb4xa7u5bf44yegnrjhc4yeq");
        let nothing = Name("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855".into());
        assert_eq!(raw_cid(&nothing), "bafkreihdwdcefgh4dqkjv67uzcmw7ojee6xedzdetojuzjevtenxquvyku");
    }
}
