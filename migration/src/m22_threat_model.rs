//! What was read last of each threat of a model, and what columns of tables mean to a team.

use crate::sql::subject;

subject!(
    "m22_threat_model",
    r"
-- A threat of a model as its file told it last; what people changed since stands in the risk alone.
CREATE TABLE model_threat (
    id {id},
    model TEXT NOT NULL, -- title of the workshop or model
    external_id TEXT NOT NULL, -- the model's own id
    risk_id BIGINT NOT NULL, -- the risk that it is here
    content {json} NOT NULL, -- what the file said
    gone_since BIGINT, -- the import that no longer had it
    UNIQUE (model, external_id)
);
CREATE INDEX model_threat_risk ON model_threat (risk_id);
-- What people said about the columns and words of tables with this header from this source.
CREATE TABLE table_mapping (
    id {id},
    source TEXT NOT NULL, -- who reports, empty for anybody
    header_hash TEXT NOT NULL, -- digest of the names of the columns
    mapping {json} NOT NULL, -- fields by column, and meanings by word
    made_by BIGINT, -- who said so
    made_at {time} NOT NULL, -- when
    UNIQUE (source, header_hash)
);
"
);
