//! Parses tokens to a script.
//!
//! Each part is checked as soon as it is complete, so that the first of several errors is reported.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use crate::budget::Budget;
use crate::error::Fault;
use crate::expression::Expression;
use crate::lexer::{Kind, Token, tokens};
use crate::node::{Context, Inherited, Node, Part};
use crate::operator::{Binary, Unary};
use crate::transforms;
use crate::value::Value;

/// The precedence of operators. A higher level binds more tightly.
mod level {
    pub(super) const LOOSEST: u8 = 1;
    pub(super) const COMPARISON: u8 = 4;
    pub(super) const PRODUCT: u8 = 6;
    pub(super) const PIPE: u8 = 9;
}

/// A symbol between two operands.
enum Infix {
    Operator(Binary),
    Pipe,
}

fn infix(symbol: &str) -> Option<(Infix, u8)> {
    let operator = match symbol {
        "or" => (Binary::Or, 1),
        "and" => (Binary::And, 2),
        "<" => (Binary::Less, 4),
        "<=" => (Binary::LessOrEqual, 4),
        ">" => (Binary::Greater, 4),
        ">=" => (Binary::GreaterOrEqual, 4),
        "==" => (Binary::Equal, 4),
        "!=" => (Binary::NotEqual, 4),
        "+" => (Binary::Add, 5),
        "-" => (Binary::Subtract, 5),
        "*" => (Binary::Multiply, 6),
        "/" => (Binary::Divide, 6),
        "%" => (Binary::Remainder, 7),
        "^" => (Binary::Power, 7),
        ":" => return Some((Infix::Pipe, level::PIPE)),
        _ => return None,
    };
    Some((Infix::Operator(operator.0), operator.1))
}

/// Parses a whole script.
pub(crate) fn parse(script: &str, budget: &Budget) -> Result<Node, Fault> {
    let most = budget.script_bytes;
    if script.len() > most {
        return Err(Fault::new(format!("The script is too long: at most {most} bytes"), 0..0));
    }
    let context = Context::new(*budget);
    let mut parser = Parser { tokens: tokens(script)?, at: 0, open: 0, context };
    let node = parser.pipeline()?;
    match parser.peek().kind {
        Kind::End => Ok(node),
        _ => Err(parser.unexpected()),
    }
}

struct Parser {
    /// The last one is [`Kind::End`], and the parser does not advance beyond it.
    tokens: Vec<Token>,
    at: usize,
    open: usize,
    context: Context,
}

impl Parser {
    fn peek(&self) -> &Token {
        &self.tokens[self.at]
    }

    fn next(&mut self) -> Token {
        let token = self.peek().clone();
        if token.kind != Kind::End {
            self.at += 1;
        }
        token
    }

