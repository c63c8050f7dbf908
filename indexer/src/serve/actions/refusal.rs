//! Why an action is refused: `message` as the Actions specification wants it, and the fields of RFC 9457.

use assay_sdk::errors;
use axum::{
    Json,
    http::{StatusCode, header},
    response::{IntoResponse, Response},
};
use serde::Serialize;
use solana_sdk::{instruction::InstructionError, transaction::TransactionError};
use utoipa::ToSchema;

use crate::serve::problem::code_of;

/// Most lines of a program's log that are shown.
const MOST_LOGS: usize = 60;

/// An error of an action.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActionError {
    /// What is wrong and what to do about it, to be shown to the user.
    message: String,
    /// The kind of problem: `/problems/` and its code.
    #[serde(rename = "type")]
    kind: String,
    /// Stable name of the kind, for programs.
    code: &'static str,
    /// The status in words.
    title: &'static str,
    /// The HTTP status.
    status: u16,
    /// The same as `message`.
    detail: String,
    /// The program's own error, when the simulation ended with one.
    #[serde(skip_serializing_if = "Option::is_none")]
    program_error: Option<ProgramError>,
    /// What the programs logged in the simulation that failed.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    logs: Vec<String>,
}

/// A program's own error.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ProgramError {
    /// Its number: 6000 and up.
    code: u32,
    /// Its name: `NotEligible`.
    name: String,
    /// What it means and what to do.
    message: String,
}

/// Why there is no transaction.
#[derive(Debug)]
pub struct Refusal(Box<ActionError>);

/// What building an action gives.
pub type Result<T> = std::result::Result<T, Refusal>;

impl Refusal {
    /// A refusal of this status.
    pub fn new(status: StatusCode, message: impl Into<String>) -> Self {
        let message = message.into();
        let title = status.canonical_reason().unwrap_or("Refused");
        Self(Box::new(ActionError {
            detail: message.clone(),
            message,
            kind: format!("/problems/{}", code_of(status)),
            code: code_of(status),
            title,
            status: status.as_u16(),
            program_error: None,
            logs: vec![],
        }))
    }

    /// 400: a parameter is wrong.
    pub fn bad(message: impl Into<String>) -> Self {
        Self::new(StatusCode::BAD_REQUEST, message)
    }

    /// 404: no such action, or no such account on the chain.
    pub fn missing(message: impl Into<String>) -> Self {
        Self::new(StatusCode::NOT_FOUND, message)
    }

    /// 422: it cannot be done as things are.
    pub fn refused(message: impl Into<String>) -> Self {
        Self::new(StatusCode::UNPROCESSABLE_ENTITY, message)
    }

    /// 503: the chain does not answer.
    pub fn chain() -> Self {
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "the chain's RPC does not answer; try again in a moment")
    }

    /// 422: a simulation failed. `step`: the instruction's name, by its number.
    pub fn simulated(error: &TransactionError, logs: Vec<String>, step: impl Fn(u8) -> String) -> Self {
        let mut known = None;
        let message = match error {
            TransactionError::InstructionError(at, InstructionError::Custom(code)) => {
                known = errors::lookup(*code);
                match (known, complaint(&logs)) {
                    (Some(error), _) => {
                        format!("{} refuses: {} ({}): {}", step(*at), error.name, error.code, error.message)
                    }
                    (None, Some(said)) => format!("{} refuses: {said}", step(*at)),
                    (None, None) => format!("{} refuses with its error {code}", step(*at)),
                }
            }
            TransactionError::InstructionError(at, why) => match complaint(&logs) {
                Some(said) => format!("{} fails: {why}: {said}", step(*at)),
                None => format!("{} fails: {why}", step(*at)),
            },
            TransactionError::AccountNotFound | TransactionError::InsufficientFundsForFee => {
                "the account has no SOL to pay the fee with: send it some".into()
            }
            TransactionError::InsufficientFundsForRent { .. } => {
                "the account has too little SOL for the rent of what is made: send it some".into()
            }
            other => format!("the transaction would fail: {other}"),
        };
        let mut refusal = Self::refused(message);
        refusal.0.program_error = known.map(|known| ProgramError {
            code: known.code,
            name: known.name.clone(),
            message: known.message.clone(),
        });
        refusal.0.logs = logs.into_iter().take(MOST_LOGS).collect();
        refusal
    }

    /// What the user reads.
    pub fn message(&self) -> &str {
        &self.0.message
    }
}

/// What a program said last about its failure.
fn complaint(logs: &[String]) -> Option<String> {
    let said = |line: &String| {
        let text = line.strip_prefix("Program log: ")?;
        let anchor = text.split_once("Error Code: ").map(|(_, rest)| {
            let name = rest.split('.').next().unwrap_or_default();
            let message = rest.rsplit_once("Error Message: ").map_or("", |(_, message)| message);
            format!("{name}: {message}")
        });
        anchor.or_else(|| text.strip_prefix("Error: ").map(str::to_owned))
    };
    logs.iter().rev().find_map(said)
}

impl From<sqlx::Error> for Refusal {
    fn from(why: sqlx::Error) -> Self {
        tracing::warn!("an action failed: {why}");
        metrics::counter!("assay_indexer_errors_total", "kind" => "database").increment(1);
        Self::new(StatusCode::SERVICE_UNAVAILABLE, "the database does not answer; try again in a moment")
    }
}

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.0.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        (status, [(header::CONTENT_TYPE, "application/problem+json")], Json(self.0)).into_response()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(error: &TransactionError, logs: &[&str]) -> String {
        let logs = logs.iter().map(|line| (*line).to_owned()).collect();
        Refusal::simulated(error, logs, |at| format!("step {at}")).message().to_owned()
    }

    #[test]
    fn programs_errors_come_by_name_and_others_in_the_programs_words() {
        let custom = |code| TransactionError::InstructionError(3, InstructionError::Custom(code));
        let ours = "step 3 refuses: NotEligible (6315): Sortition did not choose this pool (yet): the threshold doubles \
                    with time";
        assert_eq!(said(&custom(6315), &[]), ours);
        assert_eq!(said(&custom(1), &["Program log: Error: insufficient funds"]), "step 3 refuses: insufficient funds");
        assert_eq!(said(&custom(1), &[]), "step 3 refuses with its error 1");
        let anchor = "Program log: AnchorError caused by account: pool. Error Code: AccountNotInitialized. Error Number: \
                      3012. Error Message: The program expected this account to be already initialized.";
        let expected =
            "step 3 refuses: AccountNotInitialized: The program expected this account to be already initialized.";
        assert_eq!(said(&custom(3012), &[anchor, "Program 11 failed"]), expected);
        assert!(said(&TransactionError::AccountNotFound, &[]).contains("no SOL"));
    }
}
