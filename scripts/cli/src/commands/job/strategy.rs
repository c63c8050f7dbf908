//! The strategy of a job to post, from its flags; and of one that was posted, in words.

use assay_sdk::{
    escrow::{EscrowParams, Strategy},
    strategy,
};
use serde_json::Value;

use crate::{
    args::{StrategyName, StrategyTerms},
    config::Localnet,
    duration,
    error::{Error, Result},
};

/// Time to challenge or review when nothing is said, as far as the market allows it.
const DEFAULT_WINDOW: u32 = 24 * 60 * 60;

/// In words, of a row or an event that has a `strategy`; nothing if this build does not know it.
pub fn of(value: &Value) -> String {
    value.get("strategy").and_then(strategy::read).map(|known| strategy::words(&known)).unwrap_or_default()
}

/// The strategy that the flags say, before the market is asked what it allows. A localnet has a key and a registrar of its own.
pub fn chosen(name: StrategyName, terms: &StrategyTerms, localnet: Option<&Localnet>) -> Result<Strategy> {
    belongs(name, terms)?;
    let key = terms.key.or_else(|| localnet?.proof_key);
    let registrar = terms.registrar.or_else(|| localnet?.registrar);
    Ok(match name {
        StrategyName::Replicated => replicated(terms)?,
        StrategyName::Sampled => {
            Strategy::Sampled { samples: terms.samples.unwrap_or(16), committee: terms.committee.unwrap_or(3) }
        }
        StrategyName::Optimistic => Strategy::Optimistic { window: terms.window.unwrap_or(DEFAULT_WINDOW) },
        StrategyName::Accepted => Strategy::Accepted { window: terms.window.unwrap_or(DEFAULT_WINDOW) },
        StrategyName::Proven => Strategy::Proven {
            key: key.ok_or_else(|| needs("--strategy proven needs --key: the proof key that the proof must fit"))?,
        },
        StrategyName::Attested => Strategy::Attested {
            registrar: registrar.ok_or_else(|| {
                needs("--strategy attested needs --registrar: who registered the attestors that you trust")
            })?,
            threshold: terms.threshold.unwrap_or(1),
        },
    })
}

/// A window within what the market allows: the default gives way, one that was asked for does not.
pub fn allowed(strategy: Strategy, asked: bool, params: &EscrowParams) -> Result<Strategy> {
    let Some(window) = strategy.review_window() else { return Ok(strategy) };
    let (least, most) = (params.review_min_seconds, params.review_max_seconds);
    if asked && !(least..=most).contains(&window) {
        let [window, least, most] = [window, least, most].map(|seconds| duration::words(seconds.into()));
        return Err(needs(&format!("--window {window}: the market allows {least} to {most}")));
    }
    let window = window.clamp(least, most.max(least));
    Ok(match strategy {
        Strategy::Optimistic { .. } => Strategy::Optimistic { window },
        _ => Strategy::Accepted { window },
    })
}

fn needs(why: &str) -> Error {
    Error::Usage(why.to_owned())
}

/// Refuses the flags of other strategies, which would otherwise be forgotten in silence.
fn belongs(name: StrategyName, terms: &StrategyTerms) -> Result<()> {
    use StrategyName::{Accepted, Attested, Optimistic, Proven, Replicated, Sampled};
    let table: [(&str, bool, &[StrategyName]); 10] = [
        ("--replicas", terms.replicas.is_some(), &[Replicated]),
        ("--quorum", terms.quorum.is_some(), &[Replicated]),
        ("--most", terms.most.is_some(), &[Replicated]),
        ("--adaptive", terms.adaptive, &[Replicated]),
        ("--samples", terms.samples.is_some(), &[Sampled]),
        ("--committee", terms.committee.is_some(), &[Sampled]),
        ("--window", terms.window.is_some(), &[Optimistic, Accepted]),
        ("--key", terms.key.is_some(), &[Proven]),
        ("--registrar", terms.registrar.is_some(), &[Attested]),
        ("--threshold", terms.threshold.is_some(), &[Attested]),
    ];
    let called = |name: &StrategyName| format!("{name:?}").to_lowercase();
    for (flag, given, owners) in table {
        if given && !owners.contains(&name) {
            let owners = owners.iter().map(called).collect::<Vec<_>>().join(" or ");
            let why = format!("{flag} is a term of --strategy {owners}: leave it out, or choose that strategy");
            return Err(Error::Usage(why));
        }
    }
    Ok(())
}

fn replicated(terms: &StrategyTerms) -> Result<Strategy> {
    let replicas = terms.replicas.unwrap_or(3);
    let quorum = terms.quorum.unwrap_or(replicas / 2 + 1);
    let most = terms.most.unwrap_or(replicas);
    if quorum > replicas || u16::from(quorum) * 2 <= u16::from(replicas) {
        return Err(needs(&format!("--quorum {quorum} of --replicas {replicas}: more than half must agree")));
    }
    if most < replicas {
        let why =
            format!("--most {most} is less than --replicas {replicas}: it counts those that are asked at first too");
        return Err(Error::Usage(why));
    }
    Ok(Strategy::Replicated { replicas, quorum, most, adaptive: terms.adaptive })
}

#[cfg(test)]
mod tests {
    use assay_sdk::escrow::{ClassParams, EscrowParams};
    use clap::Parser;
    use serde_json::json;
    use solana_sdk::pubkey::Pubkey;

    use super::*;
    use crate::args::{Cli, Command, JobCommand, Post};

