//! The figures as SVG.

use std::{error::Error, fs, path::Path};

use plotters::prelude::*;

use crate::{Policy, Row, Strategy};

const SIZE: (u32, u32) = (900, 560);
const FONT: &str = "sans-serif";
/// Where a share of none is drawn on a logarithmic axis: below all that a run can show.
const NONE: f64 = 0.005;

type Result<T> = std::result::Result<T, Box<dyn Error + Send + Sync>>;

/// One plot of a measure over the adversary's share.
struct Plot {
    name: &'static str,
    title: &'static str,
    unit: &'static str,
    log: bool,
    of: fn(&Row) -> f64,
}

const PLOTS: [Plot; 4] = [
    Plot {
        name: "fraud",
        title: "Fraud accepted",
        unit: "% of jobs (logarithmic; the lowest line: none)",
        log: true,
        of: |row| 100.0 * row.fraud,
    },
    Plot {
        name: "overhead",
        title: "Work computed again",
        unit: "% of a job",
        log: false,
        of: |row| 100.0 * row.overhead,
    },
    Plot {
        name: "honest",
        title: "Loss of the honest",
        unit: "prices of a seat, for each job",
        log: false,
        of: |row| row.honest_loss,
    },
    Plot {
        name: "profit",
        title: "Adversary's profit",
        unit: "prices of a seat, for each of its seats",
        log: false,
        of: |row| row.profit,
    },
];

/// Write `economics-MEASURE-POLICY.svg` for each measure and policy, and `economics-tradeoff-POLICY.svg`.
///
/// # Errors
/// When a file cannot be written.
pub fn write(folder: &Path, rows: &[Row]) -> anyhow::Result<()> {
    fs::create_dir_all(folder)?;
    let mut policies: Vec<Policy> = rows.iter().map(|row| row.cell.policy).collect();
    policies.dedup();
    for policy in policies {
        let rows: Vec<&Row> = rows.iter().filter(|row| row.cell.policy == policy).collect();
        for plot in &PLOTS {
            let path = folder.join(format!("economics-{}-{policy}.svg", plot.name));
            lines(&path, plot, policy, &rows).map_err(anyhow::Error::from_boxed)?;
        }
        let path = folder.join(format!("economics-tradeoff-{policy}.svg"));
        tradeoff(&path, policy, &rows).map_err(anyhow::Error::from_boxed)?;
    }
    Ok(())
}

fn color(strategy: Strategy) -> RGBColor {
    match strategy {
        Strategy::Plain3 => RGBColor(170, 170, 170),
        Strategy::Plain5 => RGBColor(130, 130, 130),
        Strategy::Plain7 => RGBColor(80, 80, 80),
        Strategy::Replicated => RGBColor(0, 114, 178),
        Strategy::Adaptive => RGBColor(213, 94, 0),
        Strategy::ReplicatedCanaries => RGBColor(86, 60, 160),
        Strategy::AdaptiveCanaries => RGBColor(204, 121, 167),
        Strategy::Sampled => RGBColor(0, 158, 115),
        Strategy::Optimistic => RGBColor(230, 159, 0),
        Strategy::Accepted => RGBColor(86, 180, 233),
    }
}

/// The lines of the strategies, in order, each over the share.
fn series<'a>(rows: &[&'a Row]) -> Vec<(Strategy, Vec<&'a Row>)> {
    let mut series: Vec<(Strategy, Vec<&Row>)> = Vec::new();
    for row in rows {
        match series.iter_mut().find(|(strategy, _)| *strategy == row.cell.strategy) {
            Some((_, line)) => line.push(row),
            None => series.push((row.cell.strategy, vec![row])),
        }
    }
    series
}

