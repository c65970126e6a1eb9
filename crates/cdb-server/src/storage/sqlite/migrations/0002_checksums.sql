-- Checksums of blocks and journal rows, and the owner of the file.
--
-- Rows of format 1 have NULL in the new columns. The format version of a file (PRAGMA user_version)
-- is the number of its last migration.

-- The length of the text that the block holds, in bytes.
ALTER TABLE block ADD COLUMN text_bytes INTEGER;
-- Of the other columns and of the data: see storage/format/checksum.rs.
ALTER TABLE block ADD COLUMN checksum INTEGER;

-- All columns except the data, so that these are read without it: columns that follow a large value
-- are reached through all of its pages.
DROP INDEX block_by_index;
CREATE INDEX block_header ON block
    (stream_id, substream, end_index, first_index, last_t, encoding, text_bytes, checksum);

-- The place of the row's datapoints in their array, as in block.
ALTER TABLE journal ADD COLUMN first_index INTEGER;
ALTER TABLE journal ADD COLUMN end_index INTEGER;
ALTER TABLE journal ADD COLUMN checksum INTEGER;

-- The server that has the file open, in one row. A server that finds another epoch here than its
-- own stops writing.
CREATE TABLE owner (
    id    INTEGER PRIMARY KEY CHECK (id = 1),
    epoch INTEGER NOT NULL, -- random
    path  TEXT              -- of the file; NULL after it was closed
);
INSERT INTO owner (id, epoch) VALUES (1, 0);
