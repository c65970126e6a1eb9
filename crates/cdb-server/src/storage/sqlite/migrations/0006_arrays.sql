-- Where arrays begin of which datapoints were deleted or replaced, and for how long streams keep theirs.

-- Of an array without a row, all numbers are 0.
CREATE TABLE array (
    stream_id   INTEGER NOT NULL REFERENCES stream (id) ON DELETE CASCADE,
    substream   INTEGER NOT NULL,
    first       INTEGER NOT NULL, -- the place of its first datapoint: first_index of its first block
    corrections INTEGER NOT NULL, -- how many ranges were replaced
    shift       INTEGER NOT NULL, -- a place minus this is a position
    seal        INTEGER NOT NULL, -- CRC-32 of the other columns
    PRIMARY KEY (stream_id, substream)
) WITHOUT ROWID;

-- For how long datapoints are kept, in seconds; 0 for ever.
ALTER TABLE stream ADD COLUMN keep INTEGER NOT NULL DEFAULT 0;
CREATE INDEX stream_keep ON stream (id) WHERE keep > 0;
