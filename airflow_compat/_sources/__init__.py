"""Where Airflow keeps its connections and variables, read into data: one file per kind of place.

Each of these files has the same four names: `RANK`, `matches(source)`, `name(source)` for messages, and
`read(source, environ)`. What reads and what is refused holds no secret; a source's text may hold one.
"""
