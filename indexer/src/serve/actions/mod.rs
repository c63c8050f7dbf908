//! Solana Actions: for every step that a wallet may take, what it means (GET) and an unsigned transaction that was
//! simulated (POST). Nothing is signed here, and nothing sent.

mod amount;
mod call;
mod chain;
mod document;
mod headers;
mod param;
mod refusal;
mod registry;
mod spec;
mod summary;
mod transact;

use axum::{
    Json,
    extract::{
        DefaultBodyLimit, Path, Query, State,
        rejection::{JsonRejection, PathRejection, QueryRejection},
    },
    http::StatusCode,
};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use utoipa_axum::{router::OpenApiRouter, routes};

pub use self::{
    call::Action,
    chain::Chain,
    document::Links,
    headers::headers,
    param::Kind,
    registry::{EXCEPTIONS, all},
};
use self::{
    call::Call,
    param::{Args, Param, may},
    refusal::{ActionError, Refusal, Result},
    spec::{ActionDocument, ActionsJson, Directory, Explained, Given, PostKind, PostReply, PostRequest},
};
use super::problem::Problem;

/// Settings of the actions.
#[derive(clap::Args, Debug, Clone, Default)]
// Other parts have `Settings` too, and a group is called by its struct.
#[group(id = "actions")]
pub struct Settings {
    /// Where this API is from outside, such as `https://api.example.org`: links in actions begin with it. Without it they
    /// are relative. What a request says of its host is never believed.
    #[arg(long, env = "ASSAY_PUBLIC_URL", global = true, value_parser = public_url)]
    pub public_url: Option<String>,
}

fn public_url(text: &str) -> std::result::Result<String, String> {
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let rest = rest.ok_or("a url begins with https:// or http://")?.trim_end_matches('/');
    let plain = |c: char| c.is_ascii_alphanumeric() || "-._~:/[]".contains(c);
    if rest.is_empty() || !rest.chars().all(plain) {
        return Err("expected a url such as https://api.example.org, without a query".into());
    }
    Ok(text.trim_end_matches('/').to_owned())
}

/// Largest body of a request.
const MAX_BODY: usize = 16 * 1024;
/// What every action may be given besides its own parameters.
const PRICE: Param = may(
    "compute_unit_price",
    "Priority fee in micro-lamports for each compute unit",
    // 0.014 SOL for the largest transaction.
    Kind::Whole(0, 10_000_000),
);

/// The routes.
pub fn routes() -> OpenApiRouter<super::State> {
    OpenApiRouter::new()
        .routes(routes!(actions_json))
        .routes(routes!(directory))
        .routes(routes!(icon))
        .routes(routes!(show, build))
        .layer(DefaultBodyLimit::max(MAX_BODY))
}

/// Which urls of this site are actions, as the Solana Actions specification has it.
#[utoipa::path(get, path = "/actions.json", operation_id = "actionsJson", tag = "actions", responses(
    (status = 200, description = "The rules", body = ActionsJson),
))]
async fn actions_json() -> Json<ActionsJson> {
    let path = "/v1/actions/**".to_owned();
    Json(ActionsJson { rules: vec![spec::Rule { path_pattern: path.clone(), api_path: path }] })
}

/// Every action, and the instructions that are none, with the reason.
#[utoipa::path(get, path = "/v1/actions", operation_id = "listActions", tag = "actions", responses(
    (status = 200, description = "The directory", body = Directory),
))]
async fn directory(State(state): State<super::State>) -> Json<Directory> {
    Json(document::directory(&state.links))
}

/// The picture of all actions.
#[utoipa::path(get, path = "/v1/actions/icon.svg", operation_id = "actionIcon", tag = "actions", responses(
    (status = 200, description = "An SVG", content_type = "image/svg+xml", body = String),
))]
async fn icon() -> impl axum::response::IntoResponse {
    let headers = [("content-type", "image/svg+xml"), ("cache-control", "public, max-age=86400")];
    (headers, include_str!("icon.svg"))
}

type Asked = std::result::Result<Path<(String, String)>, PathRejection>;
type Queried = std::result::Result<Query<Vec<(String, String)>>, QueryRejection>;

fn asked(path: Asked) -> Result<&'static Action> {
    let Path((program, name)) = path.map_err(|why| Refusal::bad(why.body_text()))?;
    let found = all().find(|action| action.program == program && action.name == name);
    found.ok_or_else(|| {
        let excepted = EXCEPTIONS.iter().find(|except| except.program == program && except.name == name);
        Refusal::missing(match excepted {
            Some(exception) => format!("{program}/{name} is no action: {}", exception.reason),
            None => "there is no such action; GET /v1/actions lists them all".into(),
        })
    })
}

fn queried(query: Queried) -> Result<Vec<(String, String)>> {
    query.map(|Query(pairs)| pairs).map_err(|why| Refusal::bad(why.body_text()))
}

fn params(action: &Action) -> Vec<Param> {
    action.params.iter().copied().chain([PRICE]).collect()
}

