//! Lines for one person each, before they are put together into one message.

use crate::sql::subject;

subject!(
    "m23_notice",
    r"
-- Something that one person is to be told.
CREATE TABLE notice (
    id {id},
    key TEXT NOT NULL UNIQUE, -- what it is and for whom, so that it exists once
    user_id BIGINT NOT NULL, -- whom, 0 for the channel
    kind TEXT NOT NULL, -- ladder, acceptance, incident, mention, hand_over ...
    risk_id BIGINT, -- the risk it is about, none for what is about no single risk
    text TEXT NOT NULL, -- one line; nothing of a confidential risk but its key, level and date
    link TEXT NOT NULL, -- the page where it goes on
    urgent BOOLEAN NOT NULL, -- told at once, also in quiet hours
    about_at {time} NOT NULL, -- the moment it belongs to; what is told together is told in this order
    not_before {time} NOT NULL, -- not told before this moment
    state TEXT NOT NULL CHECK (state IN ('wanted', 'told', 'dropped')), -- dropped: no longer true before it was told
    message_key TEXT, -- the message that told it
    created_at {time} NOT NULL -- when it was wanted
);
CREATE INDEX notice_by_state ON notice (state, not_before, user_id, id);
CREATE INDEX notice_by_risk ON notice (risk_id, id);
"
);
