"""The command line: files in, files out, and one line where something is wrong."""

import gzip
import os
import re
import subprocess
import sys
import time

import numpy as np
import pandas as pd
import pytest
from sklearn.datasets import load_wine
from typer.testing import CliRunner

import gan_augment
from gan_augment.cli import app
from gan_augment.tablefiles import read_table
from gan_augment.training.players import Players

QUICK = ["--max-steps", "5", "--device", "cpu", "--quiet"]


@pytest.fixture
def run(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def call(*arguments, stdin=None):
        return CliRunner().invoke(app, [str(a) for a in arguments], input=stdin)

    return call


@pytest.fixture
def table():
    X, y = load_wine(return_X_y=True, as_frame=True)
    X = X[["alcohol", "magnesium", "hue"]].assign(magnesium=X["magnesium"].astype(int))
    X["note"] = np.where(X["hue"] > 1, "dry, red", "sweet")
    X["churn"] = np.where(y == 2, "yes", "no")
    return X.iloc[::2].reset_index(drop=True)


@pytest.fixture
def data(run, table, tmp_path):
    table.to_csv(tmp_path / "data.csv", index=False)
    return tmp_path / "data.csv"


def refused(result, *words):
    """One line on standard error, no traceback, exit code 1."""
    assert result.exit_code == 1, result.output
    lines = result.stderr.strip().splitlines()
    assert len(lines) == 1
    assert lines[0].startswith("gan-augment: ")
    assert all(word in lines[0] for word in words), lines[0]
    return True


def test_fit_then_sample(run, data, tmp_path):
    assert run("fit", data, "--target", "churn", "-o", "churn.model", *QUICK).exit_code == 0
    result = run("sample", "churn.model", "-n", 30, "-q")
    assert result.exit_code == 0
    assert result.stderr == ""
    rows = pd.read_csv(pd.io.common.StringIO(result.stdout))
    assert list(rows) == ["alcohol", "magnesium", "hue", "note", "churn"]
    assert len(rows) == 30
    assert set(rows["note"]) <= {"dry, red", "sweet"}
    assert rows["magnesium"].dtype == np.int64
    assert 2 <= (rows["churn"] == "yes").sum() <= 15  # a quarter of the data, not what is rare
    assert run("sample", "churn.model", "-n", 30, "-q").stdout == result.stdout
    assert run("sample", "churn.model", "-n", 30, "-q", "--seed", 1).stdout != result.stdout


@pytest.mark.parametrize("name", ["rows.csv", "rows.parquet"])
def test_sample_of_a_class_to_a_file(run, data, tmp_path, name):
    run("fit", data, "-t", "churn", "-o", "churn.model", *QUICK)
    result = run("sample", "churn.model", "-n", 40, "--class", "yes", "-o", name)
    assert result.exit_code == 0, result.output
    assert "40" in result.stderr
    rows = (pd.read_csv if name.endswith("csv") else pd.read_parquet)(tmp_path / name)
    assert rows["churn"].tolist() == ["yes"] * 40
    wrong = run("sample", "churn.model", "-n", 4, "--class", "maybe")
    assert refused(wrong, "--class 'maybe'", "['no', 'yes']")


def test_augment_marks_synthetic_rows_and_leaves_real_ones(run, data, table, tmp_path):
    assert run("augment", data, "-t", "churn", "-o", "all.csv", *QUICK).exit_code == 0
    written = pd.read_csv(tmp_path / "all.csv")
    assert list(written) == [*table, "synthetic"]
    real = written[~written["synthetic"]]
    pd.testing.assert_frame_equal(real.drop(columns="synthetic"), table)
    assert written["churn"].value_counts().nunique() == 1
    lines, original = (tmp_path / "all.csv").read_text(), data.read_text()
    assert [line.removesuffix(",False") for line in lines.splitlines()[1 : len(table) + 1]] == (
        original.splitlines()[1:]
    )
    assert refused(
        run("augment", "all.csv", "-t", "churn", "-o", "b.csv", *QUICK), "'synthetic'", "--mark"
    )


def test_standard_input_and_output(run, data, table):
    zipped = gzip.compress(data.read_bytes())
    result = run("augment", "-", "-t", "churn", "-o", "-", *QUICK, stdin=zipped)
    assert result.exit_code == 0, result.output
    assert len(result.stdout.splitlines()) > len(table) + 1
    result = run(
        "augment",
        "-",
        "-t",
        "churn",
        "-o",
        "-",
        "--format",
        "parquet",
        *QUICK,
        stdin=data.read_bytes(),
    )
    assert result.stdout_bytes.startswith(b"PAR1")


def test_parquet_on_standard_output_is_that_of_a_file(run, table, tmp_path, monkeypatch):
    # In most batches of two rows nothing is noted.
    monkeypatch.setattr("gan_augment.cli._ROWS_PER_BATCH", 2)
    table.assign(note=table["note"].where(table.index == 5)).to_csv("data.csv", index=False)
    assert run("fit", "data.csv", "-t", "churn", "-o", "m", *QUICK).exit_code == 0
    assert run("sample", "m", "-n", 40, "-o", "rows.parquet", "-q").exit_code == 0
    drawn = run("sample", "m", "-n", 40, "-o", "-", "--format", "parquet", "-q")
    assert drawn.exit_code == 0, drawn.output
    assert drawn.stdout_bytes == (tmp_path / "rows.parquet").read_bytes()


def test_parquet_in_and_out(run, table, tmp_path):
    table.to_parquet(tmp_path / "data.parquet")
    result = run("augment", "data.parquet", "-t", "churn", "-o", "all.parquet", *QUICK)
    assert result.exit_code == 0, result.output
    written = pd.read_parquet(tmp_path / "all.parquet")
    assert written["synthetic"].dtype == bool
    pd.testing.assert_frame_equal(written[~written["synthetic"]].drop(columns="synthetic"), table)


def write(tmp_path, text, encoding="utf-8"):
    (tmp_path / "odd.csv").write_bytes(text.encode(encoding))
    return "odd.csv"


ROWS = [f'{i / 4},"a, {i % 3}",{"" if i % 5 == 0 else i},{i % 2}' for i in range(40)]
HEADER = "größe,name,count,y"


def separated_by(separator):
    lines = "\n".join([HEADER, *ROWS])
    return lines.replace(",", separator).replace(f"a{separator} ", "a, ")


@pytest.mark.parametrize(
    ("text", "encoding"),
    [
        ("\n".join([HEADER, *ROWS]), "utf-8"),
        ("\n".join([HEADER, *ROWS]), "utf-8-sig"),
        ("\r\n".join([HEADER, *ROWS, ""]), "utf-8"),
        (
            "\n".join(line.replace(",", ";").replace("a;", "a,") for line in [HEADER, *ROWS]),
            "utf-8",
        ),
        (
            "\n".join(line.replace(",", "\t").replace("a\t", "a,") for line in [HEADER, *ROWS]),
            "utf-8",
        ),
    ],
    ids=["quoted commas", "BOM", "CRLF", "semicolons", "tabs"],
)
def test_csv_of_every_kind_works(run, tmp_path, text, encoding):
    source = write(tmp_path, text, encoding)
    result = run("fit", source, "-t", "y", "-o", "model", *QUICK)
    assert result.exit_code == 0, result.output
    rows = gan_augment.load(tmp_path / "model").sample(200)
    assert list(rows) == ["größe", "name", "count"]
    assert set(rows["name"]) == {"a, 0", "a, 1", "a, 2"}
    assert rows["count"].dtype == "Int64"
    assert rows["count"].isna().any()
    result = run("augment", source, "-t", "y", "-o", "all.csv", "--strategy", "all", *QUICK)
    assert result.exit_code == 0, result.output


def test_integers_beyond_64_bits_stay_integers(run, tmp_path):
    numbers = [10**20 + 7919 * i for i in range(60)]
    rows = [f"{n if i % 9 else ''},{'no' if i % 3 else 'yes'}" for i, n in enumerate(numbers)]
    write(tmp_path, "\n".join(["big,churn", *rows]))
    assert run("augment", "odd.csv", "-t", "churn", "-o", "all.csv", *QUICK).exit_code == 0
    lines = (tmp_path / "all.csv").read_text().splitlines()[61:]
    drawn = {int(line.split(",")[0]) for line in lines if line.split(",")[0]}
    assert len(drawn) > 5
    assert drawn <= set(numbers)


def test_text_stays_as_it_was_written(run, tmp_path):
    rows = [
        f"{i:03d},{i}.50,None,2020-01-{i % 28 + 1:02d},{i % 4 == 0},1e{i % 3}" for i in range(40)
    ]
    source = write(tmp_path, "\n".join(["zip,price,level,day,y,power", *rows]))
    result = run("augment", source, "-t", "y", "-o", "all.csv", *QUICK)
    assert result.exit_code == 0, result.output
    written = (tmp_path / "all.csv").read_text().splitlines()
    assert written[1:41] == [f"{row},False" for row in rows]
    assert len(written) == 61
    for line in written[41:]:
        code, price, level, day, y, _, synthetic = line.split(",")
        assert len(code) == 3
        assert 0.5 <= float(price) <= 39.5
        assert (level, y, synthetic) == ("None", "True", "True")
        assert "2020-01-01" <= day <= "2020-01-28"
        assert len(day) == 10


@pytest.mark.parametrize("written", ["%Y-%m-%d %H:%M:%S", "%Y-%m-%dT%H:%M", "%Y-%m-%d"])
def test_dates_are_written_as_data_has_them(run, tmp_path, written):
    days = pd.date_range("2020-01-01", periods=40, freq="D").strftime(written)
    source = write(
        tmp_path, "\n".join(["day,y", *(f"{d},{i % 4 == 0}" for i, d in enumerate(days))])
    )
    result = run("augment", source, "-t", "y", "-o", "all.csv", *QUICK)
    assert result.exit_code == 0, result.output
    both = pd.read_csv(tmp_path / "all.csv")
    assert len(both) == 60
    assert set(both["day"]) <= set(days)


def test_times_have_one_format_from_midnight_to_midnight(run, tmp_path, monkeypatch):
    monkeypatch.setattr("gan_augment.cli._ROWS_PER_BATCH", 3)
    hours = [f"2020-01-{1 + i % 28:02d} {13 * (i == 20):02d}:00:00" for i in range(40)]
    days = pd.date_range("2021-01-01", periods=40).strftime("%Y-%m-%d")
    lines = (f"{hour},{day},{day}" for hour, day in zip(hours, days, strict=True))
    source = write(tmp_path, "\n".join(["time,day,y", *lines]))
    pd.read_csv(source, parse_dates=["time", "day", "y"]).iloc[[*range(40)] * 3].to_parquet(
        "d.parquet"
    )
    assert run("fit", source, "-o", "m", *QUICK).exit_code == 0
    assert run("sample", "m", "-n", 30, "-o", "rows.csv", "-q").exit_code == 0
    rows = pd.read_csv("rows.csv")
    assert set(rows["time"].str.len()) == {19}
    assert set(rows["day"].str.len()) == {10}
    result = run("augment", "d.parquet", "-t", "y", "-o", "all.csv", "--strategy", "all", *QUICK)
    assert result.exit_code == 0, result.output
    assert set(pd.read_csv("all.csv")["time"].str.len()) == {19}


def test_blanks_around_names_and_numbers_do_not_count(run, tmp_path):
    lines = ["age, income, y", *(f"{i}, {i}.5, {'yes' if i % 3 else 'no'}" for i in range(40))]
    source = write(tmp_path, "\n".join(lines))
    result = run("augment", source, "-t", "y", "-o", "all.csv", *QUICK)
    assert result.exit_code == 0, result.output
    written = (tmp_path / "all.csv").read_text().splitlines()
    assert written[:41] == [f"{lines[0]},synthetic", *(f"{line},False" for line in lines[1:])]
    assert len(written) == 53
    assert set(pd.read_csv("all.csv")[" y"]) == {" yes", " no"}
    assert read_table(source).frame.dtypes.astype(str).tolist() == ["int64", "float64", "object"]


@pytest.mark.parametrize(
    ("fields", "odd"),
    [
        (["?", *(f"{i}.5" for i in range(40))], "?"),
        ([f"{i},5" for i in range(40)], "0,5"),
        ([f"{i}.5 %" for i in range(40)], "0.5 %"),
        ([f"{i},961" for i in range(10, 40)], "10,961"),
        ([f"02/{i}/2022" for i in range(1, 28)], "02/1/2022"),
        ([f"2020-02-{i}T13:37:05Z" for i in range(10, 30)], "2020-02-10T13:37:05Z"),
    ],
)
def test_numbers_that_are_read_as_text_are_warned_of(tmp_path, fields, odd):
    path = tmp_path / "data.csv"
    pd.DataFrame({"v": fields}).to_csv(path, index=False, sep=";")
    with pytest.warns(UserWarning, match=f"Column 'v'.*text because of .*{re.escape(repr(odd))}"):
        read_table(path, ";")


def test_codes_and_levels_are_text_without_a_warning(tmp_path):
    columns = {
        "zip": [f"{i:03d}" for i in range(990)],
        "floor": ["ground", *(str(i % 6) for i in range(989))],
        "name": [f"A{i}" for i in range(990)],
        "huge": [str(i * 10**29 + 2**63) for i in range(990)],
    }
    pd.DataFrame(columns).to_csv(tmp_path / "data.csv", index=False)
    frame = read_table(tmp_path / "data.csv").frame
    assert set(frame[["zip", "floor", "name"]].dtypes.astype(str)) == {"object"}


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (gzip.compress(b"a,b\n1,2\n")[:-6], ["'odd'", "gzip", "Copy"]),
        ("a,b\n1,2\n".encode("utf-16"), ["UTF-16", "iconv -f utf-16"]),
        (b"PK\x03\x04 and so on", ["spreadsheet", "CSV"]),
        (b"\na,b\n1,2\n", ["blank line", "line 1"]),
        (b"# a comment\na,b\n1,2\n", ["2 fields in line 2", "line 1, '# a comment'"]),
        (b"a,b\n1,x\0y\n", ["NUL", "line 2"]),
    ],
)
def test_file_that_is_no_csv_says_what_to_do(run, tmp_path, content, words):
    (tmp_path / "odd").write_bytes(content)
    assert refused(run("fit", "odd", "-o", "m", *QUICK), *words)


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", ["empty"]),
        ("a,b,y\n", ["header and no rows"]),
        ("a,b,y\n1,2,0\n", ["1 sample", "at least 2 rows"]),
        (
            "a,b,y\n1,2,0\n1,2,3,4\n",
            ["4 fields in line 3 and 3 in its header", "','", "--separator"],
        ),
        ("a,b,y\n1,2,0\n1\n", ["1 fields in line 3"]),
        ("a,a,y\n1,2,0\n1,2,1\n", ["same name", "'a'"]),
        ('a,b,y\n1,"2,0\n1,2,1\n', ["2 fields in line 3"]),
        ("a,b,z\n1,2,0\n1,2,1\n", ["--target 'y'", "['a', 'b', 'z']"]),
        ("a,b,y\n1,2,\n1,2,1\n", ["missing labels"]),
        ("a,b,y\ninf,2,0\n1,2,1\n", ["infinity"]),
    ],
)
def test_table_that_cannot_be_used_says_why(run, tmp_path, text, words):
    source = write(tmp_path, text)
    for command in (
        ["fit", source, "-t", "y", "-o", "out.csv", *QUICK],
        ["augment", source, "-t", "y", "-o", "out.csv", *QUICK],
    ):
        assert refused(run(*command), *words)
    assert os.listdir(tmp_path) == ["odd.csv"]


