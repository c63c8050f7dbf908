//! A running node in a terminal: what it computes, earns and risks, and what is due next.

mod draw;
mod words;

use std::{
    io::IsTerminal,
    path::Path,
    time::{Duration, Instant},
};

use anyhow::{Context, Result, bail};
use ratatui::{
    Terminal,
    backend::TestBackend,
    crossterm::event::{self, Event, KeyCode, KeyEvent, KeyEventKind, KeyModifiers},
};
use serde::de::DeserializeOwned;

pub use self::draw::draw;
use super::{log::Line, serve};
use crate::agent::status::{Status, unix_now};

/// Time between two looks at the node.
const EVERY: Duration = Duration::from_secs(1);
/// Time that the node has for an answer.
const PATIENCE: Duration = Duration::from_secs(3);
/// How long a key is waited for before time goes on.
const KEY_WAIT: Duration = Duration::from_millis(200);
/// Longest answer that is read, in bytes.
const MAX_ANSWER_BYTES: usize = 16 << 20;
/// Columns and rows of a frame that goes to no terminal.
const ONCE: (u16, u16) = (80, 24);

/// What is drawn.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// The node's address.
    pub node: String,
    /// What it said last; nothing until it answered once.
    pub status: Option<Status>,
    /// The end of its log.
    pub log: Vec<Line>,
    /// This machine's clock, unix seconds.
    pub now: i64,
    /// It is not asked any more.
    pub paused: bool,
    /// Why it does not answer.
    pub trouble: Option<String>,
}

/// The address of the node that works in a data folder.
///
/// # Errors
/// When none runs there.
pub fn address(data: &Path) -> Result<String> {
    let file = data.join(serve::ADDRESS);
    let text = std::fs::read_to_string(&file);
    let text =
        text.with_context(|| format!("no node runs in {}: start it with `assay operator run`", data.display()))?;
    Ok(text.trim().to_owned())
}

impl View {
    /// Of the node at this address.
    pub fn of(node: String) -> Self {
        Self { node, now: unix_now(), ..Self::default() }
    }

    /// Ask the node anew. What it said before stays when it does not answer.
    pub async fn refresh(&mut self, client: &reqwest::Client) {
        let asked = tokio::try_join!(ask(client, &self.node, "/status"), ask(client, &self.node, "/log"));
        self.now = unix_now();
        match asked {
            Ok((status, log)) => {
                self.trouble = None;
                (self.status, self.log) = (Some(status), log);
            }
            Err(why) => self.trouble = Some(format!("{why:#}")),
        }
    }
}

async fn ask<T: DeserializeOwned>(client: &reqwest::Client, node: &str, path: &str) -> Result<T> {
    let url = format!("{}{path}", node.trim_end_matches('/'));
    let no_answer = || format!("no node answers at {node}: start it with `assay operator run`, or name it with --node");
    let reply = client.get(&url).timeout(PATIENCE).send().await.map_err(reqwest::Error::without_url);
    let reply = reply.with_context(no_answer)?.error_for_status();
    let mut reply = reply.map_err(reqwest::Error::without_url).with_context(no_answer)?;
    let mut body = vec![];
    while let Some(chunk) = reply.chunk().await.map_err(reqwest::Error::without_url)? {
        body.extend_from_slice(&chunk);
        if body.len() > MAX_ANSWER_BYTES {
            bail!("{url} is no node: it says too much; name the node with --node");
        }
    }
    serde_json::from_slice(&body).with_context(|| format!("{url} is no node of this version; name it with --node"))
}

/// One frame as text.
///
/// # Errors
/// When the node does not answer.
pub async fn once(node: String) -> Result<String> {
    let mut view = View::of(node);
    view.refresh(&reqwest::Client::new()).await;
    match &view.trouble {
        Some(trouble) => bail!("{trouble}"),
        None => text(&view, ONCE),
    }
}

/// What a node says, as JSON.
///
/// # Errors
/// When it does not answer.
pub async fn json(node: String) -> Result<String> {
    let status: Status = ask(&reqwest::Client::new(), &node, "/status").await?;
    Ok(serde_json::to_string_pretty(&status)?)
}

/// A view as text of so many columns and rows, without spaces at the lines' ends.
///
/// # Errors
/// Never: memory does not fail.
pub fn text(view: &View, (columns, rows): (u16, u16)) -> Result<String> {
    let mut terminal = Terminal::new(TestBackend::new(columns, rows))?;
    terminal.draw(|frame| draw(frame, view))?;
    let buffer = terminal.backend().buffer();
    let line = |row| (0..columns).map(|column| buffer[(column, row)].symbol()).collect::<String>();
    Ok((0..rows).map(|row| line(row).trim_end().to_owned() + "\n").collect())
}

/// Draw until somebody says q.
///
/// # Errors
/// When this is no terminal, or it fails.
pub async fn run(node: String) -> Result<()> {
    if !std::io::stdout().is_terminal() || !std::io::stdin().is_terminal() {
        bail!("this is no terminal: `assay operator dashboard --once` prints one frame as text");
    }
    let mut terminal = ratatui::try_init().context("the terminal cannot be used")?;
    let ended = looks(&mut terminal, View::of(node)).await;
    ratatui::restore();
    ended
}

async fn looks(terminal: &mut ratatui::DefaultTerminal, mut view: View) -> Result<()> {
    let client = reqwest::Client::new();
    let mut looked: Option<Instant> = None;
    loop {
        if !view.paused && looked.is_none_or(|at| at.elapsed() >= EVERY) {
            view.refresh(&client).await;
            looked = Some(Instant::now());
        }
        terminal.draw(|frame| draw(frame, &view))?;
        match tokio::task::spawn_blocking(key).await?? {
            Some(Key::Quit) => return Ok(()),
            Some(Key::Pause) => view.paused = !view.paused,
            None => {}
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Key {
    Quit,
    Pause,
}

/// A key that means something, if one is pressed soon.
fn key() -> Result<Option<Key>> {
    if !event::poll(KEY_WAIT)? {
        return Ok(None);
    }
    match event::read()? {
        Event::Key(key) => Ok(meaning(key)),
        _ => Ok(None),
    }
}

fn meaning(key: KeyEvent) -> Option<Key> {
    match key.code {
        _ if key.kind == KeyEventKind::Release => None,
        KeyCode::Char('c') if key.modifiers.contains(KeyModifiers::CONTROL) => Some(Key::Quit),
        KeyCode::Char('q') | KeyCode::Esc => Some(Key::Quit),
        KeyCode::Char('p' | ' ') => Some(Key::Pause),
        _ => None,
    }
}

#[cfg(test)]
mod tests;
