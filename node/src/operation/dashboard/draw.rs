//! The frame. It fits into 80 columns and 24 rows, and uses what there is beyond.

use ratatui::{
    Frame,
    layout::{Alignment, Constraint, Layout, Rect},
    style::{Color, Modifier, Style},
    text::{Line, Span},
    widgets::{Block, Cell, Gauge, Paragraph, Row, Table, Wrap},
};

use super::{
    View,
    words::{amount, asy, clock, grouped, short, span},
};
use crate::{
    agent::status::{Status, Work},
    operation::metrics::next_deadline,
};

/// Seconds before a deadline from which on it is shown as urgent.
const URGENT: i64 = 60;
/// Cells of a bar of units.
const BAR: u64 = 6;

const DIM: Style = Style::new().fg(Color::DarkGray);
const BOLD: Style = Style::new().add_modifier(Modifier::BOLD);
const GOOD: Style = Style::new().fg(Color::Green);
const WARN: Style = Style::new().fg(Color::Yellow);
const BAD: Style = Style::new().fg(Color::Red).add_modifier(Modifier::BOLD);

/// Draw a view.
pub fn draw(frame: &mut Frame<'_>, view: &View) {
    let [top, body, bottom] =
        Layout::vertical([Constraint::Length(1), Constraint::Min(0), Constraint::Length(1)]).areas(frame.area());
    header(frame, top, view);
    footer(frame, bottom, view);
    let Some(status) = &view.status else {
        let words = view.trouble.as_deref().unwrap_or("asking the node …");
        frame.render_widget(Paragraph::new(words).wrap(Wrap { trim: true }), body);
        return;
    };
    let [money, jobs, next, log] =
        Layout::vertical([Constraint::Length(5), Constraint::Fill(3), Constraint::Length(5), Constraint::Fill(2)])
            .areas(body);
    let halves = |area| Layout::horizontal([Constraint::Fill(1), Constraint::Fill(1)]).areas::<2>(area);
    let [left, right] = halves(money);
    bonds(frame, left, status);
    earned(frame, right, status);
    table(frame, jobs, status, view.now);
    let [left, right] = halves(next);
    deadlines(frame, left, status, view.now);
    refusals(frame, right, status);
    tail(frame, log, view);
}

fn boxed(title: &str) -> Block<'static> {
    Block::bordered().border_style(DIM).title(Span::styled(format!(" {title} "), BOLD))
}

/// How the node is, in a word.
fn state(view: &View) -> (String, Style) {
    match &view.status {
        _ if view.trouble.is_some() => ("no answer".into(), BAD),
        None => (String::new(), DIM),
        Some(status) if status.errors.halted.is_some() => ("halted".into(), BAD),
        Some(status) if status.chain.failures > 0 => ("chain unreachable".into(), BAD),
        Some(status) if status.draining => ("draining".into(), WARN),
        Some(status) if status.slots.computing > 0 => ("computing".into(), GOOD),
        Some(_) => ("waiting".into(), GOOD),
    }
}

fn header(frame: &mut Frame<'_>, area: Rect, view: &View) {
    let (state, style) = state(view);
    let operator = view.status.as_ref().map(|status| short(&status.operator)).unwrap_or_default();
    let left =
        vec![Span::styled(" assay-node ", BOLD), Span::raw(operator), Span::raw("  "), Span::styled(state, style)];
    frame.render_widget(Line::from(left), area);
    let Some(status) = &view.status else { return };
    let up = i64::try_from(status.uptime_seconds).unwrap_or(i64::MAX);
    let skew = match status.chain.skew_seconds {
        0 => String::new(),
        skew => format!("clock {skew:+} s · "),
    };
    let right = format!("{skew}slot {} · up {} ", grouped(status.chain.slot), span(up));
    frame.render_widget(Line::from(right).alignment(Alignment::Right), area);
}

