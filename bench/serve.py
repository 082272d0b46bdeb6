"""Runs stapes serve beside nginx and the Incus daemon over the same images; what is served is in the page cache.

All have the peers' tree as their root, so that stapes and nginx encrypt with the same OpenSSL. nginx sends index and images as files: the
index as the very bytes that stapes sends, compressed beforehand (gzip_static). The clients are wrk, and for HTTP/2 and large files h2load,
which receive with windows that never close; they share the processors with the server. stapes runs with its defaults.
"""
import http.client
import mmap
import os
import re
import statistics
import subprocess
import time

from common import (PEERS, STAPES, WORK, Measurement, alternate, fresh, in_peers, inside, main, report, run, write_metadata)
from servers import Incusd, Nginx, Stapes, UnixConnection, squashfs, upload

COUNT = 1000
MANY = 10_000
GIB = 1 << 30
IDLE = 20
PROTOCOLS = ("http", "https", "https2")


def url(server, protocol, path):
    port = {"http": server.http, "https": server.https, "https2": getattr(server, "https2", server.https)}[protocol]
    return f"{protocol.rstrip('2')}://127.0.0.1:{port}/{path}"


def name_of(protocol):
    return {"http": "HTTP/1.1", "https": "HTTP/1.1 over TLS", "https2": "HTTP/2 over TLS"}[protocol]


def get(server, path, headers):
    client = http.client.HTTPConnection("127.0.0.1", server.http)
    client.request("GET", path, headers=headers)
    answer = client.getresponse()
    return answer.read()


def listing(_):
    """1,000 images in one answer, asked for over the Unix socket."""
    root = squashfs()

    def once(server):
        client = UnixConnection(server.socket)

        def work(_):
            started = time.monotonic()
            client.ask("GET", "/1.0/images?recursion=1")
            return Measurement(time.monotonic() - started, 0)

        return work

    with Stapes(fresh("data")) as ours, Incusd() as theirs:
        for server in (ours, theirs):
            upload(server.socket, root, range(COUNT))
        a, b = alternate(7, once(ours), once(theirs))
    report(f"/1.0/images?recursion=1, {COUNT} images", a.seconds, b.seconds, 0.01)


def index(_):
    """images.json, from stapes and as a file."""
    path = "streams/v1/images.json"
    documents = fresh("documents")
    data = fresh("data")
    with Stapes(data) as ours:
        upload(ours.socket, squashfs(), range(COUNT))
        os.makedirs(os.path.dirname(f"{documents}/{path}"))
        for suffix, coding in (("", "identity"), (".gz", "gzip")):
            with open(f"{documents}/{path}{suffix}", "wb") as file:
                file.write(get(ours, f"/{path}", {"Accept-Encoding": coding}))

        def once(server, protocol):
            target = url(server, protocol, path)
            command = (["h2load", "-D", "3", "-c", "64", "-t", "1", "-H", "accept-encoding: gzip", target] if protocol == "https2"
                       else ["wrk", "-t", "1", "-c", "64", "-d", "3", "-H", "Accept-Encoding: gzip", target])
            pattern = r"finished in .*?, ([\d.]+) req/s" if protocol == "https2" else r"Requests/sec:\s+([\d.]+)"
            return lambda _: Measurement(float(re.search(pattern, in_peers(*command)).group(1)), 0)

        with Nginx(documents, data) as theirs:
            for protocol in PROTOCOLS:
                a, b = alternate(5, once(ours, protocol), once(theirs, protocol))
                report(f"images.json, {COUNT} images, gzip, 64 connections, {name_of(protocol)}", a.seconds, b.seconds, 1.0, "/s", at_least=True)


def large_files():
    """The metadata and the disk of an image of 1 GiB."""
    source = fresh("large")
    write_metadata(f"{source}/incus.tar.xz", "disk", 1735689600)
    with open(f"{source}/disk.raw", "wb") as raw:
        for _ in range(1024):
            raw.write(os.urandom(1 << 20))
    in_peers("qemu-img", "convert", "-f", "raw", "-O", "qcow2", "disk.raw", "disk.qcow2", directory=source)
    os.remove(f"{source}/disk.raw")
    return f"{source}/incus.tar.xz", f"{source}/disk.qcow2"


