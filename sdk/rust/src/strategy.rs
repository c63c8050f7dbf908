//! A job's strategy as people read it, and as JSON the way [`crate::decode`] makes it.

use anchor_lang::prelude::Pubkey;
use assay_escrow::Strategy;
use serde_json::{Value, json};

/// How a result is judged, in a few words: `2 of 3 agree`, `challenge within 24 h`.
pub fn words(strategy: &Strategy) -> String {
    match *strategy {
        Strategy::Replicated { replicas, quorum, most, adaptive } => {
            let widened = if most > replicas { format!(", up to {most}") } else { String::new() };
            let checked = if adaptive { ", re-checked by chance" } else { "" };
            let plain = if widened.is_empty() && !adaptive { " agree" } else { "" };
            format!("{quorum} of {replicas}{plain}{widened}{checked}")
        }
        Strategy::Sampled { samples, committee } => {
            format!("{}, committee of {committee}", counted(samples, "sample"))
        }
        Strategy::Optimistic { window } => format!("challenge within {}", span(window)),
        Strategy::Proven { .. } => "proof".into(),
        Strategy::Attested { threshold, .. } => counted(threshold, "attestor"),
        Strategy::Accepted { window } => format!("review within {}", span(window)),
    }
}

/// Its name in lower case: `replicated`.
pub const fn name(strategy: &Strategy) -> &'static str {
    match strategy {
        Strategy::Replicated { .. } => "replicated",
        Strategy::Sampled { .. } => "sampled",
        Strategy::Optimistic { .. } => "optimistic",
        Strategy::Proven { .. } => "proven",
        Strategy::Attested { .. } => "attested",
        Strategy::Accepted { .. } => "accepted",
    }
}

/// As the decoder and the API have it: `{"Replicated": {"replicas": 3, …}}`.
pub fn json(strategy: &Strategy) -> Value {
    match *strategy {
        Strategy::Replicated { replicas, quorum, most, adaptive } => {
            json!({"Replicated": {"replicas": replicas, "quorum": quorum, "most": most, "adaptive": adaptive}})
        }
        Strategy::Sampled { samples, committee } => json!({"Sampled": {"samples": samples, "committee": committee}}),
        Strategy::Optimistic { window } => json!({"Optimistic": {"window": window}}),
        Strategy::Proven { key } => json!({"Proven": {"key": key.to_string()}}),
        Strategy::Attested { registrar, threshold } => {
            json!({"Attested": {"registrar": registrar.to_string(), "threshold": threshold}})
        }
        Strategy::Accepted { window } => json!({"Accepted": {"window": window}}),
    }
}

/// Out of such JSON; `None` if it is no strategy that this build knows.
pub fn read(value: &Value) -> Option<Strategy> {
    let (name, terms) = value.as_object().filter(|variant| variant.len() == 1)?.iter().next()?;
    let small = |field: &str| u8::try_from(terms.get(field)?.as_u64()?).ok();
    let window = || u32::try_from(terms.get("window")?.as_u64()?).ok();
    let address = |field: &str| terms.get(field)?.as_str()?.parse::<Pubkey>().ok();
    Some(match name.as_str() {
        "Replicated" => Strategy::Replicated {
            replicas: small("replicas")?,
            quorum: small("quorum")?,
            most: small("most")?,
            adaptive: terms.get("adaptive")?.as_bool()?,
        },
        "Sampled" => Strategy::Sampled { samples: small("samples")?, committee: small("committee")? },
        "Optimistic" => Strategy::Optimistic { window: window()? },
        "Proven" => Strategy::Proven { key: address("key")? },
        "Attested" => Strategy::Attested { registrar: address("registrar")?, threshold: small("threshold")? },
        "Accepted" => Strategy::Accepted { window: window()? },
        _ => return None,
    })
}

fn counted(count: u8, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

/// A window to the second, in the largest unit that fits.
fn span(seconds: u32) -> String {
    const DAY: u32 = 24 * 60 * 60;
    match seconds {
        s if s > DAY && s.is_multiple_of(DAY) => format!("{} d", s / DAY),
        s if s > 0 && s.is_multiple_of(60 * 60) => format!("{} h", s / (60 * 60)),
        s if s > 0 && s.is_multiple_of(60) => format!("{} min", s / 60),
        s => format!("{s} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn each() -> [(Strategy, &'static str, &'static str); 11] {
        let (key, registrar) = (Pubkey::new_from_array([1; 32]), Pubkey::new_from_array([2; 32]));
        let replicated = |replicas, quorum, most, adaptive| Strategy::Replicated { replicas, quorum, most, adaptive };
        [
            (replicated(3, 2, 3, false), "replicated", "2 of 3 agree"),
            (replicated(2, 2, 7, false), "replicated", "2 of 2, up to 7"),
            (replicated(2, 2, 7, true), "replicated", "2 of 2, up to 7, re-checked by chance"),
            (replicated(3, 2, 3, true), "replicated", "2 of 3, re-checked by chance"),
            (Strategy::Sampled { samples: 16, committee: 3 }, "sampled", "16 samples, committee of 3"),
            (Strategy::Sampled { samples: 1, committee: 1 }, "sampled", "1 sample, committee of 1"),
            (Strategy::Optimistic { window: 86_400 }, "optimistic", "challenge within 24 h"),
            (Strategy::Proven { key }, "proven", "proof"),
            (Strategy::Attested { registrar, threshold: 3 }, "attested", "3 attestors"),
            (Strategy::Attested { registrar, threshold: 1 }, "attested", "1 attestor"),
            (Strategy::Accepted { window: 90 }, "accepted", "review within 90 s"),
        ]
    }

    #[test]
    fn every_strategy_has_words_and_a_name() {
        for (strategy, named, said) in each() {
            assert_eq!((name(&strategy), words(&strategy).as_str()), (named, said));
        }
    }

    #[test]
    fn json_is_read_back_and_nothing_else_is() {
        for (strategy, ..) in each() {
            assert_eq!(read(&json(&strategy)), Some(strategy));
        }
        let bad = [
            json!("Accepted"),
            json!({}),
            json!({"Voted": {}}),
            json!({"Accepted": {"window": 4_294_967_296_u64}}),
            json!({"Sampled": {"samples": 256, "committee": 3}}),
            json!({"Proven": {"key": "x"}}),
            json!({"Accepted": {"window": 1}, "Optimistic": {"window": 1}}),
        ];
        for value in bad {
            assert_eq!(read(&value), None, "{value}");
        }
    }

    #[test]
    fn the_decoder_makes_the_same_json() {
        use anchor_lang::Event;
        let decoder = crate::decode::Decoder::new().unwrap();
        for (strategy, ..) in each() {
            let (job, requester, mint) = Default::default();
            let (spec_hash, units, seat_price, deposit, seal_by) = Default::default();
            let posted = assay_escrow::events::JobPosted {
                job,
                requester,
                mint,
                spec_hash,
                units,
                strategy,
                seat_price,
                deposit,
                seal_by,
            };
            let decoded = decoder.event(&assay_escrow::ID, &posted.data()).unwrap();
            assert_eq!(decoded.json["strategy"], json(&strategy));
        }
    }

    #[test]
    fn windows_are_told_to_the_second() {
        let table = [
            (0, "0 s"),
            (59, "59 s"),
            (60, "1 min"),
            (90, "90 s"),
            (5_400, "90 min"),
            (7_200, "2 h"),
            (86_400, "24 h"),
            (90_000, "25 h"),
            (604_800, "7 d"),
        ];
        for (seconds, said) in table {
            assert_eq!(span(seconds), said);
        }
    }
}
