"""A small shop that sells coffee."""
