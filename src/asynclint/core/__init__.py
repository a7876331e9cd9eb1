"""The vocabulary every layer shares: places in source, findings, edits and descriptions of rules."""
