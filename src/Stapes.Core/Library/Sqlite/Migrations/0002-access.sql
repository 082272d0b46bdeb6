-- Who may do what. Times are milliseconds since 1970; lists are JSON. Of secrets only the SHA-256 is kept, in hexadecimal digits.

-- kind: certificate, token or oidc. id: the fingerprint of the certificate, the hash of the token's secret, or the subject.
CREATE TABLE identities (
    kind TEXT NOT NULL,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    role TEXT NOT NULL,
    restricted BOOLEAN NOT NULL,
    projects TEXT NOT NULL,
    certificate TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT,
    PRIMARY KEY (kind, id)
);

CREATE UNIQUE INDEX tokens_by_name ON identities (name) WHERE kind = 'token';

-- Each becomes a certificate once.
CREATE TABLE trust_tokens (
    hash TEXT NOT NULL PRIMARY KEY,
    id TEXT NOT NULL,
    name TEXT NOT NULL,
    description TEXT NOT NULL,
    role TEXT NOT NULL,
    restricted BOOLEAN NOT NULL,
    projects TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT
);

CREATE TABLE projects (
    name TEXT NOT NULL PRIMARY KEY,
    description TEXT NOT NULL
);

INSERT INTO projects (name, description) SELECT DISTINCT project, '' FROM images WHERE project <> 'default';
INSERT INTO projects (name, description) VALUES ('default', 'Default Stapes project');
