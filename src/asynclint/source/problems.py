"""The codes under which a run says that something was not checked."""

SYNTAX_ERROR = "ASL010"
UNREADABLE_FILE = "ASL011"
MISSING_PATH = "missing-path"
EMPTY_FOLDER = "empty-folder"
UNREADABLE_FOLDER = "unreadable-folder"
INTERNAL_ERROR = "internal-error"
OVER_BUDGET = "over-budget"
