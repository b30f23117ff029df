"""`matchback scan`: any text in, line numbers and kinds out, never a value."""

import gzip
import io
import json

import pytest

from matchback.commands import scan as command
from matchback.pii import lines
from matchback.pii.lines import Format, findings_in

EMAIL = "jane.doe@example.org"


def findings(text, **options):
    content = text if isinstance(text, bytes) else text.encode()
    return {item.line: item.kinds for item in findings_in(io.BytesIO(content), **options)}


def run(capsys, *arguments):
    """Call the command as the console does; return its exit code and what it printed."""
    import typer

    app = typer.Typer()
    app.command()(command.scan)
    with pytest.raises(SystemExit) as ended:
        app(list(arguments))
    return ended.value.code, capsys.readouterr()


def test_every_line_with_personal_data_is_told_and_no_value_is_printed(tmp_path, capsys):
    file = tmp_path / "log.txt"
    file.write_text(f"ok\nfrom {EMAIL}\nfine\ncall +49 1512 3456789\n")
    code, printed = run(capsys, str(file), "--json")
    told = [json.loads(line) for line in printed.out.splitlines()]
    assert code == 1
    assert [(item["line"], item["kinds"]) for item in told] == [(2, ["email"]), (4, ["phone"])]
    assert all(set(item) == {"line", "kinds", "masked"} for item in told)
    assert "jane" not in printed.out + printed.err
    assert "3456789" not in printed.out + printed.err


def test_clean_text_exits_with_zero(tmp_path, capsys):
    file = tmp_path / "log.txt"
    file.write_text("nothing here\n1751809502\n")
    code, printed = run(capsys, str(file), "--json")
    assert (code, printed.out) == (0, "")


def test_a_missing_file_is_bad_usage(tmp_path, capsys):
    code, printed = run(capsys, str(tmp_path / "none.txt"))
    assert code == 2
    assert "none.txt" in printed.err


def test_standard_input_is_the_default(monkeypatch, capsys):
    stdin = type("Stdin", (), {"buffer": io.BytesIO(f"{EMAIL}\n".encode())})()
    monkeypatch.setattr(command.sys, "stdin", stdin)
    code, printed = run(capsys, "--json")
    assert (code, json.loads(printed.out)["kinds"]) == (1, ["email"])


def test_a_gzipped_file_is_read(tmp_path, capsys):
    file = tmp_path / "log.jsonl.gz"
    file.write_bytes(gzip.compress(f'{{"note": "{EMAIL}"}}\n'.encode()))
    assert run(capsys, str(file))[0] == 1


def test_the_key_decides_what_a_bare_value_is():
    assert findings("01512 3456789\n", key="mobile") == {1: ["phone"]}
    assert findings("Jane\n", key="first_name") == {1: ["name"]}
    assert findings("4242424242424242\n", key="order_id") == {}


def test_bytes_that_are_no_text_do_not_stop_the_scan():
    assert findings(b"\xff\xfe\x00\n" + EMAIL.encode() + b"\n\x80\n") == {2: ["email"]}


def test_a_last_line_without_an_end_and_windows_line_ends_count():
    assert findings(f"ok\r\n?dob=1984-03-02\r\n{EMAIL}") == {2: ["birth_date"], 3: ["email"]}


def test_csv_cells_stand_under_their_header():
    table = "id,phone,name\n1,01512 3456789,Jane Doe\n2,,\n"
    assert findings(table) == {2: ["phone", "name"]}


def test_a_quoted_line_break_in_csv_keeps_the_line_numbers():
    table = f'id;vorname\n1;"Jane\n"\n2;\n3;"Jane"\n4;{EMAIL}\n'
    assert list(findings(table, format=Format.CSV)) == [2, 5, 6]


def test_a_value_in_a_pretty_printed_har_stands_under_the_name_before_it():
    har = (
        '{\n "name": "phone",\n "value": "01512 3456789"\n},\n{\n "name": "sku",\n "value": "1"\n}'
    )
    assert findings(har) == {3: ["phone"]}


def test_one_line_with_a_whole_har_is_walked_leaf_by_leaf():
    entries = [{"name": "phone", "value": "01512 3456789"}, {"name": "pad", "value": "x" * 70_000}]
    assert findings(json.dumps({"log": {"entries": entries}})) == {1: ["phone"]}


def test_the_network_address_of_a_server_event_is_in_its_own_field():
    event = '{"user_data": {"client_ip_address": "203.0.113.77"}, "note": "%s"}'
    assert findings(event % "") == {}
    assert findings(event % "from 203.0.113.78") == {1: ["ip"]}


def test_many_lines_give_what_few_lines_give(monkeypatch):
    texts = [f"line {number}" for number in range(1_200)]
    texts[7], texts[900], texts[1_100] = f"a {EMAIL}", "?vorname=Jane", "?tel=%2B4915123456789"
    content = "\n".join(texts)
    with_engine = findings(content)
    monkeypatch.setattr(lines, "FEW_LINES", 10_000)
    assert with_engine == findings(content) == {8: ["email"], 901: ["name"], 1101: ["phone"]}
