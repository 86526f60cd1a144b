"""Write and update a prefect.yaml: entries follow their DAGs, and other content is kept."""

from __future__ import annotations

import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from examples import examples
from hypothesis import given
from hypothesis import strategies as st

from airflow_compat import deployments
from airflow_compat.deployments._generate import Generated
from airflow_compat.deployments._yaml_text import dump_document, load_document, to_yaml_value
from airflow_compat.errors import PrefectFileError

Make = Callable[..., Generated]

SALES = (
    "with DAG('sales', schedule='0 2 * * *', start_date=START, tags=['a'], params={'day': 'on'}, max_active_runs=1):\n"
    "    ...\n"
)
HEAD = "from datetime import datetime\nfrom airflow.sdk import DAG, Asset, Variable\nSTART = datetime(2024, 1, 1)\n"


@pytest.fixture
def make(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Make:
    """Generate prefect.yaml for the source of a DAG file, in the test's own folder."""
    monkeypatch.chdir(tmp_path)

    def generate(source: str = SALES, **options: Any) -> Generated:
        Path("dags").mkdir(exist_ok=True)
        Path("dags/sales.py").write_text(HEAD + source)
        generated = deployments.to_prefect_yaml(deployments.read_dag_files("dags"), **options)
        generated.write()
        return generated

    return generate


def text() -> str:
    return Path("prefect.yaml").read_text()


def entries() -> dict[str, dict[str, Any]]:
    """Return what Prefect reads, by the deployment's name."""
    return {each["name"]: each for each in yaml.safe_load(text())["deployments"]}


def test_a_new_file(make: Make) -> None:
    generated = make(work_pool="prod")
    assert [(entry.name, entry.action) for entry in generated.entries] == [("sales", "create")]
    assert (
        text()
        == """\
deployments:
  - name: sales
    entrypoint: flows/sales.py:sales
    tags: [a]
    parameters:
      day: "on"
    schedules:
      - cron: 0 2 * * *
        timezone: UTC
        active: true
    concurrency_limit:
      limit: 1
      collision_strategy: ENQUEUE
    work_pool:
      name: prod
"""
    )
    # All is right but for the flow, which isn't ported yet.
    [problem] = deployments.check_prefect_yaml()
    assert problem.message.startswith("entrypoint: the file flows/sales.py does not exist")


def test_second_generation_changes_nothing(make: Make) -> None:
    make(work_pool="prod")
    before = Path("prefect.yaml").stat()
    again = make(work_pool="prod")
    assert not again.changes
    assert again.diff == ""
    assert Path("prefect.yaml").stat().st_ino == before.st_ino


MINE = """\
# Ours, since 2024.
name: shop   # the project
prefect-version: 3.7.0

x-defaults: &defaults
  work_pool: {name: prod, job_variables: {env: {A: "1"}}}

pull:
- prefect.deployments.steps.set_working_directory:
    directory: '/srv/shop'

deployments:
# By hand.
- name: by-hand
  entrypoint: "flows/x.py:x"
  <<: *defaults
  schedules:
  - {cron: "0 1 * * *", timezone: UTC}   # at one

- name: sales  # from the DAG
  version: 1.2.3
  entrypoint: old.py:old
  tags: [mine]  # keep
  parameters:
    day: "off"
  schedules: []
  work_pool:
    name: own
    job_variables:
      image: ours:1
  # The end.
"""


def test_other_content_is_kept(make: Make, tmp_path: Path) -> None:
    (tmp_path / "prefect.yaml").write_text(MINE)
    generated = make(work_pool="prod")
    [entry] = generated.entries
    assert (entry.action, entry.keys, entry.kept) == (
        "update",
        ("entrypoint", "parameters", "schedules", "concurrency_limit"),
        ("tags",),
    )
    sales = entries()["sales"]
    assert sales["tags"] == ["mine"]
    assert sales["version"] == "1.2.3"
    assert sales["work_pool"] == {"name": "own", "job_variables": {"image": "ours:1"}}
    assert sales["parameters"] == {"day": "on"}
    assert entries()["by-hand"]["work_pool"]["name"] == "prod"
    added = {line for line in text().splitlines() if line not in MINE.splitlines()}
    removed = {line for line in MINE.splitlines() if line not in text().splitlines()}
    assert removed == {"  entrypoint: old.py:old", '    day: "off"', "  schedules: []"}
    assert len(added) == 8
    assert not make(work_pool="prod").changes


COMMENTED = """\
# Ours, above all.
---
name: shop

# Steps.
pull: null

# All deployments.
deployments:
  - name: sales
    entrypoint: x.py:x
    # Above the description.
    description: |  # behind the sign
      Old.
    # Above the parameters.
    parameters:
      day: "off"  # the day
      # Of an old one.
      old: 1
    # Above the schedules.
    schedules:
      - cron: 0 1 * * *
        timezone: UTC
    # Above the tags.
    tags: [b]
    # The end of sales.

  # ---- Finance: don't touch. ----
  - name: finance
    entrypoint: flows/finance.py:finance
    work_pool:
      name: own
      # Of the pool.

# Of the project.
prefect-version: 3.7.0
# The end.
"""


@pytest.mark.parametrize(
    "source",
    [
        SALES,
        "DAG('sales', schedule=None)\n",
        "DAG('sales', schedule='@daily', description='One.\\nTwo.', params={'day': 'a\\nb'})\nDAG('stock')\n",
    ],
)
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_no_line_of_comments_is_lost(make: Make, tmp_path: Path, source: str, end: str) -> None:
    (tmp_path / "prefect.yaml").write_bytes(COMMENTED.replace("\n", end).encode())
    make(source, git="https://example.com/shop.git")
    written = (tmp_path / "prefect.yaml").read_bytes().decode()
    assert written.count("\n") == written.count(end)

    def lines(of: str) -> list[str]:
        return [line.strip() for line in of.splitlines() if line.strip().startswith("#")]

    # A comment inside of a value goes when the whole value does.
    gone = [] if "params" in source else ["# Of an old one."]
    assert lines(written) == [line for line in lines(COMMENTED) if line not in gone]
    following = written.replace("\r", "").split("# ---- Finance: don't touch. ----\n")[1]
    assert following.startswith("  - name: finance\n    entrypoint: flows/finance.py:finance\n    work_pool:\n")
    assert written.replace("\r", "").endswith("# Of the project.\nprefect-version: 3.7.0\n# The end.\n")
    assert not make(source, git="https://example.com/shop.git").changes


def test_a_file_of_comments_keeps_them(make: Make, tmp_path: Path) -> None:
    (tmp_path / "prefect.yaml").write_text("# Ours.\n\n# Since 2024.")
    make()
    assert text().startswith("# Ours.\n\n# Since 2024.\ndeployments:\n")


def test_trailing_comment_does_not_become_text(make: Make, tmp_path: Path) -> None:
    (tmp_path / "prefect.yaml").write_text(
        "deployments:\n- name: sales\n  entrypoint: x.py:x\n  description: old  # the text\n"
    )
    make("DAG('sales', schedule=None, description='One.\\nTwo.')\n")
    assert entries()["sales"]["description"] == "One.\nTwo."
    assert "# the text" in text()


def test_dag_overrides_anchor_values(make: Make, tmp_path: Path) -> None:
    (tmp_path / "prefect.yaml").write_text(
        "x-all: &all\n  concurrency_limit: 3\n"
        "deployments:\n- name: sales\n  <<: *all\n- name: other\n  entrypoint: o.py:o\n  <<: *all\n"
    )
    make("DAG('sales', schedule=None)\n")
    assert entries()["sales"]["concurrency_limit"] is None
    assert entries()["other"]["concurrency_limit"] == 3
    assert make("DAG('sales', schedule=None)\n").entries[0].action == "unchanged"


def test_a_file_that_needs_no_change_is_left_byte_for_byte(make: Make, tmp_path: Path) -> None:
    make()
    odd = text().replace("tags: [a]", "tags:   [ 'a' ]   # ours").replace("\n", "\r\n") + "\r\n\r\n# end"
    (tmp_path / "prefect.yaml").write_bytes(odd.encode())
    assert not make().changes
    assert (tmp_path / "prefect.yaml").read_bytes() == odd.encode()


def test_keys_removed_from_the_dag_are_deleted(make: Make) -> None:
    make()
    make("DAG('sales')\n")
    assert entries()["sales"] == {"name": "sales", "entrypoint": "flows/sales.py:sales", "schedules": []}


def test_keys_with_unknown_values_are_kept(make: Make, tmp_path: Path) -> None:
    make("DAG('sales', schedule=Variable.get('x'), tags=['a'])\n")
    assert "schedules" not in entries()["sales"]
    own = text().replace("    tags: [a]\n", "    tags: [a]\n    schedules:\n      - interval: 60\n")
    (tmp_path / "prefect.yaml").write_text(own)
    again = make("DAG('sales', schedule=Variable.get('x'), tags=['b'])\n")
    assert again.entries[0].keys == ("tags",)
    assert entries()["sales"]["schedules"] == [{"interval": 60}]


def test_a_block_of_text_can_be_kept(make: Make, tmp_path: Path) -> None:
    (tmp_path / "prefect.yaml").write_text(
        "deployments:\n- name: sales\n  entrypoint: x.py:x\n  description: |  # keep\n    Ours.\n"
    )
    assert make().entries[0].kept == ("description",)
    assert entries()["sales"]["description"] == "Ours.\n"


@pytest.mark.parametrize(
    "kept",
    [
        "    schedules: # keep\n      - interval: 60\n",
        "    schedules:  # Keep: it is ours\n      - interval: 60\n",
        "    schedules:\n      # keep\n      - interval: 60\n",
    ],
)
def test_a_list_can_be_kept(make: Make, tmp_path: Path, kept: str) -> None:
    (tmp_path / "prefect.yaml").write_text(f"deployments:\n  - name: sales\n    entrypoint: x.py:x\n{kept}")
    assert make().entries[0].kept == ("schedules",)
    assert entries()["sales"]["schedules"] == [{"interval": 60}]


def test_entry_of_removed_dag_is_kept(make: Make) -> None:
    make()
    make("DAG('stock')\n")
    assert sorted(entries()) == ["sales", "stock"]


def test_missing_steps_are_written(make: Make) -> None:
    make(git="https://example.com/shop.git", branch="main", image="registry.example.com:5000/shop:1", work_pool="k8s")
    found = yaml.safe_load(text())
    assert list(found) == ["build", "push", "pull", "deployments"]
    assert found["pull"] == [
        {"prefect.deployments.steps.git_clone": {"repository": "https://example.com/shop.git", "branch": "main"}}
    ]
    [build] = [step["prefect_docker.deployments.steps.build_docker_image"] for step in found["build"]]
    assert (build["id"], build["image_name"], build["tag"]) == ("build_image", "registry.example.com:5000/shop", "1")
    assert entries()["sales"]["work_pool"]["job_variables"] == {"image": "{{ build_image.image }}"}
    assert not make(git="https://example.com/other.git", image="other", work_pool="k8s").changes
    # All is right but for the flow, which isn't ported yet.
    [problem] = deployments.check_prefect_yaml()
    assert problem.message.startswith("entrypoint: the file flows/sales.py does not exist")


@pytest.mark.parametrize(
    "url",
    [
        "https://me:open-sesame@example.com/x.git",
        "https://open-sesame@example.com/x.git",
        "https://open-sesame:@example.com/x.git",
        "HTTPS://open-sesame@example.com/x.git",
    ],
)
def test_no_credentials_are_written(make: Make, url: str) -> None:
    with pytest.raises(PrefectFileError, match="credentials") as caught:
        make(git=url)
    assert "open-sesame" not in str(caught.value)
    assert not Path("prefect.yaml").exists()


@pytest.mark.parametrize("url", ["ssh://git@example.com/x.git", "git@example.com:x.git"])
def test_ssh_user_is_not_a_credential(make: Make, url: str) -> None:
    make(git=url)
    assert url in text()


def test_invalid_repository_url_is_an_error(make: Make) -> None:
    with pytest.raises(PrefectFileError, match="not a URL"):
        make(git="https://[example.com/x.git")


def test_entrypoint_selects_among_entries_of_one_name(make: Make, tmp_path: Path) -> None:
    both = "deployments:\n- {name: sales, entrypoint: x.py:x}\n- {name: sales, entrypoint: 'flows/sales.py:sales'}\n"
    (tmp_path / "prefect.yaml").write_text(both)
    make()
    found = yaml.safe_load(text())["deployments"]
    assert found[0] == {"name": "sales", "entrypoint": "x.py:x"}
    assert found[1]["tags"] == ["a"]
    (tmp_path / "prefect.yaml").write_text(both.replace("flows/", "other/"))
    with pytest.raises(PrefectFileError, match="several deployments are called 'sales'"):
        make()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"deployments: [", "not YAML"),
        (b"a: 1\na: 2\n", "not YAML"),
        (b"- a\n", "not a mapping"),
        (b"deployments: {a: 1}\n", "is not a list"),
        (b"\xff\xfe", "isn't in UTF-8"),
        (b"a: " + b"[" * 50_000, "nested too deeply|not YAML"),
    ],
)
def test_invalid_file_is_an_error_and_is_kept(make: Make, tmp_path: Path, content: bytes, message: str) -> None:
    (tmp_path / "prefect.yaml").write_bytes(content)
    with pytest.raises(PrefectFileError, match=message):
        make()
    assert (tmp_path / "prefect.yaml").read_bytes() == content


