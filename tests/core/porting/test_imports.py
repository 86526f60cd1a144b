"""What becomes of imports, in all the forms in which people write them."""

from __future__ import annotations

from textwrap import dedent

import pytest
from porting_checks import check, rewrite


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("from airflow import DAG", "from airflow_compat.sdk import DAG"),
        ("from airflow.models import DAG as Dag", "from airflow_compat.sdk import DAG as Dag"),
        ("from airflow.models import DAG as DAG", "from airflow_compat.sdk import DAG as DAG"),
        ("from airflow.datasets import DatasetAlias", "from airflow_compat.sdk import AssetAlias as DatasetAlias"),
        ("from airflow.utils.dates import days_ago", "from airflow_compat.utils import days_ago"),
        ("from airflow.utils.dates import timedelta", "from datetime import timedelta"),
        ("from airflow.utils.timezone import utcnow", "from airflow_compat.utils.timezone import utcnow"),
        ("from airflow.utils import timezone", "from airflow_compat.utils import timezone"),
        ("from airflow.utils import timezone as tz", "from airflow_compat.utils import timezone as tz"),
        ("from airflow import AirflowException", "from airflow_compat.exceptions import AirflowException"),
        ("from airflow.configuration import conf", "from airflow_compat.sdk import conf"),
        ("from airflow import __version__", "from airflow_compat.utils.configuration import version as __version__"),
        ("from airflow.typing_compat import Literal", "from typing import Literal"),
        (
            "from airflow.contrib.sensors.file_sensor import FileSensor",
            "from airflow_compat.operators import FileSensor",
        ),
        # Names of one statement with several homes: each gets a statement.
        (
            "from airflow import DAG, AirflowException",
            "from airflow_compat.exceptions import AirflowException\nfrom airflow_compat.sdk import DAG",
        ),
        ("from airflow.models import DAG, Variable", "from airflow_compat.sdk import DAG, Variable"),
        ("x = 1; from airflow import DAG", "x = 1; from airflow_compat.sdk import DAG"),
        (
            "x = 1; from airflow.models import DAG, DagBag; y = 2",
            "x = 1; from airflow_compat.sdk import DAG; from airflow.models import DagBag; y = 2",
        ),
        ("from airflow . models import DAG", "from airflow . models import DAG"),
        ("from  airflow.models  import  DAG", "from  airflow_compat.sdk  import  DAG"),
        (
            "from airflow.models import \\\n    DAG, \\\n    Variable",
            "from airflow_compat.sdk import \\\n    DAG, \\\n    Variable",
        ),
        ("import airflow", "import airflow_compat"),
        ("import airflow.models as m", "import airflow_compat.sdk as m"),
        ("import os, airflow as af, sys", "import os, airflow_compat.sdk as af, sys"),
        ("from airflow import models", "from airflow_compat import sdk as models"),
        (
            "from airflow.operators import bash, python",
            "from airflow_compat import operators as bash\nfrom airflow_compat import operators as python",
        ),
        ("from airflow.sdk import *", "from airflow.sdk import *"),
        ("from airflow.providers.acme import Acme", "from airflow_compat.hosted.providers.acme import Acme"),
        (
            "from airflow.contrib.hooks import acme_hook as hook, other",
            "from airflow_compat.hosted.contrib.hooks import acme_hook as hook, other",
        ),
        ("import airflow_compat", "import airflow_compat"),
        ("import airflowx, my.airflow", "import airflowx, my.airflow"),
        ("from .airflow import DAG", "from .airflow import DAG"),
    ],
)
def test_a_statement(before: str, after: str) -> None:
    check(f"{before}\n", f"{after}\n")


def test_comments_in_parentheses_stay() -> None:
    check(
        """
        from airflow.models import (  # models
            # the DAG
            DAG,  # of the file
            DagBag,  # of all
            Variable  # last
        )  # end
        """,
        """
        from airflow_compat.sdk import DAG, Variable
        from airflow.models import (  # models
            # the DAG
            # of the file
            DagBag,  # of all
            # last
        )  # end
        """,
    )


def test_names_leave_lines_with_others() -> None:
    check(
        """
        from airflow.models import (
            DAG, DagBag,
            Variable,
            DagRun, Param)
        """,
        """
        from airflow_compat.sdk import DAG, Variable, Param
        from airflow.models import (
            DagBag,
            DagRun)
        """,
    )


