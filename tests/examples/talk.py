#!/usr/bin/env python3
"""talk.py [--ticks] PROGRAM...: start a server of capitals on a port that the system chooses, talk
to it as several clients at once, and stop it as a person at a terminal would.

    --ticks     it is one that also prints `tick`, which has to go on beside the talk
"""

import re
import signal
import socket
import subprocess
import sys
import threading

CLIENTS = 20
SECONDS_MAX = 20


def fail(why, server):
    server.kill()
    sys.exit(f'talk: {why}')


class Output:
    """What the server prints, line by line, without waiting for ever."""

    def __init__(self, server):
        self.lines = []
        self.changed = threading.Condition()
        self.thread = threading.Thread(target=self.read, args=[server], daemon=True)
        self.thread.start()

    def read(self, server):
        for line in server.stdout:
            with self.changed:
                self.lines.append(line)
                self.changed.notify_all()

    def wait_for(self, pattern, times=1):
        """The first line that matches, once so many more than now do; None if it never does."""
        def matches():
            return [line for line in self.lines if re.match(pattern, line)]
        with self.changed:
            self.changed.wait_for(lambda: len(matches()) >= times, SECONDS_MAX)
            return matches()[0] if len(matches()) >= times else None

    def count(self, pattern):
        with self.changed:
            return sum(re.match(pattern, line) is not None for line in self.lines)


def expect(client, want):
    got = b''
    while len(got) < len(want):
        piece = client.recv(65536)
        if not piece:
            break
        got += piece
    assert got == want, f'{got[:100]!r} and not {want[:100]!r}'


def connect(port):
    client = socket.create_connection(('127.0.0.1', port), timeout=SECONDS_MAX)
    client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return client


def talk(port):
    """All at once, in pieces: a line in two, two lines in one, an empty one, the longest."""
    clients = [connect(port) for _ in range(CLIENTS)]
    for number, client in enumerate(clients):
        client.sendall(b'half a line of %d' % number)
    for number, client in enumerate(clients):
        client.sendall(b' and the rest\none\n\ntwo\n' + b'x' * 4096 + b'\n')
    for number, client in enumerate(clients):
        expect(client, b'HALF A LINE OF %d AND THE REST\nONE\n\nTWO\n' % number + b'X' * 4096 +
               b'\n')
    for client in clients:
        client.sendall(b'the last')  # without an end, as nc's may be
        client.shutdown(socket.SHUT_WR)
        expect(client, b'THE LAST\n')
        assert client.recv(1) == b''
        client.close()


def be_rude(port):
    """A line that is too long, and one who goes without a word: both are closed, the rest stay."""
    long = connect(port)
    try:
        long.sendall(b'y' * 10000)
        assert long.recv(1) == b''
    except ConnectionResetError:
        pass
    long.close()
    connect(port).close()


def main(args):
    ticks = args[0] == '--ticks'
    program = args[1:] if ticks else args
    server = subprocess.Popen(program + ['127.0.0.1:0'], stdout=subprocess.PIPE, text=True)
    output = Output(server)
    where = output.wait_for(r'listening at 127\.0\.0\.1:[1-9]')
    if where is None:
        fail('it does not listen', server)
    port = int(where.rsplit(':', 1)[1])
    for _ in range(3):
        talk(port)
        be_rude(port)
    if ticks and output.wait_for('tick', output.count('tick') + 2) is None:
        fail('it does not tick', server)
    # One who is silent does not keep it from ending, nor does one in the middle of a line for long.
    silent, slow = connect(port), connect(port)
    silent.sendall(b'hello\n')
    expect(silent, b'HELLO\n')
    slow.sendall(b'never ended')
    server.send_signal(signal.SIGINT)
    try:
        code = server.wait(SECONDS_MAX)
    except subprocess.TimeoutExpired:
        fail('it does not stop', server)
    assert silent.recv(1) == b'' and slow.recv(1) == b''
    return code


if __name__ == '__main__':
    sys.exit(main(sys.argv[1:]))
