//! Webhooks: a wallet says what it wants to be told, and where; what is told is signed as the Standard Webhooks
//! specification says, tried again for a day, and kept when it does not arrive.

mod deliver;
mod egress;
mod handlers;
mod queue;
mod rows;
mod secret;

use std::{path::PathBuf, sync::Arc, time::Duration};

use axum::extract::DefaultBodyLimit;
use ipnet::IpNet;
use tokio::{sync::Notify, time::sleep};
use utoipa_axum::{router::OpenApiRouter, routes};

pub use self::egress::{Egress, Lookup, Refused, Rules, Sent, SystemLookup};
use self::secret::Keyring;
use crate::{Result, serve::Shared};

/// Settings of webhooks.
#[derive(clap::Args, Debug, Clone)]
#[group(skip)]
pub struct Settings {
    /// File with the key (32 bytes or more) that encrypts the webhooks' secrets in the database; without it they are in
    /// it as they are. Instances that share a database must share it.
    #[arg(long, env = "ASSAY_WEBHOOK_KEY_FILE", global = true)]
    pub webhook_key_file: Option<PathBuf>,
    /// Allow webhooks to plain http, and to any port: for tests and local networks.
    #[arg(long, env = "ASSAY_WEBHOOK_ALLOW_HTTP", global = true)]
    pub webhook_allow_http: bool,
    /// Allow webhooks to these networks although they are not public; may be repeated. For tests and local networks.
    #[arg(long = "webhook-allow-cidr", env = "ASSAY_WEBHOOK_ALLOW_CIDR", value_delimiter = ',', global = true)]
    pub webhook_allow_cidr: Vec<IpNet>,
    /// Webhooks that a wallet may have.
    #[arg(long, env = "ASSAY_WEBHOOKS_PER_WALLET", default_value = "20", global = true)]
    pub webhooks_per_wallet: u32,
    /// Tries before a delivery is given up.
    #[arg(long, env = "ASSAY_WEBHOOK_TRIES", default_value = "10", global = true, value_parser = clap::value_parser!(i32).range(1..=100))]
    pub webhook_tries: i32,
    /// Milliseconds before the second try; each further wait is 3.25 times the last, give or take a fifth.
    #[arg(long, env = "ASSAY_WEBHOOK_RETRY_MS", default_value = "5000", global = true)]
    pub webhook_retry_ms: u64,
    /// Hours of nothing but failures after which a webhook is paused.
    #[arg(long, env = "ASSAY_WEBHOOK_PAUSE_HOURS", default_value = "72", global = true)]
    pub webhook_pause_hours: u32,
    /// Milliseconds between two looks for deliveries that are due.
    #[arg(long, env = "ASSAY_WEBHOOK_POLL_MS", default_value = "1000", global = true, value_parser = clap::value_parser!(u64).range(10..))]
    pub webhook_poll_ms: u64,
}

/// What delivers them.
pub struct Webhooks {
    egress: Egress,
    keyring: Keyring,
    most: i64,
    tries: i32,
    retry: Duration,
    pause_after: Duration,
    poll: Duration,
    /// There is something to deliver.
    queued: Notify,
}

/// Between two attempts while the database does not answer.
const AGAIN: Duration = Duration::from_secs(1);
/// Looked for new items even if no notice came.
const AT_LEAST_EVERY: Duration = Duration::from_secs(5);
/// Bytes of a request's body.
const LARGEST: usize = 64 << 10;
/// Between two clean-ups.
const FORGET_EVERY: Duration = Duration::from_secs(600);

impl Webhooks {
    /// As the settings say.
    ///
    /// # Errors
    /// When the key's file cannot be used, or TLS cannot be set up.
    pub fn new(settings: &Settings) -> Result<Self> {
        let (allow_http, allow) = (settings.webhook_allow_http, settings.webhook_allow_cidr.clone());
        Ok(Self {
            egress: Egress::new(Rules { allow_http, allow, lookup: Arc::new(SystemLookup) })?,
            keyring: Keyring::load(settings.webhook_key_file.as_deref())?,
            most: settings.webhooks_per_wallet.into(),
            tries: settings.webhook_tries,
            retry: Duration::from_millis(settings.webhook_retry_ms),
            pause_after: Duration::from_secs(u64::from(settings.webhook_pause_hours) * 3_600),
            poll: Duration::from_millis(settings.webhook_poll_ms),
            queued: Notify::new(),
        })
    }
}

/// Queues, delivers and cleans up in the background, until `shared.stop`.
pub fn start(webhooks: &Arc<Webhooks>, shared: &Shared) {
    let (queue, its) = (webhooks.clone(), shared.clone());
    tokio::spawn(async move {
        tokio::select! {
            () = its.stop.cancelled() => {}
            () = fill(&queue, &its) => {}
        }
    });
    tokio::spawn(deliver::run(webhooks.clone(), shared.clone()));
    let its = shared.clone();
    tokio::spawn(async move {
        tokio::select! {
            () = its.stop.cancelled() => {}
            () = tidy(&its) => {}
        }
    });
}

async fn fill(webhooks: &Webhooks, shared: &Shared) {
    let mut wake = shared.wake.clone();
    loop {
        wake.borrow_and_update();
        match queue::fill(&shared.pool).await {
            Ok(filled) => {
                if filled.queued > 0 {
                    webhooks.queued.notify_one();
                }
                if !filled.more {
                    tokio::select! {
                        changed = wake.changed() => if changed.is_err() { sleep(AT_LEAST_EVERY).await },
                        () = sleep(AT_LEAST_EVERY) => {}
                    }
                }
            }
            Err(why) => {
                tracing::debug!("webhooks are not queued: {why}");
                sleep(AGAIN).await;
            }
        }
    }
}

async fn tidy(shared: &Shared) {
    loop {
        if let Err(why) = rows::forget(&shared.pool).await {
            tracing::debug!("old deliveries stay: {why}");
        }
        for _ in 0..FORGET_EVERY.as_secs() / 15 {
            if let Ok(depth) = rows::depth(&shared.pool).await {
                metrics::gauge!("assay_indexer_webhook_queue").set(depth as f64);
            }
            sleep(Duration::from_secs(15)).await;
        }
    }
}

/// All routes of webhooks.
pub fn routes() -> OpenApiRouter<crate::serve::State> {
    OpenApiRouter::new()
        .routes(routes!(handlers::list, handlers::create))
        .routes(routes!(handlers::one, handlers::change, handlers::delete))
        .routes(routes!(handlers::test))
        .routes(routes!(handlers::deliveries))
        .routes(routes!(handlers::replay))
        .layer(DefaultBodyLimit::max(LARGEST))
}
