//! People, what they may do, and how they prove who they are.

use crate::sql::subject;

subject!(
    "m02_people",
    r"
-- A team that answers for assets and risks.
CREATE TABLE team (
    id {id},
    key TEXT NOT NULL UNIQUE, -- short name used in commands and filters
    name TEXT NOT NULL, -- name shown to people
    lead_id BIGINT, -- the user who leads it
    calendar TEXT, -- name of the calendar whose days count for its risks, the organisation's when none
    policy TEXT, -- name of the policy that its risks start from, the organisation's when none
    created_at {time} NOT NULL -- when it was made
);
-- A person, or an integration that acts under its own name.
CREATE TABLE app_user (
    id {id},
    email TEXT NOT NULL UNIQUE, -- address, in lower case
    name TEXT NOT NULL, -- name shown to people
    password_hash TEXT, -- argon2id, absent for those who cannot sign in with a password
    active BOOLEAN NOT NULL, -- false once somebody has left
    slack_user TEXT UNIQUE, -- the Slack user this person is bound to
    jira_account TEXT, -- the JIRA account this person is bound to
    zone TEXT, -- the IANA zone this person works in, the organisation's when none
    quiet_from TEXT NOT NULL DEFAULT '18:00', -- local time from which nothing is sent until the morning
    quiet_to TEXT NOT NULL DEFAULT '08:00', -- local time from which messages are sent again
    left_at {time}, -- when somebody left
    created_at {time} NOT NULL -- when it was made
);
-- A role that a user holds, in one team or in all.
CREATE TABLE user_role (
    id {id},
    user_id BIGINT NOT NULL REFERENCES app_user (id), -- who holds it
    role TEXT NOT NULL, -- the role
    team_id BIGINT NOT NULL, -- the team it is held in, 0 for all
    UNIQUE (user_id, role, team_id)
);
-- A signed-in browser.
CREATE TABLE session (
    id TEXT PRIMARY KEY, -- SHA-256 of the cookie's value, in hexadecimal
    user_id BIGINT NOT NULL REFERENCES app_user (id), -- who is signed in
    csrf_token TEXT NOT NULL, -- the token that each form carries
    created_at {time} NOT NULL, -- when it began
    expires_at {time} NOT NULL -- when it ends at the latest
);
CREATE INDEX session_by_expiry ON session (expires_at);
-- A bearer token for scripts.
CREATE TABLE api_token (
    id {id},
    user_id BIGINT NOT NULL REFERENCES app_user (id), -- who acts through it
    hash TEXT NOT NULL UNIQUE, -- SHA-256 of the token, in hexadecimal
    hint TEXT NOT NULL, -- its first characters, to recognise it in a list
    scope TEXT NOT NULL, -- all, read or import
    created_at {time} NOT NULL, -- when it was made
    expires_at {time}, -- when it ends
    revoked_at {time} -- when it was withdrawn
);
"
);
