//! `job watch`: a job's progress, live. The stream only says that something happened; what it is, the job's page says,
//! so that a lost event or a restarted indexer loses nothing.

use std::{
    collections::{HashMap, HashSet},
    time::{Duration, Instant},
};

use assay_sdk::{escrow::Strategy, strategy};
use futures_util::{StreamExt, stream::BoxStream};
use indicatif::{ProgressBar, ProgressStyle};
use serde_json::Value;
use solana_sdk::pubkey::Pubkey;
use tokio::time::{sleep, timeout};

use super::{list_of, number, show, status, text};
use crate::{
    args::{Until, Watch},
    context::Context,
    error::{Error, Result},
    output::facts,
};

/// Looked at so often even when the stream is silent.
const POLL: Duration = Duration::from_secs(2);
/// How long the indexer may be away, or not know a job that was just posted.
const PATIENCE: Duration = Duration::from_secs(120);
const UNKNOWN_PATIENCE: Duration = Duration::from_secs(30);

/// Follows a job and writes how it ended.
pub async fn run(context: &Context, args: &Watch) -> Result<()> {
    let last = follow(context, &args.job, args.until).await?;
    context.out.data(&last, || {
        let seats = Progress::of(&last);
        facts(&[("job", args.job.to_string()), ("status", seats.status.clone()), ("seats", seats.to_string())])
    })
}

/// Follows a job until it ends; returns its page then.
pub async fn follow(context: &Context, job: &Pubkey, until: Until) -> Result<Value> {
    let mut display = Display::new(context);
    let mut wakes = None;
    let mut heard = Instant::now();
    loop {
        match context.api.find(&format!("/v1/jobs/{job}")).await {
            Ok(Some(page)) => {
                heard = Instant::now();
                display.show(context, &page);
                if ended(&page, until) {
                    display.finish();
                    return Ok(page);
                }
            }
            Ok(None) if heard.elapsed() < UNKNOWN_PATIENCE => {}
            Ok(None) => {
                let why = format!("the indexer knows no job {job}: check the address, --api and --url");
                return Err(Error::Refused(why));
            }
            Err(why) if heard.elapsed() < PATIENCE => display.trouble(&why),
            Err(why) => return Err(why),
        }
        wait(context, job, &mut wakes).await;
    }
}

/// Waits for a word of the stream, but no longer than [`POLL`].
async fn wait(context: &Context, job: &Pubkey, wakes: &mut Option<BoxStream<'static, ()>>) {
    if wakes.is_none() {
        let opened = timeout(POLL, context.api.stream("/v1/stream", &[("job", job.to_string())])).await;
        *wakes = opened.ok().and_then(Result::ok).map(|response| {
            let chunks = response.bytes_stream().take_while(|chunk| std::future::ready(chunk.is_ok()));
            // Keep-alives are comments.
            let events = chunks.filter(|chunk| {
                std::future::ready(chunk.as_ref().is_ok_and(|bytes| bytes.windows(5).any(|part| part == b"data:")))
            });
            events.map(drop).boxed()
        });
    }
    match wakes {
        Some(stream) => {
            if let Ok(None) = timeout(POLL, stream.next()).await {
                *wakes = None;
                sleep(POLL).await;
            }
        }
        None => sleep(POLL).await,
    }
}

fn ended(page: &Value, until: Until) -> bool {
    let closed = |row: &Value| row.is_null() || !row["closed_slot"].is_null();
    match until {
        Until::Settled => status::is_final(&text(&page["job"], "status")),
        Until::Closed => {
            let parts = ["seats", "cases"].into_iter().flat_map(|part| list_of(page, part));
            closed(&page["job"]) && closed(&page["round"]) && parts.into_iter().all(closed)
        }
    }
}

type Set = HashSet<String>;

/// What a seat passes, by how the job is judged.
fn stages(strategy: Option<Strategy>) -> &'static [&'static str] {
    match strategy {
        Some(strategy) if strategy.is_reviewed() => &["seated", "delivered", "settled"],
        Some(strategy) if !strategy.has_round() => &["seated", "settled"],
        _ => &["seated", "sealed", "revealed", "settled"],
    }
}

/// How far a job is, seat by seat.
#[derive(Debug, PartialEq)]
struct Progress {
    status: String,
    /// Seats that are asked for now.
    seats: u64,
    /// Each stage, and how many seats have passed it.
    stages: Vec<(&'static str, u64)>,
}

impl Progress {
    /// From the timeline alone, so that what is counted is what was told.
    fn of(page: &Value) -> Self {
        let mut passed: HashMap<&str, Set> = HashMap::new();
        for event in list_of(page, "timeline") {
            let data = &event["data"];
            let operator = text(data, "operator").into_owned();
            let stage = match &*text(event, "kind") {
                "SeatClaimed" => "seated",
                "ResultSealed" => "sealed",
                "ResultRevealed" | "SampleRevealed" | "RootRevealed" => "revealed",
                "ResultDelivered" => "delivered",
                // A ghost's seat is free again.
                "SeatSlashed" if text(data, "reason") == "Ghost" => {
                    passed.entry("seated").or_default().remove(&operator);
                    continue;
                }
                "SeatSettled" | "SeatSlashed" => "settled",
                _ => continue,
            };
            passed.entry(stage).or_default().insert(operator);
        }
        let strategy = page["job"].get("strategy").and_then(strategy::read);
        let count = |stage: &&'static str| (*stage, passed.get(stage).map_or(0, |set| set.len() as u64));
        Self {
            status: text(&page["job"], "status").into_owned(),
            seats: number(&page["job"], "replicas"),
            stages: stages(strategy).iter().map(count).collect(),
        }
    }

