//! Cross-validated, L2-regularised logistic regression: an Assay job.
//!
//! Called as `job UNIT UNITS --folds K --strengths C1,C2,…` with scikit-learn's CSV on stdin; writes one JSON
//! document to stdout. `UNITS` must be `K` times the number of strengths; unit `i` trains with strength `i / K`
//! on all folds but fold `i % K` and scores the model on that fold.
//!
//! The model minimises, as scikit-learn's `LogisticRegression(C=c)`, `c * sum(log-loss) + |w|^2 / 2` with a free
//! intercept, over features standardised by the training folds' mean and deviation. The problem is strictly convex,
//! so there is one answer; Newton's method finds it to near machine precision. Sums run in a fixed order, on one
//! thread, and `exp` and `log1p` come from the pure Rust `libm`: every machine writes the same bytes.

use std::{
    io::{Read, Write},
    process::ExitCode,
};

use serde::Serialize;

/// Newton stops when every entry of the gradient is below this times `max(1, c)`. The objective is strongly convex
/// with constant 1 in the weights, so their error is of the gradient's size: far below the digits reported.
const TOLERANCE: f64 = 1e-11;
const MAX_ITERATIONS: usize = 100;
/// Fraction of the decrease promised by the slope that a step must achieve (Armijo).
const ARMIJO: f64 = 1e-4;
/// Relative change of the objective that is only rounding: steps this close to the optimum are taken whole.
const NOISE: f64 = 1e-12;

type Failure = Box<dyn std::error::Error>;

struct Args {
    unit: usize,
    folds: usize,
    strengths: Vec<f64>,
}

/// Rows of features and their labels, 0.0 or 1.0.
#[derive(Default)]
struct Data {
    rows: Vec<Vec<f64>>,
    labels: Vec<f64>,
}

#[derive(Serialize)]
struct Report {
    c: f64,
    fold: usize,
    train: usize,
    test: usize,
    /// Test rows whose more likely class is the true one.
    correct: usize,
    accuracy: f64,
    /// Mean log-loss over the test rows, nats.
    log_loss: f64,
    iterations: usize,
    intercept: f64,
    /// In the order of the CSV's columns, for standardised features.
    coefficients: Vec<f64>,
}

