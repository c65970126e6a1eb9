//! What a power cut may leave of files.
//!
//! The model is that of a file system that promises no more than POSIX does:
//!
//! - What was written to a file before a sync of that file is there. The same holds for the names
//!   in the directory and a sync of the directory.
//! - Of what came later any part may be there, in any order. Of a write, each sector is there or
//!   not.
//! - Bytes beside those of a write do not change.
//!
//! The memory that the processes of SQLite share (`-shm`) is not recorded: it is gone.

use std::collections::BTreeMap;
use std::ops::Range;
use std::path::Path;

use crate::SeededRng;

/// A disk writes a sector completely or not at all, in bytes.
const SECTOR: usize = 512;

/// The length of the numbers at the beginning of a record: what was done, the place, and the
/// lengths of the name and the data that follow; see `disk.c`.
const HEAD: usize = 4 * 8;

/// What a record says, in the order of `disk.c`. The data of a renaming is the new name. A sync
/// without a name is that of the directory.
const CREATED: usize = 0;
const REMOVED: usize = 1;
const RENAMED: usize = 2;
const WRITTEN: usize = 3;
const TRUNCATED: usize = 4;
const SYNCED: usize = 5;

/// What a process has done to its files, up to a position that moves forward.
#[derive(Debug)]
pub struct Recording {
    log: Vec<u8>,
    position: usize,
    files: Vec<RecordedFile>,
    /// The files of these names, by their number in `files`.
    synced_names: Names,
    /// What has happened to names since the last sync of the directory.
    renamings: Vec<Renaming>,
}

type Names = BTreeMap<String, usize>;

/// A record, whose name and data lie in the log.
#[derive(Debug)]
struct Record {
    kind: usize,
    place: usize,
    name: Range<usize>,
    data: Range<usize>,
}

#[derive(Debug, Default)]
struct RecordedFile {
    /// The content at the last sync.
    synced: Vec<u8>,
    /// What has happened since.
    changes: Vec<Change>,
}

#[derive(Debug, Clone)]
enum Change {
    Written { place: usize, data: Range<usize> },
    Truncated(usize),
}

#[derive(Debug, Clone)]
enum Renaming {
    Created(String, usize),
    Removed(String),
    Renamed(String, String),
}

impl Renaming {
    fn apply(&self, names: &mut Names) {
        match self {
            Self::Created(name, file) => {
                names.insert(name.clone(), *file);
            }
            Self::Removed(name) => {
                names.remove(name);
            }
            Self::Renamed(from, to) => {
                if let Some(file) = names.remove(from) {
                    names.insert(to.clone(), file);
                }
            }
        }
    }
}

impl Recording {
    /// A recording at its beginning, where there are no files.
    pub(crate) fn new(log: Vec<u8>) -> Self {
        Self {
            log,
            position: 0,
            files: Vec::new(),
            synced_names: Names::new(),
            renamings: Vec::new(),
        }
    }

    /// The length of the recording, in bytes.
    #[must_use]
    pub fn len(&self) -> u64 {
        self.log.len() as u64
    }

