"""The questions a rule may ask of a module, the libcst view of a statement, and the edits built on it."""
