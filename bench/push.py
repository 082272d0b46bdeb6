"""Has an Incus daemon push images to stapes and to a second Incus daemon: `incus image copy --mode=push`, over TLS on loopback.

The source, the client and the machine are the same for both targets, which differ in nothing but the program; both keep their images on the
same disk. What is measured is the client from its start to its end, which is when the target has the image.
"""
import json
import os
import subprocess
import time

from common import PEERS, WORK, Measurement, alternate, fresh, in_peers, inside, main, popen, report, run, write_metadata
from servers import INCUSD, Incusd, ProcessMemory, Stapes, UnixConnection, free_port

MANY = (8, 16, 32)
SIZES = (64, 256)
FLAT = 1.25    # how much the memory may differ and be called the same


class SecondIncusd(Incusd):
    """One more daemon in the same tree, beside the one that pushes."""

    socket = f"{PEERS}/var/lib/incus-target/unix.socket"

    def __enter__(self):
        subprocess.run([INCUSD, "stop", PEERS, "target"], check=True)
        subprocess.run([INCUSD, "start", PEERS, "target"], check=True)
        with open(f"{PEERS}/.incusd-target.pid", encoding="ascii") as file:
            self.process = ProcessMemory(child_named(int(file.read()), "incusd"))
        return self

    def memory(self, what="VmRSS"):
        return self.process.read(what)

    def reset_peak(self):
        self.process.reset_peak()

    def __exit__(self, *_):
        subprocess.run([INCUSD, "stop", PEERS, "target"], check=True)


def child_named(parent, name):
    """The last process of that name below another one: the script that starts the daemon has its name too."""
    below, found = [parent], None
    for pid in below:
        with open(f"/proc/{pid}/comm", encoding="ascii") as comm:
            found = pid if comm.read().strip() == name else found
        with open(f"/proc/{pid}/task/{pid}/children", encoding="ascii") as children:
            below += map(int, children.read().split())
    if found is None:
        raise RuntimeError(f"no {name} below {parent}")
    return found


def incus(*arguments):
    return ["/usr/bin/env", f"INCUS_CONF={inside(WORK)}/conf", "/usr/bin/incus", *arguments]


def listen(server):
    """Opens a daemon to the network."""
    client = UnixConnection(server.socket)
    client.ask("PATCH", "/1.0", json.dumps({"config": {"core.https_address": f"127.0.0.1:{free_port()}"}}), {"Content-Type": "application/json"})


def trust(server, name):
    """Makes the client an administrator of a server, and the server a remote of the client."""
    client = UnixConnection(server.socket)
    made = json.loads(client.ask("POST", "/1.0/certificates", json.dumps({"name": "bench", "type": "client", "token": True}),
                                 {"Content-Type": "application/json"}))["metadata"]["metadata"]
    addresses = made["addresses"] or [f"127.0.0.1:{server.https}"]
    token = {"client_name": "bench", "fingerprint": made["fingerprint"], "addresses": addresses, "secret": made["secret"],
             "expires_at": made.get("expires_at") or "0001-01-01T00:00:00Z"}
    encoded = subprocess.run(["base64", "-w0"], input=json.dumps(token), stdout=subprocess.PIPE, text=True, check=True).stdout
    run(incus("remote", "add", name, encoded), WORK, root=PEERS)


def add(name, size):
    """Imports an image with a disk of random bytes into the daemon that pushes; its fingerprint."""
    place = fresh("source")
    write_metadata(f"{place}/incus.tar.xz", name, 1735689600)
    with open(f"{place}/disk.raw", "wb") as raw:
        for _ in range(size >> 20):
            raw.write(os.urandom(1 << 20))
    in_peers("qemu-img", "convert", "-f", "raw", "-O", "qcow2", "disk.raw", "disk.qcow2", directory=place)
    os.remove(f"{place}/disk.raw")
    run(incus("image", "import", f"{inside(place)}/incus.tar.xz", f"{inside(place)}/disk.qcow2", "local:", "--alias", name), WORK, root=PEERS)
    client = UnixConnection(Incusd.socket)
    return json.loads(client.ask("GET", f"/1.0/images/aliases/{name}"))["metadata"]["target"]


def delete(server, fingerprint):
    client = UnixConnection(server.socket)
    started = json.loads(client.ask("DELETE", f"/1.0/images/{fingerprint}"))
    client.ask("GET", f"{started['operation']}/wait")


def large(_, ours, theirs):
    fingerprint = add("large", 1 << 30)

    def push(server, name):
        def work(_):
            measured = run(incus("image", "copy", f"local:{fingerprint}", f"{name}:", "--mode=push", "--quiet"), WORK, root=PEERS)
            delete(server, fingerprint)
            return measured

        return work

    a, b = alternate(5, push(ours, "ours"), push(theirs, "theirs"))
    report("push of a 1 GiB image", a.seconds, b.seconds, 1.0)


def push_at_once(server, name, fingerprints):
    """Pushes images side by side; the time, the peak memory of the server meanwhile, and how many are there afterwards. They are deleted then."""
    server.reset_peak()
    started = time.monotonic()
    clients = [popen(incus("image", "copy", f"local:{f}", f"{name}:", "--mode=push", "--quiet"), WORK, root=PEERS) for f in fingerprints]
    failed = sum(client.wait() != 0 for client in clients)
    measured = Measurement(time.monotonic() - started, server.memory("VmHWM"))
    there = {image.rsplit("/", 1)[1] for image in json.loads(UnixConnection(server.socket).ask("GET", "/1.0/images"))["metadata"]} & set(fingerprints)
    for fingerprint in there:
        delete(server, fingerprint)
    return measured, len(there) - failed


def at_once(ours, theirs, fingerprints, what):
    """Rows of pushes side by side, to either server; the peak memory of ours."""
    ours_measured, there = push_at_once(ours, "ours", fingerprints)
    theirs_measured, _ = push_at_once(theirs, "theirs", fingerprints)
    report(f"{what} at once", ours_measured.seconds, theirs_measured.seconds, 1.0)
    report("  images that are there then", there, None, len(fingerprints), "images", at_least=True)
    report("  peak memory meanwhile", ours_measured.memory, theirs_measured.memory, 1.0, "MiB")
    return ours_measured.memory


def many(_, ours, theirs):
    """More and more pushes side by side: the memory stays what it is."""
    fingerprints = [add(f"m{i}", 32 << 20) for i in range(MANY[-1])]
    peaks = [at_once(ours, theirs, fingerprints[:count], f"{count} pushes of 32 MiB") for count in MANY]
    report(f"memory of {MANY[-1]} pushes against that of {MANY[0]}", peaks[-1], peaks[0], FLAT, "MiB")


def sizes(_, ours, theirs):
    """Larger and larger images: the memory stays what it is."""
    peaks = [at_once(ours, theirs, [add(f"s{size}-{i}", size << 20) for i in range(MANY[0])], f"{MANY[0]} pushes of {size} MiB") for size in SIZES]
    report(f"memory of pushes of {SIZES[-1]} MiB against that of {SIZES[0]}", peaks[-1], peaks[0], FLAT, "MiB")


def both(chosen):
    with Incusd() as source, SecondIncusd() as theirs, Stapes(fresh("data")) as ours:
        fresh("conf")
        for daemon in (source, theirs):
            listen(daemon)
        trust(ours, "ours")
        trust(theirs, "theirs")
        for name in chosen:
            {"large": large, "many": many, "sizes": sizes}[name](chosen, ours, theirs)


main({"large": both, "many": both, "sizes": both}, "incusd")