    fn symbol(&self) -> Option<&'static str> {
        match self.peek().kind {
            Kind::Symbol(symbol) => Some(symbol),
            _ => None,
        }
    }

    fn take(&mut self, symbol: &str) -> bool {
        let matches = self.symbol() == Some(symbol);
        self.at += usize::from(matches);
        matches
    }

    fn expect(&mut self, symbol: &str) -> Result<(), Fault> {
        if self.take(symbol) { Ok(()) } else { Err(self.unexpected()) }
    }

    fn unexpected(&self) -> Fault {
        unexpected(self.peek())
    }

    /// Parses something one level of nesting deeper.
    fn deeper(
        &mut self,
        parse: impl FnOnce(&mut Self) -> Result<Node, Fault>,
    ) -> Result<Node, Fault> {
        self.open += 1;
        let most = self.context.budget.max_nesting();
        if self.open > most {
            let message = format!(
                "The script is nested too deeply: at most {most} brackets and prefixes may be open"
            );
            return Err(Fault::new(message, self.peek().place.clone()));
        }
        let node = parse(self);
        self.open -= 1;
        node
    }

    /// `a | b | c`
    fn pipeline(&mut self) -> Result<Node, Fault> {
        let mut node = self.stage()?;
        while self.take("|") {
            node = node.pipe(self.stage()?, &mut self.context)?;
        }
        Ok(node)
    }

    /// Parses an expression, or a call whose arguments follow a space: `if $ > 5`.
    fn stage(&mut self) -> Result<Node, Fault> {
        let token = self.peek();
        let Kind::Identifier(name) = &token.kind else {
            return self.expression(level::LOOSEST);
        };
        // A minus after the name is a subtraction and not the start of an argument.
        if !token.spaced || !starts_operand(&self.tokens[self.at + 1].kind) {
            return self.expression(level::LOOSEST);
        }
        let (name, place) = (name.clone(), token.place.clone());
        self.at += 1;
        let mut arguments = Vec::new();
        while starts_operand(&self.peek().kind) {
            arguments.push(self.expression(level::LOOSEST)?);
        }
        transforms::call(&name, arguments, place, &mut self.context)
    }

    /// Parses an expression whose operators have at least this level.
    fn expression(&mut self, min_level: u8) -> Result<Node, Fault> {
        let mut left = self.prefix()?;
        while let Some((infix, level)) = self.symbol().and_then(infix)
            && level >= min_level
        {
            self.at += 1;
            let right = self.expression(level + 1)?;
            left = match infix {
                Infix::Operator(operator) => {
                    Node::binary(operator, left, right, &mut self.context)?
                }
                Infix::Pipe => left.pipe(right, &mut self.context)?,
            };
        }
        Ok(left)
    }

    fn prefix(&mut self) -> Result<Node, Fault> {
        let start = self.peek().place.start;
        let (operator, level) = match self.symbol() {
            // Its operand includes all operators that bind more tightly, even if it follows an
            // operator of a higher level.
            Some("not") => (Unary::Not, level::COMPARISON),
            Some("-") => (Unary::Negate, level::PIPE),
            _ => return self.primary(),
        };
        self.at += 1;
        let operand = self.deeper(|parser| parser.expression(level))?;
        let place = start..operand.place.end;
        Node::unary(operator, operand, place, &self.context)
    }

    fn primary(&mut self) -> Result<Node, Fault> {
        let token = self.next();
        let close = match token.kind {
            Kind::Number(number) => {
                return Ok(Node::constant(Value::Number(number), token.place));
            }
            Kind::String(text) => return Ok(Node::constant(text.as_str().into(), token.place)),
            Kind::Symbol("true") => return Ok(Node::constant(true.into(), token.place)),
            Kind::Symbol("false") => return Ok(Node::constant(false.into(), token.place)),
            Kind::Identifier(name) => {
                let arguments = if token.spaced { Vec::new() } else { self.arguments()? };
                let call = transforms::call(&name, arguments, token.place, &mut self.context)?;
                // A minus after a name and a space binds more tightly than the pipe: `next:$ - $`
                // is `next:($ - $)`.
                if token.spaced && self.take("-") {
                    let right = self.deeper(|parser| parser.expression(level::PRODUCT))?;
                    return Node::binary(Binary::Subtract, call, right, &mut self.context);
                }
                return Ok(call);
            }
            Kind::Symbol("{") => return self.deeper(|parser| parser.object(token.place.start)),
            Kind::Symbol("(") => ")",
            Kind::Symbol("[") => "]",
            Kind::Symbol(_) | Kind::Unknown(_) | Kind::End => return Err(unexpected(&token)),
        };
        let node = self.deeper(Self::pipeline)?;
        self.expect(close)?;
        Ok(node)
    }

    /// Parses arguments in brackets, if there are any.
    fn arguments(&mut self) -> Result<Vec<Node>, Fault> {
        let close = match self.symbol() {
            Some("(") => ")",
            Some("[") => "]",
            _ => return Ok(Vec::new()),
        };
        self.at += 1;
        let mut arguments = Vec::new();
        if self.take(close) {
            return Ok(arguments);
        }
        loop {
            arguments.push(self.deeper(|parser| parser.expression(level::LOOSEST))?);
            if !self.take(",") {
                self.expect(close)?;
                return Ok(arguments);
            }
        }
    }

    /// Parses the entries of an object, after its opening brace.
    fn object(&mut self, start: usize) -> Result<Node, Fault> {
        let mut entries = Vec::<(Arc<str>, Expression)>::new();
        let (mut keys, mut inherited) = (HashSet::<Arc<str>>::new(), Inherited::of([]));
        loop {
            let token = self.next();
            let Kind::String(key) = token.kind else { return Err(unexpected(&token)) };
            self.expect(":")?;
            let node = self.expression(level::LOOSEST)?;
            let key = Arc::<str>::from(key);
            if !keys.insert(Arc::clone(&key)) {
                let message = format!("Key {key} found multiple times in json object");
                return Err(Fault::new(message, token.place));
            }
            if node.part.peeks() {
                return Err(Fault::new("All transforms in object must not peek", node.place));
            }
            inherited.add_entry(&node);
            let Part::One(entry) = node.part else {
                return Err(Fault::new("All transforms in object must be OneToOne", node.place));
            };
            entries.push((key, entry));
            if !self.take(",") {
                break;
            }
        }
        let end = self.peek().place.end;
        self.expect("}")?;
        if let Some(value) = constant(&entries) {
            return Ok(Node::constant(value, start..end));
        }
        Node::new(Part::One(Expression::Object(entries)), start..end, inherited, &self.context)
    }
}

/// Returns the object as a value, if all its entries are constants.
fn constant(entries: &[(Arc<str>, Expression)]) -> Option<Value> {
    let values = entries.iter().map(|(key, entry)| match entry {
        Expression::Constant(value) => Some((Arc::clone(key), value.clone())),
        _ => None,
    });
    Value::object(values.collect::<Option<BTreeMap<_, _>>>()?).ok()
}

/// Returns whether a token can start an operand. A minus is not included.
fn starts_operand(kind: &Kind) -> bool {
    match kind {
        Kind::Number(_) | Kind::String(_) | Kind::Identifier(_) => true,
        Kind::Symbol(symbol) => matches!(*symbol, "true" | "false" | "not" | "(" | "[" | "{"),
        // `!` is read as the start of an operand, so that the error is reported at its place.
        Kind::Unknown(meant) => *meant == Some("not"),
        Kind::End => false,
    }
}

/// Creates the error for a token that is not allowed at its place.
fn unexpected(token: &Token) -> Fault {
    let mut fault = Fault::new("syntax error", token.place.clone());
    if let Kind::Unknown(suggestion) = token.kind {
        fault.suggestion = suggestion;
    }
    fault
}
