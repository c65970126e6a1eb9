-- What the datapoints of a block come to, for each block of which columns were made or could not be.

-- In the order in which they are read. A summary whose seal does not fit its block is not used: the
-- block has been replaced, or one of them is damaged.
CREATE TABLE summary (
    stream_id INTEGER NOT NULL REFERENCES stream (id) ON DELETE CASCADE,
    substream INTEGER NOT NULL,
    end_index INTEGER NOT NULL, -- that of the block
    summary   BLOB NOT NULL,    -- see storage/format/summary.rs
    seal      INTEGER NOT NULL, -- CRC-32 of the checksum of the block and of the summary
    PRIMARY KEY (stream_id, substream, end_index)
) WITHOUT ROWID;
