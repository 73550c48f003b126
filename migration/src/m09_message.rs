//! Messages to people, each a row before it is sent.

use crate::sql::subject;

subject!(
    "m09_message",
    r"
-- A message to a person or a channel.
CREATE TABLE message (
    id {id},
    key TEXT NOT NULL UNIQUE, -- what it is: kind, receiver and day, so that it exists once
    kind TEXT NOT NULL, -- digest, late, reminder
    user_id BIGINT, -- the receiver, none for a channel
    channel TEXT NOT NULL, -- where it goes
    text TEXT NOT NULL, -- what it says in plain text
    blocks {json} NOT NULL, -- what it says, laid out
    state TEXT NOT NULL, -- wanted, sending, sent, unknown, failed
    attempt INTEGER NOT NULL, -- how often it was tried
    next_try_at {time} NOT NULL, -- not before this moment
    remote_id TEXT, -- the receiver's name for it
    problem TEXT, -- what went wrong last
    created_at {time} NOT NULL, -- when it was wanted
    sent_at {time} -- when it was sent
);
CREATE INDEX message_by_state ON message (state, next_try_at, id);
"
);
