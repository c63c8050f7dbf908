//! A query as SQL: only of the filters in use, so that each combination goes by its index. All values are bound; what
//! is written into the text are constants of the catalog and the limit.

use super::{
    query::{Asked, Common},
    resource::{Kind, Resource},
};

/// A statement and its values, all text.
#[derive(Debug)]
pub struct Statement {
    /// The SQL.
    pub sql: String,
    /// Values of $1, $2, ...
    pub values: Vec<String>,
}

impl Statement {
    fn bind(&mut self, value: String) -> String {
        self.values.push(value);
        format!("${}::text", self.values.len())
    }
}

/// A page: slot, commitment, the items' JSON with commas between, and the last item's sort value and key if there are
/// more. The page's keys are found first, by an index alone; only they are shown.
pub fn list(resource: &Resource, asked: &Asked) -> Statement {
    let mut statement = Statement { sql: String::new(), values: vec![] };
    let mut conditions = vec![resource.scope.to_owned()];
    for (filter, value) in &asked.filters {
        conditions.push(match (filter.kind, filter.sql.contains('$')) {
            (Kind::Flag, false) if value == "true" => filter.sql.to_owned(),
            (Kind::Flag, false) => format!("NOT ({})", filter.sql),
            _ => filter.sql.replace('$', &statement.bind(value.clone())),
        });
    }
    let (key, key_cast) = resource.key;
    let (sort, cast, limit) = (asked.sort.sql, asked.sort.cast, asked.limit);
    let (direction, beyond) = if asked.descending { ("DESC", "<") } else { ("ASC", ">") };
    let by_key = sort == format!("t.{key}");
    if !by_key {
        // What has no place in the order would end the pages early. Accounts of ours have all their fields.
        conditions.push(format!("{sort} IS NOT NULL"));
    }
    if let Some((value, last)) = &asked.after {
        let last = statement.bind(last.clone());
        conditions.push(if by_key {
            format!("t.{key} {beyond} {last}::{key_cast}")
        } else {
            let value = statement.bind(value.clone());
            format!("({sort}, t.{key}) {beyond} ({value}::{cast}, {last}::{key_cast})")
        });
    }
    let order =
        if by_key { format!("t.{key} {direction}") } else { format!("{sort} {direction}, t.{key} {direction}") };
    let json = picked("v.json", &asked.common, &mut statement);
    statement.sql = format!(
        "WITH p AS MATERIALIZED (
             SELECT k, key, row_number() OVER () AS n FROM (
                 SELECT {sort} AS k, t.{key} AS key FROM {table} t WHERE {conditions}
                 ORDER BY {order} LIMIT {most}
             ) t
         )
         SELECT w.slot::text, {commitment},
             coalesce(string_agg({json}::text, ',' ORDER BY p.n) FILTER (WHERE p.n <= {limit}), ''),
             CASE WHEN count(p.n) > {limit} THEN (array_agg(p.k::text) FILTER (WHERE p.n = {limit}))[1] END,
             CASE WHEN count(p.n) > {limit} THEN (array_agg(p.key::text) FILTER (WHERE p.n = {limit}))[1] END
         FROM watermark w LEFT JOIN (p CROSS JOIN LATERAL ({row}) v) ON true
         GROUP BY w.slot, w.finalized",
        table = resource.table,
        conditions = conditions.join(" AND "),
        most = limit + 1,
        commitment = commitment("max(v.slot)"),
        row = resource.row,
    );
    statement
}

/// One item: slot, commitment, and the members of the reply without the outer braces; null if there is none.
pub fn one(noun: &str, row: &str, parts: &[(&str, &str, &str)], newest: &str, key: &str, common: &Common) -> Statement {
    let mut statement = Statement { sql: String::new(), values: vec![key.to_owned()] };
    let json = picked("o.json", common, &mut statement);
    let parts: String = parts.iter().map(|(name, sql, _)| format!(", '{name}', {sql}")).collect();
    statement.sql = format!(
        "SELECT w.slot::text, {commitment}, o.body
         FROM watermark w LEFT JOIN LATERAL (
             SELECT jsonb_build_object('{noun}', {json}{parts})::text AS body, {newest} AS newest FROM ({row}) o
         ) o ON true",
        commitment = commitment("o.newest"),
    );
    statement
}

/// What is shown is as final as its latest part; where nothing is, as the tables.
fn commitment(newest: &str) -> String {
    format!("CASE WHEN coalesce({newest}, w.slot) <= w.finalized THEN 'finalized' ELSE 'confirmed' END")
}

fn picked(json: &str, common: &Common, statement: &mut Statement) -> String {
    match &common.fields {
        Some(fields) => format!("pick({json}, string_to_array({}, ','))", statement.bind(fields.clone())),
        None => json.to_owned(),
    }
}
