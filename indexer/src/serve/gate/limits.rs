//! Who asks, and whether they have asked too much.

use std::{
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    time::Duration,
};

use axum::{
    extract::{Request, State},
    http::{HeaderMap, HeaderName, HeaderValue, StatusCode, header},
    middleware::Next,
    response::{IntoResponse, Response},
};
use governor::{
    Quota, RateLimiter,
    clock::{Clock, DefaultClock},
    middleware::StateInformationMiddleware,
    state::keyed::DefaultKeyedStateStore,
};
use solana_sdk::pubkey::Pubkey;

use super::{Settings, context::context, is_operation};
use crate::serve::{
    self,
    accounts::{self, Charge, Identity, Shown},
    problem::Problem,
};

/// Whose requests are counted together.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Who {
    Wallet(Pubkey),
    Network(IpAddr),
}

impl Who {
    /// Of an IPv6 address only the network counts, as everybody has a whole one.
    fn at(ip: IpAddr) -> Self {
        Self::Network(match ip {
            IpAddr::V4(_) => ip,
            IpAddr::V6(ip) => IpAddr::V6(Ipv6Addr::from(u128::from(ip) >> 64 << 64)),
        })
    }
}

/// The limit of those who bring no key.
pub struct Limits {
    limiter: RateLimiter<Who, DefaultKeyedStateStore<Who>, DefaultClock, StateInformationMiddleware>,
    quota: Quota,
}

impl Limits {
    /// As the settings say; `None` if there is no limit.
    pub fn new(settings: &Settings) -> Option<Self> {
        let burst = NonZeroU32::new(settings.rate_burst)?;
        if settings.rate_per_second <= 0.0 {
            return None;
        }
        let quota = Quota::with_period(Duration::from_secs_f64(settings.rate_per_second.recip()))?.allow_burst(burst);
        Some(Self { limiter: RateLimiter::keyed(quota).with_middleware(), quota })
    }

    fn charge(&self, who: Who) -> Charge {
        let limit = self.quota.burst_size().get();
        let refill = |missing: u32| (self.quota.replenish_interval() * missing).as_millis().div_ceil(1_000) as u64;
        match self.limiter.check_key(&who) {
            Ok(left) => {
                let remaining = left.remaining_burst_capacity();
                Charge { limit, remaining, reset: refill(limit.saturating_sub(remaining)), wait: None }
            }
            Err(not_until) => {
                let wait = not_until.wait_time_from(DefaultClock::default().now()).as_secs() + 1;
                Charge { limit, remaining: 0, reset: refill(limit), wait: Some(wait) }
            }
        }
    }

    /// Forgets those whose count is full again.
    pub fn tidy(&self) {
        self.limiter.retain_recent();
        self.limiter.shrink_to_fit();
    }
}

/// Finds out who asks, counts it, and goes on if there is room. The identity goes with the request, for the extractors.
pub async fn limit(State(state): State<serve::State>, mut request: Request, next: Next) -> Response {
    if is_operation(request.uri().path()) {
        return next.run(request).await;
    }
    let (identity, charge) = match identify(&state, request.headers()).await {
        Ok(found) => found,
        Err(why) => return why.into_response(),
    };
    if let Some(wait) = charge.and_then(|charge| charge.wait) {
        metrics::counter!("assay_http_limited_total").increment(1);
        let problem = Problem::new(StatusCode::TOO_MANY_REQUESTS, format!("too many requests; wait {wait} s"));
        return told(problem.into_response(), charge);
    }
    request.extensions_mut().insert(identity);
    told(next.run(request).await, charge)
}

async fn identify(state: &serve::State, headers: &HeaderMap) -> Result<(Identity, Option<Charge>), Problem> {
    let limits = state.gate.limits.as_ref();
    let network = || {
        let ip = context().map(|at| at.ip);
        limits.zip(ip).map(|(limits, ip)| limits.charge(Who::at(ip)))
    };
    let hash = match accounts::shown(&state.keys, headers) {
        Shown::Identity(Identity::Token(caller)) => {
            let charge = limits.map(|limits| limits.charge(Who::Wallet(caller.wallet)));
            return Ok((Identity::Token(caller), charge));
        }
        Shown::Identity(identity) => return Ok((identity, network())),
        Shown::Key(hash) => hash,
    };
    if let Some((caller, charge)) = state.quotas.charge(&hash) {
        return Ok((Identity::Key(caller), Some(charge)));
    }
    // Looking a key up costs a query: who tries keys out is counted as anybody.
    let charge = network();
    let unknown = Identity::Bad("the key is none of ours or was revoked");
    if charge.is_some_and(|charge| charge.wait.is_some()) {
        return Ok((unknown, charge));
    }
    match state.quotas.look_up(&state.pool, &hash).await? {
        Some((caller, charge)) => Ok((Identity::Key(caller), Some(charge))),
        None => Ok((unknown, charge)),
    }
}

/// Adds the headers of the IETF's draft (draft-ietf-httpapi-ratelimit-headers-06).
fn told(mut response: Response, charge: Option<Charge>) -> Response {
    let Some(Charge { limit, remaining, reset, wait }) = charge else { return response };
    let headers = response.headers_mut();
    headers.insert(HeaderName::from_static("ratelimit-limit"), limit.into());
    headers.insert(HeaderName::from_static("ratelimit-remaining"), remaining.into());
    headers.insert(HeaderName::from_static("ratelimit-reset"), reset.into());
    if let Some(wait) = wait {
        headers.insert(header::RETRY_AFTER, HeaderValue::from(wait));
    }
    response
}