fn lines(path: &Path, plot: &Plot, policy: Policy, rows: &[&Row]) -> Result<()> {
    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let last = rows.iter().map(|row| row.cell.share).max().unwrap_or(50).max(1);
    let values = || rows.iter().map(|row| (plot.of)(row)).filter(|value| value.is_finite());
    let (low, high) = (values().fold(0.0, f64::min), values().fold(0.0, f64::max));
    let caption = format!("{}: {policy} adversary", plot.title);
    let mut chart = ChartBuilder::on(&root);
    chart.caption(caption, (FONT, 22)).margin(14).x_label_area_size(44).y_label_area_size(64);
    if plot.log {
        let mut chart = chart.build_cartesian_2d(0.0..f64::from(last), (NONE..100.0).log_scale())?;
        chart
            .configure_mesh()
            .light_line_style(WHITE)
            .x_desc("adversary's share of stake, %")
            .y_desc(plot.unit)
            .draw()?;
        draw(&mut chart, plot, rows)
    } else {
        let pad = ((high - low) * 0.05).max(0.01);
        let mut chart = chart.build_cartesian_2d(0.0..f64::from(last), low - pad..high + pad)?;
        chart
            .configure_mesh()
            .light_line_style(WHITE)
            .x_desc("adversary's share of stake, %")
            .y_desc(plot.unit)
            .draw()?;
        draw(&mut chart, plot, rows)
    }
}

type Chart<'a, 'b, Y> = ChartContext<'a, SVGBackend<'b>, Cartesian2d<plotters::coord::types::RangedCoordf64, Y>>;

fn draw<'a, 'b: 'a, Y>(chart: &mut Chart<'a, 'b, Y>, plot: &Plot, rows: &[&Row]) -> Result<()>
where
    Y: Ranged<ValueType = f64>,
{
    for (strategy, line) in series(rows) {
        let style = color(strategy).stroke_width(2);
        let floor = if plot.log { NONE } else { f64::MIN };
        let points = line.iter().map(|row| (f64::from(row.cell.share), (plot.of)(row).max(floor)));
        let drawn = chart.draw_series(LineSeries::new(points, style).point_size(3))?;
        drawn.label(strategy.to_string()).legend(move |(x, y)| PathElement::new([(x, y), (x + 18, y)], style));
    }
    chart
        .configure_series_labels()
        .position(if plot.log { SeriesLabelPosition::LowerRight } else { SeriesLabelPosition::UpperLeft })
        .background_style(WHITE.mix(0.85))
        .border_style(RGBColor(200, 200, 200))
        .label_font((FONT, 14))
        .draw()?;
    Ok(())
}

/// Fraud over overhead at one share: further down is safer, further left is cheaper.
fn tradeoff(path: &Path, policy: Policy, rows: &[&Row]) -> Result<()> {
    // The share that the quoted figures are of, or the nearest to it.
    let Some(share) = rows.iter().map(|row| row.cell.share).min_by_key(|share| share.abs_diff(20)) else {
        return Ok(());
    };
    let points: Vec<&&Row> = rows.iter().filter(|row| row.cell.share == share).collect();
    let root = SVGBackend::new(path, SIZE).into_drawing_area();
    root.fill(&WHITE)?;
    let widest = points.iter().map(|row| 100.0 * row.overhead).fold(10.0, f64::max);
    let mut chart = ChartBuilder::on(&root)
        .caption(format!("Fraud and work at {share} %: {policy} adversary"), (FONT, 22))
        .margin(14)
        .x_label_area_size(44)
        .y_label_area_size(64)
        .build_cartesian_2d(-0.05 * widest..widest * 1.15, (NONE..100.0).log_scale())?;
    chart
        .configure_mesh()
        .light_line_style(WHITE)
        .x_desc("work computed again, % of a job")
        .y_desc("fraud accepted, % of jobs (logarithmic; the lowest line: none)")
        .draw()?;
    // Names below each other where points lie together.
    let mut named: Vec<(f64, f64)> = Vec::new();
    for row in points {
        let at = (100.0 * row.overhead, (100.0 * row.fraud).max(NONE));
        let near = |(x, y): &&(f64, f64)| (x - at.0).abs() < 0.2 * widest && (y / at.1).log10().abs() < 0.3;
        let line = named.iter().filter(near).count() as i32;
        named.push(at);
        let color = color(row.cell.strategy);
        let name = Text::new(row.cell.strategy.to_string(), (10, 16 * line - 8), (FONT, 15).into_font().color(&color));
        chart.draw_series([EmptyElement::at(at) + Circle::new((0, 0), 6, color.filled()) + name])?;
    }
    root.present()?;
    Ok(())
}
