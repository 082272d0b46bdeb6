"""What every area of the benchmarks has in common; see bench/run.

Each figure is the median of several runs that alternate between stapes and the peer, in one run on one machine. What earlier runs
wrote is on the disk (sync) before a run starts. Programs are started directly, without a shell; the peers have their root tree as
their root. Peak memory is the largest resident set of the process itself.
"""
import io
import lzma
import mmap
import os
import shutil
import statistics
import struct
import subprocess
import sys
import tarfile
import time

STAPES, PEERS, *CHOSEN = sys.argv[1:]
WORK = f"{PEERS}/srv/stapes-bench"
ROWS = []


class Measurement:
    def __init__(self, seconds, memory):
        self.seconds = seconds
        self.memory = memory


def inside(path):
    """A path below the peers' tree as the peers see it."""
    return path.removeprefix(PEERS)


def popen(arguments, directory="/", root=None, before_exec=lambda: None, **options):
    """Starts a program; with a root, as one of the peers."""
    def enter():
        if root:
            os.chroot(root)
        os.chdir(directory.removeprefix(root) if root else directory)
        before_exec()

    return subprocess.Popen(arguments, preexec_fn=enter, **options)


def run(arguments, directory, root=None):
    """Runs a program to its end and measures it, from its exec on; fails when it does."""
    started = mmap.mmap(-1, 8)

    def note_start():
        started[:] = struct.pack("d", time.monotonic())

    process = popen(arguments, directory, root, note_start, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - struct.unpack("d", started[:])[0]
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{arguments} failed with status {process.returncode}")
    return Measurement(seconds, usage.ru_maxrss / 1024)


def in_peers(*arguments, directory=None, **options):
    """Runs a program of the peers' tree to its end and returns what it printed; fails when it does."""
    environment = {"PATH": "/usr/sbin:/usr/bin:/sbin:/bin", "HOME": "/root", "LANG": "C.UTF-8"}
    return subprocess.run(["chroot", PEERS, "env", "-C", inside(directory) if directory else "/", *arguments],
                          check=True, stdout=subprocess.PIPE, text=True, env=environment, **options).stdout


def alternate(times, ours, theirs, prepare=lambda: None):
    """Medians of both, after one run of each that does not count."""
    measured = ([], [])
    for i in range(times + 1):
        for work, results in zip((ours, theirs), measured):
            prepare()
            os.sync()
            results.append(work(i))
    return [Measurement(statistics.median(m.seconds for m in results[1:]), statistics.median(m.memory for m in results[1:]))
            for results in measured]


def report(what, ours, theirs, promised, unit="s", at_least=False):
    """Adds a row: the ratio to the peer, or without a peer the figure itself, against what was promised."""
    value = ours / theirs if theirs else ours
    digits = 3 if unit in ("s", "ms") else 0
    ROWS.append((what, f"{ours:.{digits}f} {unit}", f"{theirs:.{digits}f} {unit}" if theirs else "", f"{value:.3f}" if theirs else "",
                 f"{'≥' if at_least else '≤'} {promised}{'' if theirs else ' ' + unit}",
                 "yes" if (value >= promised if at_least else value <= promised) else "NO"))


def fresh(name):
    path = f"{WORK}/{name}"
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    return path


def metadata(release, created):
    """The metadata.yaml of an image."""
    return (f"architecture: x86_64\ncreation_date: {created}\nproperties:\n  os: Bench\n  release: \"{release}\"\n"
            f"  variant: default\n  architecture: amd64\n  description: Bench {release}\n").encode()


def add_to(tar, name, content):
    entry = tarfile.TarInfo(name)
    entry.size = len(content)
    tar.addfile(entry, io.BytesIO(content))


def write_metadata(path, release, created):
    with lzma.open(path, "wb", preset=0) as compressed, tarfile.open(fileobj=compressed, mode="w") as tar:
        add_to(tar, "metadata.yaml", metadata(release, created))


def main(parts, peer):
    """Runs the parts that were chosen, or all, and prints the table.

    parts -- a dictionary from the names of the parts to what measures them; equal functions run once, with the chosen names
    peer -- what the column of the peers is called
    """
    unknown = [name for name in CHOSEN if name not in parts]
    if unknown:
        sys.exit(f"unknown: {', '.join(unknown)}; there are {', '.join(parts)}")
    chosen = {}
    for name in CHOSEN or parts:
        chosen.setdefault(parts[name], []).append(name)
    busy_before = os.getloadavg()[0]
    fresh("")
    try:
        for measure, names in chosen.items():
            measure(names)
    finally:
        shutil.rmtree(WORK, ignore_errors=True)

    header = ("measured", "stapes", peer, "ratio", "promised", "kept")
    for row in (header, ("---",) * len(header), *ROWS):
        print("| " + " | ".join(row) + " |")
    print(f"\nLoad of the machine (tasks that ran or waited, {os.cpu_count()} processors): {busy_before:.1f} before, "
          f"{os.getloadavg()[0]:.1f} after. Figures of a machine that does other work say little.")
