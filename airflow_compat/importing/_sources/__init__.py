"""Reads the places where Airflow stores connections and variables, with one module for each kind of source.

Each of these modules defines `read(source, environ)`. If the source's text starts with a prefix such as `env:`, the
module defines the prefix as `SCHEME`. Some modules define `name(source)`, which returns the source's name for messages.
`registry` lists all kinds of sources. Errors, problems and notes contain no secrets, although a source's text may
contain some.
"""
