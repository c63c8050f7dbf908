//! Kinds of jobs: the files in `scripts/cli/templates/`, each `{"about", "notes", "spec"}`. What a job's own flags say is
//! filled into `spec`.

use std::collections::BTreeMap;

use assay_sdk::spec::JobSpec;
use clap::builder::PossibleValue;
use serde::Deserialize;
use serde_json::{Map, Value};

/// (name, text) of each file.
const FILES: &[(&str, &str)] = include!(concat!(env!("OUT_DIR"), "/templates.rs"));

/// A kind of job.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// In a line.
    pub about: String,
    /// What to know; `{out}` stands for the spec's file.
    pub notes: Vec<String>,
    /// The fields of the spec that do not depend on the job.
    pub spec: Map<String, Value>,
}

impl Template {
    /// By its name; `None` if there is none.
    pub fn named(name: &str) -> Option<Self> {
        let (_, text) = FILES.iter().find(|(known, _)| *known == name)?;
        // A test reads them all.
        serde_json::from_str(text).ok()
    }

    /// The spec with the job's own fields; those given go before the template's.
    ///
    /// # Errors
    /// What is wrong with it.
    pub fn fill(mut self, fields: BTreeMap<&str, Value>) -> Result<JobSpec, serde_json::Error> {
        for (field, value) in fields {
            match (self.spec.get_mut(field), value) {
                (Some(Value::Object(known)), Value::Object(given)) => known.extend(given),
                (_, value) => drop(self.spec.insert(field.to_owned(), value)),
            }
        }
        serde_json::from_value(Value::Object(self.spec))
    }
}

/// For clap: the names, each with what it is.
pub fn values() -> Vec<PossibleValue> {
    let value = |(name, _): &(&'static str, &str)| {
        let about = Template::named(name).map(|template| template.about).unwrap_or_default();
        PossibleValue::new(*name).help(about)
    };
    FILES.iter().map(value).collect()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn fields() -> BTreeMap<&'static str, Value> {
        let artifact = json!({"uri": "http://a", "sha256": "0".repeat(64)});
        BTreeMap::from([
            ("name", json!("n")),
            ("units", json!(2)),
            ("program", artifact.clone()),
            ("input", artifact),
            ("seed", json!(7)),
        ])
    }

    #[test]
    fn every_template_makes_a_valid_spec() {
        assert!(FILES.iter().any(|(name, _)| *name == "wasm"));
        for (name, text) in FILES {
            let template: Template = serde_json::from_str(text).unwrap_or_else(|why| panic!("{name}: {why}"));
            assert!(!template.about.is_empty() && !template.notes.is_empty(), "{name}");
            let spec = template.fill(fields()).unwrap_or_else(|why| panic!("{name}: {why}"));
            spec.validate().unwrap_or_else(|why| panic!("{name}: {why}"));
            assert_eq!((spec.units, spec.seed), (2, 7), "{name}");
        }
    }

    #[test]
    fn what_is_given_goes_first() {
        let mut given = fields();
        given.insert("args", json!(["-v"]));
        given.insert("limits", json!({"fuel": 5}));
        let spec = Template::named("wasm").unwrap().fill(given).unwrap();
        assert_eq!((spec.args, spec.limits.fuel, spec.limits.memory_mib), (vec!["-v".to_owned()], 5, 64));
    }
}
