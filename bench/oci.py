"""Turns an application image of 500 MiB into what Incus launches, by stapes and by umoci and mksquashfs with the same compressor, in turn.

The image comes from a registry of the peers; its layers are in the cache of stapes, and in a layout for umoci, so that nothing is fetched.
"""
import os
import random
import shutil
import socket
import subprocess
import tarfile
import time

from common import PEERS, STAPES, WORK, Measurement, add_to, alternate, fresh, in_peers, inside, main, popen, report, run

SIZE = 500 << 20


def make_layers(directory):
    """Layers like those of a distribution: many files whose content compresses by half, changed by a second layer."""
    rng = random.Random(1)
    words = [rng.randbytes(rng.randrange(3, 12)) for _ in range(4096)]
    for layer, share in (("base", 9), ("app", 1)):
        with tarfile.open(f"{directory}/{layer}.tar", "w") as tar:
            left, number = SIZE * share // 10, 0
            while left > 0:
                size = min(left, rng.choice((2 << 10, 20 << 10, 200 << 10, 2 << 20)))
                content = b"".join(rng.choices(words, k=size // 14)) + rng.randbytes(size // 2)
                add_to(tar, f"usr/{layer}/{number % 100}/{number}", content[:size])
                left, number = left - size, number + 1


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def start_registry(directory):
    port = free_port()
    with open(f"{directory}/registry.yml", "w") as file:
        file.write(f"version: 0.1\nstorage:\n  filesystem:\n    rootdirectory: {inside(directory)}/registry\nhttp:\n  addr: 127.0.0.1:{port}\n")
    process = popen(["/usr/bin/docker-registry", "serve", f"{inside(directory)}/registry.yml"], root=PEERS, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    while True:
        try:
            socket.create_connection(("127.0.0.1", port)).close()
            return process, port
        except ConnectionRefusedError:
            time.sleep(0.05)


def convert(_):
    source = fresh("oci")
    make_layers(source)
    layout = f"{inside(source)}/layout"
    in_peers("umoci", "init", "--layout", layout)
    in_peers("umoci", "new", "--image", f"{layout}:app")
    for layer in ("base", "app"):
        in_peers("umoci", "raw", "add-layer", "--image", f"{layout}:app", f"{inside(source)}/{layer}.tar")
    in_peers("umoci", "config", "--image", f"{layout}:app", "--config.entrypoint", "/app")
    registry, port = start_registry(source)
    os.environ["STAPES_CONF"] = f"{source}/conf"
    os.environ["XDG_CACHE_HOME"] = f"{source}/cache"
    try:
        in_peers("skopeo", "copy", "--insecure-policy", "--dest-tls-verify=false", f"oci:{layout}:app", f"docker://127.0.0.1:{port}/app:1")
        subprocess.run([STAPES, "remote", "add", "bench", f"http://127.0.0.1:{port}", "--protocol=oci"], check=True, stdout=subprocess.DEVNULL)

        def ours(_):
            return run([STAPES, "image", "export", "bench:app:1", fresh("ours"), "--quiet"], WORK)

        def theirs(_):
            shutil.rmtree(f"{source}/bundle", ignore_errors=True)
            unpack = run(["/usr/bin/umoci", "unpack", "--image", f"{layout}:app", f"{inside(source)}/bundle"], "/", root=PEERS)
            # The squashfs-tools of this machine, as stapes uses them.
            pack = run(["mksquashfs", f"{source}/bundle/rootfs", f"{source}/root.squashfs", "-comp", "zstd", "-noappend", "-quiet", "-no-progress"], WORK)
            os.remove(f"{source}/root.squashfs")
            return Measurement(unpack.seconds + pack.seconds, max(unpack.memory, pack.memory))

        mine, other = alternate(3, ours, theirs)
        report("conversion of a 500 MiB image", mine.seconds, other.seconds, 1.1)
        report("its peak memory", mine.memory, None, 128, "MiB")
    finally:
        registry.terminate()
        registry.wait()
        shutil.rmtree(source)


main({"convert": convert}, "umoci and mksquashfs")
