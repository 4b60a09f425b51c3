"""Processes that do the work when there is a time limit or more than one core.

A worker is a fresh Python that lives for many jobs, fed through its standard input. One that takes
longer over a stage than the limit, or that dies (out of memory, say), costs that stage only: the
rest of its job is given to a new one. Nothing is forked, so threads and CUDA are safe, and no
``if __name__ == "__main__"`` is asked of the user.
"""

from __future__ import annotations

import contextlib
import importlib
import os
import pickle
import queue
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from types import ModuleType
from typing import IO, Any

from gan_augment.benchmark.protocol import MAKING_ROWS, Job, Protocol, Row, row_of, run_job

_START = "from gan_augment.benchmark.workers import serve; serve()"
_LENGTH = struct.Struct("<Q")
_SECONDS_TO_START = 600.0


def run_in_workers(
    protocol: Protocol, jobs: list[Job], n_workers: int, max_seconds: float | None
) -> Iterator[Row]:
    """Rows of `jobs`, as they come.

    Parameters
    ----------
    protocol : Protocol
        What decides the scores.
    jobs : list of Job
        What to do.
    n_workers : int
        How many processes.
    max_seconds : float or None
        How long a stage of a job may take: making rows, or fitting and scoring a learner.
    """
    payload = _pickler().dumps(protocol)
    todo: queue.SimpleQueue[Job] = queue.SimpleQueue()
    done: queue.SimpleQueue[Row | BaseException | None] = queue.SimpleQueue()
    for job in jobs:
        todo.put(job)
    n_workers = min(n_workers, len(jobs))
    workers = [_Worker(payload, _threads_each(n_workers), max_seconds) for _ in range(n_workers)]
    threads = [threading.Thread(target=w.work, args=(todo, done), daemon=True) for w in workers]
    for thread in threads:
        thread.start()
    try:
        running = len(threads)
        while running:
            row = done.get()
            if isinstance(row, BaseException):
                raise row
            if row is None:
                running -= 1
            else:
                yield row
    finally:
        for worker in workers:
            worker.stop()
        for thread in threads:
            thread.join(timeout=30)


class _Worker:
    """A process and the thread's side of the conversation with it."""

    def __init__(self, payload: bytes, threads: int, max_seconds: float | None):
        self._payload = payload
        self._threads = threads
        self._max_seconds = max_seconds
        self._process: subprocess.Popen[bytes] | None = None
        self._closed = False

    def work(self, todo: queue.SimpleQueue[Any], done: queue.SimpleQueue[Any]) -> None:
        """Do jobs until there are none."""
        try:
            while not self._closed:
                try:
                    job = todo.get_nowait()
                except queue.Empty:
                    break
                for row in self._rows(job):
                    done.put(row)
        except BaseException as error:
            if not self._closed:
                done.put(error)
            return
        finally:
            self._discard()
        done.put(None)

    def _rows(self, job: Job) -> Iterator[Row]:
        left = job.learners
        while left and not self._closed:
            stage, status, reason, seconds = MAKING_ROWS, "", "", 0.0
            for event in self._events(replace(job, learners=left)):
                kind, detail = event
                if kind == "row":
                    left = left[1:]
                    yield detail
                elif kind == "stage":
                    stage = detail
                else:
                    status, (reason, seconds) = kind, detail
            if not status:
                return
            # Rows that could not be made are missing for every learner; otherwise one is to blame.
            blamed = left if stage == MAKING_ROWS else left[:1]
            what = stage if stage == MAKING_ROWS else "fitting the learner"
            cost = {"augment_seconds" if stage == MAKING_ROWS else "fit_seconds": seconds}
            for name in blamed:
                yield row_of(job, name, status, f"{reason} while {what}", **cost)
            left = left[len(blamed) :]

    def _events(self, job: Job) -> Iterator[tuple[str, Any]]:
        """What the process reports about a job, and at the end how it went wrong, if it did."""
        process = self._started()
        assert process.stdin is not None
        assert process.stdout is not None
        late = threading.Event()
        started = time.perf_counter()
        try:
            _send(process.stdin, pickle.dumps(job))
            limit = self._max_seconds
            while True:
                started = time.perf_counter()
                timer = _alarm(process, limit, late)
                try:
                    message = _receive(process.stdout)
                finally:
                    timer.cancel()
                if message is None:
                    raise EOFError
                event = pickle.loads(message)
                if event[0] == "end":
                    return
                yield event
        except (EOFError, OSError):
            self._discard()
            seconds = time.perf_counter() - started
            if late.is_set():
                yield "timeout", (f"took longer than max_seconds={self._max_seconds:g}", seconds)
            else:
                yield "failed", (f"the process died with exit code {process.returncode}", seconds)

    def _started(self) -> subprocess.Popen[bytes]:
        """The process, ready: starting it counts against no method."""
        if self._process is None:
            self._process = process = subprocess.Popen(
                [sys.executable, "-c", _START],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                env=_environment(self._threads),
            )
            if self._closed:  # by `stop`, which could not see it yet
                process.kill()
            assert process.stdin is not None
            assert process.stdout is not None
            late = threading.Event()
            timer = _alarm(process, _SECONDS_TO_START, late)
            try:
                _send(process.stdin, self._payload)
                ready = _receive(process.stdout)
            except OSError:
                ready = None
            finally:
                timer.cancel()
            if ready is None:
                self._discard()
                raise RuntimeError(
                    "A worker process could not be started; its message is on standard error. "
                    "Methods, learners and scorers must be picklable and importable there. "
                    "n_jobs=1 without max_seconds works in this process."
                )
        return self._process

    def _discard(self) -> None:
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()
            for pipe in (process.stdin, process.stdout):
                if pipe is not None:
                    _close(pipe)

    def stop(self) -> None:
        """End the process and do no further job."""
        self._closed = True
        process = self._process
        if process is not None:
            process.kill()


