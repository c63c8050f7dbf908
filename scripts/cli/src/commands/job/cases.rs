//! `job cases`: the disputes about a job, with their ballots.

use serde_json::{Value, json};
use solana_sdk::pubkey::Pubkey;

use super::{list_of, number, text};
use crate::{
    amount::{self, ASY_DECIMALS},
    context::Context,
    duration::words,
    error::{Error, Result},
    output::{short, table},
};

/// Shows the cases about a job.
pub async fn run(context: &Context, job: Pubkey) -> Result<()> {
    let Some(page) = context.api.find(&format!("/v1/jobs/{job}")).await? else {
        let why = format!("the indexer knows no job {job}: check the address and --api");
        return Err(Error::Refused(why));
    };
    let cases = list_of(&page, "cases");
    let now = context.now().await?;
    context.out.data(&json!({"job": job.to_string(), "cases": cases}), || display(cases, now))
}

fn display(cases: &[Value], now: i64) -> String {
    if cases.is_empty() {
        return "no cases".into();
    }
    let mut rows = table(&["case", "about", "state", "time left", "opened by", "at stake"]);
    let mut jurors = table(&["case", "juror", "jury", "ballot"]);
    for case in cases {
        let (address, stake) = (text(case, "address"), format!("{} ASY", asy(case, "bond")));
        let opener = text(case, "opener");
        rows.add_row([&*address, &about(case), &state(case), &left(case, now), &short(&opener), &stake]);
        for ballot in list_of(case, "ballots") {
            let (operator, level) = (text(ballot, "operator"), number(ballot, "level"));
            let jury = if level == 0 { "first".into() } else { format!("appeal {level}") };
            jurors.add_row([&short(&address), &*operator, &jury, &text(ballot, "state").to_lowercase()]);
        }
    }
    if jurors.is_empty() { rows.to_string() } else { format!("{rows}\n\n{jurors}") }
}

fn asy(case: &Value, field: &str) -> String {
    amount::format(number(case, field), ASY_DECIMALS)
}

/// What a case is about, as `--unit` counts.
pub fn about(case: &Value) -> String {
    match &case["kind"] {
        Value::String(kind) => kind.to_lowercase(),
        kind => format!("unit {}", text(&kind["Challenge"], "unit")),
    }
}

/// Its state, and how it ended once it has.
fn state(case: &Value) -> String {
    let (state, ruling) = (text(case, "state"), text(case, "ruling"));
    let jury = || format!("{} of {} chairs", number(case, "joined"), number(case, "chairs"));
    match &*state {
        "judging" => format!("judging ({})", jury()),
        "concluded" | "closed" => format!("{state}: {}", ended(case, &ruling)),
        _ => state.into_owned(),
    }
}

fn ended(case: &Value, ruling: &str) -> String {
    match ruling {
        "Decided" if case["kind"] == "Tie" => "decided".into(),
        "Decided" if case["decision"] == case["claim"] => "the operator was right".into(),
        "Decided" => "the operator was wrong".into(),
        other => other.to_lowercase(),
    }
}

/// Until the phase ends; nothing where no deadline runs.
fn left(case: &Value, now: i64) -> String {
    if !matches!(&*text(case, "state"), "answering" | "judging" | "resolved") {
        return String::new();
    }
    let until = i64::try_from(number(case, "until")).unwrap_or(i64::MAX);
    u64::try_from(until.saturating_sub(now)).map_or_else(|_| "over".into(), words)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn case(more: Value) -> Value {
        let mut case = json!({
            "address": "8APT3zPWiCaQjqop14UzJYMSCN5bFiqhL29Y31JrWFfe", "kind": {"Challenge": {"unit": "5"}},
            "state": "judging", "ruling": "Open", "joined": 2, "chairs": 3, "until": "160", "bond": "10000000000",
            "opener": "9zth7kmAe4EL5uWWrKQaewC9NXcffRC8fVLy61a7Q8qk", "claim": "ab", "decision": "00",
            "ballots": [{"operator": "2oYTLf1YFXzJwrmpYhr9Hs6Mfy3KErCeLLKFW4YkrkL5", "level": 1, "state": "Sealed"}],
        });
        for (key, value) in more.as_object().unwrap() {
            case[key] = value.clone();
        }
        case
    }

    #[test]
    fn cases_are_told_with_their_jurors() {
        let shown = display(&[case(json!({}))], 100);
        for part in ["unit 5", "judging (2 of 3 chairs)", "1 m", "9zth…Q8qk", "10 ASY", "appeal 1", "sealed"] {
            assert!(shown.contains(part), "{part}: {shown}");
        }
        assert_eq!(display(&[], 0), "no cases");
    }

    #[test]
    fn a_case_says_how_it_ended() {
        let table = [
            (json!({"state": "closed", "ruling": "Decided", "decision": "ab"}), "closed: the operator was right"),
            (json!({"state": "concluded", "ruling": "Decided", "decision": "cd"}), "concluded: the operator was wrong"),
            (json!({"state": "closed", "ruling": "Decided", "kind": "Tie"}), "closed: decided"),
            (json!({"state": "closed", "ruling": "Unanswered"}), "closed: unanswered"),
            (json!({"state": "called"}), "called"),
        ];
        for (more, said) in table {
            assert_eq!(state(&case(more)), said);
        }
        assert_eq!(about(&case(json!({"kind": "Tie"}))), "tie");
        assert_eq!(about(&case(json!({"kind": {"Challenge": {"unit": "3"}}}))), "unit 3");
        assert_eq!(
            (left(&case(json!({})), 161), left(&case(json!({"state": "called"})), 0)),
            ("over".into(), String::new())
        );
    }
}
