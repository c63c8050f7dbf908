//! Files of this machine, for local chains.

use std::path::PathBuf;

use futures_util::StreamExt;
use futures_util::future::BoxFuture;
use tokio::io::AsyncReadExt;

use super::error::{Result, io_error};
use super::source::{From, Opened, Source};

/// Bytes read at a time.
const PIECE: usize = 1 << 20;

/// A regular file.
pub(super) struct Local {
    pub path: PathBuf,
}

impl Source for Local {
    fn open<'a>(&'a self, _: &'a From) -> BoxFuture<'a, Result<Opened>> {
        Box::pin(async move {
            let failed = io_error(&self.path);
            let metadata = tokio::fs::metadata(&self.path).await.map_err(&failed)?;
            // Devices and pipes may never end.
            if !metadata.is_file() {
                return Err(failed(std::io::Error::other("not a regular file")));
            }
            let file = tokio::fs::File::open(&self.path).await.map_err(&failed)?;
            let path = self.path.clone();
            let body = futures_util::stream::try_unfold(file, move |mut file| {
                let failed = io_error(&path);
                async move {
                    let mut piece = vec![0; PIECE];
                    let read = file.read(&mut piece).await.map_err(failed)?;
                    piece.truncate(read);
                    Ok((read > 0).then(|| (piece.into(), file)))
                }
            });
            Ok(Opened { at: 0, total: Some(metadata.len()), tag: None, body: body.boxed() })
        })
    }
}
