"""Clients of `leat serve` that are wrong, slow, greedy or gone: each gets an answer or an end, and
nobody else notices."""

import os
import resource
import select
import time

from served import Asking, Server, request

TEXT = 'text\n' * 20
LARGE_LEN = 100 << 20


def _site(t, arguments='', **options):
    t.write('www/text', TEXT)
    return Server(t, arguments, **options)


def _large(t):
    """A file with nothing in it, which costs no room on the disk."""
    with open(t.write('www/large', ''), 'wb') as file:
        file.truncate(LARGE_LEN)


# Each with the status that answers it.
MALFORMED = [
    ('GET /text\r\n\r\n', 400), ('GET /text HTTP/1.1\r\n\r\n', 400), ('\n\n', 400),
    ('GET  /text HTTP/1.1\r\nHost: a\r\n\r\n', 400), ('\r\n\r\n\r\n', 400),
    ('GET /text HTTP/1.1 \r\nHost: a\r\n\r\n', 400), (' GET / HTTP/1.1\r\n\r\n', 400),
    ('GET /text HTTP/2.0\r\nHost: a\r\n\r\n', 505), ('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n', 505),
    ('GET /text HTTP/0.9\r\n\r\n', 505), ('GET /text http/1.1\r\nHost: a\r\n\r\n', 400),
    ('GET /text HTTP/1.1\nHost: a\n\n', 400), ('GET /text HTTP/1.1\r\nHost: a\n\r\n', 400),
    ('GET /text HTTP/1.1\r\nHost : a\r\n\r\n', 400), ('GET / HTTP/1.11\r\nHost: a\r\n\r\n', 400),
    ('GET /text HTTP/1.1\r\n Host: a\r\n\r\n', 400), ('GET / HTTP/11\r\nHost: a\r\n\r\n', 400),
    ('GET /text HTTP/1.1\r\nHost: a\r\n b\r\n\r\n', 400),
    ('GET /text HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n', 400),
    ('GET /text HTTP/1.1\r\nHost: a\r\nno colon\r\n\r\n', 400),
    ('GET /text HTTP/1.1\r\nHost: a\r\n: b\r\n\r\n', 400),
    ('GET /text HTTP/1.1\r\nHost: a\r\nX: a\0b\r\n\r\n', 400),
    ('GET /text HTTP/1.1\r\nHost: a\r\nX: a\rb\r\n\r\n', 400),
    ('GET /text HTTP/1.1\r\nHost: a b\r\n\r\n', 400), ('GET /a\x7f HTTP/1.1\r\n\r\n', 400),
    ('GET /te\0xt HTTP/1.1\r\nHost: a\r\n\r\n', 400), ('G\xe9T / HTTP/1.1\r\n\r\n', 400),
    ('GET /text\tHTTP/1.1\r\nHost: a\r\n\r\n', 400), ('\x16\x03\x01\x02\0\x01\0\x01', 400),
    ('GET /text HTTP/1.1\r\nHost: a\r\nContent-Length: -1\r\n\r\n', 400),
    ('GET /text HTTP/1.1\r\nHost: a\r\nContent-Length: +1\r\n\r\n', 400),
    ('GET /text HTTP/1.1\r\nHost: a\r\nContent-Length: 1, 1\r\n\r\n', 400),
    ('GET /text HTTP/1.1\r\nHost: a\r\nContent-Length: 0x1\r\n\r\n', 400),
    ('GET /text HTTP/1.1\r\nHost: a\r\nContent-Length:\r\n\r\n', 400),
    ('GET /text HTTP/1.1\r\nHost: a\r\nContent-Length: ' + '9' * 30 + '\r\n\r\n', 400),
    ('GET /text HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n', 400),
    ('POST /text HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n',
     400),
    ('POST /text HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n', 400),
    ('POST /text HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n', 501),
    ('POST /text HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked, chunked\r\n\r\n', 400),
    ('POST /text HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: xchunked\r\n\r\n', 501),
    ('POST /text HTTP/1.1\r\nHost: a\r\nTransfer-Encoding:\r\n\r\n', 400),
    ('GET /text HTTP/1.1\r\nHost: a\r\nExpect: 200-ok\r\n\r\n', 417),
    ('GET /' + 'x' * 9000 + ' HTTP/1.1\r\nHost: a\r\n\r\n', 414), ('x' * 20000, 414),
    ('GET /text HTTP/1.1\r\nHost: a\r\nX: ' + 'x' * 20000, 431),
    ('GET /text HTTP/1.1\r\nHost: a\r\n' + 'X: y\r\n' * 100 + '\r\n', 431),
    ('GET /text HTTP/1.1\r\nHost: a\r\n' + 'X: y\r\n' * 5000, 431),
]