def test_file_is_written_atomically(make: Make, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    make()
    (tmp_path / "prefect.yaml").chmod(0o640)
    generated = deployments.to_prefect_yaml([])
    assert not generated.changes
    before = text()

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr("os.fsync", fail)
        with pytest.raises(PrefectFileError, match="No space left"):
            make("DAG('stock')\n")
    assert text() == before
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith(".")] == []
    make("DAG('stock')\n")
    assert stat.S_IMODE((tmp_path / "prefect.yaml").stat().st_mode) == 0o640


def test_a_link_stays_a_link(make: Make, tmp_path: Path) -> None:
    (tmp_path / "real.yaml").write_text("")
    (tmp_path / "prefect.yaml").symlink_to("real.yaml")
    make()
    assert (tmp_path / "prefect.yaml").is_symlink()
    assert "sales" in (tmp_path / "real.yaml").read_text()


def test_concurrently_changed_file_is_not_overwritten(make: Make, tmp_path: Path) -> None:
    make()
    generated = deployments.to_prefect_yaml(deployments.read_dag_files("dags"), entrypoints="x.py:{function}")
    (tmp_path / "prefect.yaml").write_text("name: other\n")
    with pytest.raises(PrefectFileError, match="changed since it was read"):
        generated.write()
    assert text() == "name: other\n"


