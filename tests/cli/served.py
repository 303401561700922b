"""A server to test: `leat serve` on a folder of the room, and clients that speak to it by hand."""

import os
import re
import signal
import socket
import subprocess
import time

from room import SECONDS_MAX, Missing

READY = re.compile(rb'leat: serving (?P<folder>.*) at (?P<places>.*) by (?P<engine>[a-z]+)'
                   rb'(?: on (?P<threads>\d+) threads)?(?P<why> \(.*\))?\n')

# What a client waits for at most; a server that is slower hangs.
WAIT_SECONDS = SECONDS_MAX / 2

SLOW = os.environ.get('LEAT_TEST_SLOWNESS', '1') != '1'

# With LEAT_ENGINE the caller says by which engine; else the server chooses.
ENGINE = os.environ.get('LEAT_ENGINE')


class Answer:
    """Status, fields by their names in small letters, and the body; `whole` if it came to its
    end, and `closes` if the connection is to end behind it."""

    def __init__(self, line, fields):
        self.version, self.status, self.reason = line.split(' ', 2)
        self.status = int(self.status)
        self.fields = fields
        self.body, self.whole = b'', True

    def __getitem__(self, name):
        return self.fields.get(name)

    def is_headed_as(self, other):
        """Whether the heads are the same, but for when they were sent."""
        return {**self.fields, 'date': ''} == {**other.fields, 'date': ''}

    @property
    def closes(self):
        return self['connection'] == 'close'

    def __str__(self):
        return f'{self.status} {self.fields} {self.body[:200]!r}'


