"""`Stats` with real receivers on loopback, and with unreachable backends."""

from __future__ import annotations

import asyncio
import gc
import os
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from metric_receivers import HttpReceiver, UdpReceiver, http_receiver, udp_receiver

from airflow_compat import metrics
from airflow_compat.errors import InvalidMetricSettingsError, MissingPackageError
from airflow_compat.metrics import Stats


@pytest.fixture(autouse=True)
def _off() -> Iterator[None]:
    yield
    metrics.shutdown()


@pytest.fixture
def udp() -> Iterator[UdpReceiver]:
    with udp_receiver() as receiver:
        yield receiver


@pytest.fixture
def http() -> Iterator[HttpReceiver]:
    with http_receiver() as receiver:
        yield receiver


def received(udp: UdpReceiver) -> list[str]:
    # It may have to import its client first.
    assert metrics.flush(60)
    return udp.lines()


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def scraped(port: int) -> str:
    assert metrics.flush(60)
    with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
        return str(answer.read().decode())


def test_all_kinds_reach_statsd(udp: UdpReceiver) -> None:
    metrics.configure(metrics.StatsD("127.0.0.1", udp.port))
    Stats.incr("orders")
    Stats.incr("orders", 3, tags={"shop": "north"})
    Stats.decr("orders", 2)
    Stats.gauge("stock", 1.5)
    Stats.gauge("stock", 2, delta=True)
    Stats.timing("load", timedelta(seconds=1.5))
    Stats.timing("load", 12)
    assert received(udp) == [
        "airflow.orders:1|c",
        "airflow.orders:3|c",
        "airflow.orders:-2|c",
        "airflow.stock:1.5|g",
        "airflow.stock:+2|g",
        "airflow.load:1500.000000|ms",
        "airflow.load:12.000000|ms",
    ]


def test_legacy_name_is_sent_before_the_new_name(udp: UdpReceiver) -> None:
    metrics.configure(metrics.StatsD("127.0.0.1", udp.port, prefix=""))
    Stats.incr("ti.finish", tags={"dag_id": "etl", "task_id": "group.load", "state": "success"})
    assert received(udp) == ["ti.finish.etl.group__load.success:1|c", "ti.finish:1|c"]


def test_legacy_names_can_be_disabled(udp: UdpReceiver) -> None:
    metrics.configure(metrics.StatsD("127.0.0.1", udp.port), legacy_names=False)
    Stats.incr("ti.start", tags={"dag_id": "etl", "task_id": "load"})
    assert received(udp) == ["airflow.ti.start:1|c"]


def test_tags_in_the_name_for_influxdb(udp: UdpReceiver, caplog: pytest.LogCaptureFixture) -> None:
    metrics.configure(metrics.StatsD("127.0.0.1", udp.port, influxdb_tags=True))
    Stats.incr("orders", tags={"shop": "north", "run_id": "1", "bad": "a=b"})
    assert received(udp) == ["airflow.orders,shop=north:1|c"]
    assert "'bad' is not sent" in caplog.text


@pytest.mark.parametrize("value", ["Köln", "a\nb", "http://shop", "a|b"])
def test_invalid_tag_does_not_drop_the_datagram(value: str, udp: UdpReceiver, caplog: pytest.LogCaptureFixture) -> None:
    metrics.configure(metrics.StatsD("127.0.0.1", udp.port, influxdb_tags=True))
    Stats.incr("before")
    Stats.incr("orders", tags={"shop": value, "day": "1"})
    Stats.incr("after")
    assert received(udp) == ["airflow.before:1|c", "airflow.orders,day=1:1|c", "airflow.after:1|c"]
    assert "'shop' is not sent" in caplog.text


def test_allow_and_block_lists(udp: UdpReceiver) -> None:
    metrics.configure(metrics.StatsD("127.0.0.1", udp.port), allow_list=["^orders", "STOCK"], block_list=["orders"])
    for name in ("orders.loaded", "my.orders", "my.stock"):
        Stats.incr(name)
    assert received(udp) == ["airflow.orders.loaded:1|c", "airflow.my.stock:1|c"]


