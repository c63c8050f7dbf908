//! Programs and inputs: how large they may be, and how they are fetched.

use std::{fs, path::Path, time::Duration};

use assay_sdk::spec::{MAX_INPUT_BYTES, MAX_PROGRAM_BYTES};
use reqwest::Client;

use crate::{
    client::api::innermost,
    error::{Error, Result},
};

const CONNECT_TIMEOUT: Duration = Duration::from_secs(10);
const TIMEOUT: Duration = Duration::from_secs(600);

/// Most bytes of the spec's `program` or `input`.
pub fn most(field: &str) -> u64 {
    if field == "program" { MAX_PROGRAM_BYTES } else { MAX_INPUT_BYTES }
}

/// Whether it is an address, and not a path.
pub fn is_remote(place: &str) -> bool {
    place.starts_with("http://") || place.starts_with("https://")
}

/// Reads a file that is not too large.
///
/// # Errors
/// [`Error::File`], and [`Error::Refused`] when it is too large.
pub fn read(path: &Path, most: u64) -> Result<Vec<u8>> {
    let size = fs::metadata(path).map_err(Error::file("read", path))?.len();
    if size > most {
        return Err(too_large(&path.display().to_string(), most));
    }
    fs::read(path).map_err(Error::file("read", path))
}

/// Fetches what is at an http(s) address, and stops where it becomes too large.
///
/// # Errors
/// [`Error::Refused`], which says why.
pub async fn download(uri: &str, most: u64) -> Result<Vec<u8>> {
    let failed = |why: reqwest::Error| {
        Error::Refused(format!("cannot fetch {uri} ({}): check the address and that its server is up", innermost(&why)))
    };
    let client = Client::builder().connect_timeout(CONNECT_TIMEOUT).timeout(TIMEOUT).build().map_err(failed)?;
    let reply = client.get(uri).send().await.map_err(failed)?;
    if !reply.status().is_success() {
        let why = format!(
            "{uri} answers {}: nodes would not get it either; publish it there, or name another address",
            reply.status()
        );
        return Err(Error::Refused(why));
    }
    let (mut content, mut reply) = (vec![], reply);
    while let Some(part) = reply.chunk().await.map_err(failed)? {
        content.extend_from_slice(&part);
        if content.len() as u64 > most {
            return Err(too_large(uri, most));
        }
    }
    Ok(content)
}

fn too_large(what: &str, most: u64) -> Error {
    Error::Refused(format!(
        "{what} is larger than the {} MiB that nodes take: split the data over several jobs",
        most >> 20
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_may_be_as_large_as_nodes_take() {
        let place = tempfile::tempdir().unwrap();
        let path = place.path().join("input");
        fs::write(&path, b"12345").unwrap();
        assert_eq!(read(&path, 5).unwrap(), b"12345");
        let error = read(&path, 4).unwrap_err().to_string();
        assert!(
            error.ends_with("input is larger than the 0 MiB that nodes take: split the data over several jobs"),
            "{error}"
        );
        assert_eq!((most("program"), most("input")), (67_108_864, 134_217_728));
    }
}
