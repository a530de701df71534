# Calls a gRPC service until stdin ends, and prints the outcomes of the calls.
#
# client.py CHANNELS PORT...: each channel balances its calls over all ports, and has the defaults of gRPC's C core. There
# is no retry policy: the core only retries calls that the server reports as not handled.
import json
import sys
import threading
import time
from collections import Counter
from itertools import count

import grpc

CALL_LIMIT_S = 10
MESSAGES = 20
# Number of threads of each kind, and their pause between calls, in seconds.
PLAN = {"get": (8, 0.02), "create": (8, 0.05), "list": (8, 0.05)}
STATUSES = ["UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"]

stopped = threading.Event()
became = {kind: Counter() for kind in PLAN}
health = Counter()
watched = threading.Semaphore(0)
ids = count(1)


def message(text):
    """Encodes a message with a single string field, which needs no generated code."""
    data = text.encode()
    return bytes([0x0A, len(data)]) + data


def connect(ports):
    return grpc.insecure_channel(
        "ipv4:" + ",".join(f"127.0.0.1:{port}" for port in ports),
        # Otherwise channels to the same address share a connection.
        options=[("grpc.use_local_subchannel_pool", 1), ("grpc.lb_policy_name", "round_robin")],
    )


def ask(channel, kind, request):
    """Whether the response is complete and correct."""
    path = f"/drain.Drain/{kind.capitalize()}"
    if kind != "list":
        return channel.unary_unary(path)(request, timeout=CALL_LIMIT_S) == request
    responses = list(channel.unary_stream(path)(request, timeout=CALL_LIMIT_S))
    return responses == [request] * MESSAGES


def converse(channel, kind, pause_s):
    while not stopped.is_set():
        try:
            is_whole = ask(channel, kind, message(f"{kind}-{next(ids)}"))
            became[kind]["OK" if is_whole else "not whole"] += 1
        except grpc.RpcError as err:
            became[kind][err.code().name] += 1
        stopped.wait(pause_s)


def watch(port):
    """Records each health status of one address, and how the watch ended."""
    while True:
        try:
            watching = connect([port]).unary_stream("/grpc.health.v1.Health/Watch")
            for response in watching(b"", wait_for_ready=True):
                health[STATUSES[response[1] if response else 0]] += 1
                watched.release()
        except grpc.RpcError as err:
            health[f"ended: {err.code().name}"] += 1


def main(channels, ports):
    for port in ports:
        threading.Thread(target=watch, args=[port], daemon=True).start()
    for _ in ports:
        watched.acquire()
    threads = [
        threading.Thread(target=converse, args=[channel, kind, pause_s])
        for channel in [connect(ports) for _ in range(channels)]
        for kind, (threads_of_kind, pause_s) in PLAN.items()
        for _ in range(threads_of_kind // channels)
    ]
    for thread in threads:
        thread.start()
    sys.stdin.read()
    # Cancelled while the servers still run.
    seen = dict(health)
    stopped.set()
    for thread in threads:
        thread.join()
    print(json.dumps({**became, "health": seen}), flush=True)


main(int(sys.argv[1]), sys.argv[2:])
