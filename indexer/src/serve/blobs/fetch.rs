//! From IPFS into the store: nothing is served before its hash was checked, so it is stored first.

use axum::body::Body;

use super::{
    Blobs, Kind, MAX_BLOB, Name,
    ipfs::{Ipfs, MAX_BLOCK},
    ledger::Entry,
    owner::Owner,
    put::receive,
    store::whole,
};
use crate::serve::problem::Problem;

impl Blobs {
    /// The blob as IPFS has it, brought into the store; `None` if it does not have it, or has something else.
    pub(super) async fn bring_from_ipfs(
        &self,
        ipfs: &Ipfs,
        name: &Name,
        cid: Option<String>,
    ) -> Result<Option<Entry>, Problem> {
        let (asked, most) = match &cid {
            Some(cid) => (ipfs.cat(cid).await, MAX_BLOB),
            None => (ipfs.block(name).await, MAX_BLOCK),
        };
        let response = match asked {
            Ok(response) => response,
            Err(why) => {
                tracing::debug!("{} is not on IPFS: {why}", name.0);
                return Ok(None);
            }
        };
        let mut writing = self.store.write(whole(Kind::Blob, name));
        let body = Body::from_stream(response.bytes_stream());
        let (size, found) = match receive(body, Some(&mut writing), most).await {
            Ok(received) => received,
            Err(why) if cid.is_none() => {
                tracing::debug!("{} did not come from IPFS: {why:?}", name.0);
                return Ok(None);
            }
            Err(why) => return Err(why),
        };
        if found != name.0 {
            tracing::warn!("IPFS has another content for {}: its sha256 is {found}", name.0);
            return Ok(None);
        }
        // Nobody's: it is a copy, which may go again.
        self.keep(Kind::Blob, name, size, &Owner("ipfs".into()), writing).await?;
        Ok(Some(Entry { kind: Kind::Blob, name: name.clone(), size, chunked: None, cid }))
    }
}
