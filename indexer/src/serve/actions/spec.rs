//! The documents of the Solana Actions specification, version 2, and what we add to them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The version of the specification that is served.
pub const VERSION: &str = "2.4";

/// An action, for people to see and fill in.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct ActionDocument {
    /// Always `action`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Where its picture is.
    pub icon: String,
    /// What it is called.
    pub title: String,
    /// What it does, and what that means.
    pub description: String,
    /// The button's text.
    pub label: String,
    /// Whether it cannot be done now; `error` says why.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub disabled: Option<bool>,
    /// What can be done.
    pub links: Links,
    /// Why it cannot be done now.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub error: Option<Message>,
}

/// What can be done.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Links {
    /// Always one.
    pub actions: Vec<LinkedAction>,
}

/// A button with its fields.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct LinkedAction {
    /// Always `transaction`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Where to POST to; `{name}` stands for the field of that name.
    pub href: String,
    /// The button's text.
    pub label: String,
    /// The fields.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub parameters: Vec<Parameter>,
}

/// A field.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Parameter {
    /// text, number, url, textarea or select.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// Its name in the url and the body.
    pub name: &'static str,
    /// What people read, with the unit.
    pub label: &'static str,
    /// Whether it must be given.
    pub required: bool,
    /// A regular expression that good values match.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub pattern: Option<String>,
    /// What the pattern means.
    #[serde(rename = "patternDescription", skip_serializing_if = "Option::is_none")]
    pub pattern_description: Option<String>,
    /// Least value of a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub min: Option<u64>,
    /// Greatest value of a number.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub max: Option<u64>,
    /// What can be selected.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub options: Vec<Choice>,
}

/// What can be selected.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Choice {
    /// What people read.
    pub label: &'static str,
    /// What is sent.
    pub value: &'static str,
}

/// Text for the user.
#[derive(Clone, Debug, Serialize, ToSchema)]
pub struct Message {
    /// The text.
    pub message: String,
}

/// Every action.
#[derive(Debug, Serialize, ToSchema)]
pub struct Directory {
    /// Of all programs.
    pub actions: Vec<Entry>,
    /// Instructions that are none, with the reason.
    pub exceptions: Vec<Exception>,
}

/// An action in the directory.
#[derive(Debug, Serialize, ToSchema)]
pub struct Entry {
    /// token, staking, reputation, escrow, verification or governance.
    pub program: &'static str,
    /// The instruction's name.
    pub name: &'static str,
    /// What it is called.
    pub title: &'static str,
    /// Where it is: GET shows it, POST makes the transaction.
    pub href: String,
}

/// An instruction that is no action.
#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
pub struct Exception {
    /// Its program.
    pub program: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Why no wallet is asked to send it.
    pub reason: &'static str,
}

/// `/actions.json`: which urls of this site are actions.
#[derive(Debug, Serialize, ToSchema)]
pub struct ActionsJson {
    /// The rules.
    pub rules: Vec<Rule>,
}

/// A url pattern and where its actions are.
#[derive(Debug, Serialize, ToSchema)]
pub struct Rule {
    /// Paths of the site.
    #[serde(rename = "pathPattern")]
    pub path_pattern: String,
    /// Paths of the actions.
    #[serde(rename = "apiPath")]
    pub api_path: String,
}

/// Who asks for a transaction, and with what.
#[derive(Debug, Deserialize, ToSchema)]
pub struct PostRequest {
    /// Address of the wallet that will sign and pay.
    #[schema(pattern = "^[1-9A-HJ-NP-Za-km-z]{32,44}$", example = "11111111111111111111111111111112")]
    pub account: String,
    /// `transaction`, if anything.
    #[serde(rename = "type", default)]
    pub kind: Option<PostKind>,
    /// Values of the parameters by their names. They may as well be in the query, or beside `account`.
    #[serde(default)]
    pub data: BTreeMap<String, Given>,
    /// As `data`. Not in the schema: types that are generated of it could not tell these from `data`.
    #[serde(flatten)]
    #[schema(ignore)]
    pub beside: BTreeMap<String, Given>,
}

