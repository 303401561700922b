"""How `leat serve` begins and ends, by which engine it waits, and what it makes of files that
change under it."""

import ctypes
import errno
import os
import platform
import signal
import socket
import struct
import tarfile
import threading
import time

from room import Missing
from served import ENGINE, WAIT_SECONDS, Asking, Server, request

TEXT = 'text\n' * 20
LARGE_LEN = 100 << 20


def _large(t, name='www/large', size=LARGE_LEN):
    """A file with nothing in it, which costs no room on the disk."""
    with open(t.write(name, ''), 'wb') as file:
        file.truncate(size)
    os.utime(t.path(name), (1_000_000_000, 1_000_000_000))


def _site(t, arguments='', **options):
    t.write('www/text', TEXT)
    return Server(t, arguments, **options)


# Files that change.


def cut_while_sent(t):
    """Of a file that is cut while it is sent comes what there was, and the connection ends; the
    next request sees the new size."""
    with _site(t, '--fresh 0') as server:
        for kept in (0, 1 << 20):
            _large(t)
            with server.client(receive_bytes=4096) as client:
                client.send(request('/large'))
                answer = client.head()
                t.check(answer['content-length'] == str(LARGE_LEN), 'cut', LARGE_LEN, answer)
                os.truncate(t.path('www/large'), kept)
                client.drop()
                t.check(kept <= client.dropped < LARGE_LEN, 'cut', 'a part', client.dropped)
            answer = server.ask('/large')
            t.check(answer.whole and len(answer.body) == kept, 'cut', kept, answer)
        now = server.metrics()
        t.check(now['responses_broken_total'] == 2, 'metrics', 'two broken', now)


def cut_in_between(t):
    """A file that is cut within --fresh is sent as far as it goes, once."""
    with _site(t, '--fresh 3600000') as server:
        _large(t, size=1 << 20)
        t.check(len(server.ask('/large').body) == 1 << 20, '/large', '1 MiB')
        os.truncate(t.path('www/large'), 1000)
        answer = server.ask('/large')
        t.check(not answer.whole and len(answer.body) == 1000, '/large', 'a part', answer)
        answer = server.ask('/large')
        t.check(answer.whole and len(answer.body) == 1000, '/large', 'the new size', answer)


def replaced(t):
    """Within --fresh a file is what it was; then, or at once with 0, what it has become, with
    another tag."""
    for fresh in (0, 400):
        with _site(t, f'--fresh {fresh}') as server:
            ask = Asking(t, server)
            for name, old, new in (('text', TEXT, 'other'), ('big', 'x' * 300_000, 'y' * 300_000)):
                t.write(f'www/{name}', old)
                os.utime(t.path(f'www/{name}'), (1_000_000_000, 1_000_000_000))
                tag = ask(f'/{name}', body=old)['etag']
                t.write('www/new', new)
                os.utime(t.path('www/new'), (1_000_000_000, 1_000_000_000))
                os.rename(t.path('www/new'), t.path(f'www/{name}'))
                if fresh:
                    t.check(ask(f'/{name}', body=old)['etag'] == tag, name, 'the old tag', tag)
                    time.sleep(0.5)
                t.check(ask(f'/{name}', body=new)['etag'] != tag, name, 'another tag', tag)
                ask(f'/{name}', f'If-None-Match: {tag}', body=new)
                with open(t.path(f'www/{name}'), 'a') as file:
                    file.write('more')
                time.sleep(0.5 if fresh else 0)
                ask(f'/{name}', body=new + 'more')
                os.unlink(t.path(f'www/{name}'))
                time.sleep(0.5 if fresh else 0)
                ask(f'/{name}', status=404)
                os.mkdir(t.path(f'www/{name}'))
                ask(f'/{name}', status=301)
                os.rmdir(t.path(f'www/{name}'))


def grown_while_sent(t):
    """A file that grows while it is sent is sent as long as it was."""
    with _site(t) as server:
        _large(t)
        with server.client(receive_bytes=4096) as client:
            client.send(request('/large') + request('/text'))
            answer = client.head()
            with open(t.path('www/large'), 'r+b') as file:
                file.truncate(LARGE_LEN + 1000)
                file.seek(LARGE_LEN)
                file.write(b'x' * 1000)
            t.check(answer['content-length'] == str(LARGE_LEN), 'grown', LARGE_LEN, answer)
            t.check(not client.take(LARGE_LEN).strip(b'\0'), 'grown', 'what was there')
            t.check(client.answer().body == TEXT.encode(), 'grown', 'the next answer')