def test_file_of_another_encoding_says_how_to_convert_it(run, tmp_path):
    source = write(tmp_path, "größe,y\n1,0\n2,1\n", "latin-1")
    assert refused(run("fit", source, "-o", "m", *QUICK), "not UTF-8", "iconv")


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["fit", "nowhere.csv", "-o", "m"], ["no file 'nowhere.csv'"]),
        (["fit", "data.csv", "-o", "nowhere/m"], ["no folder 'nowhere'"]),
        (["fit", "data.csv", "-o", "-"], ["standard output"]),
        (["augment", "data.csv", "-t", "churn", "-o", "a.xlsx"], [".csv nor .parquet"]),
        (["augment", "data.csv", "-t", "churn", "-o", "."], ["folder"]),
        (["augment", "data.csv", "-t", "churn", "-o", "-", "--format", "xml"], ["csv, parquet"]),
        (
            ["augment", "data.csv", "-t", "churn", "-o", "a.csv", "--strategy", "some"],
            ["--strategy 'some'", "minority"],
        ),
        (["sample", "data.csv", "-n", "3"], ["no model that gan_augment wrote"]),
        (["fit", "data.csv", "-o", "m", "--device", "warp"], ["--device 'warp'"]),
        (["fit", "data.csv", "-o", "m", "--max-time", "0"], ["--max-time must be"]),
        (["benchmark", "data.csv", "-t", "churn", "--folds", "500"], ["--folds 500"]),
        (["report", "-", "-"], ["Standard input", "once"]),
        (["sample", "m", "-n", "3", "-o", "a.parquet", "--separator", ";"], ["--separator", "CSV"]),
    ],
)
def test_mistake_is_told_in_one_line(run, data, arguments, words):
    assert refused(run(*arguments), *words)
    assert os.listdir(".") == ["data.csv"]