    /// Whether nothing has been recorded.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.log.is_empty()
    }

    /// Moves forward to a position; a record in which it lies has not been done yet.
    ///
    /// # Panics
    /// Panics if a record is damaged.
    pub fn advance_to(&mut self, position: u64) {
        while let Some(record) = self.record(self.position)
            && record.data.end as u64 <= position
        {
            self.position = record.data.end;
            self.apply_record(record);
        }
    }

    /// The positions after each record of the files that are wanted, which are chosen by name.
    pub fn positions(&self, is_wanted: impl Fn(&str) -> bool) -> Vec<u64> {
        let records = std::iter::successors(self.record(0), |before| self.record(before.data.end));
        let wanted = records.filter(|record| is_wanted(self.text(&record.name)));
        wanted.map(|record| record.data.end as u64).collect()
    }

    /// The record that begins at a place; `None` if there is no whole one.
    fn record(&self, start: usize) -> Option<Record> {
        let head = self.log.get(start..start + HEAD)?;
        let mut numbers = head.chunks_exact(8).map(|number| {
            let number = u64::from_ne_bytes(number.try_into().expect("eight bytes"));
            usize::try_from(number).expect("a length")
        });
        let [kind, place, name_length, data_length] =
            [(); 4].map(|()| numbers.next().expect("four numbers"));
        let name = start + HEAD..start + HEAD + name_length;
        let data = name.end..name.end + data_length;
        (data.end <= self.log.len()).then_some(Record { kind, place, name, data })
    }

    /// A name in the recording.
    fn text(&self, place: &Range<usize>) -> &str {
        str::from_utf8(&self.log[place.clone()]).expect("a name")
    }

    fn apply_record(&mut self, Record { kind, place, name, data }: Record) {
        let name = self.text(&name).to_owned();
        match kind {
            CREATED => {
                self.files.push(RecordedFile::default());
                self.renamings.push(Renaming::Created(name, self.files.len() - 1));
            }
            REMOVED => self.renamings.push(Renaming::Removed(name)),
            RENAMED => self.renamings.push(Renaming::Renamed(name, self.text(&data).to_owned())),
            WRITTEN => self.change(&name, Change::Written { place, data }),
            TRUNCATED => self.change(&name, Change::Truncated(place)),
            SYNCED if name.is_empty() => {
                for renaming in self.renamings.drain(..) {
                    renaming.apply(&mut self.synced_names);
                }
            }
            SYNCED => self.sync(&name),
            _ => panic!("no record begins with {kind}"),
        }
    }

    /// The file that has a name now. There is none if it has been removed and is still open.
    fn file(&mut self, name: &str) -> Option<&mut RecordedFile> {
        let file = *self.names().get(name)?;
        self.files.get_mut(file)
    }

    fn change(&mut self, name: &str, change: Change) {
        if let Some(file) = self.file(name) {
            file.changes.push(change);
        }
    }

    fn sync(&mut self, name: &str) {
        let Some(file) = self.file(name) else { return };
        let (mut synced, changes) =
            (std::mem::take(&mut file.synced), std::mem::take(&mut file.changes));
        for change in &changes {
            self.apply(change, &mut synced, |_| true);
        }
        if let Some(file) = self.file(name) {
            file.synced = synced;
        }
    }

    /// The names as the process sees them.
    fn names(&self) -> Names {
        let mut names = self.synced_names.clone();
        for renaming in &self.renamings {
            renaming.apply(&mut names);
        }
        names
    }

    /// Changes the content of a file. Of a write, the sectors are written for which `is_written`
    /// holds.
    fn apply(
        &self,
        change: &Change,
        content: &mut Vec<u8>,
        mut is_written: impl FnMut(usize) -> bool,
    ) {
        match change {
            Change::Truncated(length) => content.resize(*length, 0),
            Change::Written { place, data } => {
                let mut data = &self.log[data.clone()];
                let mut place = *place;
                while !data.is_empty() {
                    let sector = place / SECTOR;
                    let length = data.len().min((sector + 1) * SECTOR - place);
                    let (piece, rest) = data.split_at(length);
                    if is_written(sector) {
                        if content.len() < place + length {
                            content.resize(place + length, 0);
                        }
                        content[place..place + length].copy_from_slice(piece);
                    }
                    (data, place) = (rest, place + length);
                }
            }
        }
    }

    /// The files as the process sees them, by name.
    #[must_use]
    pub fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let content = |(name, file): (String, usize)| {
            let RecordedFile { synced, changes } = &self.files[file];
            let mut content = synced.clone();
            changes.iter().for_each(|change| self.apply(change, &mut content, |_| true));
            (name, content)
        };
        self.names().into_iter().filter(is_on_disk).map(content).collect()
    }

    /// Writes the files to a directory as a power cut at this position may leave them.
    ///
    /// # Panics
    /// Panics if a file cannot be written.
    pub fn cut_power(&self, rng: &mut SeededRng, directory: &Path) {
        let left = Left::choose(rng);
        let mut names = self.synced_names.clone();
        for renaming in &self.renamings {
            if left.holds(rng) {
                renaming.apply(&mut names);
            }
        }
        for (name, file) in names.into_iter().filter(is_on_disk) {
            let RecordedFile { synced, changes } = &self.files[file];
            let (mut content, mut changes) = (synced.clone(), changes.clone());
            if left == Left::Some {
                shuffle(rng, &mut changes);
            }
            for change in changes {
                let is_torn = left == Left::Some && rng.within(0..3) == 0;
                if is_torn {
                    self.apply(&change, &mut content, |_| rng.within(0..2) == 0);
                } else if left.holds(rng) {
                    self.apply(&change, &mut content, |_| true);
                }
            }
            std::fs::write(directory.join(name), content).expect("it is written");
        }
    }
}

/// How much a power cut leaves of what was not synced.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Left {
    Nothing,
    Some,
    All,
}

impl Left {
    /// Each extreme once in four times.
    fn choose(rng: &mut SeededRng) -> Self {
        match rng.within(0..4) {
            0 => Self::Nothing,
            1 => Self::All,
            _ => Self::Some,
        }
    }

    /// Whether a change is left.
    fn holds(self, rng: &mut SeededRng) -> bool {
        match self {
            Self::Nothing => false,
            Self::Some => rng.within(0..2) == 0,
            Self::All => true,
        }
    }
}

