"""What the picker's screen does, one job a module: find sessions, keep up with typing, draw lines, change and undo."""
