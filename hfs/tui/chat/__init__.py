"""What the chat screen does, one job a module: open, show a session, answer, watch, leave. No widgets."""
