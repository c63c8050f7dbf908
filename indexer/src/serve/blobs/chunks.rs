//! The whole hash of an upload, chunk by chunk as they come.
//!
//! The SHA-256 of the chunks from the first on, not finished, is kept in the upload's row: each chunk that is stored
//! moves it on by as many as lie ready. So completing a terabyte takes no second reading of it, chunks may come in any
//! order, and a restart loses at most the chunk that was being read.

use std::time::Instant;

use sha2_resumable::{
    Digest, Sha256,
    digest::common::hazmat::{SerializableState, SerializedState},
};

use super::{Blobs, ledger::signed, pending::Upload, store::chunk};
use crate::serve::problem::Problem;

/// Bytes of a chunk read at a time.
const WINDOW: u64 = 1 << 20;
/// Chunks hashed after one was stored: more than one, so that whoever sends them out of order is caught up with.
pub const AT_A_TIME: u64 = 2;

/// How far the hash of an upload is.
#[derive(Debug, PartialEq, Eq)]
pub enum Hashed {
    /// All of it, with this result.
    All(String),
    /// So many chunks.
    Chunks(u64),
}

impl Blobs {
    /// Hashes up to `most` chunks that are there, until `until`.
    pub(super) async fn hash_on(&self, upload: &Upload, most: u64, until: Instant) -> Result<Hashed, Problem> {
        let Some(_turn) = Turn::take(self, &upload.id) else { return Ok(Hashed::Chunks(upload.hashed)) };
        let (mut hashed, mut state) = self.hash_state(upload).await?;
        for (n, sha256) in self.chunks_from(upload, hashed, most).await? {
            // One before it is missing still, or it is time to answer.
            if n != hashed || Instant::now() >= until {
                break;
            }
            self.hash_chunk(upload, n, &sha256, &mut state).await?;
            hashed += 1;
            let update = sqlx::query("UPDATE uploads SET hashed = $2, state = $3 WHERE id = $1 AND hashed < $2");
            let update = update.bind(&upload.id).bind(i32::try_from(hashed).unwrap_or(i32::MAX));
            update.bind(state.serialize().as_slice()).execute(&self.pool).await?;
        }
        if hashed == upload.chunks() {
            return Ok(Hashed::All(hex::encode(state.finalize())));
        }
        Ok(Hashed::Chunks(hashed))
    }

    /// How far it was when it was last stored.
    async fn hash_state(&self, upload: &Upload) -> Result<(u64, Sha256), Problem> {
        let row = sqlx::query_as("SELECT hashed, state FROM uploads WHERE id = $1").bind(&upload.id);
        let row: Option<(i32, Option<Vec<u8>>)> = row.fetch_optional(&self.pool).await?;
        let Some((hashed, Some(bytes))) = row else { return Ok((0, Sha256::new())) };
        let state = SerializedState::<Sha256>::try_from(bytes.as_slice()).ok();
        // One that cannot be read is of another version: the chunks are all there, and are hashed again.
        Ok(match state.and_then(|state| Sha256::deserialize(&state).ok()) {
            Some(state) => (u64::from(hashed.unsigned_abs()), state),
            None => (0, Sha256::new()),
        })
    }

    async fn chunks_from(&self, upload: &Upload, first: u64, most: u64) -> Result<Vec<(u64, String)>, Problem> {
        let rows =
            sqlx::query_as("SELECT n, sha256 FROM upload_chunks WHERE upload = $1 AND n >= $2 ORDER BY n LIMIT $3");
        let rows = rows.bind(&upload.id).bind(i32::try_from(first).unwrap_or(i32::MAX)).bind(signed(most));
        let rows: Vec<(i32, String)> = rows.fetch_all(&self.pool).await?;
        Ok(rows.into_iter().map(|(n, sha256)| (n.unsigned_abs().into(), sha256)).collect())
    }

    async fn hash_chunk(&self, upload: &Upload, n: u64, sha256: &str, state: &mut Sha256) -> Result<(), Problem> {
        let (path, length) = (chunk(&upload.id, n, sha256), upload.length_of(n));
        let mut at = 0;
        while at < length {
            let bytes = self.store.read(&path, at..length.min(at + WINDOW)).await?;
            state.update(&bytes);
            at += bytes.len() as u64;
        }
        Ok(())
    }
}

/// One at a time hashes an upload in this process; what another one does besides is lost work, not harm.
struct Turn(Blobs, String);

impl Turn {
    fn take(blobs: &Blobs, id: &str) -> Option<Self> {
        let mut hashing = blobs.hashing.lock().unwrap_or_else(|broken| broken.into_inner());
        hashing.insert(id.to_owned()).then(|| Self(blobs.clone(), id.to_owned()))
    }
}

impl Drop for Turn {
    fn drop(&mut self) {
        self.0.hashing.lock().unwrap_or_else(|broken| broken.into_inner()).remove(&self.1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hash_goes_on_from_its_stored_state() {
        let data: Vec<u8> = (0..1_000_u32).flat_map(u32::to_le_bytes).collect();
        for cut in [0, 1, 63, 64, 65, 2_000, data.len()] {
            let mut first = Sha256::new();
            first.update(&data[..cut]);
            let bytes = first.serialize().to_vec();
            let state = SerializedState::<Sha256>::try_from(bytes.as_slice()).unwrap();
            let mut second = Sha256::deserialize(&state).unwrap();
            second.update(&data[cut..]);
            assert_eq!(second.finalize(), Sha256::digest(&data), "cut at {cut}");
        }
    }
}
