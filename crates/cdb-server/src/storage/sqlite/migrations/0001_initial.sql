-- Ids are never used again (AUTOINCREMENT): what belonged to a deleted object cannot come back.

CREATE TABLE user (
    id              INTEGER PRIMARY KEY AUTOINCREMENT,
    name            TEXT NOT NULL UNIQUE COLLATE NOCASE,
    nickname        TEXT NOT NULL,
    email           TEXT NOT NULL UNIQUE COLLATE NOCASE,
    description     TEXT NOT NULL,
    icon            TEXT NOT NULL,
    role            TEXT NOT NULL,
    public          INTEGER NOT NULL,
    -- argon2id, bcrypt or SHA512; the last two, with a salt of their own, come from imports
    password_scheme TEXT NOT NULL,
    password_salt   TEXT NOT NULL,
    password        TEXT NOT NULL
);

CREATE TABLE device (
    id            INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id       INTEGER NOT NULL REFERENCES user (id) ON DELETE CASCADE,
    name          TEXT NOT NULL,
    nickname      TEXT NOT NULL,
    description   TEXT NOT NULL,
    icon          TEXT NOT NULL,
    -- empty for devices that nobody logs in as; then there is no digest, so that it is never found
    apikey        TEXT NOT NULL,
    apikey_digest BLOB UNIQUE,
    enabled       INTEGER NOT NULL,
    public        INTEGER NOT NULL,
    role          TEXT NOT NULL,
    visible       INTEGER NOT NULL,
    user_editable INTEGER NOT NULL,
    UNIQUE (user_id, name)
);

CREATE TABLE stream (
    id          INTEGER PRIMARY KEY AUTOINCREMENT,
    device_id   INTEGER NOT NULL REFERENCES device (id) ON DELETE CASCADE,
    name        TEXT NOT NULL,
    nickname    TEXT NOT NULL,
    description TEXT NOT NULL,
    icon        TEXT NOT NULL,
    schema      TEXT NOT NULL,
    datatype    TEXT NOT NULL,
    ephemeral   INTEGER NOT NULL,
    downlink    INTEGER NOT NULL,
    UNIQUE (device_id, name)
);

-- Datapoints, many a row: a JSON array of those with indexes first_index <= i < end_index.
CREATE TABLE block (
    stream_id   INTEGER NOT NULL REFERENCES stream (id) ON DELETE CASCADE,
    substream   INTEGER NOT NULL, -- 0 data, 1 downlink
    first_index INTEGER NOT NULL,
    end_index   INTEGER NOT NULL,
    last_t      REAL NOT NULL,
    encoding    INTEGER NOT NULL, -- 0 JSON text, 1 the same through LZ4
    data        BLOB NOT NULL
);

CREATE UNIQUE INDEX block_by_index ON block (stream_id, substream, end_index);
CREATE INDEX block_by_time ON block (stream_id, substream, last_t, end_index);

-- Datapoints that are not yet in blocks, in the order of their arrival: JSON objects and commas.
-- They follow those in blocks. It is empty whenever users, devices or streams have just changed.
CREATE TABLE journal (
    id        INTEGER PRIMARY KEY,
    stream_id INTEGER NOT NULL REFERENCES stream (id) ON DELETE CASCADE,
    substream INTEGER NOT NULL,
    data      BLOB NOT NULL
);
