"""All undocumented behaviour of Prefect that this package uses: one function, class or constant for each case.

`Prefect:` says what Prefect does, `Since:` since which release, and `If this behaviour changes:` what breaks and what
to do. The statements about Prefect come from the source code of Prefect 3.7.0, 3.8.8 and 3.9.1. Each case has a test in
`tests/contracts`, which `nox -s prefect-next` runs on the oldest and newest Prefect.

Other modules use no private name of Prefect; `tests/core/_prefect/test_reliances.py` checks that.
"""