def test_wrong_usage_has_its_own_exit_code(run, data):
    assert run("fit", "data.csv").exit_code == 2
    assert run("sample", "m", "-n", 0).exit_code == 2
    for arguments in (["--seed", -1], ["--separator", "ab"], ["--separator", ""]):
        result = run("fit", "data.csv", "-o", "m", *arguments)
        assert result.exit_code == 2
        assert arguments[0] in result.stderr


def test_a_tab_may_be_typed_as_a_shell_leaves_it(run, data, table, tmp_path):
    table.to_csv(tmp_path / "data.tsv", index=False, sep="\t")
    result = run("fit", "data.tsv", "-o", "m", "--separator", r"\t", *QUICK)
    assert result.exit_code == 0, result.output
    drawn = run("sample", "m", "-n", 3, "--separator", r"\t", "-q").stdout
    assert drawn.splitlines()[0].split("\t") == list(table)


def test_version_is_told_and_the_package_is_a_command(run):
    shown = f"gan-augment {gan_augment.__version__}"
    assert run("--version").stdout.strip() == shown
    command = [sys.executable, "-m", "gan_augment", "--version"]
    assert subprocess.run(command, capture_output=True, text=True).stdout.strip() == shown


@pytest.mark.parametrize("command", ["fit", "augment"])
def test_ctrl_c_writes_nothing(run, data, tmp_path, monkeypatch, command):
    (tmp_path / "out.csv").write_text("what was there")
    step = Players.step

    def interrupted(self, source, index):
        if index == 3:
            raise KeyboardInterrupt
        return step(self, source, index)

    monkeypatch.setattr(Players, "step", interrupted)
    result = run(command, data, "-t", "churn", "-o", "out.csv", *QUICK)
    assert (result.exit_code, result.stderr.strip()) == (130, "gan-augment: interrupted")
    assert (tmp_path / "out.csv").read_text() == "what was there"


