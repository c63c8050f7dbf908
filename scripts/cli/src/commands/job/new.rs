//! `job new`: a spec from a template, with the hashes of its files, and notes on what to do with it.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
};

use assay_sdk::spec::{Artifact, JobSpec};
use reqwest::Url;
use serde_json::{Map, Value, json};
use sha2::{Digest, Sha256};

use super::artifact;
use crate::{
    args::New,
    client::store::Source,
    context::Context,
    error::{Error, Result},
    output::facts,
    templates::Template,
};

/// A path that stands for any, where a spec is checked whose files are not stored yet.
const ANYWHERE: &str = "file:///stored-when-posted";

/// A file that a spec names.
struct File {
    artifact: Artifact,
    bytes: usize,
}

/// Writes a spec and its notes.
pub async fn run(context: &Context, args: &New) -> Result<()> {
    let notes = args.out.with_extension("md");
    for path in [&args.out, &notes] {
        if path.exists() && !args.force {
            let why = format!(
                "{} exists already: name another file with --out, or overwrite it with --force",
                path.display()
            );
            return Err(Error::Usage(why));
        }
    }
    let unknown = || Error::Usage(format!("there is no template {}: see `assay job new --help`", args.template));
    let template = Template::named(&args.template).ok_or_else(unknown)?;
    let program = file(context, args, "program", &args.program).await?;
    let input = file(context, args, "input", &args.input).await?;
    let lines = template.notes.iter().map(|note| note.replace("{out}", &args.out.display().to_string()));
    let lines: Vec<_> = lines.collect();
    let about = template.about.clone();
    let spec = filled(template, args, &program, &input)?;
    write(&args.out, &(serde_json::to_string_pretty(&spec)? + "\n"))?;
    write(&notes, &page(args, &about, &lines))?;
    let shown = |file: &File| json!({"uri": file.artifact.uri, "sha256": file.artifact.sha256, "bytes": file.bytes.to_string()});
    let document = json!({
        "template": args.template, "spec": args.out.display().to_string(), "notes": notes.display().to_string(),
        "units": args.units.to_string(), "program": shown(&program), "input": shown(&input),
    });
    context.out.talk(format!("next: assay job validate {} --run 0", args.out.display()));
    context.out.data(&document, || {
        let of = |file: &File| format!("{} ({} bytes, sha256 {})", file.artifact.uri, file.bytes, file.artifact.sha256);
        let head = facts(&[
            ("spec", args.out.display().to_string()),
            ("notes", notes.display().to_string()),
            ("program", of(&program)),
            ("input", of(&input)),
            ("units", args.units.to_string()),
        ]);
        format!("{head}\n{}", lines.join("\n\n"))
    })
}

/// The template with what the flags say.
fn filled(template: Template, args: &New, program: &File, input: &File) -> Result<JobSpec> {
    let mut limits = Map::new();
    limits.extend(args.fuel.map(|fuel| ("fuel".to_owned(), json!(fuel))));
    limits.extend(args.memory_mib.map(|mib| ("memory_mib".to_owned(), json!(mib))));
    limits.extend(args.output_bytes.map(|bytes| ("output_bytes".to_owned(), json!(bytes))));
    let mut fields = BTreeMap::from([
        ("name", json!(args.name)),
        ("units", json!(args.units)),
        ("seed", json!(args.seed)),
        ("program", serde_json::to_value(&program.artifact)?),
        ("input", serde_json::to_value(&input.artifact)?),
        ("limits", Value::Object(limits)),
    ]);
    if !args.args.is_empty() {
        fields.insert("args", json!(args.args));
    }
    let bad = |source| Error::Spec { path: args.out.clone(), source };
    let spec = template.fill(fields).map_err(|why| bad(why.into()))?;
    let mut checked = spec.clone();
    for artifact in [&mut checked.program, &mut checked.input] {
        if !artifact.uri.contains("://") {
            artifact.uri = ANYWHERE.into();
        }
    }
    checked.validate().map_err(bad)?;
    Ok(spec)
}

