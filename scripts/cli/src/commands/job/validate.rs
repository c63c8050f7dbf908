//! `job validate`: whether a spec can be posted and its files be had, and what its units write.

use std::{
    fs,
    path::Path,
    process::{Command, Stdio},
};

use assay_sdk::spec::{Artifact, JobSpec};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use reqwest::Url;
use serde::Deserialize;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::{artifact, results::Output, spec_file::Prepared};
use crate::{
    args::Validate,
    commands::run::{NODE, sibling},
    context::Context,
    error::{Error, Result},
    output::facts,
};

/// Most units that are run at once here.
const MOST_RUN: u64 = 1_000;

/// Checks a spec.
pub async fn run(context: &Context, args: &Validate) -> Result<()> {
    let Prepared { spec, blobs } = Prepared::read(&args.spec, &context.api.url("/v1/blobs"))?;
    let canonical = blobs.last().map_or(0, |(_, canonical)| canonical.len());
    let (mut contents, mut artifacts) = (vec![], vec![]);
    for (field, artifact) in [("program", &spec.program), ("input", &spec.input)] {
        let here = blobs.iter().find(|(name, _)| *name == artifact.sha256).map(|(_, bytes)| bytes.clone());
        let content = match here {
            None if args.offline => None,
            None => Some(fetched(context, artifact, field).await?),
            here => here,
        };
        artifacts.push(json!({
            "field": field, "uri": artifact.uri, "sha256": artifact.sha256, "checked": content.is_some(),
            "bytes": content.as_ref().map(|content| content.len().to_string()),
        }));
        contents.extend(content);
    }
    let mut runs = vec![];
    if let (Some(units), [program, input]) = (&args.run, contents.as_slice()) {
        let units = units.of(spec.units, MOST_RUN).map_err(|why| Error::Usage(format!("--run: {why}")))?;
        runs = computed(&spec, program, input, &units)?;
    }
    let hash = hex::encode(spec.hash());
    let document = json!({
        "valid": true, "name": spec.name, "units": spec.units.to_string(), "spec_hash": hash,
        "spec_bytes": canonical.to_string(), "artifacts": artifacts,
        "runs": runs.iter().map(Run::json).collect::<Vec<_>>(),
    });
    context.out.data(&document, || display(&spec, &hash, &artifacts, &runs))?;
    match runs.iter().find_map(|run| run.error.as_ref().map(|why| (run.unit, why))) {
        None => Ok(()),
        Some((unit, why)) => Err(Error::Refused(format!("unit {unit} cannot be computed, on no machine: {why}"))),
    }
}

/// What is elsewhere, if it is what the spec says.
async fn fetched(context: &Context, artifact: &Artifact, field: &'static str) -> Result<Vec<u8>> {
    let most = artifact::most(field);
    let content = if artifact::is_remote(&artifact.uri) {
        artifact::download(&artifact.uri, most).await?
    } else {
        if !context.settings.is_loopback() {
            context
                .out
                .talk(format!("warning: {} is a file of this machine, which no node elsewhere reads", artifact.uri));
        }
        let path = Url::parse(&artifact.uri).ok().and_then(|uri| uri.to_file_path().ok());
        let path = path.ok_or_else(|| Error::Refused(format!("{} names no file of this machine", artifact.uri)))?;
        artifact::read(&path, most)?
    };
    let found = hex::encode(Sha256::digest(&content));
    if found != artifact.sha256 {
        let (path, spec) = (artifact.uri.clone().into(), artifact.sha256.clone());
        return Err(Error::HashMismatch { path, field, spec, file: found });
    }
    Ok(content)
}

/// What a unit came to here, as `assay-node try` writes it.
#[derive(Deserialize)]
struct Run {
    unit: u64,
    fuel_used: Option<String>,
    /// Base64.
    output: Option<String>,
    stderr: String,
    error: Option<String>,
}

impl Run {
    fn output(&self) -> Output {
        Output::of(self.output.as_deref().and_then(|text| STANDARD.decode(text).ok()).unwrap_or_default())
    }

    fn json(&self) -> Value {
        let output = self.output.as_ref().map(|_| self.output());
        json!({
            "unit": self.unit.to_string(), "fuel_used": self.fuel_used, "stderr": self.stderr, "error": self.error,
            "bytes": output.as_ref().map(|output| output.bytes.to_string()),
            "encoding": output.as_ref().map(|output| output.encoding),
            "output": output.as_ref().map(|output| output.text.clone()),
        })
    }
}

/// Has the node's own runtime compute units.
fn computed(spec: &JobSpec, program: &[u8], input: &[u8], units: &[u64]) -> Result<Vec<Run>> {
    let place = tempfile::tempdir().map_err(Error::file("create", "a folder for the units' files"))?;
    let put = |name: &str, bytes: &[u8]| {
        let path = place.path().join(name);
        fs::write(&path, bytes).map_err(Error::file("write", &path)).map(|()| path)
    };
    let units = units.iter().map(u64::to_string).collect::<Vec<_>>().join(",");
    let node = sibling(NODE)?;
    let mut command = Command::new(&node);
    command.arg("try").arg("--spec").arg(put("spec.json", &spec.canonical())?);
    command.arg("--program").arg(put("program", program)?).arg("--input").arg(put("input", input)?);
    command.args(["--units", &units]).stdin(Stdio::null()).stderr(Stdio::inherit());
    let done = command.output().map_err(Error::file("run", &node))?;
    if !done.status.success() {
        return Err(Error::Refused(format!(
            "{} cannot run units here: see what it said above",
            Path::new(NODE).display()
        )));
    }
    let lines = done.stdout.split(|byte| *byte == b'\n').filter(|line| !line.is_empty());
    lines.map(|line| Ok(serde_json::from_slice(line)?)).collect()
}

fn display(spec: &JobSpec, hash: &str, artifacts: &[Value], runs: &[Run]) -> String {
    let of = |at: usize| {
        let artifact = &artifacts[at];
        let bytes =
            artifact["bytes"].as_str().map_or("not fetched".to_owned(), |bytes| format!("{bytes} bytes, as hashed"));
        format!("{} ({bytes})", super::text(artifact, "uri"))
    };
    let limits = spec.limits;
    let mut page = facts(&[
        ("spec", "valid".into()),
        ("name", spec.name.clone()),
        ("spec hash", hash.to_owned()),
        ("units", spec.units.to_string()),
        ("program", of(0)),
        ("input", of(1)),
        (
            "a unit may use",
            format!("{} fuel, {} MiB, {} bytes of output", limits.fuel, limits.memory_mib, limits.output_bytes),
        ),
    ]);
    for run in runs {
        let head = match (&run.error, &run.fuel_used) {
            (Some(why), _) => format!("\nunit {}: {why}\n", run.unit),
            (None, fuel) => {
                let (output, fuel) = (run.output(), fuel.as_deref().unwrap_or("?"));
                format!(
                    "\nunit {}: {fuel} fuel, {} bytes of {}\n{}\n",
                    run.unit, output.bytes, output.encoding, output.text
                )
            }
        };
        page.push_str(&head);
        if !run.stderr.is_empty() {
            page.push_str(&format!("stderr: {}\n", run.stderr.trim_end()));
        }
    }
    page
}