def test_illegal_name_warns_once_and_other_metrics_are_sent(udp: UdpReceiver, caplog: pytest.LogCaptureFixture) -> None:
    metrics.configure(metrics.StatsD("127.0.0.1", udp.port))
    Stats.incr("my orders")
    Stats.incr("my orders")
    Stats.incr("orders")
    assert received(udp) == ["airflow.orders:1|c"]
    assert caplog.text.count("'my orders' is not sent") == 1


def test_timers(udp: UdpReceiver) -> None:
    metrics.configure(metrics.StatsD("127.0.0.1", udp.port))

    @Stats.timer("twice")
    def double(number: int) -> int:
        return number * 2

    @Stats.timer("awaited")
    async def wait() -> str:
        await asyncio.sleep(0.03)
        return "done"

    with Stats.timer("block") as timer:
        assert double(2) == 4
    assert asyncio.run(wait()) == "done"
    with pytest.raises(KeyError), Stats.timer("raised"):
        raise KeyError
    kept = Stats.timer("kept").start()
    kept.stop(send=False)
    lines = received(udp)
    assert [line.partition(":")[0] for line in lines] == [
        f"airflow.{n}" for n in ("twice", "block", "awaited", "raised")
    ]
    assert float(lines[2].partition(":")[2].partition("|")[0]) >= 29
    assert timer.duration is not None
    assert kept.duration is not None


def test_datadog_has_tags(udp: UdpReceiver) -> None:
    metrics.configure(metrics.Datadog("127.0.0.1", udp.port, constant_tags=("env:test",)))
    Stats.incr("ti.start", tags={"dag_id": "etl", "task_id": "load", "run_id": "no"})
    Stats.gauge("stock", 3)
    Stats.gauge("stock", 2, delta=True)
    Stats.timing("load", 12)
    assert received(udp) == [
        "airflow.ti.start.etl.load:1|c|#env:test",
        "airflow.ti.start:1|c|#dag_id:etl,task_id:load,env:test",
        "airflow.stock:3|g|#env:test",
        "airflow.stock:5|g|#env:test",
        "airflow.load:12|ms|#env:test",
    ]


def test_datadog_without_the_metrics_own_tags(udp: UdpReceiver) -> None:
    metrics.configure(metrics.Datadog("127.0.0.1", udp.port, metrics_tags=False))
    Stats.incr("orders", tags={"shop": "north"})
    assert received(udp) == ["airflow.orders:1|c"]


def test_prometheus_is_scraped() -> None:
    port = free_port()
    metrics.configure(metrics.Prometheus(port=port))
    Stats.incr("ti.start", tags={"dag_id": "etl", "task_id": "load"})
    Stats.incr("ti.start", 2, tags={"dag_id": "etl", "task_id": "load"})
    Stats.incr("ti.start", tags={"dag_id": "etl"})
    Stats.gauge("pool.open_slots", 4, tags={"pool_name": 'a"b'})
    Stats.timing("task.duration", 1500)
    Stats.timing("task.duration", 500)
    Stats.incr("open")
    Stats.decr("open", 3)
    shown = scraped(port).splitlines()
    for line in (
        "# TYPE airflow_ti_start_total counter",
        'airflow_ti_start_total{dag_id="etl",task_id="load"} 3.0',
        'airflow_ti_start_total{dag_id="etl"} 1.0',
        r'airflow_pool_open_slots{pool_name="a\"b"} 4.0',
        "# TYPE airflow_task_duration_seconds summary",
        "airflow_task_duration_seconds_count 2.0",
        "airflow_task_duration_seconds_sum 2.0",
        "# TYPE airflow_open gauge",
        "airflow_open -2.0",
    ):
        assert line in shown


