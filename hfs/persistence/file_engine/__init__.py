"""The engine that keeps every session in a file of its own, with its trash and the copies that sync programs make."""
