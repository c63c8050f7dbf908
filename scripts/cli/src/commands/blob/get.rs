//! `blob get`: a blob, hashed while it comes.

use std::{
    fs::{self, File},
    io::{self, ErrorKind, Write},
    path::Path,
};

use reqwest::{Method, header};
use serde_json::json;
use sha2::{Digest, Sha256};

use crate::{
    client::store::{bar, patiently},
    context::Context,
    error::{Error, Result},
    output::facts,
};

/// Largest blob that goes to standard output: it is held in memory until its hash is known to be right.
const MOST_IN_MEMORY: u64 = 256 << 20;
/// Bytes asked for at a time: what a bad line loses.
const WINDOW: u64 = 16 << 20;

/// How long a blob is, or `None` if it is not there.
pub async fn length(context: &Context, hash: &str) -> Result<Option<u64>> {
    match context.api.call(Method::HEAD, &format!("/v1/blobs/{hash}"), None, |request| request).await {
        Ok(reply) => {
            let length = reply.headers().get(header::CONTENT_LENGTH).and_then(|value| value.to_str().ok());
            Ok(length.and_then(|length| length.parse().ok()))
        }
        Err(Error::Api { status: 404, .. }) => Ok(None),
        Err(why) => Err(why),
    }
}

/// Fetches a blob. A file appears only with the right content; what came of it before a cut is gone on with.
pub async fn get(context: &Context, hash: &str, out: Option<&Path>) -> Result<()> {
    let Some(bytes) = length(context, hash).await? else {
        return Err(Error::Refused(format!(
            "there is no blob {hash} at {}: check the hash and --api",
            context.api.url("")
        )));
    };
    let Some(out) = out else {
        if bytes > MOST_IN_MEMORY {
            return Err(Error::Usage(format!("{hash} has {bytes} bytes: write it to a file, with --out")));
        }
        let mut content = vec![];
        receive(context, hash, (0, bytes), |part| content.write_all(part).map_err(Error::Stdout)).await?;
        checked(hash, &hex::encode(Sha256::digest(&content)))?;
        return match io::stdout().write_all(&content) {
            Err(why) if why.kind() == ErrorKind::BrokenPipe => Ok(()),
            written => Ok(written?),
        };
    };
    fetch(context, hash, bytes, out).await?;
    let file = out.display().to_string();
    context.out.data(&json!({"sha256": hash, "bytes": bytes.to_string(), "file": file}), || {
        facts(&[("sha256", hash.to_owned()), ("bytes", bytes.to_string()), ("file", file.clone())])
    })
}

/// Into a file beside `out`, which becomes it once its hash is right.
async fn fetch(context: &Context, hash: &str, bytes: u64, out: &Path) -> Result<()> {
    let mut name = out.file_name().unwrap_or_default().to_owned();
    name.push(".part");
    let part = out.with_file_name(name);
    let failed = || Error::file("write", &part);
    let mut file = File::options().read(true).append(true).create(true).open(&part).map_err(failed())?;
    let mut hasher = Sha256::new();
    // What an earlier run left; more than there can be is something else's.
    let mut have = io::copy(&mut file, &mut hasher).map_err(failed())?;
    if have > bytes {
        file.set_len(0).map_err(failed())?;
        (have, hasher) = (0, Sha256::new());
    }
    receive(context, hash, (have, bytes), |part| {
        hasher.update(part);
        file.write_all(part).map_err(failed())
    })
    .await?;
    let found = hex::encode(hasher.finalize());
    if found != hash {
        fs::remove_file(&part).map_err(failed())?;
        return checked(hash, &found);
    }
    file.sync_all().map_err(failed())?;
    fs::rename(&part, out).map_err(Error::file("write", out))
}

/// Bytes from one place up to another, a window at a time.
async fn receive(
    context: &Context,
    hash: &str,
    (mut from, end): (u64, u64),
    mut take: impl FnMut(&[u8]) -> Result<()>,
) -> Result<()> {
    let path = format!("/v1/blobs/{hash}");
    let bar = bar(context.out.draws(), hash, end);
    while from < end {
        let last = end.min(from + WINDOW) - 1;
        let ask = || async {
            let range = format!("bytes={from}-{last}");
            let reply =
                context.api.call(Method::GET, &path, None, |request| request.header(header::RANGE, range)).await?;
            reply.bytes().await.map_err(|why| context.api.unreachable(&why))
        };
        let part = patiently(ask).await?;
        if part.len() as u64 != last - from + 1 {
            return Err(Error::Refused(format!(
                "{} sends other bytes than asked for: try another --api",
                context.api.url("")
            )));
        }
        take(&part)?;
        from = last + 1;
        bar.set_position(from);
    }
    bar.finish_and_clear();
    Ok(())
}

fn checked(hash: &str, found: &str) -> Result<()> {
    if found == hash {
        return Ok(());
    }
    let why =
        format!("what came as {hash} has the sha256 {found}: nothing of it was kept; try again, or another --api");
    Err(Error::Refused(why))
}
