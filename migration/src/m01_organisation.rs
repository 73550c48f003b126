//! The one organisation of a database: its settings, its number ranges, and who holds which lease.

use crate::sql::subject;

subject!(
    "m01_organisation",
    r"
-- A setting of the organisation, made with the database or changed by an administrator.
CREATE TABLE setting (
    key TEXT PRIMARY KEY, -- name of the setting: instance, epoch, zone
    value TEXT NOT NULL -- its value, as text
);
-- The next free number of a range that is handed out in blocks, so that set-based writes know their keys beforehand.
CREATE TABLE counter (
    name TEXT PRIMARY KEY, -- name of the range
    next BIGINT NOT NULL -- the first number that nobody has
);
-- Work that only one process does at a time.
CREATE TABLE lease (
    name TEXT PRIMARY KEY, -- what the lease is for
    holder TEXT NOT NULL, -- the process that holds it
    expires_at {time} NOT NULL -- when others may take it
);
"
);