def import_image(data, files):
    return run([STAPES, "image", "import", *files, "--public", "--quiet", "--data", data], WORK)


def blob(_):
    """Downloads of a file of 1 GiB, one and 16 at once."""
    files = large_files()
    documents = fresh("documents")
    data = fresh("data")
    with Stapes(data) as ours:
        import_image(data, files)
        path = re.search(rb'images/[0-9a-f]{64}\.qcow2', get(ours, "/streams/v1/images.json", {})).group().decode()
        os.makedirs(f"{documents}/images")
        os.link(files[1], f"{documents}/{path}")
        memory = []

        def once(server, protocol, count):
            def work(_):
                if server is ours:
                    ours.reset_peak()
                output = in_peers("h2load", "-n", str(count), "-c", str(count), "-t", str(min(count, 2)),
                                  *([] if protocol == "https2" else ["--h1"]), url(server, protocol, path))
                if f"{count} succeeded" not in output:
                    raise RuntimeError(output)
                if server is ours:
                    memory.append(ours.memory("VmHWM"))
                value, unit = re.search(r"finished in ([\d.]+)(ms|s)", output).groups()
                return Measurement(count / (float(value) / (1000 if unit == "ms" else 1)), 0)

            return work

        with Nginx(documents, data) as theirs:
            for count, times in ((1, 5), (16, 1)):
                for protocol in PROTOCOLS[1:]:
                    a, b = alternate(times, once(ours, protocol, count), once(theirs, protocol, count))
                    report(f"{count} × 1 GiB, {name_of(protocol)}", a.seconds * 1024, b.seconds * 1024, 0.9, "MiB/s", at_least=True)
    report("peak memory meanwhile", max(memory), None, 64, "MiB")


def importing(_):
    """The import of a split image of 1 GiB, against the slower of SHA-256 and the disk."""
    files = large_files()
    data = fresh("data")
    target = f"{WORK}/written"

    def change():
        # Another image each time.
        with open(files[1], "r+b") as disk, mmap.mmap(disk.fileno(), 0) as content:
            content[GIB // 2:GIB // 2 + 8] = os.urandom(8)

    def write(_):
        started = time.monotonic()
        in_peers("dd", f"if={inside(files[1])}", f"of={inside(target)}", "bs=1M", "conv=fdatasync", "status=none")
        seconds = time.monotonic() - started
        os.remove(target)
        return Measurement(GIB / seconds / 1e6, 0)

    def take(_):
        return Measurement(GIB / import_image(data, files).seconds / 1e6, 0)

    # The last column is the rate for the largest blocks, in thousands of bytes.
    speed = subprocess.run(["chroot", PEERS, "openssl", "speed", "-seconds", "1", "sha256"], check=True, capture_output=True, text=True).stdout
    hashing = float(re.search(r"^sha256 .*?([\d.]+)k$", speed, re.MULTILINE).group(1)) / 1000
    with Stapes(data):
        ours, disk = alternate(5, take, write, change)
    report(f"import of 1 GiB (SHA-256 {hashing:.0f} MB/s, disk {disk.seconds:.0f} MB/s)", ours.seconds, min(hashing, disk.seconds), 0.8, "MB/s", at_least=True)


def start(_):
    """Start and idle memory with 10,000 images."""
    data = fresh("data")
    with Stapes(data) as server:
        upload(server.socket, squashfs(), range(MANY))
    seconds = []
    for _ in range(7):
        with Stapes(data) as server:
            seconds.append(server.seconds)
            memory = server.memory()
    report(f"start to ready, {MANY} images", statistics.median(seconds) * 1000, None, 100, "ms")
    report(f"idle memory after the start, {MANY} images", memory, None, 64, "MiB")
    with Stapes(data) as server:
        for coding in ("identity", "gzip", "br", "zstd"):
            for document in ("index", "images"):
                get(server, f"/streams/v1/{document}.json", {"Accept-Encoding": coding})
        get(server, "/1.0/images?recursion=1", {})
        UnixConnection(server.socket).ask("GET", "/1.0/images?recursion=1")
        time.sleep(IDLE)
        report(f"idle memory {IDLE} s after every list in every coding, {MANY} images", server.memory(), None, 64, "MiB")


main({"list": listing, "index": index, "blob": blob, "import": importing, "start": start}, "peer")