_TEXTS = st.one_of(
    st.text(max_size=40),
    st.sampled_from(
        [
            "on",
            "yes",
            "~",
            "null",
            "12:30",
            "1e3",
            "0o7",
            "010",
            "1_0",
            "2024-01-01",
            "=",
            "<<",
            "- a",
            "a: b",
            "#",
            " x",
            "?0",
            "0?",
            ":a",
            "a,b",
        ]
    ),
    st.sampled_from(
        ["a\nb", "a\n", "\na", " a\nb", "a \nb", "a\n\n", "a\tb\nc", "\x85x\ny", "\u2028", "\x07", "a\r\nb"]
    ),
)
_VALUES = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(allow_nan=False, allow_infinity=False), _TEXTS),
    lambda inner: st.one_of(
        st.lists(inner, max_size=4),
        st.dictionaries(st.text(st.characters(categories=["L", "N"]), min_size=1), inner, max_size=4),
    ),
    max_leaves=10,
)


@given(_VALUES)
@examples(300)
def test_prefect_reads_the_intended_values(value: Any) -> None:
    document = load_document("", Path("x"))
    document["deployments"] = to_yaml_value([{"value": value}])
    written = dump_document(document, "")
    assert yaml.safe_load(written)["deployments"][0]["value"] == value


BARE = """
import sys
from airflow_compat import deployments
deployments.read_dag_files(".")
print("prefect" in sys.modules, "ruamel" in sys.modules)
"""


def test_reading_dags_does_not_import_prefect() -> None:
    done = subprocess.run([sys.executable, "-c", BARE], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["False", "False"]