def test_a_command_that_is_ended_removes_its_temporary_file(run, data, tmp_path):
    assert run("fit", data, "-o", "m", *QUICK).exit_code == 0
    command = [sys.executable, "-m", "gan_augment", "sample", "m", "-n", "1000000000"]
    process = subprocess.Popen([*command, "-o", "rows.csv", "-q"], stderr=subprocess.PIPE)
    try:
        while process.poll() is None and not list(tmp_path.glob(".rows.*.partial.csv")):
            time.sleep(0.05)
        process.terminate()
        assert process.wait(60) == 143, process.stderr.read()
    finally:
        process.kill()
        process.stderr.close()
    assert sorted(os.listdir(tmp_path)) == ["data.csv", "m"]


def test_debug_shows_the_traceback(run):
    result = run("fit", "nowhere.csv", "-o", "m", "--debug")
    assert isinstance(result.exception, FileNotFoundError)


def test_failed_write_leaves_no_half_file(run, data, tmp_path, monkeypatch):
    (tmp_path / "all.csv").write_text("what was there")

    def disk_full(descriptor):
        raise OSError("No space left on device")

    monkeypatch.setattr(os, "fsync", disk_full)
    result = run("augment", data, "-t", "churn", "-o", "all.csv", *QUICK)
    assert refused(result, "No space left")
    assert (tmp_path / "all.csv").read_text() == "what was there"
    assert sorted(os.listdir(tmp_path)) == ["all.csv", "data.csv"]


