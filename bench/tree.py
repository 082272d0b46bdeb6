"""Runs stapes and incus-simplestreams in turn over the same work; the files that are read are in the page cache."""
import os
import shutil
import statistics

from common import PEERS, STAPES, WORK, alternate, fresh, in_peers, inside, main, report, run, write_metadata

COUNT = 1000


def stapes(directory, *arguments):
    return run([STAPES, "tree", *arguments], directory)


def peer(directory, *arguments):
    return run(["/usr/bin/incus-simplestreams", *map(inside, arguments)], directory, root=PEERS)


def disk(_):
    """One image with a disk of 1 GiB."""
    source = fresh("disk")
    write_metadata(f"{source}/incus.tar.xz", "disk", 1735689600)
    with open(f"{source}/disk.raw", "wb") as raw:
        for _ in range(1024):
            raw.write(os.urandom(1 << 20))
    in_peers("qemu-img", "convert", "-f", "raw", "-O", "qcow2", "disk.raw", "disk.qcow2", directory=source)
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
    for name in ("disk", "tree", "copies"):
        shutil.rmtree(f"{WORK}/{name}")


def make_small(count):
    """Small images of a product each: <name>.incus.tar.xz and <name>.squashfs."""
    directory = fresh("small")
    template = fresh("template")
    os.makedirs(f"{template}/root")
    with open(f"{template}/root/file", "wb") as file:
        file.write(os.urandom(16 << 10))
    in_peers("mksquashfs", "root", "root.squashfs", "-quiet", "-no-progress", directory=template)
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

    # A directory of its own for each run: a file system may be slow to make files where many were deleted just before, and the peer's
    # tree was made where none were.
    def once(i):
        tree = fresh(f"batch{i}")
        os.sync()
        return stapes(tree, "add", "--batch", chosen).seconds

    once(0)
    report("add --batch of 1,000, against 1,000 calls", statistics.median(once(i) for i in range(1, 4)), calls, 0.03)

    def beside_others(i):
        with open(f"{WORK}/foreign{i}", "wb") as file:
            for _ in range(256):
                file.write(os.urandom(1 << 20))
        tree = fresh(f"beside{i}")
        return stapes(tree, "add", "--batch", chosen).seconds

    report("the same while the disk has 256 MiB to write for others", statistics.median(beside_others(i) for i in range(3)), calls, 0.03)


def listing(tree):
    ours, theirs = alternate(31, lambda i: stapes(tree, "list"), lambda i: peer(tree, "list"))
    report("list of 1,000 images", ours.seconds, theirs.seconds, 1.0)


def many(chosen):
    """Trees of 1,000 small images."""
    directory = make_small(COUNT + 32)
    tree, calls = large_tree(directory)
    if "small" in chosen:
        small(directory, tree)
    if "batch" in chosen:
        batch(directory, calls)
    if "list" in chosen:
        listing(tree)


main({"disk": disk, "small": many, "batch": many, "list": many}, "incus-simplestreams")
