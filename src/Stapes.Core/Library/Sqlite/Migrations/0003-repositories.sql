-- Repositories of the registry: their blobs, manifests, tags and unfinished uploads. Digests are `algorithm:hex` as clients address
-- them, except bytes, which is the 64 digits under which the store keeps a blob. Names sort by their bytes: on PostgreSQL the
-- database has the collation C.

CREATE TABLE repositories (
    name TEXT NOT NULL PRIMARY KEY
);

-- subject: the manifest that this one is about. annotations: a JSON object, or null.
CREATE TABLE manifests (
    repository TEXT NOT NULL,
    digest TEXT NOT NULL,
    media_type TEXT NOT NULL,
    artifact_type TEXT,
    subject TEXT,
    annotations TEXT,
    size BIGINT NOT NULL,
    content BYTEA NOT NULL,
    pushed_at BIGINT NOT NULL,
    PRIMARY KEY (repository, digest)
);

CREATE INDEX manifests_by_subject ON manifests (repository, subject) WHERE subject IS NOT NULL;

CREATE TABLE tags (
    repository TEXT NOT NULL,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (repository, name)
);

CREATE INDEX tags_by_manifest ON tags (repository, digest);

-- idle_since: since when no manifest of the repository needs the blob; null while one does.
CREATE TABLE repository_blobs (
    repository TEXT NOT NULL,
    digest TEXT NOT NULL,
    bytes TEXT NOT NULL,
    size BIGINT NOT NULL,
    idle_since BIGINT,
    PRIMARY KEY (repository, digest)
);

CREATE INDEX repository_blobs_by_digest ON repository_blobs (digest);
CREATE INDEX repository_blobs_by_bytes ON repository_blobs (bytes);
CREATE INDEX repository_blobs_idle ON repository_blobs (idle_since) WHERE idle_since IS NOT NULL;

CREATE TABLE manifest_blobs (
    repository TEXT NOT NULL,
    manifest TEXT NOT NULL,
    digest TEXT NOT NULL,
    PRIMARY KEY (repository, manifest, digest)
);

CREATE INDEX manifest_blobs_by_digest ON manifest_blobs (repository, digest);

CREATE TABLE uploads (
    id TEXT NOT NULL PRIMARY KEY,
    repository TEXT NOT NULL,
    owner TEXT NOT NULL,
    started_at BIGINT NOT NULL
);

CREATE INDEX uploads_by_owner ON uploads (owner, started_at);