def many_files(t):
    """More files than are kept open, over and over."""
    for number in range(3000):
        t.write(f'www/{number}', str(number))
    with _site(t) as server:
        for _ in range(2):
            with server.client() as client:
                for first in range(0, 3000, 100):
                    client.send(b''.join(request(f'/{n}') for n in range(first, first + 100)))
                    for number in range(first, first + 100):
                        t.check(client.answer().body == str(number).encode(), number, number)


# Stopping.


def stop(t):
    """SIGTERM or SIGINT: idle connections are closed at once, an answer under way ends whole."""
    _large(t)
    for number in (signal.SIGTERM, signal.SIGINT):
        with _site(t) as server:
            with server.client(receive_bytes=65536) as slow, server.client() as idle, \
                    server.client() as kept:
                kept.ask('/text')
                slow.send(request('/large'))
                slow.head()
                server.signal(number)
                t.check(idle.ends() and kept.ends(), 'stop', 'idle ones closed')
                try:
                    server.client().socket.close()
                    refused = False
                except ConnectionRefusedError:
                    refused = True
                t.check(refused, 'stop', 'nobody is accepted')
                t.check(server.lives(), 'stop', 'still sending')
                t.check(len(slow.take(LARGE_LEN)) == LARGE_LEN, 'stop', 'all of it')
                t.check(slow.ends(), 'stop', 'then an end')
            t.check(server.wait() == 0, 'stop', 'exit status 0')


def stop_after_grace(t):
    """What is not done within --grace is cut off, and so is all at a second signal."""
    _large(t)
    for grace, signals in ((1, 1), (0, 1), (60, 2), (60, 5)):
        with _site(t, f'--grace {grace}') as server:
            with server.client(receive_bytes=4096) as stuck, server.client() as dripping:
                stuck.send(request('/large'))
                dripping.send('GET /te')
                server.until(lambda now: now['connections_busy'] == 3)
                start = time.monotonic()
                for n in range(signals):
                    server.signal()
                    time.sleep(0.05 if n + 1 < signals else 0)
                status = server.wait()
                took = time.monotonic() - start
                t.check(status == 0, 'grace', 'exit status 0', status)
                t.check((0.9 if grace == 1 else 0) < took < 8, 'grace', f'{grace} s', took)
                stuck.drop()
                t.check(stuck.dropped < LARGE_LEN, 'grace', 'a part', stuck.dropped)


def stop_at_once(t):
    """Stopped before anything was asked, or while much is."""
    for _ in range(5):
        with _site(t) as server:
            pass
    for wait in (0, 0.01, 0.1):
        with _site(t) as server:
            def ask(client):
                for _ in range(1000):
                    answer = client.ask('/text')
                    if answer is None or answer.closes:
                        break
                    assert answer.body == TEXT.encode()
                client.socket.close()
            threads = [threading.Thread(target=ask, args=(server.client(),)) for _ in range(8)]
            for thread in threads:
                thread.start()
            time.sleep(wait)
            server.signal()
            t.check(server.wait() == 0, 'stop', 'exit status 0')
            for thread in threads:
                thread.join()


def deleted(t):
    """A file that was deleted is let go of though nobody asks for it again, and the server sleeps
    when it has none."""
    _large(t)
    with _site(t, '--fresh 0') as server:
        with server.client() as client:
            client.send(request('/large'))
            client.head()
        t.check(server.ask('/text').body == TEXT.encode(), 'deleted', TEXT)
        os.unlink(t.path('www/large'))
        os.unlink(t.path('www/text'))
        until = time.monotonic() + WAIT_SECONDS
        while _deleted(server) and time.monotonic() < until:
            time.sleep(0.05)
        t.check(not _deleted(server), 'deleted', 'no file kept', _deleted(server))
        t.write('www/text', TEXT)
        t.check(server.ask('/text').body == TEXT.encode(), 'deleted', TEXT)


def _deleted(server):
    """The files that it has and nobody else."""
    links = []
    for number in os.listdir(folder := f'/proc/{server.process.pid}/fd'):
        try:
            links.append(os.readlink(f'{folder}/{number}'))
        except FileNotFoundError:  # closed meanwhile
            continue
    return [link for link in links if link.endswith(' (deleted)') and '/www/' in link]


# Threads.


