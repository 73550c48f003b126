//! Files that people add, kept in the database so that copies and replicas just work.

use crate::sql::subject;

subject!(
    "m14_file",
    r"
-- A stored file.
CREATE TABLE stored_file (
    id {id},
    name TEXT NOT NULL, -- what it was called
    media_type TEXT NOT NULL, -- what it is
    size BIGINT NOT NULL, -- its length in bytes
    sha256 TEXT NOT NULL, -- digest of its bytes, in hexadecimal
    sealed BOOLEAN NOT NULL DEFAULT FALSE, -- whether its parts are encrypted under the key of the installation
    created_by BIGINT, -- who added it
    created_at {time} NOT NULL -- when
);
-- A part of a stored file.
CREATE TABLE stored_file_chunk (
    file_id BIGINT NOT NULL, -- the file
    ordinal INTEGER NOT NULL, -- its number in the file
    bytes {blob} NOT NULL, -- the bytes
    PRIMARY KEY (file_id, ordinal)
);
"
);