def malformed(t):
    """Each broken head is refused at once and the connection is closed, alone or behind a good
    one, whole or a byte at a time; the same head with no end is refused or waited for."""
    with _site(t) as server:
        for data, status in MALFORMED:
            shown = repr(data[:100])
            for before in ('', 'GET /text HTTP/1.1\r\nHost: a\r\n\r\n'):
                with server.client() as client:
                    client.send((before + data).encode('latin-1'))
                    if before:
                        t.check(client.answer().body == TEXT.encode(), shown, 'the first answer')
                    answer = client.answer()
                    t.check(answer is not None and answer.status == status and answer.closes,
                            shown, status, answer)
                    t.check(client.ends(), shown, 'an end')
            if len(data) < 200:
                with server.client() as client:
                    for byte in data.encode('latin-1'):
                        if not client.send(bytes([byte])):
                            break
                    answer = client.answer()
                    t.check(answer is None or answer.status == status, shown, status, answer)
        with server.client() as client:
            for target in ('text', '*', '/text#x', 'ftp://here/text', 'http:///text', 'http://',
                           'here:80', '/\xff\x80#', '/%'):
                Asking(t, server)(target, status=400, client=client)
            Asking(t, server)('/text', body=TEXT, client=client)
        t.check(server.until(lambda now: now['connections'] == 1)['connections'] == 1, 'serve',
                'all closed')


def malformed_heads(t):
    """A HEAD that is refused is refused by a head alone."""
    with _site(t) as server:
        for rest in ('/text HTTP/1.1\r\n\r\n', '/text HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n',
                     '/text HTTP/2.0\r\n\r\n', '/text HTTP/1.1\r\nHost: a\r\nExpect: x\r\n\r\n'):
            with server.client() as client:
                client.send('HEAD ' + rest)
                answer = client.answer('HEAD')
                t.check(answer.status in (400, 417, 505) and answer.closes, rest, 'a refusal',
                        answer)
                t.check(client.ends(), rest, 'an end and no body', client.have)


def unfinished(t):
    """A head that ends in the middle, by half a close or a reset, is no request."""
    head = request('/text', 'Range: bytes=0-1')
    with _site(t) as server:
        for end in range(len(head)):
            with server.client() as client:
                client.send(head[:end])
                client.half_close()
                t.check(client.ends(), head[:end], 'an end')
        for end in range(0, len(head), 5):
            client = server.client()
            client.send(head[:end])
            client.reset()
        now = server.until(lambda now: now['connections'] == 1)
        t.check(now['connections'] == 1 and now['responses_total{class="4xx"}'] == 0, 'serve',
                'no answers', now)


def sizes(t):
    """A head just as large as it may be, by default and by --head-size, and a byte more."""
    for arguments, limit in (('', 16 << 10), ('--head-size 300', 300), ('--head-size 1M', 1 << 20)):
        with _site(t, arguments) as server:
            ask = Asking(t, server)
            empty = len(request('/text', 'X: '))
            for _ in range(2):
                ask('/text', 'X: ' + 'x' * (limit - empty), body=TEXT)
                ask('/text', 'X: ' + 'x' * (limit + 1 - empty), status=431)
            with server.client() as client:
                for _ in range(3):
                    ask('/text', 'X: ' + 'x' * (limit - empty), body=TEXT, client=client)
    with _site(t) as server:
        Asking(t, server)('/text', *['X: y'] * 99, body=TEXT)
        Asking(t, server)('/text', *['X: y'] * 100, status=431)


