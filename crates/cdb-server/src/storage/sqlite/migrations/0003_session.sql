-- Sessions of browsers. Times are in seconds since 1970.
CREATE TABLE session (
    id           INTEGER PRIMARY KEY AUTOINCREMENT,
    device_id    INTEGER NOT NULL REFERENCES device (id) ON DELETE CASCADE,
    -- SHA-256 of the token in the cookie
    token_digest BLOB NOT NULL UNIQUE,
    created      INTEGER NOT NULL,
    last_used    INTEGER NOT NULL, -- at most a minute behind
    idle_timeout INTEGER NOT NULL, -- it ends when it was not used for so long
    expires      INTEGER NOT NULL, -- it ends then at the latest
    user_agent   TEXT NOT NULL
);

CREATE INDEX session_of_device ON session (device_id, id);
CREATE INDEX session_by_end ON session (min(expires, last_used + idle_timeout));

-- Here and not in the server's code, so that no way to change them leaves a session behind.
CREATE TRIGGER device_ends_sessions AFTER UPDATE OF apikey, role ON device
WHEN old.apikey IS NOT new.apikey OR old.role IS NOT new.role
BEGIN
    DELETE FROM session WHERE device_id = old.id;
END;

CREATE TRIGGER user_ends_sessions AFTER UPDATE OF password, role ON user
WHEN old.password IS NOT new.password OR old.role IS NOT new.role
BEGIN
    DELETE FROM session WHERE device_id IN (SELECT id FROM device WHERE user_id = old.id);
END;