class Client:
    """A connection. What comes is read with a limit on time; a reset is an end."""

    def __init__(self, address, receive_bytes=None):
        kind = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
        self.socket = socket.socket(kind, socket.SOCK_STREAM)
        if receive_bytes is not None:
            self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, receive_bytes)
        self.socket.settimeout(WAIT_SECONDS)
        self.socket.connect(address)
        self.have = b''

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.socket.close()

    def send(self, data):
        """Send all of it. False when the server has closed before."""
        try:
            self.socket.sendall(data.encode() if isinstance(data, str) else data)
        except (BrokenPipeError, ConnectionResetError):
            return False
        return True

    def half_close(self):
        self.socket.shutdown(socket.SHUT_WR)

    def reset(self):
        """End the connection with what is under way thrown away."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\1\0\0\0\0\0\0\0')
        self.socket.close()

    def more(self):
        """Receive something. False at the end."""
        try:
            data = self.socket.recv(1 << 18)
        except ConnectionResetError:
            data = b''
        self.have += data
        return data != b''

    def take(self, count):
        """So many bytes, or those there are before the end."""
        pieces, need = [self.have[:count]], count - len(self.have)
        self.have = self.have[count:]
        while need > 0:
            try:
                piece = self.socket.recv(min(need, 1 << 18))
            except ConnectionResetError:
                piece = b''
            if not piece:
                break
            pieces.append(piece)
            need -= len(piece)
        return b''.join(pieces)

    def line(self):
        """A line without its end, or None when the connection ends before."""
        while b'\r\n' not in self.have:
            if not self.more():
                return None
        line, self.have = self.have.split(b'\r\n', 1)
        return line.decode('latin-1')

    def rest(self):
        """All until the connection ends."""
        pieces = [self.have]
        self.have = b''
        while self.more():
            pieces.append(self.have)
            self.have = b''
        return b''.join(pieces)

    def drop(self):
        """All until the connection ends, of which only the first bytes are kept; how many."""
        count = len(self.have)
        while self.more():
            count += len(self.have)
            self.have = self.have[:1000]
            count -= len(self.have)
        self.dropped = count + len(self.have)

    def ends(self):
        """Whether nothing more comes but the end."""
        return self.have == b'' and not self.more()

    def head(self):
        """The head of an answer, or None when the connection ends instead."""
        line = self.line()
        if line is None:
            return None
        fields = {}
        while (field := self.line()):
            name, value = field.split(': ', 1)
            assert name.lower() not in fields, field
            fields[name.lower()] = value
        return Answer(line, fields)

    def chunks(self, answer):
        """A body in chunks; `whole` if its last one came."""
        pieces = []
        answer.whole = False
        while (line := self.line()) is not None:
            size = int(line, 16)
            pieces.append(self.take(size))
            answer.whole = self.take(2) == b'\r\n' and size == 0
            if size == 0:
                break
        answer.body = b''.join(pieces)

    def answer(self, method='GET'):
        """An answer with its body, or None when the connection ends instead."""
        answer = self.head()
        if answer is None or method == 'HEAD' or answer.status in (100, 204, 304):
            return answer
        if answer['transfer-encoding'] == 'chunked':
            self.chunks(answer)
        elif answer['content-length'] is not None:
            answer.body = self.take(int(answer['content-length']))
            answer.whole = len(answer.body) == int(answer['content-length'])
        else:
            answer.body = self.rest()
        return answer

    def ask(self, target, *fields, method='GET', version='1.1', body_sent=b''):
        """A request, and its answer."""
        self.send(request(target, *fields, method=method, version=version) + body_sent)
        return self.answer(method)


def request(target, *fields, method='GET', version='1.1', host=True):
    """The bytes of a head."""
    lines = [f'{method} {target} HTTP/{version}', *(['Host: here'] if host else []), *fields]
    return '\r\n'.join([*lines, '', '']).encode('latin-1')


class Server:
    """`leat serve` until the end of a `with`, where it must stop with status 0 and no word."""

    def __init__(self, t, arguments='', folder='www', engine=ENGINE, listen='127.0.0.1:0',
                 **options):
        os.makedirs(t.path(folder), exist_ok=True)
        self.t = t
        # Under a sanitizer much takes long that is no fault of the server's.
        patience = '--watchdog 60000 ' if SLOW else ''
        self.command = t.command(f'serve {folder} --listen {listen} {patience}{arguments}')
        self.told_path = t.path(f'told-{time.monotonic_ns()}')
        environment = dict(t.environment)
        if engine is not None:
            environment['LEAT_ENGINE'] = engine
        with open(self.told_path, 'wb') as told:
            self.process = subprocess.Popen(self.command, cwd=t.folder, stderr=told,
                                            env=environment, stdin=subprocess.DEVNULL, **options)
        self.ready = self._ready()
        self.engine = self.ready['engine'].decode()
        self.places = [self._address(place)
                       for place in self.ready['places'].decode().split(' and ')]
        self.address = self.places[0]
        self.told = ''  # a pattern for each line that it may say beyond the first

    def _ready(self):
        until = time.monotonic() + WAIT_SECONDS
        while time.monotonic() < until:
            with open(self.told_path, 'rb') as told:
                text = told.read()
            if (ready := READY.match(text)):
                return ready
            if self.process.poll() is not None:
                break
            time.sleep(0.005)
        self.process.kill()
        self.process.wait()
        if ENGINE is not None and b'leat: ' + ENGINE.encode() + b': ' in text:
            raise Missing(f'the engine {ENGINE}')
        raise AssertionError(f'{self.command} did not begin: {text}')

    @staticmethod
    def _address(place):
        if place.startswith('unix:'):
            return place[len('unix:'):]
        host, port = re.fullmatch(r'http://(.*):(\d+)/', place).groups()
        return host.strip('[]'), int(port)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        status = self.wait()
        text = self.said()
        self.t.check(status == 0, self.command, 'exit status 0', status)
        self.t.check(self.t.matches(self.told, text), self.command,
                     f'not a word more than {self.told!r}', text.decode(errors='replace'))

    def said(self):
        """What it has said beyond its first line."""
        with open(self.told_path, 'rb') as told:
            return told.read()[len(self.ready[0]):]

    def wait(self):
        """The exit status; a server that does not end is killed, and has the signal's."""
        try:
            return self.process.wait(WAIT_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            return self.process.wait()

    def signal(self, number=signal.SIGTERM):
        self.process.send_signal(number)

    def lives(self):
        return self.process.poll() is None

    def client(self, **options):
        address = self.address
        if isinstance(address, str):
            address = os.path.join(self.t.folder, address)
        return Client(address, **options)

    def ask(self, target, *fields, **options):
        """A request on a connection of its own."""
        with self.client() as client:
            return client.ask(target, *fields, **options)

    def metrics(self):
        """The numbers of /-/metrics by their names, without `leat_`."""
        return metrics_of(self.ask('/-/metrics').body)

    def until(self, true):
        """Wait until the metrics are as `true` says; the last of them."""
        until = time.monotonic() + WAIT_SECONDS
        while True:
            metrics = self.metrics()
            if true(metrics) or time.monotonic() > until:
                return metrics
            time.sleep(0.01)


def metrics_of(text):
    """Parse the text format of Prometheus: each sample has its HELP and TYPE before it."""
    found, types = {}, {}
    for line in text.decode().splitlines():
        if (kind := re.fullmatch(r'# TYPE ([a-z_]+) (counter|gauge)', line)):
            types[kind[1]] = kind[2]
        elif not re.fullmatch(r'# HELP [a-z_]+ .+', line):
            name, labels, value = re.fullmatch(
                r'([a-z_]+)(\{[a-z]+="[^"\\\n]*"\})? (\d+)', line).groups()
            assert types[name] == ('counter' if name.endswith('_total') else 'gauge'), line
            found[name.removeprefix('leat_') + (labels or '')] = int(value)
    return found


class Asking:
    """Checks of one server's answers: what is wrong is told with the request."""

    def __init__(self, t, server):
        self.t, self.server = t, server

    def __call__(self, target, *fields, status=200, body=None, client=None, **options):
        """Ask, and check the status, the body, and that the answer came whole."""
        asked = f'serve: {options.get("method", "GET")} {target} {" ".join(fields)}'
        answer = (client or self.server).ask(target, *fields, **options)
        if answer is None:
            self.t.fail(asked, ['', status, 'the connection ended'])
            return Answer('HTTP/1.1 000 Nothing', {})
        wanted = body.encode() if isinstance(body, str) else body
        self.t.check(answer.status == status, asked, status, answer)
        self.t.check(answer.whole, asked, 'a whole body', answer)
        if wanted is not None:
            self.t.check(answer.body == wanted, asked, wanted[:500], answer)
        return answer