fn footer(frame: &mut Frame<'_>, area: Rect, view: &View) {
    let said = match (&view.trouble, view.status.as_ref().and_then(|status| status.errors.halted.as_ref())) {
        (Some(trouble), _) if view.status.is_some() => Span::styled(format!(" {trouble}"), BAD),
        (_, Some(halted)) => Span::styled(format!(" takes nothing new: {halted}"), BAD),
        _ if view.paused => Span::styled(" paused", WARN),
        _ => Span::styled(format!(" {}", view.node), DIM),
    };
    let keys = Span::styled(" q quit  p pause ", DIM);
    // Words that tell what is wrong come before the keys.
    let room = usize::from(area.width).saturating_sub(said.width());
    let width = if room >= keys.width() { keys.width() as u16 } else { 0 };
    let [left, right] = Layout::horizontal([Constraint::Min(0), Constraint::Length(width)]).areas(area);
    frame.render_widget(Line::from(said), left);
    frame.render_widget(keys, right);
}

fn bonds(frame: &mut Frame<'_>, area: Rect, status: &Status) {
    let block = boxed("Bonds at risk");
    let inner = block.inner(area);
    frame.render_widget(block, area);
    let [bar, first, second] = Layout::vertical([Constraint::Length(1); 3]).areas(inner);
    let bonds = &status.bonds;
    let most = bonds.most.map_or(bonds.staked, |most| most.0.min(bonds.staked));
    let ratio = if most == 0 { 0.0 } else { (bonds.locked as f64 / most as f64).clamp(0.0, 1.0) };
    let style = if ratio > 0.8 { WARN } else { GOOD };
    let label = format!(" {} of {} ", asy(bonds.locked), asy(most));
    frame.render_widget(Gauge::default().ratio(ratio).label(label).gauge_style(style.bg(Color::DarkGray)), bar);
    frame.render_widget(fact("staked", asy(bonds.staked)), first);
    frame.render_widget(fact("if all bids win", asy(bonds.locked.saturating_add(bonds.bidding))), second);
}

fn fact(name: &str, value: String) -> Line<'static> {
    Line::from(vec![Span::styled(format!("{name:<16}"), DIM), Span::raw(value)])
}

fn earned(frame: &mut Frame<'_>, area: Rect, status: &Status) {
    let lines: Vec<_> =
        status.earned.iter().map(|(mint, earned)| Line::raw(amount(earned.0, mint, &status.mints))).collect();
    listed(frame, area, "Earned since the start", lines, "nothing yet");
}

/// Lines in a box; the last one says how many there was no room for.
fn listed(frame: &mut Frame<'_>, area: Rect, title: &str, mut lines: Vec<Line<'static>>, none: &'static str) {
    let block = boxed(title);
    let room = usize::from(block.inner(area).height);
    if lines.is_empty() {
        lines.push(Line::styled(none, DIM));
    }
    if lines.len() > room {
        let more = lines.len() - room + 1;
        lines.truncate(room.saturating_sub(1));
        lines.push(Line::styled(format!("and {more} more"), DIM));
    }
    frame.render_widget(Paragraph::new(lines).block(block), area);
}

fn bar(work: &Work) -> String {
    if work.units_total == 0 {
        return String::new();
    }
    let full = work.units_done.min(work.units_total).saturating_mul(BAR).checked_div(work.units_total).unwrap_or(0);
    let cells: String = (0..BAR).map(|at| if at < full { '█' } else { '░' }).collect();
    format!("{cells} {}/{}", work.units_done, work.units_total)
}

