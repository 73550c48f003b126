//! What a pipeline has to pass, and what was waived for a while.

use crate::sql::subject;

subject!(
    "m19_gate",
    r"
-- What the gate looks at on assets of one tier.
CREATE TABLE gate_rule (
    id {id},
    tier SMALLINT NOT NULL, -- the tier of the asset
    check_kind TEXT NOT NULL, -- late, kev, introduced, full_scan or reviewed
    threshold SMALLINT NOT NULL, -- the lowest level that counts, or days; nothing for the others
    active BOOLEAN NOT NULL, -- whether it is looked at
    version INTEGER NOT NULL, -- counts its changes
    updated_by BIGINT, -- who changed it last, none while it is as it was made
    updated_at {time}, -- when
    UNIQUE (tier, check_kind)
);
INSERT INTO gate_rule (tier, check_kind, threshold, active, version)
    SELECT t.tier, c.check_kind, c.threshold, TRUE, 1 FROM
    (SELECT 0 AS tier UNION ALL SELECT 1 UNION ALL SELECT 2 UNION ALL SELECT 3) t CROSS JOIN
    (SELECT 'late' AS check_kind, 3 AS threshold UNION ALL SELECT 'kev', 0 UNION ALL SELECT 'introduced', 3
     UNION ALL SELECT 'full_scan', 7 UNION ALL SELECT 'reviewed', 0) c;
-- A decision to let an asset through although a check or a risk says no.
CREATE TABLE gate_waiver (
    id {id},
    asset_id BIGINT NOT NULL REFERENCES asset (id), -- the asset
    check_kind TEXT, -- the check that it is about, none for all that look at the risk
    risk_id BIGINT REFERENCES risk (id), -- the risk that it is about, none for all of the check
    reason TEXT NOT NULL, -- why
    owner_id BIGINT NOT NULL, -- who answers for it
    ends_on DATE NOT NULL, -- its last day
    ends_at {time} NOT NULL, -- the end of that day in the organisation's zone
    created_by BIGINT NOT NULL, -- who made it
    created_at {time} NOT NULL, -- when
    withdrawn_by BIGINT, -- who ended it early
    withdrawn_at {time}, -- when
    CHECK (check_kind IS NOT NULL OR risk_id IS NOT NULL)
);
CREATE INDEX gate_waiver_by_asset ON gate_waiver (asset_id, ends_at, id);
"
);
