"""Copies an image of 1 GiB from nginx over TLS: stapes into a tree, the Incus client into a directory, and curl into sha256sum.

All have the peers' tree as their root, so that they decrypt with its OpenSSL, and use one configuration. What they write is on the disk
when the next one starts. The image is in the page cache.
"""
import os
import shutil
import socket
import subprocess
import threading

from common import PEERS, STAPES, WORK, alternate, fresh, in_peers, inside, main, report, run, write_metadata
from servers import Nginx

SIZE = 1 << 30
BREAK_EVERY = 50_000_000


class BreakingLink:
    """Passes connections on to a port, and breaks each when so many bytes have come back through it."""

    def __init__(self, port):
        self.target = port
        self.passed = 0
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            client, _ = self.listener.accept()
            threading.Thread(target=self.serve, args=(client,), daemon=True).start()

    def serve(self, client):
        with client, socket.create_connection(("127.0.0.1", self.target)) as server:
            threading.Thread(target=self.pass_on, args=(client, server), daemon=True).start()
            left = BREAK_EVERY
            while left and (piece := server.recv(min(left, 1 << 18))):
                try:
                    client.sendall(piece)
                except OSError:
                    return
                left -= len(piece)
                self.passed += len(piece)
            client.shutdown(socket.SHUT_RDWR)

    @staticmethod
    def pass_on(client, server):
        try:
            while piece := client.recv(1 << 16):
                server.sendall(piece)
        except OSError:
            pass    # The other direction was broken.


def make_tree():
    """A tree with one container image; the squashfs is one by its header only, which is all that anybody looks at here."""
    documents, source = fresh("documents"), fresh("source")
    write_metadata(f"{source}/incus.tar.xz", "large", 1735689600)
    with open(f"{source}/root.squashfs", "wb") as file:
        file.write(b"hsqs" + bytes(24) + b"\x04\x00" + bytes(10) + SIZE.to_bytes(8, "little") + bytes(48))
        for _ in range(SIZE >> 20):
            file.write(os.urandom(1 << 20))
        file.truncate(SIZE)
    subprocess.run([STAPES, "tree", "-C", documents, "add", "--move", f"{source}/incus.tar.xz", f"{source}/root.squashfs", "--alias", "large"], check=True)
    return documents


def make_certificate():
    place = fresh("certificate")
    in_peers("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "2", "-keyout", "server.key",
             "-out", "server.crt", "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", directory=place, stderr=subprocess.DEVNULL)
    return place


def configure(certificate, **ports):
    """One configuration for both clients: the remotes, by name."""
    place = fresh("configuration")
    with open(f"{place}/config.yml", "w", encoding="ascii") as file:
        file.write("default-remote: local\nremotes:\n")
        for name, port in ports.items():
            file.write(f"  {name}:\n    addr: https://127.0.0.1:{port}\n    protocol: simplestreams\n    public: true\n")
    os.environ.update(INCUS_CONF=inside(place), STAPES_CONF=inside(place), SSL_CERT_FILE=inside(f"{certificate}/server.crt"),
                      XDG_CACHE_HOME=inside(fresh("cache")), HOME=inside(place))


def copy(_):
    certificate = make_certificate()
    documents = make_tree()
    shutil.copy(STAPES, f"{WORK}/stapes")
    root = next(name for name in os.listdir(f"{documents}/images") if name.endswith(".squashfs"))

    with Nginx(documents, certificate) as nginx:
        link = BreakingLink(nginx.https)
        configure(certificate, bench=nginx.https, broken=link.port)

        def stapes(remote="bench"):
            return run([inside(f"{WORK}/stapes"), "image", "copy", f"{remote}:large", "./tree:"], f"{WORK}/target", root=PEERS)

        def incus(_):
            return run(["/usr/bin/incus", "image", "export", "bench:large", "."], f"{WORK}/target", root=PEERS)

        def curl(_):
            url = f"https://127.0.0.1:{nginx.https}/images/{root}"
            return run(["/bin/sh", "-c", f"curl -sS --cacert {inside(certificate)}/server.crt {url} | sha256sum"], f"{WORK}/target", root=PEERS)

        def prepare():
            fresh("target")

        ours, theirs = alternate(5, lambda _: stapes(), incus, prepare)
        report("copy of a 1 GiB image over TLS into a tree, incus image export", ours.seconds, theirs.seconds, 0.6)
        ours, theirs = alternate(5, lambda _: stapes(), curl, prepare)
        report("its rate, curl | sha256sum", SIZE / 1e6 / ours.seconds, SIZE / 1e6 / theirs.seconds, 0.9, "MB/s", at_least=True)
        report("its peak memory", ours.memory, None, 96, "MiB")
        prepare()
        stapes("broken")
        report("bytes over a link that breaks every 50 MB, the image's", link.passed / 1e6, SIZE / 1e6, 1.02, "MB")
        with open(f"{WORK}/target/tree/images/{root}", "rb") as copied:
            if copied.seek(0, os.SEEK_END) != SIZE:
                raise SystemExit("the copy over the broken link is not whole")


main({"copy": copy}, "incus or curl")
