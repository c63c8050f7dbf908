//! Notifications of the database.

use std::time::Duration;

use sqlx::{PgPool, postgres::PgListener};
use tokio::{sync::watch, time::sleep};
use tokio_util::sync::CancellationToken;

use crate::{Result, store};

/// Turns the writer's notifications, whichever process it is in, into wake-ups of the streams, until `stop`.
pub async fn listen(pool: PgPool, wake: watch::Sender<u64>, stop: CancellationToken) {
    let forward = async || -> Result<()> {
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.listen(store::CHANNEL).await?;
        loop {
            // What was missed while it was not connected: look.
            wake.send_modify(|count| *count = count.wrapping_add(1));
            listener.recv().await?;
        }
    };
    while !stop.is_cancelled() {
        tokio::select! {
            () = stop.cancelled() => return,
            ended = forward() => if let Err(why) = ended { tracing::debug!("notifications: {why}") },
        }
        tokio::select! {
            () = stop.cancelled() => return,
            () = sleep(Duration::from_secs(1)) => {}
        }
    }
}
