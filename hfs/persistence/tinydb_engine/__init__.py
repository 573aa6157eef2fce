"""The engine that keeps sessions in the tables of a TinyDB database, meant for one in memory."""
