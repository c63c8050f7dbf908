//! A file of settings made of the flags themselves, so that it is never out of date.

use std::fmt::Write;

use crate::config;

/// Every key with its meaning, its environment variable and its default, commented out.
pub fn sample() -> String {
    let mut text = String::from(
        "# Settings of assay-indexer; use with `--config FILE` or ASSAY_CONFIG. Keys are the flags' names.\n\
         # A flag beats its environment variable, that beats this file, and this file beats the default.\n\
         # Secrets do not belong here: name their files, or put them into the environment.\n",
    );
    for flag in config::keys() {
        text.push('\n');
        let help = flag.get_help().map(ToString::to_string).unwrap_or_default();
        text.extend(help.lines().map(|line| format!("# {line}\n")));
        if let Some(variable) = flag.get_env() {
            let _ = writeln!(text, "# Environment: {}", variable.display());
        }
        let values: Vec<String> = flag.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
        if flag.get_action().takes_values() && !values.is_empty() {
            let _ = writeln!(text, "# One of: {}", values.join(", "));
        }
        let _ = writeln!(text, "#{} = {}", flag.get_long().unwrap_or_default(), value(&flag));
    }
    text
}

/// The default, or what stands for a value.
fn value(flag: &clap::Arg) -> String {
    if !flag.get_action().takes_values() {
        return "false".into();
    }
    let default = flag.get_default_values().first().map(|value| value.to_string_lossy().into_owned());
    let name = flag.get_value_names().and_then(|names| names.first()).map_or("", |name| name.as_str());
    match default {
        Some(number) if number.parse::<i64>().is_ok() => number,
        Some(text) => format!("{text:?}"),
        None if matches!(flag.get_action(), clap::ArgAction::Append) => format!("[{:?}]", example(name)),
        None => format!("{:?}", example(name)),
    }
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
