"""The servers that are compared, and how each is started and ended."""

import atexit
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import inputs

ROOT = Path(__file__).resolve().parent.parent.parent
FOLDER = ROOT / 'build' / 'bench' / 'net'
FILES = FOLDER / 'root'
PROGRAMS = ROOT / 'build' / 'default' / 'bench' / 'net'

SERVER_CORE = '0'
LOAD_CORE = '1'
START_SECONDS_MAX = 5
END_SECONDS_MAX = 1
FILE_BYTES = {'1k': 1000, '100k': 100_000, '10m': 10_000_000}

# Each has one worker, so one core is all it can use. {port} is another one at each start.
NGINX_CONFIG = """
daemon off;
worker_processes 1;
worker_rlimit_nofile 20000;
pid nginx.pid;
error_log error.log;
{user}
events {{ worker_connections 16384; }}
http {{
    access_log off;
    {sending}
    keepalive_requests 1000000000;
    keepalive_timeout 1h;
    client_header_timeout 1h;
    open_file_cache max=1000 inactive=1h;
    open_file_cache_valid 1h;
    server {{
        listen 127.0.0.1:{port} backlog=4096;
        root {root};
    }}
}}
"""

# With tcp_nopush, header and file share a packet, but the answers to pipelined requests wait for a
# delayed acknowledgement. Without sendfile, small files are copied together with their headers.
NGINX_SENDING = {
    'nginx': 'sendfile on; tcp_nopush on;',
    'nginx-push': 'sendfile on; tcp_nopush off;',
    'nginx-copy': 'sendfile off; output_buffers 2 128k;',
}

# A kind, a name, and the command. What is not there is left out. The figures of a kind are
# compared with those of its peer.
SERVERS = [
    ('echo', 'leat', f'{PROGRAMS}/echo --listen 127.0.0.1:{{port}} --core {SERVER_CORE}'),
    ('echo', 'epoll', f'{PROGRAMS}/echo_epoll --listen 127.0.0.1:{{port}} --core {SERVER_CORE}'),
    ('echo', 'uring', f'{PROGRAMS}/echo_uring --listen 127.0.0.1:{{port}} --core {SERVER_CORE}'),
    ('http', 'leat', f'{ROOT}/build/leat serve {{root}} --listen 127.0.0.1:{{port}}'),
    *(('http', name, '{nginx} -p {folder} -e error.log -c nginx.conf') for name in NGINX_SENDING),
]
PEERS = {'echo': 'epoll', 'http': 'nginx'}


def warn(*words):
    print('bench:', *words, file=sys.stderr)


def find(program, package):
    """The path of a program, installed if it is missing; None if it is not to be had."""
    where = os.environ['PATH'] + ':/usr/sbin'
    if not shutil.which(program, path=where):
        inputs.install(package)
    path = shutil.which(program, path=where)
    if not path:
        warn(f'no {program} here')
    return path


def make_files():
    FILES.mkdir(parents=True, exist_ok=True)
    for name, size in FILE_BYTES.items():
        (FILES / name).write_bytes(bytes(i * 7 % 251 for i in range(1000)) * (size // 1000))


def free_port():
    with socket.socket() as probe:
        probe.bind(('127.0.0.1', 0))
        return probe.getsockname()[1]


started = set()


def end(process):
    """End a server with all that it started: by asking, so that it waits for its own children, and
    else by force."""
    process.terminate()
    with contextlib.suppress(subprocess.TimeoutExpired):
        process.wait(END_SECONDS_MAX)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    started.discard(process)


@atexit.register
def end_all():
    for process in list(started):
        end(process)


class Server:
    """A row of the table: `kind`, `name`, and how to run it."""

    def __init__(self, kind, name, command, nginx):
        self.kind, self.name = kind, name
        self.nginx = nginx if '{nginx}' in command else None
        self.command = command.replace('{nginx}', nginx or 'nginx').split()

    def there(self):
        return Path(self.command[0]).is_file()

    def start(self, port):
        """Start it on its core, in a group of its own. Raises OSError when nothing listens."""
        if self.nginx:
            user = 'user root;' if os.geteuid() == 0 else ''
            (FOLDER / 'nginx.conf').write_text(
                NGINX_CONFIG.format(port=port, root=FILES, user=user,
                                    sending=NGINX_SENDING[self.name]))
        command = [each.format(port=port, root=FILES, folder=f'{FOLDER}/')
                   for each in self.command]
        with open(FOLDER / 'server.log', 'wb') as log:
            process = subprocess.Popen(['taskset', '-c', SERVER_CORE, *command], cwd=FOLDER,
                                       stdin=subprocess.DEVNULL, stdout=log, stderr=log,
                                       start_new_session=True)
        started.add(process)
        give_up = time.monotonic() + START_SECONDS_MAX
        while process.poll() is None and time.monotonic() < give_up:
            with contextlib.suppress(OSError), socket.create_connection(('127.0.0.1', port), 1):
                return process
            time.sleep(0.02)
        end(process)
        said = (FOLDER / 'server.log').read_text(errors='replace').strip().split('\n')[-1]
        raise OSError(f'{self.name} does not serve: {said}')

    @contextlib.contextmanager
    def running(self):
        """The port, and the process that does the work: a worker, where there is one."""
        port = free_port()
        process = self.start(port)
        try:
            children = Path(f'/proc/{process.pid}/task/{process.pid}/children').read_text().split()
            yield port, int(children[0]) if children else process.pid
        finally:
            end(process)


def find_all(kinds):
    """The servers of some kinds that are there and do serve."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    nginx = find('nginx', 'nginx-light') if 'http' in kinds else None
    found = []
    for kind, name, command in SERVERS:
        server = Server(kind, name, command, nginx)
        if kind not in kinds:
            continue
        if not server.there():
            warn(f'no {server.command[0]} here: {name} is left out of {kind}')
            continue
        try:
            with server.running():
                found.append(server)
        except OSError as error:
            warn(f'{error}: left out of {kind}')
    return found