    fn steps(&self) -> u64 {
        self.stages.iter().map(|(_, count)| count).sum()
    }

    fn all(&self) -> u64 {
        self.seats * self.stages.len() as u64
    }
}

impl std::fmt::Display for Progress {
    fn fmt(&self, to: &mut std::fmt::Formatter) -> std::fmt::Result {
        let said: Vec<_> = self.stages.iter().map(|(stage, count)| format!("{stage} {count}/{}", self.seats)).collect();
        write!(to, "{}", said.join("  "))
    }
}

/// A bar on a terminal, lines elsewhere; both on standard error.
struct Display {
    bar: Option<ProgressBar>,
    told: HashSet<String>,
    last: Option<Progress>,
    in_trouble: bool,
}

impl Display {
    fn new(context: &Context) -> Self {
        let bar = context.out.draws().then(|| {
            let bar = ProgressBar::new(0);
            // The template is a constant; if it were wrong the default would do.
            let style = ProgressStyle::with_template("{spinner} [{elapsed_precise}] {bar:24} {msg}");
            bar.set_style(style.unwrap_or_else(|_| ProgressStyle::default_bar()).progress_chars("##-"));
            bar.enable_steady_tick(Duration::from_millis(120));
            bar
        });
        Self { bar, told: HashSet::new(), last: None, in_trouble: false }
    }

    fn say(&self, line: &str) {
        match &self.bar {
            Some(bar) => bar.println(line),
            None => eprintln!("{line}"),
        }
    }

    fn show(&mut self, context: &Context, page: &Value) {
        let money = show::Money::of(context, page);
        if std::mem::take(&mut self.in_trouble) {
            self.say("the indexer is back");
        }
        for event in list_of(page, "timeline") {
            if self.told.insert(text(event, "id").into_owned()) {
                self.say(&show::line(event, &money));
            }
        }
        let progress = Progress::of(page);
        if let Some(bar) = &self.bar {
            bar.set_length(progress.all());
            bar.set_position(progress.steps());
            bar.set_message(format!("{}  {progress}", progress.status));
        } else if self.last.as_ref() != Some(&progress) {
            self.say(&format!("{}  {progress}", progress.status));
        }
        self.last = Some(progress);
    }

    fn trouble(&mut self, why: &Error) {
        if !std::mem::replace(&mut self.in_trouble, true) {
            self.say(&format!("{why}; trying again"));
        }
    }

    fn finish(&self) {
        if let Some(bar) = &self.bar {
            bar.finish_and_clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn progress_counts_seats_and_leaves_ghosts_out() {
        let event = |kind: &str, operator: &str, reason: &str| json!({"kind": kind, "data": {"operator": operator, "reason": reason}});
        let page = json!({
            "job": {"status": "verified", "replicas": 3},
            "timeline": [
                event("JobPosted", "", ""), event("SeatClaimed", "a", ""), event("SeatClaimed", "b", ""),
                event("SeatClaimed", "c", ""), event("ResultSealed", "a", ""), event("SeatSlashed", "b", "Ghost"),
                event("SeatClaimed", "d", ""), event("ResultSealed", "c", ""), event("ResultSealed", "d", ""),
                event("ResultRevealed", "a", ""), event("ResultRevealed", "d", ""), event("SeatSettled", "a", ""),
                event("SeatSlashed", "c", "Silent"),
            ],
        });
        let progress = Progress::of(&page);
        assert_eq!(progress.to_string(), "seated 3/3  sealed 3/3  revealed 2/3  settled 2/3");
        assert_eq!((progress.steps(), progress.all()), (10, 12));
    }

    #[test]
    fn a_reviewed_job_is_delivered_and_a_proven_one_is_not() {
        let event = |kind: &str| json!({"kind": kind, "data": {"operator": "a"}});
        let mut page = json!({
            "job": {"status": "delivered", "replicas": 1, "strategy": {"Optimistic": {"window": 60}}},
            "timeline": [event("JobPosted"), event("SeatClaimed"), event("ResultDelivered")],
        });
        assert_eq!(Progress::of(&page).to_string(), "seated 1/1  delivered 1/1  settled 0/1");
        page["job"]["strategy"] =
            json!({"Attested": {"registrar": "11111111111111111111111111111111", "threshold": 1}});
        assert_eq!(Progress::of(&page).to_string(), "seated 1/1  settled 0/1");
    }

    #[test]
    fn settled_is_one_end_and_closed_another() {
        let mut page = json!({
            "job": {"status": "settled", "closed_slot": null}, "round": {"closed_slot": "7"}, "seats": [{"closed_slot": "6"}],
        });
        assert!(ended(&page, Until::Settled) && !ended(&page, Until::Closed));
        page["job"]["closed_slot"] = json!("8");
        assert!(ended(&page, Until::Closed));
        page["cases"] = json!([{"closed_slot": null}]);
        assert!(!ended(&page, Until::Closed), "a case still holds rent");
        page["cases"] = json!([{"closed_slot": "8"}]);
        assert!(ended(&page, Until::Closed));
        page["round"]["closed_slot"] = Value::Null;
        assert!(!ended(&page, Until::Closed));
    }
}
