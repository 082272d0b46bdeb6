"""Runs stapes and incus-simplestreams in turn over the same work; see bench/run.

Each figure is the median of several runs that alternate between the two. The files that are read are in the page cache, and what
earlier runs wrote is on the disk (sync) before a run starts. Both programs are started directly, without a shell; the peer has
its root tree as its root. Peak memory is the largest resident set of the process itself.
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
COUNT = 1000


class Measurement:
    def __init__(self, seconds, memory):
        self.seconds = seconds
        self.memory = memory


def run(arguments, directory, root=None):
    """Runs a program to its end and measures it, from its exec on; fails when it does."""
    started = mmap.mmap(-1, 8)

    def enter():
        if root:
            os.chroot(root)
        os.chdir(directory.removeprefix(root) if root else directory)
        started[:] = struct.pack("d", time.monotonic())

    process = subprocess.Popen(arguments, stdout=subprocess.DEVNULL, preexec_fn=enter)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - struct.unpack("d", started[:])[0]
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        sys.exit(f"{arguments} failed with status {process.returncode}")
    return Measurement(seconds, usage.ru_maxrss / 1024)


def stapes(directory, *arguments):
    return run([STAPES, "tree", *arguments], directory)


def peer(directory, *arguments):
    inside = [argument.removeprefix(PEERS) for argument in arguments]
    return run(["/usr/bin/incus-simplestreams", *inside], directory, root=PEERS)


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


ROWS = []


def report(what, ours, theirs, promised, unit="s"):
    ratio = f"{ours / theirs:.3f}" if theirs else ""
    value = ours / theirs if theirs else ours
    ROWS.append((what, f"{ours:.3f} {unit}" if unit == "s" else f"{ours:.0f} {unit}",
                 "" if not theirs else f"{theirs:.3f} {unit}", ratio, f"≤ {promised}{'' if theirs else ' ' + unit}",
                 "yes" if value <= promised else "NO"))


def fresh(name):
    path = f"{WORK}/{name}"
    shutil.rmtree(path, ignore_errors=True)
    os.makedirs(path)
    return path


def write_metadata(path, release, created):
    yaml = (f"architecture: x86_64\ncreation_date: {created}\nproperties:\n  os: Bench\n  release: \"{release}\"\n"
            f"  variant: default\n  architecture: amd64\n  description: Bench {release}\n").encode()
    with lzma.open(path, "wb", preset=0) as compressed, tarfile.open(fileobj=compressed, mode="w") as tar:
        entry = tarfile.TarInfo("metadata.yaml")
        entry.size = len(yaml)
        tar.addfile(entry, io.BytesIO(yaml))


def disk():
    """One image with a disk of 1 GiB."""
    source = fresh("disk")
    write_metadata(f"{source}/incus.tar.xz", "disk", 1735689600)
    with open(f"{source}/disk.raw", "wb") as raw:
        for _ in range(1024):
            raw.write(os.urandom(1 << 20))
    subprocess.run(["chroot", PEERS, "qemu-img", "convert", "-f", "raw", "-O", "qcow2", f"{source.removeprefix(PEERS)}/disk.raw",
                    f"{source.removeprefix(PEERS)}/disk.qcow2"], check=True)
    os.remove(f"{source}/disk.raw")
    files = [f"{source}/incus.tar.xz", f"{source}/disk.qcow2"]

    def read_all(paths):
        for path in paths:
            with open(path, "rb") as file:
                while file.read(1 << 20):
                    pass

    def prepare():
        fresh("tree")
        read_all(files)

    ours, theirs = alternate(5, lambda i: stapes(f"{WORK}/tree", "add", *files), lambda i: peer(f"{WORK}/tree", "add", *files), prepare)
    report("add of a 1 GiB qcow2", ours.seconds, theirs.seconds, 0.65)
    report("its peak memory", ours.memory, None, 64, "MiB")

    def prepare_move():
        fresh("tree")
        copies = fresh("copies")
        for file in files:
            shutil.copy(file, copies)
        read_all(files)

    moved = [file.replace("/disk/", "/copies/") for file in files]
    ours, theirs = alternate(5, lambda i: stapes(f"{WORK}/tree", "add", "--move", *moved),
                             lambda i: peer(f"{WORK}/tree", "add", *files), prepare_move)
    report("the same with --move", ours.seconds, theirs.seconds, 0.45)


def make_small(count):
    """Small images of a product each: <name>.incus.tar.xz and <name>.squashfs."""
    directory = fresh("small")
    template = fresh("template")
    os.makedirs(f"{template}/root")
    with open(f"{template}/root/file", "wb") as file:
        file.write(os.urandom(16 << 10))
    subprocess.run(["chroot", PEERS, "mksquashfs", f"{template.removeprefix(PEERS)}/root", f"{template.removeprefix(PEERS)}/root.squashfs",
                    "-quiet", "-no-progress"], check=True)
    with open(f"{template}/root.squashfs", "rb") as file:
        squashfs = bytearray(file.read())
    for i in range(count):
        squashfs[8:12] = i.to_bytes(4, "little")    # the time of its making: another file each time
        with open(f"{directory}/i{i:05}.squashfs", "wb") as file:
            file.write(squashfs)
        write_metadata(f"{directory}/i{i:05}.incus.tar.xz", f"r{i}", 1735689600 + 60 * i)
    return directory


def pair(directory, i):
    return f"{directory}/i{i:05}.incus.tar.xz", f"{directory}/i{i:05}.squashfs"


def large_tree(directory):
    """A tree of 1,000 images, made by the peer, one call after the other. Returns how long all calls took."""
    tree = fresh("large")
    os.sync()
    return tree, sum(peer(tree, "add", *pair(directory, i)).seconds for i in range(COUNT))


def small(directory, tree):
    """One small image more; both start from the tree that the peer made."""
    copies = {name: shutil.copytree(tree, f"{fresh(name)}/tree") for name in ("ours", "theirs")}
    ours, theirs = alternate(31, lambda i: stapes(copies["ours"], "add", *pair(directory, COUNT + i)),
                             lambda i: peer(copies["theirs"], "add", *pair(directory, COUNT + i)))
    report("add of a small image to a tree of 1,000", ours.seconds, theirs.seconds, 0.5)


def batch(directory, calls):
    """All at once, against as many calls of the peer."""
    chosen = fresh("chosen")
    for i in range(COUNT):
        for file in pair(directory, i):
            os.link(file, f"{chosen}/{os.path.basename(file)}")

    def once():
        tree = fresh("tree")
        os.sync()
        return stapes(tree, "add", "--batch", chosen).seconds

    once()
    report("add --batch of 1,000, against 1,000 calls", statistics.median(once() for _ in range(3)), calls, 0.03)


def listing(tree):
    ours, theirs = alternate(31, lambda i: stapes(tree, "list"), lambda i: peer(tree, "list"))
    report("list of 1,000 images", ours.seconds, theirs.seconds, 1.0)


def main():
    busy_before = os.getloadavg()[0]
    wanted = set(CHOSEN or ("disk", "small", "batch", "list"))
    fresh("")
    try:
        if "disk" in wanted:
            disk()
            for name in ("disk", "tree", "copies"):
                shutil.rmtree(f"{WORK}/{name}")
        if wanted & {"small", "batch", "list"}:
            directory = make_small(COUNT + 32)
            tree, calls = large_tree(directory)
            if "small" in wanted:
                small(directory, tree)
            if "batch" in wanted:
                batch(directory, calls)
            if "list" in wanted:
                listing(tree)
    finally:
        shutil.rmtree(WORK)

    header = ("measured", "stapes", "incus-simplestreams", "ratio", "promised", "kept")
    for row in (header, ("---",) * len(header), *ROWS):
        print("| " + " | ".join(row) + " |")
    print(f"\nLoad of the machine (tasks that ran or waited, {os.cpu_count()} processors): {busy_before:.1f} before, "
          f"{os.getloadavg()[0]:.1f} after. Figures of a machine that does other work say little.")


main()
