//! Threat-modelling workshops and their attack stories.

use crate::sql::subject;

subject!(
    "m04_workshop",
    r"
-- A threat-modelling session; a draft until a triager signs it off.
CREATE TABLE workshop (
    id {id},
    title TEXT NOT NULL, -- what it was called
    held_on DATE NOT NULL, -- the local day it was held on
    zone TEXT NOT NULL, -- the IANA zone of that day
    duration_minutes INTEGER, -- how long it took
    approach TEXT NOT NULL, -- threat, system or asset centric
    attendees {json} NOT NULL, -- who took part
    methods {json} NOT NULL, -- how they worked
    attack_version TEXT NOT NULL, -- the ATT&CK version its techniques are of
    stated_summary {json} NOT NULL, -- risks by level as the workshop stated them
    counted_summary {json} NOT NULL, -- risks by level as they were counted
    state TEXT NOT NULL, -- draft or signed_off
    mismatch_reason TEXT, -- why the stated summary differs from the counted one
    signed_off_by BIGINT, -- who signed it off
    signed_off_at {time}, -- when
    import_id BIGINT, -- the import it came from
    created_at {time} NOT NULL -- when it was made
);
-- An attack story of a workshop.
CREATE TABLE scenario (
    id {id},
    workshop_id BIGINT NOT NULL REFERENCES workshop (id), -- where it was told
    key TEXT NOT NULL, -- its number in the workshop
    name TEXT NOT NULL, -- name shown to people
    story TEXT NOT NULL, -- what happens in it
    UNIQUE (workshop_id, key)
);
"
);