fn table(frame: &mut Frame<'_>, area: Rect, status: &Status, now: i64) {
    let title =
        format!("Jobs: {} held, {} of {} computing", status.jobs.len(), status.slots.computing, status.slots.jobs);
    let block = boxed(&title);
    let room = usize::from(block.inner(area).height).saturating_sub(1);
    let row = |work: &Work| {
        let what = if work.case.is_some() { "judge" } else { "seat" };
        let pays = work.price.as_ref().zip(work.mint.as_ref());
        let pays = pays.map(|(price, mint)| amount(price.0, mint, &status.mints).replace(" of", ""));
        let due = status.deadlines.iter().filter(|deadline| deadline.job == work.job).map(|deadline| deadline.at).min();
        let left = due.map(|at| at.saturating_sub(now.saturating_sub(status.chain.skew_seconds)));
        Row::new([
            Cell::from(short(&work.job)),
            Cell::from(format!("{what} {}", work.state)),
            Cell::from(bar(work)),
            Cell::from(asy(work.at_risk).replace(" ASY", "")),
            Cell::from(pays.unwrap_or_default()),
            Cell::from(left.map(span).unwrap_or_default()).style(urgency(left)),
        ])
    };
    let shown = if status.jobs.len() > room { room.saturating_sub(1) } else { room };
    let mut rows: Vec<_> = status.jobs.iter().take(shown).map(row).collect();
    if status.jobs.len() > shown {
        rows.push(Row::new([format!("+{} more", status.jobs.len() - shown)]).style(DIM));
    }
    if status.jobs.is_empty() {
        let words = if status.draining { "none, and nothing new is taken" } else { "none: waiting for one to take" };
        frame.render_widget(Paragraph::new(Line::styled(words, DIM)).block(block), area);
        return;
    }
    let widths = [
        Constraint::Length(9),
        Constraint::Length(14),
        Constraint::Min(15),
        Constraint::Length(8),
        Constraint::Fill(1),
        Constraint::Length(11),
    ];
    let header = Row::new(["job", "state", "units", "ASY risk", "pays", "due in"]).style(DIM);
    frame.render_widget(Table::new(rows, widths).header(header).block(block), area);
}

fn urgency(left: Option<i64>) -> Style {
    match left {
        Some(left) if left < 0 => BAD,
        Some(left) if left < URGENT => WARN,
        _ => Style::new(),
    }
}

fn deadlines(frame: &mut Frame<'_>, area: Rect, status: &Status, now: i64) {
    let mut all: Vec<_> = status.deadlines.iter().collect();
    all.sort();
    let chain_now = now.saturating_sub(status.chain.skew_seconds);
    let line = |deadline: &&crate::agent::status::Deadline| {
        let left = deadline.at.saturating_sub(chain_now);
        let when = if left < 0 { format!("{} late", span(-left)) } else { format!("in {}", span(left)) };
        Line::from(vec![
            Span::styled(format!("{when:<16}"), urgency(Some(left))),
            Span::raw(format!("{:<8}", deadline.what)),
            Span::styled(short(&deadline.job), DIM),
        ])
    };
    let title = match next_deadline(status, now) {
        Some(left) if left < 0 => "Next deadlines: LATE",
        _ => "Next deadlines",
    };
    listed(frame, area, title, all.iter().map(line).collect(), "nothing is due");
}

fn refusals(frame: &mut Frame<'_>, area: Rect, status: &Status) {
    let mut all: Vec<_> = status.refusals.iter().collect();
    all.sort_by_key(|(reason, count)| (std::cmp::Reverse(**count), (*reason).clone()));
    let lines = all.into_iter().map(|(reason, count)| {
        Line::from(vec![Span::raw(format!("{count:>6}  ")), Span::styled(reason.clone(), DIM)]) //
    });
    listed(frame, area, "Refused by the policy", lines.collect(), "nothing");
}

fn tail(frame: &mut Frame<'_>, area: Rect, view: &View) {
    let block = boxed("Log (UTC)");
    let room = usize::from(block.inner(area).height);
    let last = view.log.iter().skip(view.log.len().saturating_sub(room));
    let line = |line: &super::super::log::Line| {
        let style = match line.level.as_str() {
            "ERROR" => BAD,
            "WARN" => WARN,
            _ => DIM,
        };
        Line::from(vec![
            Span::styled(clock(line.at) + " ", DIM),
            Span::styled(format!("{:<5} ", line.level), style),
            Span::raw(line.text.clone()),
        ])
    };
    frame.render_widget(Paragraph::new(last.map(line).collect::<Vec<_>>()).block(block), area);
}
