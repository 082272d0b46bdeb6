"""Measures what knowing callers costs: 1,000 requests a second from 100 certificates, beside the same requests of strangers.

Each of 100 connections asks for the same small document ten times a second, for five seconds; strangers and known clients take turns.
The figure is the difference between the medians of the time from a request to its answer. Usage: bench/run access
"""
import http.client
import ssl
import statistics
import subprocess
import sys
import threading
import time

from common import STAPES, fresh, main, report

CLIENTS, RATE, SECONDS, ROUNDS = 100, 10, 5, 3


def certificates(directory):
    """A certificate for each client, and the key that all of them share."""
    key = f"{directory}/client.key"
    subprocess.run(["openssl", "ecparam", "-name", "prime256v1", "-genkey", "-noout", "-out", key], check=True)
    made = []
    for number in range(CLIENTS):
        path = f"{directory}/{number}.crt"
        subprocess.run(["openssl", "req", "-new", "-x509", "-key", key, "-subj", f"/CN=client{number}", "-days", "2", "-out", path], check=True)
        made.append((path, key))
    return made


def start(data):
    process = subprocess.Popen([STAPES, "serve", "--data", data, "--listen", "127.0.0.1:0"], stderr=subprocess.PIPE, text=True)
    for line in process.stderr:
        if "https://" in line:
            threading.Thread(target=lambda: [None for _ in process.stderr], daemon=True).start()
            return process, int(line.rsplit(":", 1)[1].split()[0].strip("/,"))
    sys.exit("stapes serve did not start")


def connect(port, certificate):
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    if certificate:
        context.load_cert_chain(*certificate)
    connection = http.client.HTTPSConnection("127.0.0.1", port, context=context)
    connection.connect()
    return connection


def ask(connection):
    connection.request("GET", "/streams/v1/index.json")
    response = connection.getresponse()
    response.read()
    if response.status != 200:
        sys.exit(f"status {response.status}")


def drive(connections):
    """Asks over all connections in turn, at the chosen rate; the seconds that each answer took."""
    taken = []
    began = time.monotonic()
    for number in range(CLIENTS * RATE * SECONDS):
        wait = began + number / (CLIENTS * RATE) - time.monotonic()
        if wait > 0:
            time.sleep(wait)
        asked = time.monotonic()
        ask(connections[number % CLIENTS])
        taken.append(time.monotonic() - asked)
    return taken, len(taken) / (time.monotonic() - began)


def measure(_):
    directory = fresh("access")
    made = certificates(directory)
    process, port = start(f"{directory}/data")
    try:
        for path, _key in made:
            subprocess.run([STAPES, "config", "trust", "add-certificate", path, "--data", f"{directory}/data"], check=True)
        known = [connect(port, pair) for pair in made]
        strangers = [connect(port, None) for _pair in made]
        for connection in known + strangers:
            ask(connection)
        results = {"known": [], "strangers": []}
        rates = []
        for _round in range(ROUNDS):
            for name, connections in (("strangers", strangers), ("known", known)):
                taken, rate = drive(connections)
                results[name] += taken
                rates.append(rate)
        added = 1000 * (statistics.median(results["known"]) - statistics.median(results["strangers"]))
        print(f"medians: known {1000 * statistics.median(results['known']):.3f} ms, strangers "
              f"{1000 * statistics.median(results['strangers']):.3f} ms; {min(rates):.0f} requests a second or more")
        report("time that knowing a caller adds to a request", added, None, 0.2, unit="ms")
    finally:
        process.terminate()
        process.wait()


main({"requests": measure}, "strangers")
