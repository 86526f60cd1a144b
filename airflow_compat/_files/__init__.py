"""Files that users write for us: their bytes, Python modules that hold objects, YAML whose lines are known."""
