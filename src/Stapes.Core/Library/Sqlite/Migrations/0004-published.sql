-- What was made of the tags of the registry: which manifest of each was looked at last, and the images that it holds.

-- digest: empty while its images are being made.
CREATE TABLE published_tags (
    repository TEXT NOT NULL,
    name TEXT NOT NULL,
    digest TEXT NOT NULL,
    project TEXT NOT NULL,
    public BOOLEAN NOT NULL,
    PRIMARY KEY (repository, name)
);

-- made: whether the image is there because of its tags, so that it goes with the last of them.
CREATE TABLE published_images (
    repository TEXT NOT NULL,
    name TEXT NOT NULL,
    project TEXT NOT NULL,
    fingerprint TEXT NOT NULL,
    made BOOLEAN NOT NULL,
    PRIMARY KEY (repository, name, fingerprint)
);

CREATE INDEX published_images_by_image ON published_images (project, fingerprint);
CREATE INDEX published_tags_by_digest ON published_tags (digest);
