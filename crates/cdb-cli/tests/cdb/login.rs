//! Logging in: saved logins, certificates and prompts.

use std::process::Command;

use crate::home::TempHome;

#[test]
fn without_a_profile_the_error_says_how_to_log_in() {
    let home = TempHome::start();
    let output = home.run(&["ls"]);
    assert_eq!(
        (output.code, output.err.as_str()),
        (1, "cdb: not logged in: there is no profile \"default\"; log in with `cdb login URL`\n")
    );
    let output = home.with_input("wrong\n", &["login", &home.url, "--user", "me"]);
    assert_eq!((output.code, output.out.as_str()), (1, ""));
    assert!(output.err.starts_with("cdb: 401"), "{}", output.err);
    assert!(!home.file("config").exists());
    assert_eq!(home.run(&["get"]).code, 2);
    assert_eq!(home.run(&["get", "x", "1", "--from", "now"]).code, 2);
    assert!(home.run(&["get", "x", "--from", "soon"]).err.contains("is not a time"));
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_saved_login() {
    use std::os::unix::fs::PermissionsExt;
    let home = TempHome::logged_in();
    let file = home.file("config").join("profiles.json");
    let mode = file.metadata().expect("a file").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = std::fs::read_to_string(file).expect("text");
    assert!(!text.contains("secret") && text.contains(&home.url));
    // The environment takes precedence over the profile.
    let output = home.command(&["ls"]).env("CDB_APIKEY", "wrong").output().expect("it runs");
    assert_eq!(output.status.code(), Some(1));
}

#[cfg(target_os = "linux")]
#[test]
fn a_system_without_root_certificates_reaches_a_server_without_tls() {
    let home = TempHome::logged_in();
    std::fs::write(home.file("none.pem"), "").expect("written");
    let list = || {
        let mut command = home.command(&["ls"]);
        command.env("SSL_CERT_FILE", home.file("none.pem")).env("SSL_CERT_DIR", home.file("none"));
        command
    };
    assert!(list().output().expect("it runs").status.success());
    let encrypted = list().env("CDB_URL", "https://127.0.0.1:1").env("CDB_APIKEY", "x").output();
    let message = String::from_utf8(encrypted.expect("it runs").stderr).expect("text");
    assert!(message.contains("CA certificates"), "{message}");
}

#[test]
fn ca_trusts_a_self_signed_certificate_and_is_saved() {
    let directory = tempfile::tempdir().expect("a directory");
    let own = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let [certificate, key] = ["cert.pem", "key.pem"]
        .map(|name| directory.path().join(name).to_str().expect("text").to_owned());
    std::fs::write(&certificate, own.cert.pem()).expect("written");
    std::fs::write(&key, own.signing_key.serialize_pem()).expect("written");
    let home = TempHome::with(directory, &["--tls-cert", &certificate, "--tls-key", &key]);
    assert!(home.url.starts_with("https://"), "{}", home.url);
    let login = ["login", &home.url, "--user", "me"];
    assert_eq!(home.with_input("secret\n", &login).code, 1);
    let trusting = [&login[..], &["--ca", &certificate]].concat();
    assert_eq!(home.with_input("secret\n", &trusting).code, 0);
    // The certificate is part of the saved profile.
    home.out(&["create", "mood"]);
    let cache = home.file("cache.db");
    let log = ["log", "mood", "--file", cache.to_str().expect("text")];
    let output = home.with_input("8\n", &log);
    assert_eq!((output.code, output.err.as_str()), (0, ""));
    assert_eq!(home.json(&["ls"])[0]["last"]["d"], 8);
}

#[cfg(unix)]
#[test]
fn on_a_terminal_cdb_prompts() {
    let home = TempHome::start();
    let on_terminal = |arguments: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_cdb"));
        command.args(arguments).env("CDB_CONFIG", home.file("config")).env("TERM", "xterm");
        rexpect::session::spawn_command(command, Some(20_000)).expect("a terminal")
    };
    let mut login = on_terminal(&["login", &home.url]);
    login.exp_string("User: ").expect("a question");
    login.send_line("me").expect("answered");
    login.exp_string("Password: ").expect("a question");
    login.send_line("secret").expect("answered");
    let output = login.exp_eof().expect("the end");
    assert!(output.contains("Logged in as me/user.") && !output.contains("secret"), "{output}");

    home.out(&["create", "mood"]);
    home.out(&["insert", "mood", "8"]);
    let question = "Delete me/user/mood with 1 datapoints? This cannot be undone. [y/N] ";
    for (answer, is_there) in [("n", true), ("y", false)] {
        let mut rm = on_terminal(&["rm", "mood"]);
        rm.exp_string(question).expect("a question");
        rm.send_line(answer).expect("answered");
        rm.exp_eof().expect("the end");
        assert_eq!(home.out(&["ls"]).contains("mood"), is_there);
    }

    // Colour is printed to a terminal only.
    home.out(&["create", "mood"]);
    assert!(home.out(&["ls"]).starts_with("me/user/mood"));
    let mut ls = on_terminal(&["ls"]);
    assert!(ls.exp_eof().expect("the end").contains("\x1b[1mme/user/mood\x1b[0m"));

    let archive = home.file("archive");
    let mut export = on_terminal(&["export", archive.to_str().expect("text")]);
    let printed = export.exp_eof().expect("the end");
    // The progress bar, followed by the totals.
    assert!(
        printed.contains(" of 5 objects") && printed.contains(": 5 objects with "),
        "{printed}"
    );
}

#[test]
fn a_saved_key_is_sent_to_its_own_server_only() {
    let (home, other) = (TempHome::logged_in(), TempHome::start());
    let output = home.run(&["ls", "--url", &other.url]);
    assert_eq!(output.code, 1);
    let expected = format!("profile \"default\" has a key for {}", home.url);
    assert!(output.err.contains(&expected), "{}", output.err);
    // Another URL of the same server.
    home.out(&["ls", "--url", &format!("{}/api/v1/", home.url)]);
    // A key on the command line is sent to the given server.
    let output = home.run(&["ls", "--url", &other.url, "--apikey", "wrong"]);
    assert!(output.err.starts_with("cdb: 401"), "{}", output.err);
}
