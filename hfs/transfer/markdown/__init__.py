"""Sessions as Markdown that a person can edit, and back again, exactly."""
