"""Runs stapes and the Incus client in turn against nginx over TLS; both verify its certificate."""
import json
import os
import shutil
import socket
import subprocess
import time

from common import PEERS, STAPES, WORK, alternate, fresh, in_peers, inside, main, report, run

COUNT = 1000
AUTHORITY = "/usr/local/share/ca-certificates/stapes-bench.crt"


def make_index(tree):
    """A tree of 1,000 images in 500 products of two versions each; nobody fetches their files."""
    products = {}
    for i in range(COUNT // 2):
        versions = {}
        for serial in ("202501010000", "202502010000"):
            digest = f"{i:060x}{serial[4:6]}{i % 100:02}"
            versions[serial] = {"items": {
                "incus.tar.xz": {"ftype": "incus.tar.xz", "path": f"images/{digest}.incus.tar.xz", "sha256": digest, "size": 700,
                                 "combined_squashfs_sha256": digest[::-1]},
                "root.squashfs": {"ftype": "squashfs", "path": f"images/{digest}.squashfs", "sha256": digest, "size": 123456789},
            }}
        products[f"bench:r{i}:default:amd64"] = {
            "aliases": f"bench/r{i},bench/r{i}/default", "arch": "amd64", "os": "Bench", "release": f"r{i}", "release_title": f"Release {i}",
            "variant": "default", "requirements": {"secureboot": "false"}, "versions": versions}
    os.makedirs(f"{tree}/streams/v1")
    with open(f"{tree}/streams/v1/images.json", "w") as file:
        json.dump({"content_id": "images", "datatype": "image-downloads", "format": "products:1.0", "products": products}, file)
    with open(f"{tree}/streams/v1/index.json", "w") as file:
        json.dump({"format": "index:1.0", "index": {"images": {"datatype": "image-downloads", "path": "streams/v1/images.json",
                                                               "format": "products:1.0", "products": sorted(products)}}}, file)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Server:
    """nginx over a tree, with a certificate of an authority that the peers trust."""

    def __init__(self, tree):
        self.directory = fresh("web")
        self.port = free_port()
        key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc", "-days", "2")
        in_peers("openssl", "req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.crt", "-subj", "/CN=Stapes benchmarks",
                 directory=self.directory, stderr=subprocess.DEVNULL)
        in_peers("openssl", "req", "-x509", *key, "-CA", "ca.crt", "-CAkey", "ca.key", "-keyout", "server.key", "-out", "server.crt",
                 "-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1", "-addext", "basicConstraints=critical,CA:FALSE",
                 directory=self.directory, stderr=subprocess.DEVNULL)
        shutil.copy(f"{self.directory}/ca.crt", PEERS + AUTHORITY)
        in_peers("update-ca-certificates", stderr=subprocess.DEVNULL)
        with open(f"{self.directory}/nginx.conf", "w") as file:
            file.write(f"""user www-data; worker_processes 1; pid nginx.pid; daemon on;
                events {{ worker_connections 256; }}
                http {{ access_log off; gzip on; gzip_types application/json; types {{ application/json json; }}
                    server {{ listen 127.0.0.1:{self.port} ssl; ssl_certificate server.crt; ssl_certificate_key server.key;
                        root {inside(tree)}; }} }}""")
        self.nginx()

    def nginx(self, *arguments):
        in_peers("nginx", "-p", inside(self.directory), "-c", "nginx.conf", "-e", "errors.log", *arguments, directory=self.directory)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.nginx("-s", "stop")
        os.remove(PEERS + AUTHORITY)
        in_peers("update-ca-certificates", stderr=subprocess.DEVNULL)
        time.sleep(0.2)


def listing(_):
    """image list of 1,000 images: without a cache, and with what an earlier list left."""
    tree = fresh("tree")
    make_index(tree)
    home = fresh("home")
    with Server(tree) as server:
        url = f"https://127.0.0.1:{server.port}"
        os.environ.update(HOME=home, SSL_CERT_FILE=f"{server.directory}/ca.crt", STAPES_CONF=f"{home}/stapes", XDG_CACHE_HOME=f"{home}/cache")
        subprocess.run([STAPES, "remote", "add", "bench", url, "--protocol=simplestreams"], check=True)
        in_peers("env", f"HOME={inside(home)}", "incus", "remote", "add", "bench", url, "--protocol=simplestreams", stderr=subprocess.DEVNULL)

        def ours(_):
            return run([STAPES, "image", "list", "bench:"], home)

        def theirs(_):
            return run(["/usr/bin/env", f"HOME={inside(home)}", "/usr/bin/incus", "image", "list", "bench:"], home, root=PEERS)

        def forget():
            shutil.rmtree(f"{home}/cache", ignore_errors=True)
            shutil.rmtree(f"{home}/.cache", ignore_errors=True)

        for name, prepare in (("cold", forget), ("cached", lambda: None)):
            mine, peers = alternate(15, ours, theirs, prepare)
            report(f"image list of 1,000 images, {name}", mine.seconds, peers.seconds, 0.5)
            report("its peak memory", mine.memory, peers.memory, 1.0, "MiB")


main({"list": listing}, "incus")
