-- Images, their aliases, and the blobs that they need. Times are milliseconds since 1970, digests 64 hexadecimal digits.

CREATE TABLE catalog (
    generation BIGINT NOT NULL
);

INSERT INTO catalog (generation) VALUES (0);

CREATE TABLE images (
    project TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    type TEXT NOT NULL,
    architecture TEXT NOT NULL,
    file_name TEXT NOT NULL,
    public BOOLEAN NOT NULL,
    auto_update BOOLEAN NOT NULL,
    cached BOOLEAN NOT NULL,
    properties TEXT NOT NULL,
    profiles TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    uploaded_at BIGINT NOT NULL,
    last_used_at BIGINT,
    update_source TEXT,
    metadata_digest TEXT NOT NULL,
    metadata_size BIGINT NOT NULL,
    metadata_extension TEXT NOT NULL,
    root_digest TEXT,
    root_size BIGINT,
    root_extension TEXT,
    root_format TEXT,
    PRIMARY KEY (project, fingerprint)
);

CREATE INDEX images_by_metadata ON images (metadata_digest);
CREATE INDEX images_by_root ON images (root_digest);

CREATE TABLE aliases (
    project TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    PRIMARY KEY (project, name)
);

CREATE TABLE alias_targets (
    project TEXT NOT NULL,
    name TEXT NOT NULL,
    type TEXT NOT NULL,
    architecture TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    PRIMARY KEY (project, name, type, architecture)
);

CREATE INDEX alias_targets_by_image ON alias_targets (project, fingerprint);

-- referenced: an image refers to it. released_at: since when none does. withdrawn_at: when a public image that did was deleted.
-- deleting: its bytes are being deleted, so that nobody may claim it.
CREATE TABLE blobs (
    digest TEXT NOT NULL PRIMARY KEY,
    size BIGINT NOT NULL,
    referenced BOOLEAN NOT NULL,
    deleting BOOLEAN NOT NULL,
    released_at BIGINT,
    withdrawn_at BIGINT
);

CREATE INDEX blobs_without_image ON blobs (released_at) WHERE referenced = FALSE;

CREATE TABLE blob_claims (
    claim TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (claim, digest)
);

CREATE INDEX blob_claims_by_digest ON blob_claims (digest);
