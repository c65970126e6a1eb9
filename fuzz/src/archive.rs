//! Archives: the files of one user with one stream.

use std::fs;
use std::path::Path;

use cdb_archive::{
    ArchiveError, ArchivedDatapoint, ArchivedStream, ArchivedUser, DATA, DEVICE, DOWNLINK,
    DataReader, DataWriter, PasswordHash, STREAM, USER, create_directory, read_users, read_version,
    write_object, write_version,
};
use cdb_types::{DatapointParser, UserInfo};
use serde::Serialize;

/// The files of an archive, and their content if the input does not have it.
const FILES: [(&str, &str); 6] = [
    ("me/phone/steps/data.json", "[]"),
    ("me/phone/steps/downlink.json", "[]"),
    ("me/phone/steps/stream.json", r#"{"name":"steps","downlink":true}"#),
    ("me/phone/device.json", r#"{"name":"phone"}"#),
    ("me/user.json", r#"{"name":"me"}"#),
    ("connectordb.json", r#"{"Version":1,"ConnectorDB":"0.3.0"}"#),
];

/// The line that separates files in the input.
const SEPARATOR: &[u8] = b"\n---\n";

/// The lengths of the pieces in which a file is parsed.
const PIECES: [usize; 4] = [1, 3, 17, 100];

/// Checks an archive of the files in the input, which are in the order of [`FILES`]. A file that is
/// empty or missing is replaced by a valid one.
pub(crate) fn check(data: &[u8]) {
    let files = split(data);
    let is_valid = check_datapoints(files[0]);
    if !is_valid && !files[0].is_empty() {
        return;
    }
    let directory = tempfile::tempdir().expect("a temporary directory");
    let source = directory.path().join("source");
    fs::create_dir_all(source.join("me/phone/steps")).expect("directories");
    for ((path, valid), content) in FILES.into_iter().zip(&files) {
        let content = if content.is_empty() { valid.as_bytes() } else { content };
        fs::write(source.join(path), content).expect("a file");
    }
    let users = match read_users(&source) {
        Ok(users) => users,
        Err(error) => return assert!(error.path.starts_with(&source), "{error}"),
    };
    let copy = directory.path().join("copy");
    write(&source, &users, &copy).expect("an archive that was read can be written");
    let again = read_users(&copy).expect("an archive that was written can be read");
    assert_eq!(content(&users), content(&again));
}

/// Splits the input into files.
fn split(mut data: &[u8]) -> [&[u8]; 6] {
    let mut files = [&b""[..]; 6];
    for file in &mut files {
        let end = data.windows(SEPARATOR.len()).position(|window| window == SEPARATOR);
        *file = &data[..end.unwrap_or(data.len())];
        data = end.map_or(&[], |end| &data[end + SEPARATOR.len()..]);
    }
    files
}

/// Checks that a file of datapoints is read as by serde_json, whatever its pieces. Returns whether it
/// is valid.
fn check_datapoints(text: &[u8]) -> bool {
    // The original server writes null in place of an empty array.
    let expected = serde_json::from_slice::<Option<Vec<ArchivedDatapoint>>>(text);
    let expected = expected.ok().map(|datapoints| texts(datapoints.unwrap_or_default()));
    for length in PIECES.into_iter().chain([text.len().max(1)]) {
        assert_eq!(in_pieces(text, length).map(texts), expected, "in pieces of {length} bytes");
    }
    expected.is_some()
}

fn in_pieces(text: &[u8], length: usize) -> Option<Vec<ArchivedDatapoint>> {
    let (mut parser, mut found) = (DatapointParser::new(), Vec::new());
    for piece in text.chunks(length) {
        parser.feed(piece, &mut found).ok()?;
    }
    parser.finish(&mut found).ok()?;
    Some(found)
}

/// Returns the datapoints in a form that can be compared.
fn texts(datapoints: Vec<ArchivedDatapoint>) -> Vec<String> {
    datapoints.iter().map(|datapoint| format!("{datapoint:?}")).collect()
}

/// Writes the users of the archive `source` to a new directory, which must not exist.
fn write(source: &Path, users: &[ArchivedUser], directory: &Path) -> Result<(), ArchiveError> {
    create_directory(directory)?;
    for user in users {
        let path = directory.join(user.name.as_str());
        create_directory(&path)?;
        write_object(&path.join(USER), &UserFile { info: &user.info, password: &user.password })?;
        for device in &user.devices {
            let path = path.join(device.name.as_str());
            create_directory(&path)?;
            write_object(&path.join(DEVICE), &device.info)?;
            for stream in &device.streams {
                write_stream(stream, &path.join(stream.name.as_str()))?;
            }
        }
    }
    match read_version(source)? {
        Some(version) => write_version(directory, version),
        None => Ok(()),
    }
}

fn write_stream(stream: &ArchivedStream, directory: &Path) -> Result<(), ArchiveError> {
    create_directory(directory)?;
    write_object(&directory.join(STREAM), &stream.info)?;
    let files = [(DATA, Some(&stream.data)), (DOWNLINK, stream.downlink.as_ref())];
    for (name, data) in files {
        let Some(data) = data else { continue };
        let mut file = DataWriter::create(directory.join(name))?;
        file.write(b"[")?;
        for (index, datapoint) in datapoints(&data.path)?.iter().enumerate() {
            file.write(if index == 0 { b"" } else { b"," })?;
            let text = serde_json::to_vec(datapoint);
            file.write(&text.expect("a datapoint that was read can be written"))?;
        }
        file.write(b"]")?;
        file.finish()?;
    }
    Ok(())
}

/// The content of `user.json`.
#[derive(Serialize)]
struct UserFile<'a> {
    #[serde(flatten)]
    info: &'a UserInfo,
    #[serde(flatten)]
    password: &'a Option<PasswordHash>,
}

/// Returns the datapoints in a file.
fn datapoints(path: &Path) -> Result<Vec<ArchivedDatapoint>, ArchiveError> {
    let (mut reader, mut all) = (DataReader::open(path)?, Vec::new());
    while let Some((datapoints, _)) = reader.read()? {
        all.extend(datapoints);
    }
    Ok(all)
}

/// Returns the content of an archive, without its paths, in a form that can be compared.
fn content(users: &[ArchivedUser]) -> Vec<String> {
    let mut found = Vec::new();
    for user in users {
        let password = user.password.as_ref();
        let password = password.map(|password| (&password.hash, &password.salt, &password.scheme));
        found.push(format!("{} {:?} {password:?}", user.name, user.info));
        for device in &user.devices {
            found.push(format!("{} {:?}", device.name, device.info));
            for stream in &device.streams {
                found.push(format!("{} {:?}", stream.name, stream.info));
                assert!(stream.info.downlink || stream.downlink.is_none());
                for data in [Some(&stream.data), stream.downlink.as_ref()].into_iter().flatten() {
                    let read = datapoints(&data.path).expect("a file that was read before");
                    assert_eq!(read.len() as u64, data.count);
                    found.extend(texts(read));
                }
            }
        }
    }
    found
}