def test_imports_in_blocks_keep_their_place() -> None:
    check(
        """
        from typing import TYPE_CHECKING

        if TYPE_CHECKING:
            from airflow.models import DAG, DagRun
        if TYPE_CHECKING: from airflow.sdk import Context

        try:
            from airflow.operators.empty import EmptyOperator
        except ImportError:
        \tfrom airflow.operators.dummy import DummyOperator as EmptyOperator

        def call():
            from airflow.models import Variable, DagBag  # late

            return Variable.get("a")
        """,
        """
        from typing import TYPE_CHECKING

        if TYPE_CHECKING:
            from airflow_compat.sdk import DAG
            from airflow.models import DagRun
        if TYPE_CHECKING: from airflow_compat.sdk import Context

        try:
            from airflow_compat.operators import EmptyOperator
        except ImportError:
        \tfrom airflow_compat.operators import EmptyOperator

        def call():
            from airflow_compat.sdk import Variable
            from airflow.models import DagBag  # late

            return Variable.get("a")
        """,
    )


@pytest.mark.parametrize("newline", ["\r\n", "\n"])
@pytest.mark.parametrize("end", ["", "\n"])
def test_line_ends_stay(newline: str, end: str) -> None:
    before = f"# a\nfrom airflow.models import DAG, DagBag{end}".replace("\n", newline).encode()
    after = f"# a\nfrom airflow_compat.sdk import DAG\nfrom airflow.models import DagBag{end}"
    check(before, after.replace("\n", newline).encode())


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "latin-1", "cp1252"])
def test_encodings_stay(encoding: str) -> None:
    head = "" if encoding.startswith("utf-8") else f"# -*- coding: {encoding} -*-\n"
    before = f'{head}x = "é"; from airflow import DAG  # ü\n'
    after = f'{head}x = "é"; from airflow_compat.sdk import DAG  # ü\n'
    check(before.encode(encoding), after.encode(encoding))


def test_a_file_that_can_not_be_written_back_stays() -> None:
    # UTF-7 has several forms of a text.
    made = rewrite(b"# coding: utf-7\n# +AGEAYg-\nfrom airflow import DAG\n")
    assert "Save it in UTF-8" in made.problem
    assert not made.is_changed


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # One module has all names under the same names: only the import changes.
        (
            """
            from airflow import models

            with models.DAG("etl") as dag:
                models.Variable.get("a")
            """,
            """
            from airflow_compat import sdk as models

            with models.DAG("etl") as dag:
                models.Variable.get("a")
            """,
        ),
        # Names of several modules get full paths.
        (
            """
            from airflow import utils, DAG
            from airflow.utils import dates, helpers as h

            @h.chain.x
            def f(a=dates.days_ago(1), b: utils.timezone.utc = 1, *c: dates.x):
                return [h.chain for _ in utils.dates.days_ago(2).x if (lambda: dates)().y]
            """,
            """
            from airflow_compat.sdk import DAG
            import airflow_compat.utils.timezone
            import airflow_compat.utils
            import airflow_compat.utils
            from airflow_compat import sdk as h
            from airflow.utils import dates

            @h.chain.x
            def f(a=airflow_compat.utils.days_ago(1), b: airflow_compat.utils.timezone.utc = 1, *c: dates.x):
                return [h.chain for _ in airflow_compat.utils.days_ago(2).x if (lambda: dates)().y]
            """,
        ),
        (
            """
            import airflow
            import airflow.utils.dates

            dag = airflow.DAG("etl", start_date=airflow.utils.dates.days_ago(1))
            print(airflow.__version__, airflow.models.DagBag)
            """,
            """
            import airflow, airflow_compat.sdk, airflow_compat.utils, airflow_compat.utils.configuration
            import airflow.utils.dates, airflow_compat.sdk, airflow_compat.utils, airflow_compat.utils.configuration

            dag = airflow_compat.sdk.DAG("etl", start_date=airflow_compat.utils.days_ago(1))
            print(airflow_compat.utils.configuration.version, airflow.models.DagBag)
            """,
        ),
        # Other names that are written alike stay.
        (
            """
            import airflow as a
            from airflow import models

            def f(models):
                return models.DAG, [a.DAG for a in "x"], (lambda models: models.DAG)

            class A:
                models = 1
                b = models.DAG

            a.DAG("etl")
            """,
            """
            import airflow_compat.sdk as a
            from airflow_compat import sdk as models

            def f(models):
                return models.DAG, [a.DAG for a in "x"], (lambda models: models.DAG)

            class A:
                models = 1
                b = models.DAG

            a.DAG("etl")
            """,
        ),
        # The name is a fallback, too.
        (
            """
            try:
                from airflow import models
            except ImportError:
                models = None

            if models:
                models.DAG("etl")
            """,
            """
            try:
                import airflow_compat.sdk
                from airflow import models
            except ImportError:
                models = None

            if models:
                airflow_compat.sdk.DAG("etl")
            """,
        ),
        # A text in an annotation.
        (
            """
            from airflow import models

            def f(dag: "models.DAG") -> "list[models.DagRun]":
                return models.DAG
            """,
            """
            import airflow_compat.sdk
            from airflow import models

            def f(dag: "models.DAG") -> "list[models.DagRun]":
                return airflow_compat.sdk.DAG
            """,
        ),
        # Code that replaces a name needs the old import.
        (
            """
            import airflow.models as m

            m.DAG = object
            """,
            """
            import airflow.models as m

            m.DAG = object
            """,
        ),
    ],
)
def test_modules(before: str, after: str) -> None:
    check(before, after)


