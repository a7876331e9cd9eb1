"""The command line: options, exit codes, what goes to which stream."""
