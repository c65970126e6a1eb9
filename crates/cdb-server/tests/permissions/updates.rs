//! Updates of each field of a user, a device or a stream, one field a request.

use serde_json::{Value, json};

use crate::expected::{ANY_TEXT, Expected};
use crate::rights::{Kind, Rights};
use crate::run::{Request, Run};
use crate::support::Answer;
use crate::view::{Unseen, readable};
use crate::world::Fields;

/// A name that no field, role or object has.
pub(crate) const UNKNOWN: &str = "zork";

/// An object that is updated.
pub(crate) struct Subject<'a> {
    pub(crate) kind: Kind,
    pub(crate) path: String,
    /// Its properties, if it exists.
    pub(crate) fields: Option<&'a Fields>,
    /// What the caller may do with it, if the caller sees it.
    pub(crate) rights: Result<&'a Rights, Unseen>,
}

type Change = (&'static str, Value);

/// Changes each field, and restores it. `invalid` is the message that refuses a value to those who
/// may write the field.
pub(crate) async fn check(
    run: &mut Run<'_>,
    subject: &Subject<'_>,
    invalid: impl Fn(&str, &Value) -> Option<String>,
) {
    let url = format!("crud/{}", subject.path);
    let (log, mut accepted) = (subject.log_length(run).await, false);
    for body in ["", "{}"] {
        let unchanged = subject.answer(None, |_| None);
        let request = Request::new("PUT", &url, body);
        accepted |= run.check(&subject.path, "update nothing", &request, &unchanged).await;
    }
    for change in subject.changes() {
        let (field, value) = &change;
        let operation = format!("update {field} to {value}");
        let expected = subject.answer(Some(&change), |value| invalid(field, value));
        let request = Request::new("PUT", &url, json!({*field: value}).to_string());
        if run.check(&subject.path, &operation, &request, &expected).await {
            accepted = true;
            subject.check_effect(run, &change).await;
            subject.restore(run, field).await;
        }
    }
    if !accepted {
        let operation = "length of the log after all updates were refused";
        run.compare_effect(&subject.path, operation, &log, &subject.log_length(run).await);
    }
    if let Some(fields) = subject.fields {
        let answer = run.as_root(&Request::get(&url)).await;
        run.compare(
            &subject.path,
            "state after all",
            &Expected::Json(fields.clone().into()),
            &answer,
        );
    }
}

impl Subject<'_> {
    /// The number of entries in the log of the user to whom the object belongs, if there is such a
    /// user.
    async fn log_length(&self, run: &Run<'_>) -> Option<u64> {
        let user = self.path.split('/').next()?;
        let request = Request::get(format!("crud/{user}/meta/log/data?q=length"));
        run.as_root(&request).await.text.parse().ok()
    }

    /// A new value for each field, and some that are not valid.
    fn changes(&self) -> Vec<Change> {
        let old = |field: &str| self.fields.map(|fields| &fields[field]);
        let toggled = |field: &'static str| (field, (old(field) != Some(&json!(true))).into());
        let name = old("name").cloned().unwrap_or_else(|| "any".into());
        let mut changes = vec![
            ("name", name),
            ("name", "other".into()),
            ("nickname", "changed".into()),
            ("description", "changed".into()),
            ("icon", "material:star".into()),
            (UNKNOWN, "changed".into()),
        ];
        let roles = |roles: &[&str]| roles.iter().map(|role| ("role", (*role).into())).collect();
        changes.extend::<Vec<Change>>(match self.kind {
            Kind::User => {
                let roles: Vec<_> = roles(&["admin", "user", "nobody", UNKNOWN]);
                let email = ("email", "changed@example.com".into());
                let own = [email, ("password", "changed".into()), toggled("public")];
                roles.into_iter().chain(own).collect()
            }
            Kind::Device => {
                let roles: Vec<_> = roles(&["none", "", "reader", "writer", "user", UNKNOWN]);
                let keys = [("apikey", "changed".into()), ("apikey", "".into())];
                let flags = ["enabled", "public", "visible", "user_editable"].map(toggled);
                roles.into_iter().chain(keys).chain(flags).collect()
            }
            Kind::Stream => vec![
                ("schema", r#"{"type":"object"}"#.into()),
                ("datatype", "changed".into()),
                toggled("ephemeral"),
                toggled("downlink"),
            ],
        });
        changes
    }

    /// The answer to a change, or to an update that changes nothing.
    fn answer(
        &self,
        change: Option<&Change>,
        invalid: impl Fn(&Value) -> Option<String>,
    ) -> Expected {
        let (rights, fields) = match (&self.rights, self.fields) {
            (Ok(rights), Some(fields)) => (rights, fields),
            (Ok(_), None) => unreachable!("nobody sees what does not exist"),
            (Err(unseen), _) => return unseen.when_changing(),
        };
        // The body is not looked at.
        if !rights.writes_any_field(self.kind) {
            return Expected::denied("Can't access this resource.");
        }
        let word = self.kind.word();
        if let Some((field, value)) = change {
            if *field == UNKNOWN {
                return Expected::invalid(format!("Unrecognized field '{UNKNOWN}'"));
            }
            if !rights.writes(self.kind, field) {
                return Expected::denied(format!(
                    "This device does not have permissions to write {field}"
                ));
            }
            if *field == "name" && *value != fields["name"] {
                return Expected::invalid(format!(
                    "ConnectorDB does not support modification of {word} names"
                ));
            }
            if let Some(msg) = invalid(value) {
                return Expected::invalid(msg);
            }
        }
        let fields = change.map_or_else(|| fields.clone(), |change| changed(fields, change));
        Expected::Json(match self.kind {
            Kind::User => readable(self.kind, &fields, rights).into(),
            Kind::Device => blanked(&fields, rights).into(),
            Kind::Stream => fields.into(),
        })
    }

    /// Sets a field to what it was.
    async fn restore(&self, run: &Run<'_>, field: &str) {
        let Some(fields) = self.fields else { return };
        let (user, device) = self.path.split_once('/').unwrap_or((&self.path, ""));
        let owner = run.world().user(user);
        let device = owner.and_then(|owner| Some((owner, owner.device(device)?)));
        let old = match (field, device) {
            ("public", Some((owner, device))) => {
                return run.world().restore_public(owner, device).await;
            }
            ("password", _) => json!({"password": self.path}),
            (field, _) if fields.contains_key(field) => json!({field: fields[field]}),
            _ => return,
        };
        run.world().must("PUT", &format!("crud/{}", self.path), &old).await;
    }

    /// Compares the object after a change that the server has accepted.
    async fn check_effect(&self, run: &mut Run<'_>, change: &Change) {
        let (field, value) = change;
        let Some(fields) = self.fields else { return };
        let operation = format!("state after the change of {field} to {value}");
        let answer = run.as_root(&Request::get(format!("crud/{}", self.path))).await;
        let expected = Expected::Json(changed(fields, change).into());
        run.compare(&self.path, &operation, &expected, &answer);
        if let ("password", Value::String(password)) = change {
            let request = run.world().server.request(reqwest::Method::GET, "?q=this");
            let response = request.basic_auth(&self.path, Some(password)).send().await;
            let answer = Answer::of(response.expect("an answer")).await;
            let expected = Expected::Text(format!("{}/user", self.path));
            run.compare(&self.path, "log in with the new password", &expected, &answer);
        }
    }
}

/// The properties after a change. The server generates a key in place of an empty one.
fn changed(fields: &Fields, (field, value): &Change) -> Fields {
    let mut fields = fields.clone();
    match (*field, value.as_str()) {
        ("password", _) => {}
        ("apikey", Some("")) => drop(fields.insert("apikey".to_owned(), ANY_TEXT.into())),
        (field, _) => drop(fields.insert(field.to_owned(), value.clone())),
    }
    fields
}

/// All fields of a device, those that may not be read as empty texts or false.
fn blanked(fields: &Fields, rights: &Rights) -> Fields {
    let mut fields = fields.clone();
    for (name, value) in &mut fields {
        if !rights.reads(Kind::Device, name) {
            *value = if value.is_boolean() { false.into() } else { "".into() };
        }
    }
    fields
}