/// What can be asked for.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
pub enum PostKind {
    /// The only kind that there is.
    Transaction,
}

/// A value, or several of a field that allows that.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(untagged)]
pub enum Given {
    /// One.
    One(String),
    /// Several; as if they were written with commas.
    Several(Vec<String>),
}

impl Given {
    /// As one text.
    pub fn text(self) -> String {
        match self {
            Self::One(text) => text,
            Self::Several(texts) => texts.join(","),
        }
    }
}

/// An unsigned transaction and what it does.
#[derive(Debug, Serialize, ToSchema)]
pub struct PostReply {
    /// Always `transaction`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// A version 0 transaction in base64 that nobody has signed. Only `account` has to.
    pub transaction: String,
    /// What it does and costs, to be shown to the user.
    pub message: String,
    /// What may come after it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub links: Option<NextLinks>,
    /// The same for programs.
    pub assay: Explained,
}

/// What may come after a transaction.
#[derive(Debug, Serialize, ToSchema)]
pub struct NextLinks {
    /// One action.
    pub next: Next,
}

/// An action to show next.
#[derive(Debug, Serialize, ToSchema)]
pub struct Next {
    /// Always `inline`.
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// The action.
    pub action: ActionDocument,
}

/// A transaction explained.
#[derive(Debug, Serialize, ToSchema)]
pub struct Explained {
    /// What it does to `account`, by its simulation.
    pub summary: Summary,
    /// Its instructions, in order.
    pub instructions: Vec<Step>,
}

/// What a transaction does to the account that signs it.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Summary {
    /// Its SOL, fee and rent included, and every token account of its that changes.
    pub changes: Vec<BalanceChange>,
    /// Fee in lamports: signatures and priority.
    pub fee_lamports: String,
    /// Lamports of rent in the accounts that are made. They come back when these are closed.
    pub rent_lamports: String,
    /// Lamports in the accounts that are closed.
    pub rent_returned_lamports: String,
    /// Compute units that it took in simulation.
    pub compute_units: u32,
    /// The limit that it sets.
    pub compute_unit_limit: u32,
    /// Accounts that it makes.
    pub opened: Vec<AccountLamports>,
    /// Accounts that it closes.
    pub closed: Vec<AccountLamports>,
    /// What may be lost later, and when.
    pub at_risk: Vec<String>,
    /// Addresses that are the account's from now on, by what they are: a job, a case.
    pub addresses: BTreeMap<&'static str, String>,
}

/// A change of a balance.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct BalanceChange {
    /// The account, or its token account.
    pub address: String,
    /// The token's mint; null for SOL.
    pub mint: Option<String>,
    /// What people call it; null if nobody does.
    pub symbol: Option<String>,
    /// How many decimals an amount has.
    pub decimals: u8,
    /// Base units before.
    pub before: String,
    /// Base units after.
    pub after: String,
    /// The difference, with its sign.
    pub change: String,
    /// The difference in words: `-1.5 ASY`.
    pub text: String,
}

/// An account and its lamports.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct AccountLamports {
    /// Its address.
    pub address: String,
    /// Its lamports.
    pub lamports: String,
}

/// An instruction.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct Step {
    /// Its program's short name, or its address.
    pub program: String,
    /// Its program's address.
    pub program_id: String,
    /// Its own name.
    pub name: Option<String>,
    /// Its accounts, in order.
    pub accounts: Vec<StepAccount>,
    /// Its data in base64.
    pub data: String,
}

/// An account of an instruction.
#[derive(Debug, PartialEq, Eq, Serialize, ToSchema)]
pub struct StepAccount {
    /// What the program calls it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its address.
    pub address: String,
    /// Whether it must sign.
    pub signer: bool,
    /// Whether it may change.
    pub writable: bool,
}