    const KEY: &str = "So11111111111111111111111111111111111111112";

    fn post(line: &str) -> Post {
        let line = format!("assay job post job.json {line}");
        match Cli::try_parse_from(line.split_whitespace()).map(|cli| cli.command) {
            Ok(Command::Job(JobCommand::Post(post))) => post,
            _ => panic!("{line} does not parse"),
        }
    }

    fn read(line: &str) -> Result<Strategy> {
        let post = post(line);
        chosen(post.strategy, &post.terms, None)
    }

    #[test]
    fn flags_make_a_strategy_and_the_rest_has_defaults() {
        let replicated = |replicas, quorum, most, adaptive| Strategy::Replicated { replicas, quorum, most, adaptive };
        let key = KEY.parse().unwrap();
        let table = [
            (String::new(), replicated(3, 2, 3, false)),
            ("--replicas 5".into(), replicated(5, 3, 5, false)),
            ("--replicas 2 --most 7 --adaptive".into(), replicated(2, 2, 7, true)),
            ("--strategy replicated --replicas 4 --quorum 4".into(), replicated(4, 4, 4, false)),
            ("--strategy sampled".into(), Strategy::Sampled { samples: 16, committee: 3 }),
            ("--strategy sampled --samples 4 --committee 5".into(), Strategy::Sampled { samples: 4, committee: 5 }),
            ("--strategy optimistic".into(), Strategy::Optimistic { window: 86_400 }),
            ("--strategy accepted --window 30m".into(), Strategy::Accepted { window: 1_800 }),
            (format!("--strategy proven --key {KEY}"), Strategy::Proven { key }),
            (format!("--strategy attested --registrar {KEY}"), Strategy::Attested { registrar: key, threshold: 1 }),
            (
                format!("--strategy attested --registrar {KEY} --threshold 3"),
                Strategy::Attested { registrar: key, threshold: 3 },
            ),
        ];
        for (line, expected) in table {
            assert_eq!(read(&line).unwrap(), expected, "{line}");
        }
    }

    #[test]
    fn a_localnet_has_its_own_key_and_registrar() {
        let key = |n: u8| Pubkey::new_from_array([n; 32]);
        let localnet = Localnet { registrar: Some(key(1)), proof_key: Some(key(2)), ..Localnet::default() };
        let read = |line: &str| chosen(post(line).strategy, &post(line).terms, Some(&localnet)).unwrap();
        assert_eq!(read("--strategy proven"), Strategy::Proven { key: key(2) });
        assert_eq!(read("--strategy attested"), Strategy::Attested { registrar: key(1), threshold: 1 });
        let named = read(&format!("--strategy proven --key {KEY}"));
        assert_eq!(named, Strategy::Proven { key: KEY.parse().unwrap() });
    }

    #[test]
    fn what_does_not_fit_is_refused_with_what_to_do() {
        let table = [
            ("--replicas 4 --quorum 2", "more than half must agree"),
            ("--quorum 4", "--quorum 4 of --replicas 3"),
            ("--replicas 5 --most 3", "--most 3 is less than --replicas 5"),
            ("--strategy proven", "needs --key"),
            ("--strategy attested --threshold 2", "needs --registrar"),
            ("--strategy sampled --replicas 3", "--replicas is a term of --strategy replicated: leave it out"),
            ("--strategy proven --adaptive", "--adaptive is a term of --strategy replicated"),
            ("--committee 3", "--committee is a term of --strategy sampled"),
            ("--window 1h", "--window is a term of --strategy optimistic or accepted"),
            ("--strategy accepted --samples 2", "--samples is a term of --strategy sampled"),
        ];
        for (line, said) in table {
            let error = read(line).unwrap_err();
            assert!(matches!(&error, Error::Usage(why) if why.contains(said)), "{line}: {error}");
        }
    }

    #[test]
    fn a_window_is_within_what_the_market_allows() {
        let params = EscrowParams {
            fee_bps: 0,
            bond_bps: 0,
            wrong_bps: 0,
            classes: [ClassParams { seconds: 1, stake: 0 }; 5],
            seal_factor: 1,
            reveal_factor: 1,
            spread: 1,
            widen_seconds: 1,
            max_job_seconds: 1,
            worker_floor_bps: 0,
            review_min_seconds: 60,
            review_max_seconds: 3_600,
            cancel_floor_bps: 0,
            bounty_lamports: 0,
            royalty_grace_seconds: 1,
        };
        let (day, hour) = (Strategy::Accepted { window: 86_400 }, Strategy::Accepted { window: 3_600 });
        assert_eq!(allowed(day, false, &params).unwrap(), hour);
        assert_eq!(allowed(hour, true, &params).unwrap(), hour);
        let optimistic = Strategy::Optimistic { window: 5 };
        assert_eq!(allowed(optimistic, false, &params).unwrap(), Strategy::Optimistic { window: 60 });
        assert_eq!(allowed(Strategy::ORDINARY, true, &params).unwrap(), Strategy::ORDINARY);
        let said = allowed(day, true, &params).unwrap_err().to_string();
        assert_eq!(said, "--window 1 d: the market allows 1 m to 1 h");
    }

    #[test]
    fn a_row_has_its_strategy_in_words() {
        assert_eq!(of(&json!({"strategy": {"Sampled": {"samples": 4, "committee": 3}}})), "4 samples, committee of 3");
        assert_eq!(of(&json!({"strategy": {"Voted": {}}})), "");
        assert_eq!(of(&json!({})), "");
    }
}
