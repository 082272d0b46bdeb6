"""Runs the registry of stapes serve beside Docker's registry: the same blobs, pushed and pulled with the same clients, over the same protocol.

curl pushes each blob in one PUT and pulls it to nowhere, several at a time; skopeo copies whole images, which it may neither compress nor
mount; wrk asks for one manifest. What is pushed is new to both at each run. Docker's registry runs without authentication; stapes checks
an access token with each request. Its data lie on the same disk.
"""
import base64
import concurrent.futures
import hashlib
import http.client
import json
import os
import re
import shutil
import signal
import statistics
import subprocess
import sys
import time

from common import PEERS, WORK, Measurement, alternate, fresh, in_peers, inside, main, popen, report
from servers import Stapes, UnixConnection, free_port

MANIFEST = "application/vnd.oci.image.manifest.v1+json"
MIB = 1 << 20
RUNS = 3
PARALLEL = 4


class OurRegistry(Stapes):
    """stapes serve, and a token with which to push."""

    def __init__(self):
        super().__init__(fresh("ours"))
        answer = UnixConnection(self.socket).ask("POST", "/stapes/1.0/tokens", json.dumps({"name": "bench", "role": "publisher"}))
        self.credentials = "bench:" + json.loads(answer)["metadata"]["token"]


class DockerRegistry:
    """docker-registry with Debian's settings, but without logins and with a log of errors only."""

    credentials = None

    def __init__(self):
        place = fresh("docker")
        self.http = free_port()
        with open(f"{place}/config.yml", "w", encoding="ascii") as file:
            file.write(f"""
version: 0.1
log:
  level: error
  accesslog:
    disabled: true
storage:
  cache:
    blobdescriptor: inmemory
  filesystem:
    rootdirectory: {inside(place)}/data
  delete:
    enabled: true
http:
  addr: 127.0.0.1:{self.http}
""")
        self.process = popen(["/usr/bin/docker-registry", "serve", f"{inside(place)}/config.yml"], root=PEERS,
                             stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        while self.process.poll() is None:
            try:
                client = http.client.HTTPConnection("127.0.0.1", self.http)
                client.request("GET", "/v2/")
                client.getresponse().read()
                return
            except ConnectionError:
                time.sleep(0.01)
        sys.exit("docker-registry ended")

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.send_signal(signal.SIGTERM)
        self.process.wait()


def headers(server):
    if not server.credentials:
        return {}
    return {"Authorization": "Basic " + base64.b64encode(server.credentials.encode()).decode()}


def ask(server, method, path, body=b"", content_type="application/octet-stream"):
    client = http.client.HTTPConnection("127.0.0.1", server.http)
    client.request(method, path, body, {"Content-Type": content_type, **headers(server)})
    answer = client.getresponse()
    content = answer.read()
    if answer.status >= 400:
        sys.exit(f"{method} {path}: {answer.status} {content.decode(errors='replace')}")
    return answer


def curl(server, *arguments):
    login = ["-u", server.credentials] if server.credentials else []
    subprocess.run(["curl", "-sSf", "-o", "/dev/null", *login, *arguments], check=True)


def push(server, name, blob):
    location = ask(server, "POST", f"/v2/{name}/blobs/uploads/").headers["Location"]
    location = re.sub("^https?://[^/]*", "", location)
    mark = "&" if "?" in location else "?"
    curl(server, "-H", "Content-Type: application/octet-stream", "-H", "Expect:", "-T", blob.path,
         f"http://127.0.0.1:{server.http}{location}{mark}digest={blob.digest}")


def pull(server, name, blob):
    curl(server, f"http://127.0.0.1:{server.http}/v2/{name}/blobs/{blob.digest}")


class Blob:
    """A file of random bytes, which is made other ones for each run."""

    def __init__(self, path, size):
        self.path, self.size = path, size
        with open(path, "wb") as file:
            for _ in range(size // MIB):
                file.write(os.urandom(MIB))
        self.change()

    def change(self):
        digest = hashlib.sha256()
        with open(self.path, "r+b") as file:
            file.write(os.urandom(16))
            file.seek(0)
            while block := file.read(MIB):
                digest.update(block)
        self.digest = "sha256:" + digest.hexdigest()


def at_once(work, blobs):
    with concurrent.futures.ThreadPoolExecutor(PARALLEL) as pool:
        list(pool.map(work, blobs))


def timed(work):
    started = time.monotonic()
    work()
    return Measurement(time.monotonic() - started, 0)


def blobs_of(count, size):
    place = fresh("blobs")
    return [Blob(f"{place}/{i}", size) for i in range(count)]


def transfers(names):
    for name, what, count, size in (("large", "one blob of 1 GiB", 1, 1024 * MIB), ("many", "50 blobs of 10 MiB, four at a time", 50, 10 * MIB)):
        if name in names:
            transfer(what, blobs_of(count, size))


def transfer(what, blobs):
    with OurRegistry() as ours, DockerRegistry() as theirs:
        seen = []

        def pushing(server):
            def work(i):
                # Both get the same new bytes; the first of the two that comes makes them.
                if i not in seen:
                    seen.append(i)
                    for blob in blobs:
                        blob.change()
                    os.sync()
                return timed(lambda: at_once(lambda blob: push(server, f"push{i}", blob), blobs))
            return work

        def pulling(server):
            return lambda _: timed(lambda: at_once(lambda blob: pull(server, f"push{RUNS}", blob), blobs))

        a, b = alternate(RUNS, pushing(ours), pushing(theirs))
        report(f"push of {what}", a.seconds, b.seconds, 0.8)
        a, b = alternate(RUNS, pulling(ours), pulling(theirs))
        report(f"pull of {what}", a.seconds, b.seconds, 0.8)
        print(f"stapes: {ours.memory('VmHWM'):.0f} MiB at most")


def skopeo(names):
    for name, what, count, size in (("skopeo-large", "one layer of 1 GiB", 1, 1024 * MIB), ("skopeo-many", "50 layers of 10 MiB", 50, 10 * MIB)):
        if name in names:
            copies(what, count, size)


def layout(place, layers):
    """An OCI image layout around files that are named after their digests."""
    os.makedirs(f"{place}/blobs/sha256")
    for layer in layers:
        os.link(layer.path, f"{place}/blobs/sha256/{layer.digest[7:]}")

    def add(value):
        content = json.dumps(value).encode()
        digest = hashlib.sha256(content).hexdigest()
        with open(f"{place}/blobs/sha256/{digest}", "wb") as file:
            file.write(content)
        return {"digest": f"sha256:{digest}", "size": len(content)}

    config = add({"architecture": "amd64", "os": "linux", "rootfs": {"type": "layers", "diff_ids": [layer.digest for layer in layers]}, "config": {}})
    manifest = add({"schemaVersion": 2, "mediaType": MANIFEST, "config": {"mediaType": "application/vnd.oci.image.config.v1+json", **config},
                    "layers": [{"mediaType": "application/vnd.oci.image.layer.v1.tar", "digest": layer.digest, "size": layer.size} for layer in layers]})
    with open(f"{place}/index.json", "w", encoding="ascii") as file:
        json.dump({"schemaVersion": 2, "manifests": [{"mediaType": MANIFEST, **manifest, "annotations": {"org.opencontainers.image.ref.name": "app"}}]}, file)
    with open(f"{place}/oci-layout", "w", encoding="ascii") as file:
        file.write('{"imageLayoutVersion": "1.0.0"}')


def copies(what, count, size):
    blobs = blobs_of(count, size)
    with OurRegistry() as ours, DockerRegistry() as theirs:
        seen = []

        def copying(server):
            def work(i):
                if i not in seen:
                    seen.append(i)
                    for blob in blobs:
                        blob.change()
                    shutil.rmtree(f"{WORK}/layout", ignore_errors=True)
                    layout(f"{WORK}/layout", blobs)
                    os.sync()
                # What skopeo remembers of other repositories would let it mount.
                shutil.rmtree(f"{PEERS}/var/lib/containers/cache", ignore_errors=True)
                login = ["--dest-creds", server.credentials] if server.credentials else []
                return timed(lambda: in_peers(
                    "skopeo", "copy", "--quiet", "--preserve-digests", "--dest-tls-verify=false", *login,
                    f"oci:{inside(WORK)}/layout:app", f"docker://127.0.0.1:{server.http}/skopeo{i}:app"))
            return work

        def fetching(server):
            def work(i):
                shutil.rmtree(f"{WORK}/fetched", ignore_errors=True)
                login = ["--src-creds", server.credentials] if server.credentials else []
                return timed(lambda: in_peers(
                    "skopeo", "copy", "--quiet", "--preserve-digests", "--src-tls-verify=false", *login,
                    f"docker://127.0.0.1:{server.http}/skopeo{RUNS}:app", f"dir:{inside(WORK)}/fetched"))
            return work

        a, b = alternate(RUNS, copying(ours), copying(theirs))
        report(f"skopeo copy of {what} to the registry", a.seconds, b.seconds, 1)
        a, b = alternate(RUNS, fetching(ours), fetching(theirs))
        report(f"skopeo copy of {what} from the registry", a.seconds, b.seconds, 1)


def manifests(_):
    """The rate at which one manifest is served, to four connections."""
    config = b"{}"
    digest = "sha256:" + hashlib.sha256(config).hexdigest()
    manifest = json.dumps({"schemaVersion": 2, "mediaType": MANIFEST, "layers": [],
                           "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": digest, "size": 2}}).encode()

    def rate(server):
        # Docker's registry has no OCI manifest for whoever does not ask for one.
        said = [part for name, value in {"Accept": MANIFEST, **headers(server)}.items() for part in ("-H", f"{name}: {value}")]
        printed = in_peers("wrk", "-t1", "-c4", "-d3s", *said, f"http://127.0.0.1:{server.http}/v2/app/manifests/v1")
        if "Non-2xx" in printed:
            sys.exit(printed)
        return float(re.search(r"Requests/sec:\s*([\d.]+)", printed)[1])

    with OurRegistry() as ours, DockerRegistry() as theirs:
        for server in (ours, theirs):
            location = re.sub("^https?://[^/]*", "", ask(server, "POST", "/v2/app/blobs/uploads/").headers["Location"])
            ask(server, "PUT", f"{location}{'&' if '?' in location else '?'}digest={digest}", config)
            ask(server, "PUT", "/v2/app/manifests/v1", manifest, MANIFEST)
        rates = ([], [])
        for _ in range(RUNS):
            rates[0].append(rate(ours))
            rates[1].append(rate(theirs))
    report("manifests in a second", statistics.median(rates[0]), statistics.median(rates[1]), 2, "", at_least=True)


main({"large": transfers, "many": transfers, "manifests": manifests, "skopeo-large": skopeo, "skopeo-many": skopeo}, "docker-registry")
