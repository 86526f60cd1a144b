"""Reads users' files: bytes, objects of Python modules, and YAML with line numbers."""
