//! Between the subscription and the loop: what notices say of accounts is decoded while the loop waits for the database
//! to write those before them.

use tokio::sync::mpsc;

use super::{Notice, SlotStatus};
use crate::{
    decode::Rows,
    store::{DeadLetter, Row},
};

/// Notices taken at once: enough to make switching tasks cheap, few enough that the loop never waits for long.
const MOST: usize = 64;

/// A notice, ready to be written.
#[derive(Debug)]
pub(super) enum Told {
    /// An account's state; without a write version (0) if the source gave none.
    Row(Row),
    /// An account that cannot be decoded.
    Dead(DeadLetter),
    /// [`Notice::Subscribed`].
    Subscribed,
    /// [`Notice::Transaction`], its signature.
    Transaction(String),
    /// [`Notice::Slot`].
    Slot(u64, SlotStatus),
}

/// Decodes notices, in their order, until nobody sends or nobody listens.
pub(super) async fn decode(rows: Rows, mut notices: mpsc::Receiver<Notice>, told: mpsc::Sender<Told>) {
    let mut taken = Vec::with_capacity(MOST);
    while notices.recv_many(&mut taken, MOST).await > 0 {
        for notice in taken.drain(..) {
            if told.send(read(&rows, notice)).await.is_err() {
                return;
            }
        }
    }
}

fn read(rows: &Rows, notice: Notice) -> Told {
    match notice {
        Notice::Account { slot, write_version, account } => {
            // 0 stands for none, which the loop replaces by the number of its arrival.
            let version = write_version.map_or(0, |version| version.max(1));
            rows.written(&account, slot, version).map_or_else(Told::Dead, Told::Row)
        }
        Notice::Subscribed => Told::Subscribed,
        Notice::Transaction { signature } => Told::Transaction(signature),
        Notice::Slot { slot, status } => Told::Slot(slot, status),
    }
}
