//! Actions as documents of the specification.

use sqlx::PgPool;

use super::{
    call::{Action, Plan},
    param::{Args, Kind, Param},
    refusal::Result,
    registry::{EXCEPTIONS, all, find},
    spec::{ActionDocument, Choice, Directory, Entry, LinkedAction, Links as SpecLinks, Next, NextLinks, Parameter},
};

const FLAG: [(&str, &str); 2] = [("true", "Yes"), ("false", "No")];

/// Where links begin: at `--public-url`, or at the root of whatever host was asked.
#[derive(Clone, Debug, Default)]
pub struct Links(String);

impl Links {
    /// As the settings say.
    pub fn new(settings: &super::Settings) -> Self {
        Self(settings.public_url.clone().unwrap_or_default())
    }

    fn to(&self, path: &str) -> String {
        format!("{}/v1/actions/{path}", self.0)
    }
}

/// Every action.
pub fn directory(links: &Links) -> Directory {
    let entry = |action: &'static Action| Entry {
        program: action.program,
        name: action.name,
        title: action.title,
        href: links.to(&format!("{}/{}", action.program, action.name)),
    };
    Directory { actions: all().map(entry).collect(), exceptions: EXCEPTIONS.to_vec() }
}

/// An action with these values fixed.
pub fn of(action: &Action, args: &Args, links: &Links) -> ActionDocument {
    let open: Vec<_> = action.params.iter().filter(|param| args.text(param.name).is_none()).collect();
    let fixed = args.iter().map(|(name, text)| format!("{name}={}", encoded(text)));
    let asked = open.iter().map(|param| format!("{0}={{{0}}}", param.name));
    let query: Vec<_> = fixed.chain(asked).collect();
    let mark = if query.is_empty() { "" } else { "?" };
    let href = links.to(&format!("{}/{}{mark}{}", action.program, action.name, query.join("&")));
    let given: Vec<_> = args.iter().map(|(name, text)| format!("{name} = {text}")).collect();
    let with = if given.is_empty() { String::new() } else { format!(" Given: {}.", given.join(", ")) };
    ActionDocument {
        kind: "action",
        icon: links.to("icon.svg"),
        title: action.title.into(),
        description: format!("{}{with}", action.about),
        label: action.label.into(),
        disabled: None,
        links: SpecLinks {
            actions: vec![LinkedAction {
                kind: "transaction",
                href,
                label: action.label.into(),
                parameters: open.into_iter().map(field).collect(),
            }],
        },
        error: None,
    }
}

fn field(param: &Param) -> Parameter {
    let (pattern, pattern_description) = param.kind.pattern().unzip();
    let kind = param.kind.field();
    let range = match param.kind {
        Kind::Whole(least, most) if kind == "number" => Some((least, most)),
        _ => None,
    };
    let number = |value: u128| u64::try_from(value).ok();
    let options: &[_] = match param.kind {
        Kind::Choice(options) => options,
        Kind::Flag => &FLAG,
        _ => &[],
    };
    Parameter {
        kind,
        name: param.name,
        label: param.label,
        required: param.required,
        pattern,
        pattern_description,
        min: range.and_then(|(least, _)| number(least)),
        max: range.and_then(|(_, most)| number(most)),
        options: options.iter().map(|(value, label)| Choice { label, value }).collect(),
    }
}

/// Percent-encoded for a query; only what is unreserved stays as it is.
fn encoded(text: &str) -> String {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    text.bytes().map(|byte| if plain(byte) { char::from(byte).to_string() } else { format!("%{byte:02X}") }).collect()
}

/// Why an action cannot be done now, as far as the index knows.
pub async fn hindrance(action: &Action, args: &Args, pool: &PgPool) -> Result<Option<String>> {
    for param in action.params {
        let (Kind::Row(table), Some(address)) = (param.kind, args.text(param.name)) else { continue };
        let sql = format!("SELECT closed_slot FROM {table} WHERE address = $1");
        // The table is a constant of the registry.
        let row = sqlx::query_scalar::<_, Option<i64>>(sqlx::AssertSqlSafe(sql)).bind(address);
        if let Some(Some(slot)) = row.fetch_optional(pool).await? {
            return Ok(Some(format!("the {} {address} was closed in slot {slot}", param.name)));
        }
    }
    if !action.entry {
        return Ok(None);
    }
    let sql =
        format!("SELECT data ->> 'paused' = 'true' FROM {}_configs WHERE closed_slot IS NULL LIMIT 1", action.program);
    let paused: Option<Option<bool>> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_optional(pool).await?;
    let why = format!("the {} program is paused: nothing new begins until it is resumed", action.program);
    Ok(paused.flatten().unwrap_or(false).then_some(why))
}

/// The action that comes next, with what is known of it: what was given, and the addresses that were made.
pub fn next(action: &Action, args: &Args, plan: &Plan, links: &Links) -> Option<NextLinks> {
    let next = find(action.next?)?;
    let made = plan.addresses.iter().map(|(name, address)| ((*name).to_owned(), address.clone()));
    let given = args.iter().map(|(name, text)| (name.to_owned(), text.to_owned()));
    // An amount of this step is not that of the next one: only what names something goes on.
    let known = made.chain(given).filter(|(name, _)| {
        let param = next.params.iter().find(|param| param.name == name);
        param.is_some_and(|param| matches!(param.kind, Kind::Address | Kind::Row(_)))
    });
    let args = Args::read(next.params, known, false).ok()?;
    Some(NextLinks { next: Next { kind: "inline", action: of(next, &args, links) } })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_in_links_are_encoded() {
        assert_eq!(encoded("a-b_c.d~1"), "a-b_c.d~1");
        assert_eq!(encoded("https://a/b?c=d&e"), "https%3A%2F%2Fa%2Fb%3Fc%3Dd%26e");
        assert_eq!(encoded("é"), "%C3%A9");
    }
}
