//! `assay operator init`: everything that a node needs before its first start, as often as one likes.

use std::{
    fs,
    io::Write,
    os::unix::fs::{DirBuilderExt, OpenOptionsExt},
    path::Path,
};

use anyhow::{Context, Result};
use assay_sdk::profile::{Profile, Signed};
use serde_json::{Value, json};

use super::check::Finding;

/// The file of settings in the data folder.
pub const FILE: &str = "node.toml";

/// What the settings say.
pub struct Init<'a> {
    /// The file of settings.
    pub file: &'a Path,
    /// The chain's RPC.
    pub url: &'a str,
    /// The operator's wallet.
    pub keypair: &'a Path,
    /// The node's data folder.
    pub data: &'a Path,
    /// The API that takes results, if any.
    pub api: Option<&'a str>,
}

/// What was done and found.
pub struct Report<'a> {
    init: &'a Init<'a>,
    created: bool,
    profile: &'a Profile,
    findings: &'a [Finding],
}

impl Init<'_> {
    /// Create the folder, for its owner alone, and the file: `sample` with these settings in it. A file that is there is
    /// not touched. Returns whether it was created.
    ///
    /// # Errors
    /// When the disk refuses.
    pub fn write(&self, sample: &str) -> Result<bool> {
        let made = fs::DirBuilder::new().recursive(true).mode(0o700).create(self.data);
        made.with_context(|| format!("cannot create {}: name another folder with --data", self.data.display()))?;
        if self.file.exists() {
            return Ok(false);
        }
        let text = self.filled(sample)?;
        let new = fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(self.file);
        let written = new.and_then(|mut file| file.write_all(text.as_bytes()));
        written.with_context(|| format!("cannot write {}: name another file with --config", self.file.display()))?;
        Ok(true)
    }

    fn filled(&self, sample: &str) -> Result<String> {
        let absolute = |path: &Path| std::path::absolute(path).map(|path| path.display().to_string());
        let (keypair, data) = (absolute(self.keypair)?, absolute(self.data)?);
        let known = [("url", Some(self.url)), ("keypair", Some(&keypair)), ("data", Some(&data)), ("api", self.api)];
        let line = |line: &str| {
            let key = line.strip_prefix('#').and_then(|rest| rest.split_once(" = ")).map(|(key, _)| key);
            let value = known.iter().find(|(name, _)| Some(*name) == key).and_then(|(_, value)| *value);
            value.map_or_else(|| line.to_owned(), |value| format!("{} = {value:?}", key.unwrap_or_default()))
        };
        Ok(sample.lines().map(|text| line(text) + "\n").collect())
    }

    /// What is to be told of it.
    pub fn report<'a>(&'a self, created: bool, signed: &'a Signed, findings: &'a [Finding]) -> Report<'a> {
        Report { init: self, created, profile: &signed.profile, findings }
    }
}

impl Report<'_> {
    /// The command that comes next.
    fn next(&self) -> String {
        let failed = |what: &str| self.findings.iter().any(|(name, found)| *name == what && found.is_err());
        let again = format!("assay operator init --data {}", self.init.data.display());
        match () {
            () if failed("data") || failed("chain") || failed("clock") => again,
            () if failed("funds") => "assay airdrop".into(),
            () if failed("stake") => "assay stake open && assay stake add 1000".into(),
            () => format!("assay operator run --config {}", self.init.file.display()),
        }
    }

    /// For people, or for programs.
    ///
    /// # Errors
    /// Should it not be JSON, which no report causes.
    pub fn shown(&self, as_json: bool) -> Result<String> {
        let ready = self.findings.iter().all(|(_, found)| found.is_ok());
        if as_json {
            return Ok(serde_json::to_string_pretty(&json!({
                "config": self.init.file, "data": self.init.data, "created": self.created, "ready": ready,
                "findings": listed(self.findings), "profile": self.profile, "next": self.next(),
            }))?);
        }
        let done = if self.created { "wrote" } else { "kept" };
        Ok(format!(
            "{done} {}\n\n{}\n\n{}\n\n{}: {}",
            self.init.file.display(),
            machine(self.profile),
            lines(self.findings),
            if ready { "everything is there; next" } else { "next" },
            self.next()
        ))
    }
}

fn listed(findings: &[Finding]) -> Vec<Value> {
    let one = |(what, found): &Finding| {
        let (Ok(said) | Err(said)) = found;
        json!({"what": what, "ok": found.is_ok(), "said": said})
    };
    findings.iter().map(one).collect()
}

/// Findings for programs.
///
/// # Errors
/// Should they not be JSON, which none causes.
pub fn json(findings: &[Finding]) -> Result<String> {
    Ok(serde_json::to_string_pretty(&listed(findings))?)
}

/// Findings for people, a line each.
pub fn lines(findings: &[Finding]) -> String {
    let line = |(what, found): &Finding| match found {
        Ok(said) => format!("OK    {what:<6} {said}"),
        Err(said) => format!("FAIL  {what:<6} {said}"),
    };
    findings.iter().map(line).collect::<Vec<_>>().join("\n")
}

/// A machine for people.
fn machine(profile: &Profile) -> String {
    let (hardware, speed) = (&profile.hardware, &profile.speed);
    let cpu = &hardware.cpu;
    let gpus = match hardware.gpus.as_slice() {
        [] => "none".to_owned(),
        gpus => gpus.iter().map(|gpu| gpu.model.as_str()).collect::<Vec<_>>().join(", "),
    };
    format!(
        "cpu     {} ({}), {} of {} cores\nmemory  {} of {} MiB, {} MiB/s\ndisk    {} MiB free of {} MiB, {} MiB/s\n\
         gpus    {gpus}\nfuel    {} M/s on one core, {} M/s on all",
        cpu.model,
        cpu.architecture,
        cpu.cores,
        cpu.cores_built_in,
        hardware.memory_mib,
        hardware.memory_built_in_mib,
        speed.memory_mib_per_second,
        hardware.disk_free_mib,
        hardware.disk_mib,
        speed.disk_mib_per_second,
        speed.fuel_per_second_one_core / 1_000_000,
        speed.fuel_per_second_all_cores / 1_000_000,
    )
}
