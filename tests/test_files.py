"""Files that are written: whole or not at all, and never in the place of a device."""

import os
import stat
import subprocess
import sys
import threading

import pandas as pd
import pytest

from gan_augment import GANAugmenter, load
from gan_augment.files import check_destination


@pytest.fixture(scope="module")
def model():
    X = pd.DataFrame({"a": [i / 4 for i in range(40)], "b": ["x", "y"] * 20})
    return GANAugmenter(max_steps=2, random_state=0, device="cpu").fit(X)


def test_a_named_pipe_is_written_into(model, tmp_path):
    pipe = tmp_path / "rows.parquet"
    os.mkfifo(pipe)
    (tmp_path / "link.parquet").symlink_to(pipe)
    received = []
    reader = threading.Thread(target=lambda: received.append(pipe.read_bytes()), daemon=True)
    reader.start()
    model.sample_to_parquet(tmp_path / "link.parquet", 10)
    reader.join(30)
    assert received[0][:4] == received[0][-4:] == b"PAR1"
    assert stat.S_ISFIFO(pipe.stat().st_mode)
    assert sorted(os.listdir(tmp_path)) == ["link.parquet", "rows.parquet"]


def test_a_device_stays_one(model, tmp_path):
    try:
        os.mknod(tmp_path / "null", stat.S_IFCHR | 0o666, os.makedev(1, 3))
        (tmp_path / "null").write_bytes(b"x")
    except PermissionError:
        pytest.skip("this user may not make devices")
    model.save(tmp_path / "null")
    assert stat.S_ISCHR((tmp_path / "null").stat().st_mode)
    assert os.listdir(tmp_path) == ["null"]


@pytest.mark.skipif(not os.path.exists("/dev/stdout"), reason="no /dev/stdout here")
def test_an_open_file_is_gone_on_with(tmp_path):
    script = (
        "import sys; from gan_augment.files import written_whole\n"
        "print('before', flush=True)\n"
        "with written_whole('/dev/stdout') as path: path.write_text('written\\n')\n"
        "print('after')"
    )
    with (tmp_path / "log").open("w") as log:
        subprocess.run([sys.executable, "-c", script], stdout=log, check=True)
    assert (tmp_path / "log").read_text() == "before\nwritten\nafter\n"
    piped = subprocess.run([sys.executable, "-c", script], stdout=subprocess.PIPE, check=True)
    assert piped.stdout == b"before\nwritten\nafter\n"


def test_a_private_file_stays_private(model, tmp_path):
    path = tmp_path / "model"
    path.touch(0o600)
    model.save(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert len(load(path).sample(3)) == 3
    new, ordinary = tmp_path / "new", tmp_path / "ordinary"
    model.save(new)
    ordinary.touch()
    assert new.stat().st_mode == ordinary.stat().st_mode


def test_a_place_for_no_file_is_found_out_before_any_work(tmp_path):
    name = "x" * 250
    with pytest.raises(OSError, match=rf"output='.*/{name}' cannot be written: .*Name another"):
        check_destination(tmp_path / name, "output")
    assert check_destination(tmp_path / "free") == tmp_path / "free"
    assert os.listdir(tmp_path) == []
