"""Many connections of one server of `leat serve` at once: what those that are idle cost, and that
busy ones get what they asked for."""

import hashlib
import os
import resource
import selectors
import time

from room import Missing
from served import Server, request

IDLE_MAX = 10_000
BUSY = 1000

# Beside the connections: the files of the server, and of this.
SPARE = 100

# What one idle connection may cost the server itself. The kernel's share is not in it.
IDLE_BYTES_MAX = 4096

# A sanitizer's own memory would be counted.
SANITIZED = os.environ.get('LEAT_TEST_SLOWNESS', '1') != '1'

BODY_LEN = 300_000


def _raise_limit(wanted):
    """Have room for so many connections here; a server that is begun inherits it."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = min(wanted + SPARE, most) if most != resource.RLIM_INFINITY else wanted + SPARE
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    return wanted - SPARE


def _status(server, name):
    with open(f'/proc/{server.process.pid}/status') as file:
        return next(int(line.split()[1]) * 1024 for line in file if line.startswith(name + ':'))


def _cpu_seconds(server):
    with open(f'/proc/{server.process.pid}/stat') as file:
        fields = file.read().rsplit(')', 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf('SC_CLK_TCK')


def _connect(server, count):
    """Connections that have asked once, so that they have had all that a connection has."""
    clients = []
    while len(clients) < count:
        few = [server.client() for _ in range(min(200, count - len(clients)))]
        for client in few:
            client.send(request('/text'))
        for client in few:
            assert client.answer().body == b'text\n'
        clients += few
    return clients


def idle(t):
    """Ten thousand that say nothing cost little memory and no time, and all of them still work."""
    count = _raise_limit(IDLE_MAX)
    if count < IDLE_MAX:
        print(f'idle: {count} connections, as no more files may be open')
    if count < 500:
        raise Missing('a limit of 600 open files')
    t.write('www/text', 'text\n')
    with Server(t, f'--connections {IDLE_MAX + 10}') as server:
        # The first of them have the server get what it needs for any number.
        first = _connect(server, min(400, count // 4))
        before = _status(server, 'VmRSS')
        clients = _connect(server, count - len(first))
        each = (_status(server, 'VmRSS') - before) / len(clients)
        if not SANITIZED:
            t.check(each < IDLE_BYTES_MAX, 'idle', f'{IDLE_BYTES_MAX} bytes each', each)
        start = _cpu_seconds(server)
        time.sleep(1)
        spent = _cpu_seconds(server) - start
        t.check(spent < 0.1, 'idle', 'no time', spent)
        now = server.metrics()
        t.check(now['connections'] == count + 1, 'idle', f'{count} and one', now)
        for client in (first + clients)[::37]:
            t.check(client.ask('/text').body == b'text\n', 'idle', 'an answer')
        print(f'idle: {each:.0f} bytes each of {count}, {spent:.2f} s of a second')
        for client in first + clients:
            client.socket.close()
        now = server.until(lambda now: now['connections'] == 1)
        t.check(now['connections'] == 1 and now['connections_busy'] == 1, 'idle', 'all gone', now)
        t.check(now['connections_total'] >= count, 'idle', 'all counted', now)


def _takes(client):
    """Take some of the answer; true at its end."""
    if client.hash is None:
        client.head()
        piece, client.have, client.hash = client.have, b'', hashlib.md5()
    else:
        piece = client.socket.recv(1 << 16)
        if not piece:
            return True
    client.hash.update(piece)
    client.left -= len(piece)
    return False


def busy(t):
    """A thousand at once, each in the middle of an answer of its own, get the right bytes."""
    count = min(BUSY, _raise_limit(BUSY))
    data = [os.urandom(1000) * (BODY_LEN // 1000) for _ in range(10)]
    for number, body in enumerate(data):
        t.write(f'www/{number}', body)
    wanted = [hashlib.md5(body).digest() for body in data]
    with Server(t) as server:
        selector = selectors.DefaultSelector()
        for number in range(count):
            client = server.client(receive_bytes=16384)
            client.send(request(f'/{number % 10}', 'Connection: close'))
            client.number, client.hash, client.left = number, None, BODY_LEN
            selector.register(client.socket, selectors.EVENT_READ, client)
        done = 0
        while done < count and (events := selector.select(10)):
            for key, _ in events:
                if not _takes(key.data):
                    continue
                number, taken = key.data.number, key.data.hash.digest()
                t.check(key.data.left == 0 and taken == wanted[number % 10], 'busy',
                        'its own bytes', f'{number}, {key.data.left} too few')
                selector.unregister(key.fileobj)
                key.fileobj.close()
                done += 1
        t.check(done == count, 'busy', f'{count} done', done)
        now = server.until(lambda now: now['connections'] == 1)
        t.check(now['connections'] == 1 and now['responses_broken_total'] == 0, 'busy', 'all gone',
                now)
