-- The revisions of becket's documents: the newest one of a name is live, and the others are its
-- history. Rows are only added. Running this file twice does no harm.
CREATE TABLE IF NOT EXISTS becket_revisions (
	name         text        NOT NULL CHECK (name <> ''),
	revision     bigint      NOT NULL CHECK (revision > 0),
	etag         text        NOT NULL, -- the SHA-256 hash of the body in hexadecimal digits
	body         bytea       NOT NULL CHECK (octet_length(body) <= 67108864),
	signature    bytea       CHECK (octet_length(signature) <= 16384), -- the text of a .minisig file
	author       text        NOT NULL DEFAULT session_user, -- as the publisher says
	message      text        NOT NULL DEFAULT '',
	login        text        NOT NULL DEFAULT session_user, -- the role that the server authenticated
	published_at timestamptz NOT NULL DEFAULT clock_timestamp(),
	PRIMARY KEY (name, revision),
	CONSTRAINT becket_revisions_etag CHECK (etag = encode(sha256(body), 'hex'))
);