def serve() -> None:
    """Be a worker: read the protocol and jobs from standard input, write what came of them."""
    jobs, reports = sys.stdin.buffer, os.fdopen(os.dup(1), "wb")
    os.dup2(2, 1)  # whatever the methods print must not garble the reports
    threading.Thread(target=_end_with_parent, args=(os.getppid(),), daemon=True).start()
    protocol: Protocol = pickle.loads(_receive(jobs) or b"")
    _send(reports, b"ready")
    while (message := _receive(jobs)) is not None:
        for stage, row in run_job(protocol, pickle.loads(message)):
            event = ("stage", stage) if row is None else ("row", row)
            _send(reports, pickle.dumps(event))
        _send(reports, pickle.dumps(("end", None)))


def _end_with_parent(parent: int) -> None:
    """Do not outlive a parent that was killed."""
    while os.getppid() == parent:
        time.sleep(1.0)
    os._exit(1)


def _send(pipe: IO[bytes], message: bytes) -> None:
    pipe.write(_LENGTH.pack(len(message)) + message)
    pipe.flush()


def _receive(pipe: IO[bytes]) -> bytes | None:
    """The next message, None where there will be none."""
    header = pipe.read(_LENGTH.size)
    if len(header) < _LENGTH.size:
        return None
    (length,) = _LENGTH.unpack(header)
    message = pipe.read(length)
    return message if len(message) == length else None


def _close(pipe: IO[bytes]) -> None:
    with contextlib.suppress(OSError):  # what was left unsent is of no use
        pipe.close()


def _alarm(
    process: subprocess.Popen[bytes], seconds: float | None, late: threading.Event
) -> threading.Timer:
    """Kill `process` after `seconds`, and say that it was late."""

    def ring() -> None:
        late.set()
        process.kill()

    timer = threading.Timer(seconds or 0.0, ring)
    timer.daemon = True
    if seconds is not None:
        timer.start()
    return timer


def _threads_each(n_workers: int) -> int:
    return max(1, (os.cpu_count() or 1) // n_workers)


def _environment(threads: int) -> dict[str, str]:
    """Give this process' import path, and a fair share of the cores for numerical libraries."""
    path = os.pathsep.join(entry or os.getcwd() for entry in sys.path)
    shares = {
        name: os.environ.get(name, str(threads))
        for name in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
    }
    return os.environ | shares | {"PYTHONPATH": path}


def _pickler() -> ModuleType:
    """cloudpickle, which also takes what was defined in a notebook; joblib brings it."""
    try:
        return importlib.import_module("cloudpickle")
    except ImportError:
        return importlib.import_module("joblib.externals.cloudpickle")