fn main() -> ExitCode {
    match run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("logistic-regression: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<(), Failure> {
    let args = parse_args()?;
    let mut csv = String::new();
    std::io::stdin().read_to_string(&mut csv)?;
    let (c, fold) = (args.strengths[args.unit / args.folds], args.unit % args.folds);
    let (mut train, mut test) = split(parse_csv(&csv)?, args.folds, fold)?;
    standardise(&mut train, &mut test);
    let (weights, iterations) = fit(&train, c)?;
    let report = evaluate(&weights, iterations, &train, &test, c, fold);
    std::io::stdout().write_all(serde_json::to_string(&report)?.as_bytes())?;
    Ok(())
}

fn parse_args() -> Result<Args, lexopt::Error> {
    use lexopt::prelude::*;
    let mut parser = lexopt::Parser::from_env();
    let (mut numbers, mut folds, mut strengths) = (Vec::new(), 0, Vec::new());
    while let Some(arg) = parser.next()? {
        match arg {
            Long("folds") => folds = parser.value()?.parse()?,
            Long("strengths") => {
                strengths = parser.value()?.parse_with(|list| list.split(',').map(str::parse::<f64>).collect())?;
            }
            Value(number) if numbers.len() < 2 => numbers.push(number.parse::<usize>()?),
            other => return Err(other.unexpected()),
        }
    }
    if folds < 2 || strengths.is_empty() || strengths.iter().any(|&c| !(c.is_finite() && c > 0.0)) {
        return Err("give --folds of at least 2 and --strengths as positive numbers, comma separated".into());
    }
    match numbers[..] {
        [unit, units] if unit < units && units == folds * strengths.len() => Ok(Args { unit, folds, strengths }),
        _ => Err("usage: job UNIT UNITS …, with UNIT < UNITS and UNITS = folds x strengths".into()),
    }
}

/// Reads scikit-learn's layout: a header line (rows, features, class names), then features and label per row.
fn parse_csv(text: &str) -> Result<Data, Failure> {
    let mut lines = text.lines();
    let mut header = lines.next().ok_or("the input is empty")?.split(',');
    let mut size = || -> Result<usize, Failure> { Ok(header.next().ok_or("the header is too short")?.parse()?) };
    let (rows, features) = (size()?, size()?);

    let mut data = Data::default();
    for line in lines {
        let mut row = line.split(',').map(str::parse).collect::<Result<Vec<f64>, _>>()?;
        match row.pop() {
            Some(label) if row.len() == features && (label == 0.0 || label == 1.0) => data.labels.push(label),
            _ => return Err(format!("row {}: want {features} features and a label 0 or 1", data.rows.len() + 1).into()),
        }
        data.rows.push(row);
    }
    if data.rows.len() != rows {
        return Err(format!("the header promises {rows} rows, the input has {}", data.rows.len()).into());
    }
    Ok(data)
}

/// Splits into training and test rows. Stratified: the j-th row of each class belongs to fold `j % folds`.
fn split(data: Data, folds: usize, fold: usize) -> Result<(Data, Data), Failure> {
    let (mut train, mut test, mut seen) = (Data::default(), Data::default(), [0usize; 2]);
    for (row, label) in data.rows.into_iter().zip(data.labels) {
        let count = &mut seen[usize::from(label == 1.0)];
        let part = if *count % folds == fold { &mut test } else { &mut train };
        *count += 1;
        part.rows.push(row);
        part.labels.push(label);
    }
    if seen.iter().any(|&count| count < folds) {
        return Err("a class has fewer rows than there are folds".into());
    }
    Ok((train, test))
}

/// Scales both parts by the mean and the population deviation of the training rows; constant features to 0.
fn standardise(train: &mut Data, test: &mut Data) {
    let n = train.rows.len() as f64;
    for j in 0..train.rows[0].len() {
        let mean = train.rows.iter().map(|row| row[j]).sum::<f64>() / n;
        let variance = train.rows.iter().map(|row| (row[j] - mean) * (row[j] - mean)).sum::<f64>() / n;
        let deviation = if variance > 0.0 { variance.sqrt() } else { 1.0 };
        for row in train.rows.iter_mut().chain(&mut test.rows) {
            row[j] = (row[j] - mean) / deviation;
        }
    }
}

/// The linear score of a row; the last weight is the intercept.
fn score(weights: &[f64], row: &[f64]) -> f64 {
    weights[row.len()] + dot(weights, row)
}

fn dot(a: &[f64], b: &[f64]) -> f64 {
    a.iter().zip(b).map(|(x, y)| x * y).sum()
}

/// `log(1 + exp(z)) - label * z`, without overflow.
fn row_loss(z: f64, label: f64) -> f64 {
    z.max(0.0) + libm::log1p(libm::exp(-z.abs())) - label * z
}

/// `1 / (1 + exp(-z))`, without overflow.
fn sigmoid(z: f64) -> f64 {
    let e = libm::exp(-z.abs());
    if z >= 0.0 { 1.0 / (1.0 + e) } else { e / (1.0 + e) }
}

fn objective(weights: &[f64], data: &Data, c: f64) -> f64 {
    let loss: f64 = data.rows.iter().zip(&data.labels).map(|(row, &label)| row_loss(score(weights, row), label)).sum();
    let features = &weights[..weights.len() - 1];
    c * loss + dot(features, features) / 2.0
}

/// Gradient and lower triangle of the Hessian of [`objective`].
fn derivatives(weights: &[f64], data: &Data, c: f64) -> (Vec<f64>, Vec<Vec<f64>>) {
    let (size, features) = (weights.len(), weights.len() - 1);
    let mut gradient = vec![0.0; size];
    let mut hessian = vec![vec![0.0; size]; size];
    for (row, &label) in data.rows.iter().zip(&data.labels) {
        let p = sigmoid(score(weights, row));
        let at = |j: usize| if j < features { row[j] } else { 1.0 };
        for i in 0..size {
            gradient[i] += c * (p - label) * at(i);
            let scaled = c * p * (1.0 - p) * at(i);
            for (j, entry) in hessian[i][..=i].iter_mut().enumerate() {
                *entry += scaled * at(j);
            }
        }
    }
    for i in 0..features {
        gradient[i] += weights[i];
        hessian[i][i] += 1.0;
    }
    (gradient, hessian)
}

/// Solves `matrix * x = b` by Cholesky's factorisation of the lower triangle; `None` if not positive definite.
fn solve(mut matrix: Vec<Vec<f64>>, mut b: Vec<f64>) -> Option<Vec<f64>> {
    for i in 0..b.len() {
        for j in 0..=i {
            let rest = matrix[i][j] - dot(&matrix[i][..j], &matrix[j][..j]);
            if i == j && rest <= 0.0 {
                return None;
            }
            matrix[i][j] = if i == j { rest.sqrt() } else { rest / matrix[j][j] };
        }
        b[i] = (b[i] - dot(&matrix[i][..i], &b[..i])) / matrix[i][i];
    }
    for i in (0..b.len()).rev() {
        let tail: f64 = (i + 1..b.len()).map(|k| matrix[k][i] * b[k]).sum();
        b[i] = (b[i] - tail) / matrix[i][i];
    }
    Some(b)
}

/// Newton's method with a halving line search from zero; the weights (intercept last) and the iterations used.
fn fit(data: &Data, c: f64) -> Result<(Vec<f64>, usize), Failure> {
    let mut weights = vec![0.0; data.rows[0].len() + 1];
    let mut value = objective(&weights, data, c);
    for iteration in 0..MAX_ITERATIONS {
        let (gradient, hessian) = derivatives(&weights, data, c);
        if gradient.iter().all(|g| g.abs() <= TOLERANCE * c.max(1.0)) {
            return Ok((weights, iteration));
        }
        let step = solve(hessian, gradient.clone()).ok_or("the Hessian is not positive definite")?;
        let slope = dot(&gradient, &step);
        let mut scale = 1.0;
        loop {
            let next: Vec<f64> = weights.iter().zip(&step).map(|(w, s)| w - scale * s).collect();
            let reached = objective(&next, data, c);
            if reached <= value - ARMIJO * scale * slope + NOISE * value {
                (weights, value) = (next, reached);
                break;
            }
            scale /= 2.0;
            if scale < 1e-9 {
                return Err("the line search found no descent".into());
            }
        }
    }
    Err(format!("no convergence in {MAX_ITERATIONS} iterations").into())
}

fn evaluate(weights: &[f64], iterations: usize, train: &Data, test: &Data, c: f64, fold: usize) -> Report {
    let scores: Vec<f64> = test.rows.iter().map(|row| score(weights, row)).collect();
    let correct = scores.iter().zip(&test.labels).filter(|&(z, label)| (*z > 0.0) == (*label == 1.0)).count();
    let loss: f64 = scores.iter().zip(&test.labels).map(|(&z, &label)| row_loss(z, label)).sum();
    let features = weights.len() - 1;
    Report {
        c,
        fold,
        train: train.rows.len(),
        test: scores.len(),
        correct,
        accuracy: round(correct as f64 / scores.len() as f64, 1e6),
        log_loss: round(loss / scores.len() as f64, 1e8),
        iterations,
        intercept: round(weights[features], 1e6),
        coefficients: weights[..features].iter().map(|&w| round(w, 1e6)).collect(),
    }
}

/// Rounds to the digits of `unit` (1e6: six decimals); adding 0.0 turns -0.0 into 0.0.
fn round(x: f64, unit: f64) -> f64 {
    libm::round(x * unit) / unit + 0.0
}
