"""The parts that screens are composed of. Each takes data, and reports by messages."""
