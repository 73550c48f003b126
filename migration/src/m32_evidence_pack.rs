//! Evidence packs: what was asked for, and what came of it.

use crate::sql::subject;

subject!(
    "m32_evidence_pack",
    r"
-- A pack of evidence for those who audit.
CREATE TABLE evidence_pack (
    id {id},
    from_on DATE NOT NULL, -- the first day of the period, in the organisation's zone
    to_on DATE NOT NULL, -- its last day
    as_of_on DATE, -- the day that the register is shown of; the last one of the period when none
    team_id BIGINT, -- the team that it is about; none for all
    with_files BOOLEAN NOT NULL, -- whether the files of evidence are inside
    state TEXT NOT NULL, -- wanted, made or failed
    problem TEXT NOT NULL DEFAULT '', -- why it could not be made
    file_id BIGINT, -- the file
    sha256 TEXT NOT NULL DEFAULT '', -- digest of its bytes, in hexadecimal
    size BIGINT NOT NULL DEFAULT 0, -- its length in bytes
    manifest {json} NOT NULL, -- what is in it
    asked_by BIGINT NOT NULL, -- who asked
    created_at {time} NOT NULL, -- when
    made_at {time} -- when it was made
);
"
);