def threads(t):
    """On several threads: each connection is answered, the metrics are those of all, answers under
    way are ended at the stop, and a second signal cuts them off on all."""
    _large(t)
    with _site(t, '--threads 3') as server:
        t.check(server.ready['threads'] == b'3', 'threads', '3 of them', server.ready[0])
        clients = [server.client() for _ in range(60)]
        for _ in range(5):
            for client in clients:
                client.send(request('/text') * 3)
            for client in clients:
                for _ in range(3):
                    t.check(client.answer().body == TEXT.encode(), 'threads', TEXT)
        now = server.metrics()
        t.check(now['requests_total'] == 60 * 15 + 1 and now['connections'] == 61
                and now['connections_total'] == 61 and now['connections_busy'] == 1, 'threads',
                'the sums', now)
        for client in clients[::2]:
            client.socket.close()
        now = server.until(lambda now: now['connections'] == 31)
        t.check(now['connections'] == 31, 'threads', '30 and one', now)
        for client in clients[1::2]:
            client.send(request('/large'))
            t.check(client.head()['content-length'] == str(LARGE_LEN), 'threads', LARGE_LEN)
        server.signal()
        t.check(len(clients[1].take(LARGE_LEN)) == LARGE_LEN, 'threads', 'all of it')
        t.check(server.lives(), 'threads', 'others are waited for')
        server.signal()
        t.check(server.wait() == 0, 'threads', 'exit status 0')


def second_signal_on_any_thread(t):
    """A second signal cuts an answer off on whichever thread it is, though the others are done."""
    _large(t)
    for _ in range(6):
        with _site(t, '--threads 2 --grace 60') as server:
            with server.client(receive_bytes=4096) as stuck:
                stuck.send(request('/large'))
                stuck.head()
                server.signal()
                time.sleep(0.1)
                server.signal()
                t.check(server.wait() == 0, 'threads', 'exit status 0')


# The watchdog.


def holdups(t):
    """A list of many names takes more than a millisecond to sort: that is told of in one line, with
    where, and counted."""
    os.makedirs(t.path('www'))
    with tarfile.open(t.path('www/many.tar'), 'w') as archive:
        for n in range(30_000):
            archive.addfile(tarfile.TarInfo(f'{n * 7919 % 30_011:x}'))
    for threads in (1, 2):
        with Server(t, f'--watchdog 1 --threads {threads}') as server:
            t.check(server.ask('/many.tar!/').status == 200, 'many.tar', 'its list')
            now = server.until(lambda now: now['holdups_total'] > 0)
            t.check(now['holdups_total'] > 0, 'metrics', 'a holdup', now)
            server.told = (r'leat: serving: one request has held up all others for \d+ ms, at'
                           r'( [-\w.+]+\+0x[0-9a-f]+| 0x[0-9a-f]+| a place that is not known)+'
                           '\n...')
    with Server(t, '--watchdog 0') as server:
        t.check(server.ask('/many.tar!/').status == 200, 'many.tar', 'its list')
        t.check(server.metrics()['holdups_total'] == 0, 'metrics', 'nobody watches')


def _wakeups(server):
    """How often its threads have gone to sleep."""
    count = 0
    for thread in os.listdir(tasks := f'/proc/{server.process.pid}/task'):
        with open(f'{tasks}/{thread}/status') as file:
            count += next(int(line.split()[1]) for line in file
                          if line.startswith('voluntary_ctxt_switches:'))
    return count


def sleeps(t):
    """A server that is asked nothing sleeps, its watchdog as well."""
    for arguments in ('--watchdog 50', '--watchdog 50 --threads 2'):
        with _site(t, arguments) as server, server.client() as client:
            for _ in range(2):
                t.check(client.ask('/text').body == TEXT.encode(), 'sleeps', TEXT)
                until, before = time.monotonic() + WAIT_SECONDS, -1
                while (now := _wakeups(server)) != before and time.monotonic() < until:
                    before = now
                    time.sleep(1)
                t.check(now == before, 'sleeps', 'a second without waking up', (before, now))


# The command line.


def wrong(t):
    """What cannot begin says why in a line, and the status is 2."""
    t.write('file', 'x')
    os.mkdir(t.path('www'))
    for arguments, why in (
            ('missing', 'leat: missing: No such file or directory'),
            ('file', 'leat: file: Not a directory'), ('www www', 'leat: www: one folder.*'),
            ('www --listen nonsense', 'leat: nonsense: no address.*'),
            ('www --listen 127.0.0.1:99999', 'leat: 127.0.0.1:99999: no address.*'),
            ('www --listen 127.0.0.1', 'leat: 127.0.0.1: no address.*'),
            ('www --listen unix:', 'leat: unix:: no address.*'),
            ('www --listen unix:' + 'x' * 200, 'leat: unix:x+: no address.*'),
            ('www --listen unix:no/where', 'leat: unix:no/where: No such file or directory'),
            ('www --listen unix:file', 'leat: unix:file: Address already in use'),
            ('www --listen 192.0.2.1:80', 'leat: 192.0.2.1:80: Cannot assign .*'),
            ('www' + ' --listen :0' * 9, 'leat: :0: too many addresses'),
            ('www --connections 0', 'leat serve: .*connections.*\n...'),
            ('www --fresh soon', 'leat serve: .*fresh.*\n...'),
            ('www --head-size 1', 'leat serve: .*head-size.*\n...'),
            ('www --idle-timeout 0', 'leat serve: .*idle-timeout.*\n...'),
            ('www --nonsense', 'leat serve: .*nonsense.*\n...')):
        t.expect(f'serve {arguments}', status=2, err=why)
    t.check(t.read('file') == b'x', 'serve', 'a file in the way left alone')


