"""The servers that bench/serve.py measures, and the small images that it puts into them."""
import http.client
import io
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tarfile
import threading
import time
import urllib.parse

from common import PEERS, STAPES, WORK, add_to, fresh, in_peers, inside, metadata, popen

INCUSD = f"{os.path.dirname(os.path.abspath(__file__))}/../tests/peers/incusd"


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class UnixConnection(http.client.HTTPConnection):
    """A client of an Incus API over a Unix socket."""

    def __init__(self, path):
        super().__init__("unix.socket")
        self.path = path

    def connect(self):
        self.sock = socket.socket(socket.AF_UNIX)
        self.sock.connect(self.path)

    def ask(self, method, path, body=None, headers=None):
        """The body of an answer, which has to be a success."""
        self.request(method, path, body, headers or {})
        answer = self.getresponse()
        content = answer.read()
        if answer.status >= 400:
            sys.exit(f"{method} {path}: {answer.status} {content.decode(errors='replace')}")
        return content


class ProcessMemory:
    """The resident set of a process."""

    def __init__(self, pid):
        self.pid = pid

    def read(self, what="VmRSS"):
        """MiB; VmHWM is the most since reset_peak."""
        with open(f"/proc/{self.pid}/status", encoding="ascii") as status:
            return next(int(line.split()[1]) for line in status if line.startswith(what)) / 1024

    def reset_peak(self):
        with open(f"/proc/{self.pid}/clear_refs", "w", encoding="ascii") as file:
            file.write("5")


class Stapes:
    """stapes serve with its defaults on a data directory in the peers' tree, which is its root."""

    def __init__(self, data):
        self.socket = f"{data}/unix.socket"
        self.http, self.https = free_port(), free_port()
        program = f"{WORK}/stapes"
        if not os.path.exists(program):
            shutil.copy(STAPES, program)
        self.log = open(f"{WORK}/stapes.log", "ab")
        self.started = time.monotonic()
        self.process = popen(
            [inside(program), "serve", "--data", inside(data), "--listen", f"http://127.0.0.1:{self.http}", "--listen", f"https://127.0.0.1:{self.https}"],
            root=PEERS, stdout=self.log, stderr=self.log)
        self.seconds = self.wait()

    def wait(self):
        """How long it took from its start until it said that it is ready."""
        while self.process.poll() is None:
            try:
                client = http.client.HTTPConnection("127.0.0.1", self.http)
                client.request("GET", "/readyz")
                if client.getresponse().status == 200:
                    client.close()
                    return time.monotonic() - self.started
            except ConnectionError:
                time.sleep(0.001)
        with open(self.log.name, encoding="utf-8") as log:
            sys.exit(f"stapes serve ended:\n{log.read()}")

    def memory(self, what="VmRSS"):
        return ProcessMemory(self.process.pid).read(what)

    def reset_peak(self):
        ProcessMemory(self.process.pid).reset_peak()

    def processor_seconds(self):
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as stat:
            fields = stat.read().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()
        self.log.close()


class Nginx:
    """nginx as Debian sets it up, without a log; what it keeps per connection never ends one."""

    def __init__(self, documents, certificate):
        self.http, self.https, self.https2 = free_port(), free_port(), free_port()
        place = fresh("nginx")
        with open(f"{place}/nginx.conf", "w", encoding="ascii") as file:
            file.write(f"""
                user root;
                worker_processes auto;
                pid {inside(place)}/nginx.pid;
                error_log {inside(place)}/errors.log;
                events {{ worker_connections 1024; }}
                http {{
                    sendfile on;
                    tcp_nopush on;
                    access_log off;
                    keepalive_requests 1000000000;
                    default_type application/octet-stream;
                    types {{ application/json json; }}
                    gzip_static on;
                    root {inside(documents)};
                    ssl_certificate {inside(certificate)}/server.crt;
                    ssl_certificate_key {inside(certificate)}/server.key;
                    server {{ listen 127.0.0.1:{self.http}; }}
                    server {{ listen 127.0.0.1:{self.https} ssl; }}
                    server {{ listen 127.0.0.1:{self.https2} ssl; http2 on; }}
                }}""")
        self.process = popen(["/usr/sbin/nginx", "-c", f"{inside(place)}/nginx.conf", "-g", "daemon off;"], root=PEERS)
        while True:
            try:
                socket.create_connection(("127.0.0.1", self.https2)).close()
                return
            except ConnectionError:
                if self.process.poll() is not None:
                    sys.exit(f"nginx ended; see {place}/errors.log")
                time.sleep(0.01)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


class Incusd:
    """The Incus daemon of the peers' tree, empty."""

    socket = f"{PEERS}/var/lib/incus/unix.socket"

    def __enter__(self):
        subprocess.run([INCUSD, "stop", PEERS], check=True)
        subprocess.run([INCUSD, "start", PEERS], check=True)
        return self

    def __exit__(self, *_):
        subprocess.run([INCUSD, "stop", PEERS], check=True)


def squashfs():
    """A small root file system."""
    place = fresh("template")
    os.makedirs(f"{place}/root")
    in_peers("mksquashfs", "root", "root.squashfs", "-quiet", "-no-progress", directory=place)
    with open(f"{place}/root.squashfs", "rb") as file:
        return file.read()


def upload(path, root, numbers, threads=4):
    """Imports small public images, an alias each, through the API of a server. The same numbers are the same images."""
    todo = iter(numbers)
    turn = threading.Lock()

    def work():
        client = UnixConnection(path)
        while True:
            with turn:
                number = next(todo, None)
            if number is None:
                return
            add_image(client, root, number)

    workers = [threading.Thread(target=work) for _ in range(threads)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()


def add_image(client, root, number):
    tarball = io.BytesIO()
    with tarfile.open(fileobj=tarball, mode="w") as tar:
        add_to(tar, "metadata.yaml", metadata(f"r{number}", 1735689600 + 60 * number))
    # The time of its making: another file each time.
    files = {"metadata": tarball.getvalue(), "rootfs": root[:8] + number.to_bytes(4, "little") + root[12:]}
    body = b"".join(
        f'--frontier\r\nContent-Disposition: form-data; name="{name}"; filename="{name}"\r\n\r\n'.encode() + content + b"\r\n"
        for name, content in files.items()) + b"--frontier--\r\n"
    answer = json.loads(client.ask("POST", "/1.0/images", body, {
        "Content-Type": "multipart/form-data; boundary=frontier",
        "X-Incus-public": "true",
        "X-Incus-aliases": urllib.parse.urlencode({"alias": f"bench/r{number}"}),
    }))
    ended = json.loads(client.ask("GET", f"{answer['operation']}/wait"))["metadata"]
    if ended["status_code"] != 200:
        sys.exit(f"image {number}: {ended['err']}")
