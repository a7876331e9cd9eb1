"""What one run leaves for the next: digests of files, their intermediate forms, and what was found in them.

Absent, stale, broken, read-only, or written by two runs at once, it never changes a result: every part is keyed by all
that it depends on, replaced as a whole, and believed only where its seal is that of this user.
"""