def test_name_with_two_kinds_causes_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    port = free_port()
    metrics.configure(metrics.Prometheus(port=port))
    Stats.timing("load", 1)
    Stats.incr("load")
    assert "airflow_load_total" not in scraped(port)
    assert "the metric is already a timing" in caplog.text


def test_port_in_use_is_an_error() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        with pytest.raises(InvalidMetricSettingsError, match="Choose another port"):
            metrics.configure(metrics.Prometheus(port=taken.getsockname()[1]))


@pytest.mark.parametrize("url", ["http://me:open-sesame@gateway:9091", "gateway:9091", "http://gateway:open-sesame"])
def test_invalid_gateway_url_is_an_error_without_its_password(url: str) -> None:
    target = metrics.Prometheus(push_url=url)
    assert "sesame" not in repr(target)
    with pytest.raises(InvalidMetricSettingsError, match="without user") as caught:
        metrics.configure(target)
    assert "sesame" not in str(caught.value)


def test_prometheus_is_pushed(http: HttpReceiver) -> None:
    target = metrics.Prometheus(push_url=f"http://127.0.0.1:{http.server_port}", job="nightly", instance="one")
    metrics.configure(target)
    Stats.incr("orders", 2)
    assert metrics.flush(60)
    path, body = http.requests[0]
    assert path in {"/metrics/job/nightly/instance/one", "/metrics/job@base64/bmlnaHRseQ==/instance/one"}
    assert "airflow_orders_total 2.0" in body.decode()


def test_opentelemetry(http: HttpReceiver) -> None:
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest

    metrics.configure(metrics.OpenTelemetry("127.0.0.1", http.server_port, service="nightly"))
    Stats.incr("ti.start", 2, tags={"dag_id": "etl", "task_id": "load"})
    Stats.gauge("stock", 3)
    Stats.gauge("stock", 2, delta=True)
    Stats.timing("load", 12)
    Stats.decr("open", 3)
    assert metrics.flush(60)
    path, body = http.requests[-1]
    assert path == "/v1/metrics"
    (resource,) = ExportMetricsServiceRequest.FromString(body).resource_metrics
    assert {"nightly"} == {
        each.value.string_value for each in resource.resource.attributes if each.key == "service.name"
    }
    found = {metric.name: metric for scope in resource.scope_metrics for metric in scope.metrics}
    (point,) = found["airflow.ti.start"].sum.data_points
    assert found["airflow.ti.start"].sum.is_monotonic
    assert (point.as_int or point.as_double) == 2
    assert {each.key: each.value.string_value for each in point.attributes} == {"dag_id": "etl", "task_id": "load"}
    assert "airflow.ti.start.etl.load" in found
    (stock,) = found["airflow.stock"].gauge.data_points
    assert (stock.as_int or stock.as_double) == 5
    (load,) = found["airflow.load"].histogram.data_points
    assert (load.count, load.sum, found["airflow.load"].unit) == (1, 12, "ms")
    assert not found["airflow.open"].sum.is_monotonic


@pytest.mark.parametrize(
    "target",
    [
        metrics.StatsD("127.0.0.1", 9),
        metrics.StatsD("no-such-host.invalid"),
        metrics.Datadog("127.0.0.1", 9),
        metrics.OpenTelemetry("127.0.0.1", 9, interval_milliseconds=100),
        metrics.Prometheus(push_url="http://127.0.0.1:9", push_seconds=0.1),
    ],
    ids=["statsd", "no such host", "datadog", "opentelemetry", "push gateway"],
)
def test_unreachable_backend_does_not_slow_the_code(target: metrics.StatsD, caplog: pytest.LogCaptureFixture) -> None:
    metrics.configure(target)
    longest = 0.0
    # A collection of all that the tests before have left would be counted.
    gc.disable()
    try:
        for number in range(300):
            before = time.thread_time()
            Stats.incr("orders", tags={"number": number % 3})
            longest = max(longest, time.thread_time() - before)
    finally:
        gc.enable()
    assert longest < 0.01
    before = time.monotonic()
    metrics.flush(0.5)
    assert time.monotonic() - before < 5
    caplog.clear()