def test_texts_that_name_classes() -> None:
    source = """
    from airflow.utils.module_loading import import_string

    a = import_string("airflow.models.Variable.get")
    b = {'airflow.operators.bash.BashOperator': r'''airflow.DAG'''}
    c = "airflow.models" "airflow.DAG" f"airflow.DAG" "airflow.task"
    '''airflow.models.DAG is a class'''
    """
    safe = rewrite(source).after.decode()
    assert 'import_string("airflow_compat.sdk.Variable.get")' in safe
    assert "{'airflow.operators.bash.BashOperator': r'''airflow.DAG'''}" in safe
    unsafe = rewrite(source, unsafe=True).after.decode()
    assert "{'airflow_compat.operators.BashOperator': r'''airflow_compat.sdk.DAG'''}" in unsafe
    assert unsafe.splitlines()[4:] == dedent(source).splitlines()[5:]


@pytest.mark.parametrize(
    ("line", "names"),
    [
        ("from airflow import DAG  # airflow-compat: ignore", set()),
        ("from airflow import DAG  # airflow-compat: ignore[AC101]", set()),
        ("from airflow import DAG  # noqa # Airflow-Compat:ignore[ac107, ac1]", set()),
        ("from airflow import DAG  # airflow-compat: ignore[AC107]", {"AC101"}),
        ("from airflow import DAG  # airflow-compat: ignored", {"AC101"}),
        ("# airflow-compat: ignore\nfrom airflow import DAG", {"AC101"}),
        ("# airflow-compat: ignore-file\nfrom airflow import DAG", set()),
        ("# airflow-compat: ignore-file[AC107]\nfrom airflow.models import DAG, DagBag", {"AC101"}),
    ],
)
def test_comments_suppress_rules(line: str, names: set[str]) -> None:
    made = rewrite(f"{line}\n")
    assert {each.code for each in (*made.fixed, *made.left)} == names


def test_what_stays_is_reported_with_the_reason() -> None:
    made = rewrite("from airflow.models import DagBag\nfrom airflow.hooks import NoHook\nfrom airflow.none import a\n")
    assert [(each.code, each.place, each.message) for each in made.left] == [
        ("AC107", "etl.py:1", "airflow_compat has no counterpart of airflow.models.DagBag"),
        ("AC108", "etl.py:2", "airflow.hooks has no name NoHook in Airflow"),
        ("AC108", "etl.py:3", "Airflow has no module airflow.none"),
    ]
    assert str(made.left[0]).endswith("Airflow's metadata database, which does not exist here")


def test_a_file_that_is_not_python_has_a_problem() -> None:
    made = rewrite("from airflow import\n")
    assert made.problem.startswith("line 1: Python")
    assert not made.is_changed


def test_the_diff_is_one_that_git_takes() -> None:
    made = rewrite("from airflow import DAG\n\x0cx = 1")
    assert made.diff == (
        "--- a/etl.py\n+++ b/etl.py\n@@ -1,2 +1,2 @@\n-from airflow import DAG\n+from airflow_compat.sdk import DAG\n"
        " \x0cx = 1\n\\ No newline at end of file\n"
    )


def test_old_line_ends_stay() -> None:
    made = rewrite(b"# a\rfrom airflow.models import DAG, DagBag\r")
    assert made.after == b"# a\rfrom airflow_compat.sdk import DAG\rfrom airflow.models import DagBag\r"
