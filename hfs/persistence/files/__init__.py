"""A folder of documents of any kind, one JSON file each: read without a lock, written safely, appended to cheaply."""
