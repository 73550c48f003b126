//! What a stored file belongs to, and whom a comment speaks to.

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
-- Somebody whom a comment speaks to, and who may see it.
CREATE TABLE comment_mention (
    comment_id BIGINT NOT NULL REFERENCES risk_comment (id), -- the comment
    word TEXT NOT NULL, -- the word after the @
    user_id BIGINT NOT NULL, -- whom it means
    PRIMARY KEY (comment_id, word)
);
"
);