def test_excess_measurements_are_dropped_with_a_warning(caplog: pytest.LogCaptureFixture) -> None:
    from airflow_compat.metrics._prometheus import PrometheusBackend
    from airflow_compat.metrics._sample import Sample
    from airflow_compat.metrics._sender import CAPACITY, Sender
    from airflow_compat.metrics._settings import MetricSettings

    go_on = threading.Event()
    taken: list[Sample] = []

    class Slow(PrometheusBackend):
        def send(self, sample: Sample) -> None:
            go_on.wait(20)
            taken.append(sample)

    pump = Sender(lambda: Slow(metrics.Prometheus()), MetricSettings(None))
    for _ in range(CAPACITY + 100):
        pump.put(Sample("counter", "orders", 1, {}))
    go_on.set()
    assert pump.close(20)
    assert CAPACITY <= len(taken) <= CAPACITY + 1
    assert "measurements were dropped" in caplog.text


def test_fork_sends_its_own_metrics(udp: UdpReceiver) -> None:
    metrics.configure(metrics.StatsD("127.0.0.1", udp.port))
    Stats.incr("parent")
    assert metrics.flush(60)
    code = (
        "import os, sys\n"
        "from airflow_compat import metrics\n"
        f"metrics.configure(metrics.StatsD('127.0.0.1', {udp.port}))\n"
        "metrics.Stats.incr('parent')\n"
        "metrics.flush(60)\n"
        "pid = os.fork()\n"
        "metrics.Stats.incr('child' if pid == 0 else 'parent')\n"
        "pid and os.waitpid(pid, 0)\n"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=240)
    assert sorted(received(udp)) == ["airflow.child:1|c", *["airflow.parent:1|c"] * 3]


def test_multiprocessing_process_sends_before_it_ends(udp: UdpReceiver) -> None:
    code = (
        "import multiprocessing\n"
        "from airflow_compat import metrics\n"
        f"metrics.configure(metrics.StatsD('127.0.0.1', {udp.port}))\n"
        "metrics.Stats.incr('parent')\n"
        "metrics.flush(60)\n"
        "child = multiprocessing.get_context('fork').Process(target=metrics.Stats.incr, args=('child',))\n"
        "child.start()\n"
        "child.join()\n"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=240)
    assert udp.lines() == ["airflow.parent:1|c", "airflow.child:1|c"]


def test_fork_starts_counters_at_zero(http: HttpReceiver) -> None:
    code = (
        "import os\n"
        "from airflow_compat import metrics\n"
        f"metrics.configure(metrics.Prometheus(push_url='http://127.0.0.1:{http.server_port}'))\n"
        "metrics.Stats.incr('parent')\n"
        "metrics.flush(60)\n"
        "if os.fork() == 0:\n"
        "    metrics.Stats.incr('child')\n"
        "    metrics.flush(60)\n"
        "    os._exit(0)\n"
        "os.wait()\n"
    )
    subprocess.run([sys.executable, "-W", "ignore", "-c", code], check=True, timeout=240)
    assert any("airflow_parent_total" in body.decode() for _, body in http.requests)
    (childs,) = {(path, body) for path, body in http.requests if "airflow_child_total" in body.decode()}
    assert "airflow_parent_total" not in childs[1].decode()
    assert childs[0] not in {path for path, body in http.requests if "airflow_parent_total" in body.decode()}