def test_formulas_are_written_as_text_where_asked(run, tmp_path):
    rows = [f"=1+{i % 2},-{i}.5,@you,{'yes' if i % 3 else 'no'}" for i in range(30)]
    source = write(tmp_path, "\n".join(["=cmd,b,+c,y", *rows]))
    result = run("augment", source, "-t", "y", "-o", "all.csv", "--safe-csv", *QUICK)
    assert result.exit_code == 0, result.output
    lines = (tmp_path / "all.csv").read_text().splitlines()
    assert lines[0] == "'=cmd,b,'+c,y,synthetic"
    assert lines[1] == "'=1+0,-0.5,'@you,no,False"
    assert all(line.startswith("'=1+") and ",-" in line and ",'@you," in line for line in lines[1:])
    assert run("fit", source, "-t", "y", "-o", "m", *QUICK).exit_code == 0
    drawn = run("sample", "m", "-n", 5, "--safe-csv", "-q").stdout
    assert drawn.count("'=1+") == 5
    assert "'" not in run("sample", "m", "-n", 5, "-q").stdout
    assert refused(run("sample", "m", "-n", 5, "-o", "a.parquet", "--safe-csv"), "is for CSV")


def test_benchmark_prints_scores_and_keeps_them(run, data, tmp_path):
    arguments = [
        "benchmark",
        data,
        "-t",
        "churn",
        "--method",
        "random_over",
        "--learner",
        "logistic_regression",
        "--folds",
        2,
        "-o",
        "results",
        "-q",
    ]
    result = run(*arguments)
    assert result.exit_code == 0, result.output
    assert "random_over" in result.stdout
    assert "f1" in result.stdout
    assert {"rows.jsonl", "settings.json", "report.html"} <= set(os.listdir("results"))
    assert refused(run("benchmark", data, "-t", "churn", "--method", "magic"), "magic")


