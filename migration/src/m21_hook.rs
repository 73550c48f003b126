//! Addresses to which other systems push what they see.

use crate::sql::subject;

subject!(
    "m21_hook",
    r"
-- An address of ours that another system calls. Its secret is made from the salt and the installation's key, and is
-- nowhere.
CREATE TABLE hook (
    id {id},
    kind TEXT NOT NULL, -- aws, datadog or generic
    name TEXT NOT NULL, -- the source that its reports come from
    asset TEXT, -- key of the asset that they are about, unless they name another
    format TEXT NOT NULL, -- auto, or the name of a format
    topic TEXT, -- the SNS topic that may send
    salt TEXT NOT NULL, -- another one makes another secret
    enabled BOOLEAN NOT NULL, -- nothing is taken while not set
    created_by BIGINT, -- who made it
    created_at {time} NOT NULL, -- when it was made
    removed_at {time} -- set once nobody wants it any more
);
-- What came in through a hook; the body is kept until it is read.
CREATE TABLE hook_delivery (
    id {id},
    hook_id BIGINT NOT NULL REFERENCES hook (id), -- through which
    identifier TEXT NOT NULL, -- the sender's name for it, else the digest of its body
    kind TEXT NOT NULL, -- report, or confirmation of a subscription
    body {blob} NOT NULL, -- as it came, empty once read
    state TEXT NOT NULL, -- stored, handled or failed
    problem TEXT, -- why it failed
    import_id BIGINT, -- what became of it
    received_at {time} NOT NULL, -- when it came
    UNIQUE (hook_id, identifier)
);
CREATE INDEX hook_delivery_by_time ON hook_delivery (hook_id, id);
CREATE INDEX hook_delivery_waiting ON hook_delivery (hook_id) WHERE state = 'stored';
"
);
