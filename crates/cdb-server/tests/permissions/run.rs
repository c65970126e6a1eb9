//! Sending the requests of one caller, and collecting the answers that are not as expected.

use std::fmt::Write;

use reqwest::Method;

use crate::expected::{Expected, cut};
use crate::support::Answer;
use crate::view::View;
use crate::world::World;

/// How many rows of the table of failures are printed.
const MAX_ROWS: usize = 400;

/// A request.
#[derive(Debug, Clone)]
pub(crate) struct Request {
    pub(crate) method: &'static str,
    pub(crate) path: String,
    pub(crate) body: String,
}

impl Request {
    pub(crate) fn get(path: impl Into<String>) -> Self {
        Self::new("GET", path, "")
    }

    pub(crate) fn new(
        method: &'static str,
        path: impl Into<String>,
        body: impl Into<String>,
    ) -> Self {
        Self { method, path: path.into(), body: body.into() }
    }
}

/// How a caller shows who it is.
#[derive(Debug, Clone)]
pub(crate) enum Login {
    /// No credentials.
    Nobody,
    /// The API key, as the password of basic authentication.
    Key(String),
    /// The API key, in the URL.
    KeyInUrl(String),
    /// A name or an address, and a password.
    Password(String, String),
    /// The cookie of a session.
    Cookie(String),
}

/// All answers that were not as expected.
#[derive(Default)]
pub(crate) struct Report {
    checked: usize,
    rows: Vec<[String; 5]>,
}

impl Report {
    /// Panics with a table of all failures, if there are any, or if less was checked than there is.
    pub(crate) fn finish(self, at_least: usize) {
        println!("{} answers checked", self.checked);
        if !self.rows.is_empty() {
            panic!("{} of {} answers differ:\n{}", self.rows.len(), self.checked, self.table());
        }
        assert!(self.checked >= at_least, "only {} answers were checked", self.checked);
    }

    fn table(&self) -> String {
        let header = ["caller", "object", "operation", "expected", "actual"].map(str::to_owned);
        let rows = || [&header].into_iter().chain(&self.rows).take(MAX_ROWS + 1);
        let width = |column: usize| rows().map(|row| row[column].chars().count()).max();
        let widths: Vec<usize> = (0..header.len()).filter_map(width).collect();
        let mut table = String::new();
        for row in rows() {
            for (cell, width) in row.iter().zip(&widths) {
                let _ = write!(table, "{cell:width$} | ");
            }
            table.push('\n');
        }
        if self.rows.len() > MAX_ROWS {
            let _ = writeln!(table, "and {} more", self.rows.len() - MAX_ROWS);
        }
        table
    }
}

/// The requests of one caller.
pub(crate) struct Run<'a> {
    pub(crate) view: View<'a>,
    pub(crate) login: Login,
    pub(crate) report: &'a mut Report,
}

impl<'a> Run<'a> {
    /// The requests of a caller that logs in with its key, or not at all.
    pub(crate) fn new(view: View<'a>, report: &'a mut Report) -> Self {
        let login = view.caller.map(|(_, device)| Login::Key(device.key().to_owned()));
        Self { view, login: login.unwrap_or(Login::Nobody), report }
    }

    pub(crate) fn world(&self) -> &'a World {
        self.view.world
    }

    /// The caller's key, or an empty text.
    pub(crate) fn key(&self) -> &'a str {
        self.view.caller.map_or("", |(_, device)| device.key())
    }

    /// Sends a request and compares the answer. Returns whether the request succeeded.
    pub(crate) async fn check(
        &mut self,
        object: &str,
        operation: &str,
        request: &Request,
        expected: &Expected,
    ) -> bool {
        let answer = self.send(request).await;
        self.compare(object, operation, expected, &answer);
        answer.status == 200
    }

    /// Notes an answer that is not as expected.
    pub(crate) fn compare(
        &mut self,
        object: &str,
        operation: &str,
        expected: &Expected,
        answer: &Answer,
    ) {
        self.report.checked += 1;
        if let Some((expected, actual)) = expected.difference(answer) {
            self.note(object, operation, expected, actual);
        }
    }

    /// Notes something that is not as expected, if it is not.
    pub(crate) fn compare_effect<T: PartialEq + std::fmt::Debug>(
        &mut self,
        object: &str,
        operation: &str,
        expected: &T,
        actual: &T,
    ) {
        self.report.checked += 1;
        if expected != actual {
            let [expected, actual] = [expected, actual].map(|value| cut(&format!("{value:?}")));
            self.note(object, operation, expected, actual);
        }
    }

    fn note(&mut self, object: &str, operation: &str, expected: String, actual: String) {
        let caller = match (self.view.caller, &self.login) {
            (None, _) => "nobody".to_owned(),
            (Some((user, device)), Login::Key(_)) => format!("{}/{}", user.name, device.name),
            (Some((user, device)), Login::KeyInUrl(_)) => {
                format!("{}/{} (key in the URL)", user.name, device.name)
            }
            (Some(_), Login::Password(login, _)) => format!("{login} (password)"),
            (Some((user, device)), _) => format!("{}/{} (cookie)", user.name, device.name),
        };
        self.report.rows.push([caller, object.to_owned(), operation.to_owned(), expected, actual]);
    }

    async fn send(&self, Request { method, path, body }: &Request) -> Answer {
        let server = &self.world().server;
        let method = Method::from_bytes(method.as_bytes()).expect("a method");
        let request = server.request(method, path).body(body.clone());
        let request = match &self.login {
            Login::Nobody => request,
            Login::Key(key) => request.basic_auth("", Some(key)),
            Login::KeyInUrl(key) => request.query(&[("apikey", key)]),
            Login::Password(login, password) => request.basic_auth(login, Some(password)),
            // A browser names the site that a request comes from.
            Login::Cookie(cookie) => {
                request.header("cookie", cookie).header("origin", server.server.url())
            }
        };
        Answer::of(request.send().await.expect("an answer")).await
    }

    /// The administrator's answer to a request.
    pub(crate) async fn as_root(&self, Request { method, path, body }: &Request) -> Answer {
        self.world().server.send(&self.world().root, method, path, body).await
    }

    /// The answer that the administrator gets, which has to be a success.
    pub(crate) async fn same_as_root(&self, request: &Request) -> Expected {
        let answer = self.as_root(request).await;
        assert_eq!(answer.status, 200, "{request:?}: {answer:?}");
        Expected::Text(answer.text)
    }
}
