"""Findings as a set: their order, what identifies them between runs, and which of them share a cause."""
