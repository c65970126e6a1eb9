-- Columns of numbers in pages, and summaries of the same rows (storage/format.rs). Earlier versions
-- cannot read these, and refuse the file.
--
-- With them a summary has some hundred bytes: in a table without rowids most would take a page of
-- their own.
CREATE TABLE summary_new (
    stream_id INTEGER NOT NULL REFERENCES stream (id) ON DELETE CASCADE,
    substream INTEGER NOT NULL,
    end_index INTEGER NOT NULL, -- that of the block
    summary   BLOB NOT NULL,    -- see storage/format/summary.rs
    seal      INTEGER NOT NULL, -- CRC-32 of the checksum of the block and of the summary
    PRIMARY KEY (stream_id, substream, end_index)
);
INSERT INTO summary_new SELECT stream_id, substream, end_index, summary, seal FROM summary
    WHERE stream_id IN (SELECT id FROM stream);
DROP TABLE summary;
ALTER TABLE summary_new RENAME TO summary;
