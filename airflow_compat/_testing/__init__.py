"""What users' tests of ported code are given: fakes, contexts and fixtures. None of it needs a server to be made."""
