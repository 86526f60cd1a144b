"""Old import paths that deployments on a server may still use. The release after the next one removes these paths."""