def test_benchmark_reads_dates(run, table, tmp_path):
    days = pd.date_range("2024-01-01", periods=len(table)).astype(str)
    table.assign(day=days.where(days != "2024-01-03")).to_csv(tmp_path / "dated.csv", index=False)
    arguments = ["-t", "churn", "--learner", "hist_gradient_boosting", "--folds", 2, "-q"]
    result = run("benchmark", "dated.csv", *arguments, "--method", "random_over")
    assert result.exit_code == 0, result.output
    assert "random_over" in result.stdout


def test_report_judges_rows_and_writes_a_page(run, data, table, tmp_path):
    pytest.importorskip("sdmetrics")
    table.sample(frac=1, random_state=0).to_csv(tmp_path / "rows.csv", index=False)
    result = run("report", data, "rows.csv", "-t", "churn", "-o", "quality.html", "-q")
    assert result.exit_code == 0, result.output
    assert "Fidelity" in result.stdout
    assert "<html" in (tmp_path / "quality.html").read_text()
    table.drop(columns="hue").to_csv(tmp_path / "rows.csv", index=False)
    assert refused(run("report", data, "rows.csv", "-t", "churn", "-q"), "hue")
    assert refused(run("report", data, data, "-o", "nowhere/page.html"), "no folder")


def test_report_reads_all_rows_with_the_types_of_data(run, table, tmp_path):
    pytest.importorskip("sdmetrics")
    floors = table.assign(floor=np.where(table.index == 7, "ground", table.index % 6))
    floors.to_csv(tmp_path / "data.csv", index=False)
    floors.drop(index=7).to_csv(tmp_path / "rows.csv", index=False)
    result = run("report", "data.csv", "rows.csv", "-t", "churn", "--holdout", "rows.csv", "-q")
    assert result.exit_code == 0, result.output
    assert refused(run("report", "rows.csv", "data.csv", "-t", "churn", "-q"), "'floor'", "text")


def test_a_date_is_a_class_as_it_is_written(run, table, tmp_path):
    dated = table.assign(
        churn=np.where(table["churn"] == table["churn"].iloc[0], "2020-01-01", "2021-02-03")
    )
    dated.assign(churn=pd.to_datetime(dated["churn"])).to_parquet(tmp_path / "dated.parquet")
    run("fit", "dated.parquet", "-t", "churn", "-o", "model", "--max-steps", "9", "-q")
    result = run("sample", "model", "-n", "2", "--class", "2021-02-03", "-q")
    assert result.exit_code == 0, result.output
    assert result.stdout.count("2021-02-03") == 2


def test_help_has_examples(run):
    for command in ("fit", "sample", "augment", "benchmark", "report"):
        shown = run(command, "--help").stdout
        assert "Examples:" in shown
        assert f"gan-augment {command}" in shown


def test_progress_goes_to_standard_error_and_the_reader_may_leave(data):
    script = "from gan_augment.cli import main; main()"
    command = [sys.executable, "-c", script, "augment", "data.csv", "-t", "churn", "-o", "-"]
    command += ["--max-steps", "5", "--device", "cpu"]
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(command, cwd=data.parent, stdout=writing, stderr=subprocess.PIPE)
    os.close(writing)
    assert b"step" in done.stderr
    assert b"Traceback" not in done.stderr
    assert b"Exception" not in done.stderr