def bodies(t):
    """A body that nobody wants is passed over when it is small; else the connection is closed, and
    the client has its answer."""
    with _site(t) as server:
        ask = Asking(t, server)
        for method, target, status in (('GET', '/text', 200), ('POST', '/text', 405),
                                       ('PUT', '/no', 405), ('OPTIONS', '*', 204)):
            with server.client() as client:
                for size in (0, 1, 1000, 64 << 10):
                    ask(target, f'Content-Length: {size}', method=method, status=status,
                        client=client, body_sent=b'G' * size)
                ask('/text', client=client)
            for fields, body in (
                    (['Content-Length: 300000'], b'x' * 300_000),
                    (['Content-Length: 100000'], b'x' * 100_000),
                    (['Content-Length: 10000000000'], b'x' * 100_000),
                    (['Transfer-Encoding: chunked'], b'5\r\nhello\r\n0\r\n\r\n'),
                    (['Content-Length: 5', 'Expect: 100-continue'], b'')):
                with server.client() as client:
                    answer = ask(target, *fields, method=method, status=status, client=client,
                                 body_sent=body)
                    t.check(answer.closes, fields, 'Connection: close', answer)
                    t.check(client.ends(), fields, 'an end')
        with server.client() as client:
            client.send(request('/text', 'Content-Length: 100', method='POST') + b'half')
            client.half_close()
            answer = client.answer()
            t.check(answer is not None and answer.status == 405, 'half a body', 405, answer)
            t.check(client.ends(), 'half a body', 'an end')
        with server.client() as client:
            client.send(request('/text', 'Content-Length: 100') + b'x' * 10)
            answer = client.answer()
            t.check(answer.body == TEXT.encode(), 'a slow body', TEXT, answer)
            client.send(b'x' * 90 + request('/text'))
            t.check(client.answer().body == TEXT.encode(), 'a slow body', TEXT)


def half_closed(t):
    """Who says that nothing more comes still gets all the answers."""
    _large(t)
    with _site(t) as server:
        for target, size, count in (('/text', len(TEXT), 1), ('/text', len(TEXT), 50),
                                    ('/large', LARGE_LEN, 1)):
            with server.client() as client:
                client.send(request(target) * count)
                client.half_close()
                for _ in range(count):
                    answer = client.head()
                    t.check(answer['content-length'] == str(size), target, size, answer)
                    t.check(len(client.take(size)) == size, target, 'all of it')
                t.check(client.ends(), target, 'an end')


def head_timeout(t):
    """A head that comes a byte now and then has --head-timeout in all."""
    with _site(t, '--head-timeout 1 --idle-timeout 30') as server:
        with server.client() as client, server.client() as silent:
            client.send(request('/text'))
            client.answer()
            start = time.monotonic()
            data = request('/text', 'X: ' + 'x' * 1000)
            sent = 0
            while not select.select([client.socket], [], [], 0.05)[0] and sent < len(data):
                client.send(data[sent:sent + 1])
                sent += 1
            answer = client.answer()
            took = time.monotonic() - start
            t.check(answer is not None and answer.status == 408 and answer.closes, 'a drip', 408,
                    answer)
            t.check(client.ends(), 'a drip', 'an end')
            t.check(0.9 < took < 10, 'a drip', 'about a second', took)
            Asking(t, server)('/text', body=TEXT, client=silent)
        now = server.metrics()
        t.check(now['responses_total{class="4xx"}'] == 1, 'metrics', 'one refusal', now)
        t.check(now['connections_idle_closed_total'] == 0, 'metrics', 'none idle', now)


def idle_timeout(t):
    """Who says nothing is closed after --idle-timeout, new or kept."""
    with _site(t, '--idle-timeout 1') as server:
        with server.client() as new, server.client() as kept:
            kept.ask('/text')
            start = time.monotonic()
            for client in (new, kept):
                t.check(client.ends(), 'silence', 'an end without a word')
            took = time.monotonic() - start
            t.check(0.5 < took < 10, 'silence', 'about a second', took)
        now = server.metrics()
        t.check(now['connections_idle_closed_total'] == 2 and now['connections'] == 1, 'metrics',
                'two', now)


def send_timeout(t):
    """Who takes nothing of an answer is cut off after --send-timeout; who takes it slowly is not.
    """
    _large(t)
    with _site(t, '--send-timeout 1') as server:
        with server.client(receive_bytes=4096) as stuck:
            stuck.send(request('/large'))
            start = time.monotonic()
            now = server.until(lambda now: now['responses_broken_total'] == 1)
            took = time.monotonic() - start
            t.check(now['responses_broken_total'] == 1 and 0.9 < took < 10, 'stuck',
                    'cut off in about a second', took)
            t.check(now['connections'] == 1, 'metrics', 'one that asks', now)
            answer = stuck.answer()
            t.check(not answer.whole, 'stuck', 'a part')
        with server.client(receive_bytes=65536) as slow:
            slow.send(request('/large'))
            answer = slow.head()
            count, start = 0, time.monotonic()
            while time.monotonic() - start < 2.5:
                count += len(slow.take(1 << 20))
                time.sleep(0.1)
            t.check(server.metrics()['responses_broken_total'] == 1, 'slow', 'none cut off')
            t.check(len(slow.take(LARGE_LEN - count)) == LARGE_LEN - count, 'slow', 'all of it')