fn is_on_disk((name, _): &(String, usize)) -> bool {
    !name.ends_with("-shm")
}

fn shuffle<T>(rng: &mut SeededRng, items: &mut [T]) {
    for last in (1..items.len()).rev() {
        let other = rng.within(0..last as u64 + 1);
        items.swap(last, usize::try_from(other).expect("an index"));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// How many cuts show everything that they can leave.
    const CUTS: usize = 200;

    fn recording(records: &[(usize, &str, usize, &[u8])]) -> Recording {
        let mut log = Vec::new();
        for (kind, name, place, data) in records {
            for number in [*kind, *place, name.len(), data.len()] {
                log.extend((number as u64).to_ne_bytes());
            }
            log.extend([name.as_bytes(), data].concat());
        }
        Recording::new(log)
    }

    /// What many power cuts leave at a position: the content of each file, by name.
    fn cut(recording: &mut Recording, records: usize) -> Vec<BTreeMap<String, Vec<u8>>> {
        let mut rng = SeededRng::from_environment();
        recording.advance_to(recording.positions(|_| true)[records - 1]);
        let read = |_| {
            let directory = tempfile::tempdir().expect("a directory");
            recording.cut_power(&mut rng, directory.path());
            let files = std::fs::read_dir(directory.path()).expect("files");
            let files = files.map(|file| {
                let file = file.expect("a file");
                let name = file.file_name().into_string().expect("a name");
                (name, std::fs::read(file.path()).expect("a content"))
            });
            files.collect()
        };
        (0..CUTS).map(read).collect()
    }

    #[test]
    fn what_is_synced_is_left_and_of_the_rest_any_sectors() {
        let [old, new] = [[b'a'; 3 * SECTOR], [b'b'; 3 * SECTOR]];
        let mut recording = recording(&[
            (CREATED, "f", 0, b""),
            (SYNCED, "", 0, b""),
            (WRITTEN, "f", 0, &old),
            (SYNCED, "f", 0, b""),
            (WRITTEN, "f", SECTOR / 2, &new),
            (TRUNCATED, "f", SECTOR, b""),
        ]);
        assert!(cut(&mut recording, 4).iter().all(|files| files["f"] == old));
        let mut lengths = std::collections::BTreeSet::new();
        let mut torn = 0;
        for files in cut(&mut recording, 5) {
            let content = &files["f"];
            assert!(content.starts_with(&old[..SECTOR / 2]));
            let written: Vec<_> = [SECTOR / 2..SECTOR, SECTOR..2 * SECTOR, 2 * SECTOR..3 * SECTOR]
                .map(|sector| {
                    let sector = &content[sector];
                    assert!(sector.iter().all(|byte| *byte == sector[0]));
                    sector[0] == b'b'
                })
                .into();
            torn += usize::from(written.contains(&true) && written.contains(&false));
            lengths.insert(content.len());
        }
        assert!(torn > 0);
        assert!(lengths.into_iter().eq([3 * SECTOR, 3 * SECTOR + SECTOR / 2]));
        // The write may come after the truncation.
        let left = cut(&mut recording, 6);
        assert!(left.iter().any(|files| files["f"] == old[..SECTOR]));
        assert!(
            left.iter().any(|files| files["f"][..SECTOR] == [&old[..256], &new[..256]].concat())
        );
        assert!(left.iter().any(|files| files["f"].len() > SECTOR));
        assert_eq!(recording.files()["f"].len(), SECTOR);
    }

    #[test]
    fn names_are_left_once_their_directory_is_synced() {
        let mut recording = recording(&[
            (CREATED, "f", 0, b""),
            (WRITTEN, "f", 0, b"1"),
            (SYNCED, "f", 0, b""),
            (SYNCED, "", 0, b""),
            (RENAMED, "f", 0, b"g"),
            (REMOVED, "g", 0, b""),
            (CREATED, "f", 0, b""),
            (SYNCED, "", 0, b""),
        ]);
        let names = |files: &BTreeMap<String, Vec<u8>>| files.keys().cloned().collect::<String>();
        let shown =
            |left: Vec<_>| left.iter().map(names).collect::<std::collections::BTreeSet<_>>();
        assert!(shown(cut(&mut recording, 3)).into_iter().eq(["", "f"]));
        assert!(cut(&mut recording, 4).iter().all(|files| files["f"] == b"1"));
        assert!(shown(cut(&mut recording, 6)).into_iter().eq(["", "f", "g"]));
        assert!(cut(&mut recording, 8).iter().all(|files| files["f"].is_empty()));
    }
}
