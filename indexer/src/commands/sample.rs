//! A file of settings.

use crate::config;

/// Every key with its meaning, its environment variable and its default, commented out.
pub fn sample() -> String {
    config::settings().sample(example)
}

fn example(name: &str) -> String {
    match name {
        "MINT=NAME" => "So11111111111111111111111111111111111111112=SOL".into(),
        "URL" | "WS_URL" | "PUBLIC_URL" => "https://example.org".into(),
        "AUTH_DOMAIN" => "example.org".into(),
        "WALLET" => "11111111111111111111111111111111".into(),
        "WEBHOOK_ALLOW_CIDR" => "10.0.0.0/8".into(),
        "s3://BUCKET/PREFIX" => "s3://bucket/prefix".into(),
        name if ["MINUTES", "HOURS", "DAYS"].iter().any(|unit| name.ends_with(unit)) => "30".into(),
        _ => format!("/path/to/{}", name.to_lowercase()),
    }
}