def pipelined_and_unread(t):
    """Who asks on and on and reads nothing is not read on for ever, and is cut off in the end."""
    with _site(t, '--send-timeout 1') as server:
        with server.client(receive_bytes=4096) as client:
            client.socket.setblocking(False)
            data, sent, start = request('/text') * 1000, 0, time.monotonic()
            while time.monotonic() - start < 8:
                try:
                    sent += client.socket.send(data)
                except BlockingIOError:
                    time.sleep(0.01)
                except OSError:
                    break
                if sent % len(data) == 0 and sent > 1 << 28:
                    break
            t.check(sent < 1 << 28, 'unread', 'not all taken', sent)
            now = server.until(lambda now: now['connections'] == 1)
            t.check(now['connections'] == 1, 'unread', 'cut off', now)


def resets(t):
    """Connections that are reset in the middle of an answer take nothing with them."""
    _large(t)
    with _site(t) as server:
        for number in range(40):
            client = server.client(receive_bytes=4096)
            client.send(request('/large') * (number % 3 + 1))
            if number % 2:
                client.take(1000)
            client.reset()
        now = server.until(lambda now: now['connections'] == 1)
        t.check(now['connections'] == 1 and now['connections_busy'] == 1, 'serve', 'all gone', now)
        Asking(t, server)('/text', body=TEXT)
        open_files = len(os.listdir(f'/proc/{server.process.pid}/fd'))
        t.check(open_files < 20, 'serve', 'few open files', open_files)


def connections(t):
    """The fifth of four waits until one goes, and is served then."""
    with _site(t, '--connections 4') as server:
        clients = [server.client() for _ in range(4)]
        for client in clients:
            Asking(t, server)('/text', body=TEXT, client=client)
        with server.client() as fifth, server.client() as sixth:
            fifth.send(request('/text'))
            sixth.send(request('/-/metrics'))
            waits = not select.select([fifth.socket, sixth.socket], [], [], 0.3)[0]
            t.check(waits, 'the fifth', 'no answer yet')
            clients.pop().socket.close()
            t.check(fifth.answer().body == TEXT.encode(), 'the fifth', 'its answer')
            clients.pop().socket.close()
            t.check(b'leat_connections 4\n' in sixth.answer().body, 'the sixth', 'its answer')
        for client in clients:
            Asking(t, server)('/text', body=TEXT, client=client)
            client.socket.close()
        Asking(t, server)('/text', body=TEXT)


def too_few_descriptors(t):
    """Without descriptors for all, those there are work on, and the rest wait or are told so."""
    def few():
        resource.setrlimit(resource.RLIMIT_NOFILE, (32, 32))

    with _site(t, preexec_fn=few) as server:
        first = server.client()
        Asking(t, server)('/text', body=TEXT, client=first)
        clients = [server.client() for _ in range(60)]
        for client in clients:
            client.send(request('/text'))
        time.sleep(0.2)
        Asking(t, server)('/text', body=TEXT, client=first)
        for client in clients:
            t.check(client.answer().body == TEXT.encode(), 'one of many', TEXT)
            client.socket.close()
        first.socket.close()
        Asking(t, server)('/text', body=TEXT)
        server.told = 'leat: listening: .*[Tt]oo many open files.*\n...'


def local_sockets(t):
    """The same over a socket in the file system: resets, half a close, broken heads."""
    _large(t)
    with _site(t, listen='unix:sock') as server:
        for _ in range(10):
            client = server.client()
            client.send(request('/large'))
            client.take(1000)
            client.socket.close()
        with server.client() as client:
            client.send(request('/text') * 20)
            client.half_close()
            for _ in range(20):
                t.check(client.answer().body == TEXT.encode(), '/text', TEXT)
            t.check(client.ends(), '/text', 'an end')
        t.check(server.ask('/text', 'Host: again').status == 400, 'two hosts', 400)
        t.check(len(server.ask('/large').body) == LARGE_LEN, '/large', 'all of it')
        now = server.until(lambda now: now['connections'] == 1)
        t.check(now['connections'] == 1, 'serve', 'all gone', now)


def many_small_pieces(t):
    """A thousand requests in pieces of all sizes on many connections at once, out of step."""
    with _site(t) as server:
        data = request('/text', 'X: yz') * 50
        clients = [server.client() for _ in range(20)]
        at = [0] * len(clients)
        while any(place < len(data) for place in at):
            for number, client in enumerate(clients):
                size = number * number + 1
                client.send(data[at[number]:at[number] + size])
                at[number] += size
        for client in clients:
            for _ in range(50):
                t.check(client.answer().body == TEXT.encode(), '/text', TEXT)
            client.socket.close()
