"""Files to import: where they are, packed or piped in, and the JSON and SQLite in them; no format of chats."""