def in_use(t):
    """An address that another has is not taken; a socket's path that nobody answers at is."""
    with _site(t, '--listen unix:sock') as server:
        host, port = server.address
        for place in (f'{host}:{port}', 'unix:sock'):
            t.expect(f'serve www --listen {place}', status=2,
                     err=f'leat: {place}: Address already in use')
        server.address = server.places[1]
        Asking(t, server)('/text', body=TEXT)
    with socket.socket(socket.AF_UNIX) as left:
        left.bind(t.path('sock'))
    with _site(t, listen='unix:sock') as server:
        Asking(t, server)('/text', body=TEXT)
    with _site(t, listen=f'{host}:{port}') as server:
        t.check(server.address == (host, port), 'serve', 'the same port again')


def help_texts(t):
    """-h and --help name every flag; so does what is served without arguments."""
    for flag in ('-h', '--help'):
        text = t.run(f'serve {flag}').out.decode()
        for name in ('listen', 'no-layers', 'no-folders', 'fresh', 'connections', 'idle-timeout',
                     'head-timeout', 'send-timeout', 'head-size', 'grace', 'threads',
                     'watchdog', 'limit-memory', 'limit-depth', 'limit-entries', 'limit-bytes',
                     'limit-ratio', 'limit-header', 'limit-name'):
            t.check(f'--{name}' in text, f'serve {flag}', name, text)


# Engines.


def engine_by_name(t):
    """LEAT_ENGINE names the engine, which the first line and the metrics name; an unknown one is
    told."""
    if ENGINE is not None:
        with _site(t) as server:
            t.check(server.engine == ENGINE, 'serve', ENGINE, server.engine)
            t.check(server.ready['why'] is None, 'serve', 'nothing refused', server.ready[0])
            t.check(f'engine_info{{engine="{ENGINE}"}}' in server.metrics(), 'metrics', ENGINE)
    os.makedirs(t.path('www'), exist_ok=True)
    t.environment['LEAT_ENGINE'] = 'klingon'
    t.expect('serve www --listen :0', status=2, err='leat: klingon: no engine has this name')


# BPF of seccomp: load the number of the call; where it is one of io_uring's, EPERM; else allow.
_LOAD, _EQUAL, _RETURN = 0x20, 0x15, 0x06
_REFUSE, _ALLOW = 0x00050000 | errno.EPERM, 0x7fff0000
_IO_URING_SETUP = 425  # on every processor that Linux has it on, but alpha
_PR_SET_NO_NEW_PRIVS, _PR_SET_SECCOMP, _SECCOMP_MODE_FILTER = 38, 22, 2


def _refuse_io_uring():
    steps = b''.join(struct.pack('HBBI', *step) for step in (
        (_LOAD, 0, 0, 0), (_EQUAL, 0, 1, _IO_URING_SETUP), (_RETURN, 0, 0, _REFUSE),
        (_RETURN, 0, 0, _ALLOW)))
    memory = ctypes.create_string_buffer(steps)
    program = struct.pack('HxxxxxxP', len(steps) // 8, ctypes.addressof(memory))
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.prctl(_PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 or \
            libc.prctl(_PR_SET_SECCOMP, _SECCOMP_MODE_FILTER, program, 0, 0) != 0:
        os._exit(99)


def engine_refused(t):
    """Where io_uring is refused, the next engine serves, and the first line says why; io_uring
    asked for by name is then an error."""
    if platform.machine() not in ('x86_64', 'aarch64'):
        raise Missing('a processor whose system calls are known')
    with _site(t, engine=None) as server:
        if server.engine != 'uring':
            raise Missing('io_uring')
    with _site(t, engine=None, preexec_fn=_refuse_io_uring) as server:
        t.check(server.engine == 'epoll', 'serve', 'epoll', server.ready[0])
        why = server.ready['why'] or b''
        t.check(b'uring' in why and b'Operation not permitted' in why, 'serve', 'why', why)
        Asking(t, server)('/text', body=TEXT)
    t.environment['LEAT_ENGINE'] = 'uring'
    t.expect('serve www --listen :0', status=2, err='leat: uring: .*',
             preexec_fn=_refuse_io_uring)
