"""Converts connections to the data of blocks and back. Each file is for one block type.

The files import no packages of providers, so connections can be stored and read without these packages.
"""
