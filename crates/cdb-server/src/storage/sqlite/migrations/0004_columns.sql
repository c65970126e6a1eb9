-- Blocks of columns (encodings 2 and 3), which earlier versions cannot read.

-- The blocks of which columns are to be made. What is shorter may still be merged; what is longer has a
-- large value, and stays as it is. Blocks of format 1 have no length.
CREATE INDEX block_unfinished ON block (encoding)
WHERE encoding = 1 AND coalesce(text_bytes, 65536) BETWEEN 65536 AND 524288;