/// Hashes a file, and says where nodes will find it.
async fn file(context: &Context, args: &New, field: &'static str, place: &str) -> Result<File> {
    let remote = artifact::is_remote(place);
    let content = if remote {
        artifact::download(place, artifact::most(field)).await?
    } else {
        artifact::read(Path::new(place), artifact::most(field))?
    };
    let (bytes, sha256) = (content.len(), hex::encode(Sha256::digest(&content)));
    let uri = if args.upload {
        let stored = context.store(&Source::Bytes(content)).await?;
        context.api.url(&format!("/v1/blobs/{}", stored.sha256))
    } else if remote {
        place.to_owned()
    } else {
        local(place, args)?
    };
    Ok(File { artifact: Artifact { uri, sha256, encryption: None }, bytes })
}

/// A path as the spec has it: relative to the spec where the file lies below it, so that both may be moved together.
fn local(place: &str, args: &New) -> Result<String> {
    let whole = |path: &Path| fs::canonicalize(path).map_err(Error::file("find", path));
    let path = whole(Path::new(place))?;
    if args.file_uris {
        let uri = Url::from_file_path(&path).map(String::from);
        return uri.map_err(|()| Error::Usage(format!("{} has no file:// uri: move it", path.display())));
    }
    let folder = args.out.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
    let shown = path.strip_prefix(whole(folder)?).unwrap_or(&path);
    let text = shown.to_str().map(str::to_owned);
    text.ok_or_else(|| Error::Usage(format!("{} is no text that a spec can hold: rename it", path.display())))
}

fn write(path: &PathBuf, text: &str) -> Result<()> {
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).map_err(Error::file("create", folder))?;
    }
    fs::write(path, text).map_err(Error::file("write", path))
}

/// The notes, for people.
fn page(args: &New, about: &str, notes: &[String]) -> String {
    let notes: String = notes.iter().map(|note| format!("- {note}\n")).collect();
    let out = args.out.display();
    format!(
        "# {}\n\nA job of the kind `{}`: {about}.\n\n{notes}\n## What comes next\n\n```sh\nassay job validate {out} --run 0   \
         # check it, and see what the first unit writes\nassay job estimate {out}           # what it will cost\nassay job post {out} \
         --watch       # post it\nassay job results ADDRESS --out results\n```\n",
        args.name, args.template
    )
}

#[cfg(test)]
mod tests {
    use clap::Parser;

    use super::*;
    use crate::args::{Cli, Command, JobCommand};

    fn args(line: &str) -> New {
        match Cli::try_parse_from(format!("assay job new {line}").split_whitespace()).map(|cli| cli.command) {
            Ok(Command::Job(JobCommand::New(new))) => new,
            _ => panic!("{line} does not parse"),
        }
    }

    #[test]
    fn flags_go_before_the_template() {
        let file = |uri: &str| File {
            artifact: Artifact { uri: uri.into(), sha256: "0".repeat(64), encryption: None },
            bytes: 0,
        };
        let args = args("wasm --name n --program p --input i --units 3 --fuel 7 --arg -v --arg 1 --seed 9");
        let spec = filled(Template::named("wasm").unwrap(), &args, &file("p"), &file("sub/i")).unwrap();
        assert_eq!((spec.name.as_str(), spec.units, spec.seed, spec.limits.fuel), ("n", 3, 9, 7));
        assert_eq!((spec.args, spec.input.uri), (vec!["-v".to_owned(), "1".to_owned()], "sub/i".to_owned()));
        let bad = self::args("wasm --name n --program p --input i --units 3 --memory-mib 5000");
        let error = filled(Template::named("wasm").unwrap(), &bad, &file("p"), &file("i")).unwrap_err();
        assert_eq!(error.to_string(), "job.json: `limits.memory_mib` is 5000; it must be 1 to 1024");
    }
}
