"""What a session is to those who use it: the rules above every engine, each part of ``SessionStore`` a module."""
