//! Public catalogues of exploited and likely vulnerabilities, and how old each copy is.

use crate::sql::subject;

subject!(
    "m20_feed",
    r"
-- One catalogue: the copy in use, and how the last attempt to get a newer one went.
CREATE TABLE feed (
    name TEXT PRIMARY KEY, -- kev or epss
    address TEXT NOT NULL, -- where the copy in use came from
    tried_at {time} NOT NULL, -- the last attempt
    fetched_at {time}, -- when the copy in use was last found to be the newest
    content_at {time}, -- when its publisher made it
    version TEXT NOT NULL, -- what its publisher calls it
    etag TEXT NOT NULL, -- what the server calls it
    sha256 TEXT NOT NULL, -- digest of its bytes, in hexadecimal
    row_count BIGINT NOT NULL, -- how many entries it has
    generation BIGINT NOT NULL, -- counts copies; an entry of an older one is about to go
    error TEXT -- why the last attempt failed
);

-- A vulnerability that is known to be exploited.
CREATE TABLE kev_entry (
    cve TEXT PRIMARY KEY, -- its id
    vendor TEXT NOT NULL, -- who makes the product
    product TEXT NOT NULL, -- the product
    name TEXT NOT NULL, -- what it is called
    added_on DATE NOT NULL, -- since when it is listed
    due_on DATE, -- by when United States agencies had to act
    ransomware BOOLEAN NOT NULL, -- whether ransomware is known to use it
    generation BIGINT NOT NULL -- the copy that has it
);

-- How likely a vulnerability is to be exploited.
CREATE TABLE epss_score (
    cve TEXT PRIMARY KEY, -- its id
    score DOUBLE PRECISION NOT NULL, -- probability within 30 days
    percentile DOUBLE PRECISION NOT NULL, -- share of vulnerabilities that score at most as high
    generation BIGINT NOT NULL -- the copy that has it
);
CREATE INDEX epss_score_likely ON epss_score (cve) WHERE percentile >= 0.95;
"
);
