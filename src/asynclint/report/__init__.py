"""Reports: one module per format, each from findings and descriptions of rules to text."""
