"""Fixes made: which edits of a report to apply, whether the result may stand, and how it differs from before."""
