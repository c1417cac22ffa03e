"""The bench's own small parts: figures, verdicts, tables, charts, what it reads from tools, and its page."""

import json
import random
from xml.etree import ElementTree

import pytest

from bench import chart, figures, page, results, tools
from bench.client import Stream
from bench.figures import Row, at_least, at_most, exactly, number, percentile, table
from bench.groups import Spent, averaged
from bench.measure import interleave
from bench.rows import ROWS, USUAL
from bench.rows.soak import slope

WRK = """Running 3s test @ http://127.0.0.1:1/
  Latency Distribution
     50%    2.30ms
     99%   12.50ms
  1000 requests in 3.00s, 1.00MB read
  Socket errors: connect 0, read 1, write 0, timeout 2
  Non-2xx or 3xx responses: 4
Requests/sec:    333.30
"""


@pytest.mark.parametrize(
    ("values", "percent", "wanted"),
    [([5.0], 99, 5.0), ([1.0, 2.0, 3.0, 4.0], 50, 2.0), (list(range(1, 101)), 99, 99), (list(range(1, 101)), 100, 100)],
)
def test_a_percentile_is_a_value_that_was_seen(values, percent, wanted):
    shuffled = random.Random(1).sample(values, len(values))
    assert percentile(shuffled, percent) == wanted


def test_no_values_have_no_percentile():
    with pytest.raises(ValueError, match="no values"):
        percentile([], 50)


@pytest.mark.parametrize(
    ("verdict", "met"),
    [
        (at_least("x", 60, 60), True),
        (at_least("x", 59.99, 60), False),
        (at_most("x", 15, 15), True),
        (at_most("x", 15.01, 15), False),
        (exactly("x", 1, 1), True),
        (exactly("x", 1, 0), False),
    ],
)
def test_a_budget_is_met_at_its_edge_and_missed_behind_it(verdict, met):
    assert verdict.met is met


@pytest.mark.parametrize(
    ("value", "text"), [(0, "0"), (1234.5, "1,234"), (12.345, "12.3"), (0.04567, "0.0457"), (2, "2"), (99.96, "100")]
)
def test_a_number_has_three_figures(value, text):
    assert number(value) == text


def test_columns_line_up_with_chinese_in_them():
    lines = table(["row", "figure"], [["商品", "1"], ["bell", "22"]]).splitlines()
    assert lines[2] == "商品  1"
    assert lines[3] == "bell  22"


def test_every_second_round_runs_in_reverse():
    seen: list[str] = []
    interleave(2, first=lambda: seen.append("first") or 1.0, second=lambda: seen.append("second") or 2.0)
    assert seen == ["first", "second", "second", "first"]


def test_wrk_and_its_failures_are_read():
    seen = tools.read_wrk(WRK)
    assert (seen.rate, seen.p99_ms, seen.requests, seen.failed) == (333.3, 12.5, 1000, 7)


def test_pgbench_with_failed_transactions_is_no_figure():
    assert tools.read_pgbench("tps = 1234.5 (without initial connection time)") == 1234.5
    with pytest.raises(ValueError, match="pgbench said"):
        tools.read_pgbench("number of failed transactions: 3 (0.1%)\ntps = 1234.5")


def test_cost_is_milliseconds_an_operation():
    before, after = Spent({"gateway": 1.0, "relay": 2.0}), Spent({"gateway": 1.5, "relay": 2.0})
    assert after.since(before, 1000) == {"gateway": 0.5}
    assert averaged([{"gateway": 1.0}, {"gateway": 2.0, "relay": 1.0}]) == {"gateway": 1.5, "relay": 0.5}


def test_a_stream_is_read_whatever_its_pieces():
    heard: list[tuple[bytes, bytes]] = []
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    whole = head + b'20\r\nid: 1\nevent: notification\ndata: {"a":1}\n\n\r\n5\r\n: \n\n\r\n1a\r\ndata: 2\n\n'
    for size in (1, 7, len(whole)):
        heard.clear()
        stream = Stream(lambda event, data: heard.append((event, data)))
        for start in range(0, len(whole), size):
            stream.data_received(whole[start : start + size])
        assert heard == [(b"notification", b'{"a":1}'), (b"message", b"2")]


def test_memory_that_grows_has_a_slope_and_a_warm_start_has_none():
    at = [float(second) for second in range(0, 100, 5)]
    assert slope(at, [10 + second * 0.5 for second in at]) == pytest.approx(0.5)
    assert slope(at, [min(second, 20.0) for second in at]) == pytest.approx(0)


def test_names_of_lines_that_end_at_one_height_can_be_read():
    drawn = _parsed(chart.lines("memory", [0, 600], {"a": [1, 200], "b": [1, 201], "c": [1, 10]}, "MiB"))
    heights = {one.text: float(one.attrib["y"]) for one in drawn.iter() if one.text in ("a", "b", "c")}
    assert heights["a"] - heights["b"] >= 12
    assert heights["c"] > heights["a"]
    ticks = [one.text for one in drawn.iter() if one.attrib.get("text-anchor") == "end"]
    assert ticks == ["0", "100", "200", "300", "400"]


def test_charts_are_well_formed_and_refuse_what_cannot_be_drawn():
    drawn = chart.bars("<rates>", [[chart.Bar("a & b", 10), chart.Bar("c", 20_000, 1)]], "1/s")
    assert len(_parsed(drawn).findall(".//{*}rect")) == 3
    _parsed(chart.lines("memory", [0, 5, 10], {"gateway": [1, 2, 3]}, "MiB"))
    with pytest.raises(ValueError, match="above zero"):
        chart.bars("x", [[chart.Bar("a", 0)]], "1/s")
    with pytest.raises(ValueError, match="two points"):
        chart.lines("x", [1], {"a": [1]}, "MiB")


def _parsed(text: str) -> ElementTree.Element:
    return ElementTree.fromstring(text)  # noqa: S314 - our own


def test_a_row_measured_again_replaces_the_older_one_and_the_page_shows_it(tmp_path):
    about = {"cpu": "a cpu", "cores": 2, "memory_gib": 24, "python": "3.11", "load_before": 0.5, "rounds": 3}
    for rate in (10.0, 20.0):
        row = Row("reads", "GET product", verdicts=[at_least("of the bare hello", rate, 15, " %")])
        row.add("ours", "requests/s", [rate])
        kept = results.keep([row], about, tmp_path / "results")
    assert list(json.loads(kept.read_text())["rows"]) == ["reads"]
    text = page.write(tmp_path / "docs", tmp_path / "results").read_text()
    assert "| ours | 20 | 20 | 20 | requests/s |" in text
    assert "≥ 15 % | 20 % | met" in text
    assert (tmp_path / "docs" / "performance.svg").exists()


def test_a_row_is_shown_with_its_verdicts():
    row = Row("x", "A row", verdicts=[at_most("p99", 20, 15, " ms")])
    row.add("ours", "ms", [20.0])
    assert "MISSED" in figures.show(row)


def test_all_rows_but_the_soak_run_by_default():
    assert set(ROWS) - set(USUAL) == {"soak", "where"}


def test_a_row_of_an_earlier_day_stays_until_it_is_measured_again(tmp_path):
    days = {"2026-12-01": {"soak": {"is": "old"}, "bell": {"is": "old"}}, "2026-12-02": {"bell": {"is": "new"}}}
    for day, rows in days.items():
        (tmp_path / f"{day}.json").write_text(json.dumps({"machine": {"day": day}, "rows": rows}))
    found = results.newest(tmp_path)
    assert found == {"machine": {"day": "2026-12-02"}, "rows": {"soak": {"is": "old"}, "bell": {"is": "new"}}}
