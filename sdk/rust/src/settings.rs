//! Settings of a binary: flags, each with an environment variable, and a file whose keys are the flags' names.
//!
//! A flag beats its environment variable, that beats the file, and the file beats the default.

use std::{
    ffi::{OsStr, OsString},
    fmt::Write,
    io,
    path::Path,
};

use clap::{Arg, ArgAction, Command};
use toml::{Table, Value};

/// Flags that are no settings.
const NOT_SETTINGS: [&str; 4] = ["help", "version", "config", "check"];

/// A binary whose settings may be in a file.
pub struct Settings {
    command: Command,
}

/// Why a file of settings cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum SettingsError {
    /// It cannot be read.
    #[error("cannot read the settings in {path}: {source}; name another file with --config")]
    File {
        /// The file.
        path: String,
        /// What the system says.
        source: io::Error,
    },
    /// Something in it is wrong.
    #[error("{0}")]
    Setting(String),
}

type Result<T> = std::result::Result<T, SettingsError>;

impl Settings {
    /// Of this command line, which has a flag `--config`.
    pub fn of(command: Command) -> Self {
        Self { command }
    }

    /// The flags that a file of settings may have as keys.
    pub fn keys(&self) -> impl Iterator<Item = &Arg> {
        let is_setting = |flag: &&Arg| flag.get_long().is_some_and(|long| !NOT_SETTINGS.contains(&long));
        self.command.get_arguments().filter(is_setting)
    }

    /// The command line with the file's settings put before the flags: those that neither a flag nor its environment
    /// variable gives. The file is the one of `--config`, else of its variable; without one, what was given.
    ///
    /// # Errors
    /// [`SettingsError::File`] when it cannot be read, [`SettingsError::Setting`] that names what is wrong in it.
    pub fn arguments(&self, given: Vec<OsString>, env: impl Fn(&OsStr) -> Option<OsString>) -> Result<Vec<OsString>> {
        let variable = self.command.get_arguments().find(|flag| flag.get_id() == "config").and_then(Arg::get_env);
        let Some(file) = value(&given, "config").or_else(|| variable.and_then(&env)) else { return Ok(given) };
        let file = Path::new(&file);
        let text = std::fs::read_to_string(file);
        let text = text.map_err(|source| SettingsError::File { path: file.display().to_string(), source })?;
        let bad = |why: String| SettingsError::Setting(format!("{}: {why}", file.display()));
        // Without the text that the parser would quote: it may be a secret that does not belong there.
        let table: Table = text.parse().map_err(|why: toml::de::Error| bad(why.message().to_owned()))?;
        let mut flags = vec![];
        for (key, setting) in table {
            let flag = self.keys().find(|flag| flag.get_long() == Some(&key));
            let name = self.command.get_name();
            let unknown = || bad(format!("there is no setting `{key}`; `{name} sample` prints all"));
            let flag = flag.ok_or_else(unknown)?;
            if is_given(&given, flag) || flag.get_env().and_then(&env).is_some() {
                continue;
            }
            flags.extend(as_flags(&key, flag, setting).map_err(bad)?);
        }
        let (program, rest) = given.split_at(given.len().min(1));
        Ok(program.iter().cloned().chain(flags).chain(rest.iter().cloned()).collect())
    }

    /// A file of settings made of the flags themselves, so that it is never out of date: every key with its meaning, its
    /// environment variable and its default, commented out. `example` has a value for those without a default, by the
    /// name of their value.
    pub fn sample(&self, example: impl Fn(&str) -> String) -> String {
        let name = self.command.get_name();
        let variable = self.command.get_arguments().find(|flag| flag.get_id() == "config").and_then(Arg::get_env);
        let variable = variable.unwrap_or_default().display();
        let mut text = format!(
            "# Settings of {name}; use with `--config FILE` or {variable}. Keys are the flags' names.\n\
             # A flag beats its environment variable, that beats this file, and this file beats the default.\n\
             # Secrets do not belong here: name their files, or put them into the environment.\n",
        );
        for flag in self.keys().filter(|flag| !flag.is_hide_set()) {
            text.push('\n');
            let help = flag.get_help().map(ToString::to_string).unwrap_or_default();
            text.extend(help.lines().map(|line| format!("# {line}\n")));
            if let Some(variable) = flag.get_env() {
                let _ = writeln!(text, "# Environment: {}", variable.display());
            }
            let values: Vec<String> =
                flag.get_possible_values().iter().map(|value| value.get_name().to_owned()).collect();
            if flag.get_action().takes_values() && !values.is_empty() {
                let _ = writeln!(text, "# One of: {}", values.join(", "));
            }
            let _ = writeln!(text, "#{} = {}", flag.get_long().unwrap_or_default(), shown(flag, &example));
        }
        text
    }
}

/// The default, or what stands for a value.
fn shown(flag: &Arg, example: impl Fn(&str) -> String) -> String {
    if !flag.get_action().takes_values() {
        return "false".into();
    }
    let default = flag.get_default_values().first().map(|value| value.to_string_lossy().into_owned());
    let name = flag.get_value_names().and_then(|names| names.first()).map_or("", |name| name.as_str());
    match default {
        Some(number) if number.parse::<i64>().is_ok() => number,
        Some(text) => format!("{text:?}"),
        None if matches!(flag.get_action(), ArgAction::Append) => format!("[{:?}]", example(name)),
        None => format!("{:?}", example(name)),
    }
}

/// Whether a flag is on the command line, by its long or its short name.
fn is_given(given: &[OsString], flag: &Arg) -> bool {
    let long = flag.get_long().map(|long| format!("--{long}"));
    let is_long = |text: &str| long.as_deref() == text.split('=').next();
    let is_short = |text: &str| {
        let short = text.strip_prefix('-').and_then(|rest| rest.chars().next()).filter(|first| *first != '-');
        short.is_some() && short == flag.get_short()
    };
    given.iter().filter_map(|argument| argument.to_str()).any(|text| is_long(text) || is_short(text))
}

fn value(given: &[OsString], key: &str) -> Option<OsString> {
    let flag = format!("--{key}");
    let at = given.iter().position(|argument| argument.to_str().is_some_and(|a| a.split('=').next() == Some(&flag)))?;
    match given.get(at)?.to_str()?.split_once('=') {
        Some((_, value)) => Some(value.into()),
        None => given.get(at.checked_add(1)?).cloned(),
    }
}

fn as_flags(key: &str, flag: &Arg, setting: Value) -> std::result::Result<Vec<OsString>, String> {
    let one = |setting: &Value| match setting {
        Value::String(text) => Ok(text.clone()),
        Value::Integer(number) => Ok(number.to_string()),
        Value::Float(number) => Ok(number.to_string()),
        Value::Boolean(truth) => Ok(truth.to_string()),
        _ => Err(format!("`{key}` is neither text, number nor truth value")),
    };
    let given = match (&setting, flag.get_action().takes_values()) {
        (Value::Boolean(true), false) => return Ok(vec![format!("--{key}").into()]),
        (Value::Boolean(false), false) => return Ok(vec![]),
        (_, false) => return Err(format!("`{key}` is either true or false")),
        (Value::Array(all), true) => all.iter().map(one).collect::<std::result::Result<Vec<_>, _>>()?,
        (_, true) => vec![one(&setting)?],
    };
    Ok(given.into_iter().map(|value| format!("--{key}={value}").into()).collect())
}