def test_process_end_sends_within_a_time_limit(udp: UdpReceiver) -> None:
    code = "from airflow_compat import metrics as m; m.configure(m.{target}); m.Stats.incr('orders')"
    run = [sys.executable, "-c"]
    subprocess.run([*run, code.format(target=f"StatsD('127.0.0.1', {udp.port})")], check=True, timeout=240)
    assert udp.lines() == ["airflow.orders:1|c"]
    with socket.socket() as silent:
        # Connections are taken, and never answered.
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        before = time.monotonic()
        target = f"OpenTelemetry('127.0.0.1', {silent.getsockname()[1]})"
        subprocess.run([*run, code.format(target=target)], check=True, timeout=240)
        assert time.monotonic() - before < 20


def test_unconfigured_stats_do_nothing(udp: UdpReceiver) -> None:
    Stats.incr("orders")
    with Stats.timer("load") as timer:
        pass
    assert timer.duration is not None
    assert metrics.flush(60)


def test_airflow_settings(udp: UdpReceiver, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    file = tmp_path / "airflow.cfg"
    file.write_text(
        f"[core]\nx = 50%\n[metrics]\nstatsd_on = True\nstatsd_host = 127.0.0.1\nstatsd_port = {udp.port}\n"
        "statsd_prefix = mine\nstat_name_handler =\n"
    )
    metrics.configure_from_airflow(file)
    Stats.incr("orders")
    assert received(udp) == ["mine.orders:1|c"]
    monkeypatch.setenv("AIRFLOW__METRICS__STATSD_PREFIX", "ours")
    metrics.configure_from_airflow(file)
    Stats.incr("orders")
    assert received(udp) == ["ours.orders:1|c"]
    metrics.configure_from_airflow({"statsd_on": False})
    Stats.incr("orders")
    assert received(udp) == []
    for broken in ("statsd_on = True\n", "[core]\n"):
        file.write_text(broken)
        with pytest.raises(InvalidMetricSettingsError, match=r"airflow\.cfg"):
            metrics.configure_from_airflow(file)


def test_missing_client_error_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("airflow_compat.metrics._stats.find_spec", lambda name: None)
    for target, extra in (
        (metrics.StatsD(), "statsd"),
        (metrics.Datadog(), "datadog"),
        (metrics.OpenTelemetry(), "otel"),
    ):
        with pytest.raises(MissingPackageError, match=rf"airflow-compat\[{extra}\]"):
            metrics.configure(target)


def test_import_loads_neither_prefect_nor_clients() -> None:
    names = "prefect statsd datadog opentelemetry prometheus_client".split()
    code = f"import sys, airflow_compat.metrics; sys.exit(str([n for n in {names} if n in sys.modules] or ''))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, check=False).stderr.strip() == b""
    assert os.environ.get("AIRFLOW__METRICS__STATSD_ON") is None


def test_unreachable_datadog_agent_warns_once(caplog: pytest.LogCaptureFixture) -> None:
    with udp_receiver() as gone:
        port = gone.port
    metrics.configure(metrics.Datadog("127.0.0.1", port))
    for _ in range(5):
        Stats.incr("orders")
        # The kernel tells of the one before.
        assert metrics.flush(60)
    # Threads that Prefect keeps may tell of something else.
    assert [record.name for record in caplog.records].count("datadog.dogstatsd") == 1


@pytest.mark.parametrize("kind", [metrics.StatsD, metrics.Datadog, metrics.OpenTelemetry])
def test_calling_thread_does_no_network_access(
    kind: type[metrics.StatsD | metrics.Datadog | metrics.OpenTelemetry], monkeypatch: pytest.MonkeyPatch
) -> None:
    threads: set[str] = set()

    def refuse(*args: object, **kwargs: object) -> None:
        threads.add(threading.current_thread().name)
        raise OSError

    for name in ("getaddrinfo", "socket", "create_connection"):
        monkeypatch.setattr(socket, name, refuse)
    metrics.configure(kind("metrics.invalid"))
    Stats.incr("orders")
    metrics.flush(10)
    metrics.shutdown(10)
    # Threads that Prefect keeps may open sockets of their own meanwhile.
    assert "airflow-compat-metrics" in threads
    assert threading.current_thread().name not in threads