/// An action as people see it. Parameters that are given in the query are fixed in its link.
#[utoipa::path(get, path = "/v1/actions/{program}/{name}", operation_id = "getAction", tag = "actions",
    params(
        ("program" = String, Path, description = "token, staking, reputation, escrow, verification or governance", pattern = "^[a-z]{1,20}$"),
        ("name" = String, Path, description = "The instruction's name", pattern = "^[a-z_]{1,40}$"),
        ("params" = Option<BTreeMap<String, String>>, Query, style = Form, explode, description = "Values of its parameters"),
    ),
    responses(
        (status = 200, description = "The action", body = ActionDocument),
        (status = 400, description = "A parameter is unknown or wrong", body = ActionError, content_type = "application/problem+json"),
        (status = 404, description = "No such action", body = ActionError, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The database does not answer", body = ActionError, content_type = "application/problem+json"),
    ))]
async fn show(State(state): State<super::State>, path: Asked, query: Queried) -> Result<Json<ActionDocument>> {
    let action = asked(path)?;
    let args = Args::read(&params(action), queried(query)?, false)?;
    let mut shown = document::of(action, &args, &state.links);
    if let Some(why) = document::hindrance(action, &args, &state.pool).await? {
        shown.disabled = Some(true);
        shown.error = Some(spec::Message { message: why });
    }
    Ok(Json(shown))
}

/// An unsigned transaction that was simulated, with what it does and costs. Parameters come in the query, in `data` or beside
/// `account`.
#[utoipa::path(post, path = "/v1/actions/{program}/{name}", operation_id = "postAction", tag = "actions",
    params(
        ("program" = String, Path, description = "token, staking, reputation, escrow, verification or governance", pattern = "^[a-z]{1,20}$"),
        ("name" = String, Path, description = "The instruction's name", pattern = "^[a-z_]{1,40}$"),
        ("params" = Option<BTreeMap<String, String>>, Query, style = Form, explode, description = "Values of its parameters"),
    ),
    request_body = PostRequest,
    responses(
        (status = 200, description = "The transaction, to be signed and sent by `account`", body = PostReply),
        (status = 400, description = "The body or a parameter is wrong", body = ActionError, content_type = "application/problem+json"),
        (status = 404, description = "No such action, or no such account on the chain", body = ActionError, content_type = "application/problem+json"),
        (status = 413, description = "The body has more than 16 KiB", body = ActionError, content_type = "application/problem+json"),
        (status = 415, description = "The body is not JSON", body = ActionError, content_type = "application/problem+json"),
        (status = 422, description = "The transaction would fail; `program_error` says why", body = ActionError, content_type = "application/problem+json"),
        (status = 429, description = "Too many requests", body = Problem, content_type = "application/problem+json"),
        (status = 503, description = "The chain or the database does not answer", body = ActionError, content_type = "application/problem+json"),
    ))]
async fn build(
    State(state): State<super::State>,
    path: Asked,
    query: Queried,
    body: std::result::Result<Json<PostRequest>, JsonRejection>,
) -> Result<Json<PostReply>> {
    let action = asked(path)?;
    let Json(PostRequest { account, kind, data, beside }) = body.map_err(|why| not_a_body(&why))?;
    match kind {
        None | Some(PostKind::Transaction) => {}
    }
    let account = account.parse().map_err(|_| Refusal::bad("account must be a base58 address"))?;
    let given = data.into_iter().chain(beside).map(|(name, value): (String, Given)| (name, value.text()));
    let came = queried(query)?.into_iter().filter(|(name, text)| !blank(name, text)).chain(given);
    let args = Args::read(&params(action), came, true)?;

    let call = Call { chain: &state.chain, pool: &state.pool, account, args: &args };
    let plan = (action.build)(call).await?;
    let price = args.or(PRICE.name, 0)?;
    let prepared = transact::prepare(&state.chain, &account, &plan.work, price).await?;
    let summary = summary::summary(&state.pool, &account, &prepared, &plan).await;
    metrics::counter!("assay_indexer_actions_total", "program" => action.program, "name" => action.name).increment(1);
    Ok(Json(PostReply {
        kind: "transaction",
        transaction: STANDARD.encode(&prepared.bytes),
        message: summary::words(&plan.says, &summary),
        links: document::next(action, &args, &plan, &state.links),
        assay: Explained { summary, instructions: plan.work.iter().map(summary::step).collect() },
    }))
}

/// A field of the link that the client left as it was: it puts the value into the body instead.
fn blank(name: &str, text: &str) -> bool {
    text.strip_prefix('{').and_then(|text| text.strip_suffix('}')) == Some(name)
}

fn not_a_body(why: &JsonRejection) -> Refusal {
    match why.status() {
        status @ (StatusCode::PAYLOAD_TOO_LARGE | StatusCode::UNSUPPORTED_MEDIA_TYPE) => {
            Refusal::new(status, why.body_text())
        }
        _ => Refusal::bad(why.body_text()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn public_urls_are_plain() {
        assert_eq!(public_url("https://api.example.org/"), Ok("https://api.example.org".into()));
        assert_eq!(public_url("http://127.0.0.1:8910"), Ok("http://127.0.0.1:8910".into()));
        for bad in ["api.example.org", "https://", "https://a?b=c", "javascript://a", "https://a/\"b"] {
            assert!(public_url(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn fields_that_were_left_in_the_link_are_blank() {
        assert!(blank("amount", "{amount}"));
        assert!(!blank("amount", "{other}") && !blank("amount", "1"));
    }
}
