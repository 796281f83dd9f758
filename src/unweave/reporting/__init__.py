"""Results for readers: figures, pages, tables on a terminal, and files.

Everything here draws or writes what the rooms below have computed, and computes nothing of its
own. Others use the `save_…` functions (`exports`, `edits`, `strength`, `interpretation`,
`traversals`), `runs.report_folder` for pages, and `terminal` for what a command prints.
"""
