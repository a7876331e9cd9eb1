"""The whole pipeline, from paths to a report, and the tasks that are built on it.

`checks` is the pipeline, `planning` its beginning (paths to projects), `analysis` its middle (a project to findings).
"""
