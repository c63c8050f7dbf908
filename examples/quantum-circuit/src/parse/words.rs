//! A program's words, and the expressions in it.

use std::collections::HashMap;

use crate::Failure;

pub struct Words {
    words: Vec<String>,
    at: usize,
}

/// Is not a word of any program.
const END: &str = "";

impl Words {
    /// Cuts a text into words, without comments.
    pub fn new(text: &str) -> Result<Self, Failure> {
        let mut words = Vec::new();
        for line in text.lines() {
            let line = line.split("//").next().unwrap_or_default();
            let mut rest = line.trim_start();
            while let Some(first) = rest.chars().next() {
                let length = match first {
                    'a'..='z' | 'A'..='Z' | '_' => run(rest, |letter| letter.is_ascii_alphanumeric() || letter == '_'),
                    '0'..='9' | '.' => number(rest),
                    '"' => rest[1..].find('"').ok_or("a text has no end")? + 2,
                    _ if rest.starts_with("->") || rest.starts_with("==") => 2,
                    _ if ";,()[]{}=@+-*/^".contains(first) => 1,
                    _ => return Err(format!("{first:?} is not expected: {line}").into()),
                };
                words.push(rest[..length].to_owned());
                rest = rest[length..].trim_start();
            }
        }
        Ok(Self::of(words))
    }

    pub fn of(words: Vec<String>) -> Self {
        Self { words, at: 0 }
    }

    pub fn is_empty(&self) -> bool {
        self.at >= self.words.len()
    }

    pub fn peek(&self) -> &str {
        self.words.get(self.at).map_or(END, String::as_str)
    }

    /// Whether `ctrl @`, `ctrl(2) @` or `inv @` comes next.
    pub fn is_modifier(&self) -> bool {
        let next = self.words.get(self.at + 1).map(String::as_str);
        matches!(self.peek(), "ctrl" | "inv") && matches!(next, Some("@" | "("))
    }

    pub fn next(&mut self) -> Result<String, Failure> {
        let word = self.words.get(self.at).cloned().ok_or("the program ends too early")?;
        self.at += 1;
        Ok(word)
    }

    /// One word back.
    pub fn back(&mut self) {
        self.at -= 1;
    }

    /// Whether this comes next; if so it is behind us.
    pub fn take(&mut self, word: &str) -> bool {
        let found = self.peek() == word;
        self.at += usize::from(found);
        found
    }

    pub fn expect(&mut self, word: &str) -> Result<(), Failure> {
        let found = self.next()?;
        if found == word { Ok(()) } else { Err(format!("expected {word:?}, not {found:?}").into()) }
    }

    pub fn skip_to(&mut self, word: &str) -> Result<(), Failure> {
        while self.next()? != word {}
        Ok(())
    }

    /// All words up to this one.
    pub fn until(&mut self, end: &str) -> Result<Vec<String>, Failure> {
        let mut words = Vec::new();
        while !self.take(end) {
            words.push(self.next()?);
        }
        Ok(words)
    }

    /// Names with commas between them, up to a word.
    pub fn names(&mut self, end: &str) -> Result<Vec<String>, Failure> {
        Ok(self.until(end)?.into_iter().filter(|word| word != ",").collect())
    }

    /// `[3]`
    pub fn index(&mut self) -> Result<usize, Failure> {
        self.expect("[")?;
        let index = self.next()?.parse()?;
        self.expect("]")?;
        Ok(index)
    }

    /// `pi / 2, theta)`
    pub fn expressions(&mut self, values: &HashMap<String, f64>) -> Result<Vec<f64>, Failure> {
        let mut all = Vec::new();
        while !self.take(")") {
            all.push(self.sum(values, 0)?);
            self.take(",");
        }
        Ok(all)
    }

    fn sum(&mut self, values: &HashMap<String, f64>, depth: usize) -> Result<f64, Failure> {
        let mut sum = self.product(values, depth)?;
        loop {
            if self.take("+") {
                sum += self.product(values, depth)?;
            } else if self.take("-") {
                sum -= self.product(values, depth)?;
            } else {
                return Ok(sum);
            }
        }
    }

    fn product(&mut self, values: &HashMap<String, f64>, depth: usize) -> Result<f64, Failure> {
        let mut product = self.factor(values, depth)?;
        loop {
            if self.take("*") {
                product *= self.factor(values, depth)?;
            } else if self.take("/") {
                product /= self.factor(values, depth)?;
            } else {
                return Ok(product);
            }
        }
    }

    fn factor(&mut self, values: &HashMap<String, f64>, depth: usize) -> Result<f64, Failure> {
        if depth > 64 {
            return Err("an expression is nested too deeply".into());
        }
        if self.take("-") {
            return Ok(-self.factor(values, depth + 1)?);
        }
        let word = self.next()?;
        let value = match word.as_str() {
            "(" => {
                let inner = self.sum(values, depth + 1)?;
                self.expect(")")?;
                inner
            }
            "pi" => std::f64::consts::PI,
            "tau" => std::f64::consts::TAU,
            "sin" | "cos" | "tan" | "exp" | "ln" | "log" | "sqrt" if self.peek() == "(" => {
                let of = self.factor(values, depth + 1)?;
                match word.as_str() {
                    "sin" => libm::sin(of),
                    "cos" => libm::cos(of),
                    "tan" => libm::tan(of),
                    "exp" => libm::exp(of),
                    "sqrt" => libm::sqrt(of),
                    _ => libm::log(of),
                }
            }
            name => match values.get(name) {
                Some(value) => *value,
                None => name.parse().map_err(|_| format!("{name:?} is no number and no parameter"))?,
            },
        };
        if self.take("^") { Ok(libm::pow(value, self.factor(values, depth + 1)?)) } else { Ok(value) }
    }
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|letter| !belongs(letter)).unwrap_or(text.len())
}

/// The length of a number: `12`, `0.5`, `1e-3`.
fn number(text: &str) -> usize {
    let digits = run(text, |letter| letter.is_ascii_digit() || letter == '.');
    let Some(exponent) = text[digits..].strip_prefix(['e', 'E']) else { return digits };
    let signed = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
    let length = run(signed, |letter| letter.is_ascii_digit());
    if length == 0 { digits } else { text.len() - signed.len() + length }
}
