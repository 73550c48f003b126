//! What a stored file belongs to.

use crate::sql::subject;

subject!(
    "m31_file_use",
    r"
-- What a stored file belongs to. One that belongs to nothing is thrown away after a day.
CREATE TABLE file_use (
    file_id BIGINT NOT NULL REFERENCES stored_file (id), -- the file
    subject TEXT NOT NULL, -- what it belongs to, as R-12 or import-7
    PRIMARY KEY (file_id, subject)
);
"
);
