//! What systemd is told, where it started the node (`Type=notify`); nothing elsewhere.

use std::time::Duration;

use sd_notify::NotifyState;

/// The node works.
pub fn ready() {
    tell(&[NotifyState::Ready]);
}

/// The node ends, as asked.
pub fn stopping() {
    tell(&[NotifyState::Stopping]);
}

/// The node lives: must be said within `WatchdogSec`.
pub fn alive() {
    tell(&[NotifyState::Watchdog]);
}

/// How often [`alive`] is to be said, if anybody listens: twice in what the watchdog allows.
pub fn interval() -> Option<Duration> {
    let mut allowed = 0;
    let asked = sd_notify::watchdog_enabled(false, &mut allowed) && allowed > 0;
    asked.then(|| Duration::from_micros(allowed) / 2)
}

fn tell(what: &[NotifyState]) {
    if let Err(why) = sd_notify::notify(false, what) {
        tracing::warn!("systemd does not listen: {why}");
    }
}
