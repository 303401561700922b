"""A room to test the command in: an empty folder, tools to fill it, and what to expect there."""

import os
import pty
import re
import shlex
import shutil
import subprocess
import tempfile

# A command that takes longer hangs. Sanitizers and valgrind are slower by as much.
SECONDS_MAX = 20 * int(os.environ.get('LEAT_TEST_SLOWNESS', '1'))

# Of what is expected and of what came.
SHOWN_BYTES_MAX = 2000
SHOWN_LINES_MAX = 10
SHOWN_COLUMNS_MAX = 200

# The colours of a path, a line's number and a match, and the end of each.
PATH, LINE, MATCH, END = '\x1b[0m\x1b[35m', '\x1b[0m\x1b[32m', '\x1b[0m\x1b[1m\x1b[31m', '\x1b[0m'


class Missing(Exception):
    """The machine lacks what a test needs: it is skipped."""


class Hang(Exception):
    """A command did not end. There may be more of its kind: the test is over."""


def sorted_lines(text):
    return b''.join(sorted(text.splitlines(keepends=True)))


def lines_match(patterns, text, in_any_order=False):
    """Each line matches the pattern in its place, from end to end; `...` is any further lines."""
    lines = text.decode('utf-8', 'replace').splitlines()
    wanted = patterns.splitlines()
    if wanted[-1:] == ['...']:
        wanted.pop()
        lines = lines[:len(wanted)]
    if in_any_order:
        lines, wanted = sorted(lines), sorted(wanted)
    return len(lines) == len(wanted) and all(map(re.fullmatch, wanted, lines))


def shown(text):
    """Bytes for a person: escaped, cut when long, and never nothing at all."""
    if not text:
        return 'nothing'
    lines = [repr(line.decode('utf-8', 'backslashreplace'))[1:-1]
             for line in text[:SHOWN_BYTES_MAX].splitlines(keepends=True)]
    if len(lines) > SHOWN_LINES_MAX or len(text) > SHOWN_BYTES_MAX:
        lines = [*lines[:SHOWN_LINES_MAX], f'... {len(text)} bytes in {text.count(10)} lines']
    return '\n'.join(line[:SHOWN_COLUMNS_MAX] for line in lines)


def indented(text):
    return '\n'.join('    ' + line for line in str(text).splitlines())


class Result:
    """What a command printed, and its exit status (or minus the signal that ended it)."""

    def __init__(self, status, out, err):
        self.status, self.out, self.err = status, out, err


class Room:
    """Files are named from the folder; commands run in it. Every wrong thing is printed and
    counted, and the test goes on: one run shows all that is wrong."""

    def __init__(self, leat, name):
        self.program = os.path.abspath(leat)
        self.name = name
        self.failures = 0
        self.folder = tempfile.mkdtemp(prefix='leat-cli-')
        # Nothing of the caller's tastes: colours, languages, settings of peers.
        kept = ('PATH', 'TMPDIR', 'ASAN_OPTIONS', 'UBSAN_OPTIONS', 'TSAN_OPTIONS',
                'LD_LIBRARY_PATH')
        self.environment = {name: os.environ[name] for name in kept if name in os.environ}
        self.environment.update(HOME=self.folder, LC_ALL='C.UTF-8', TERM='xterm')

    def close(self):
        """Remove the folder, whatever rights were taken away in it."""
        for folder, names, _ in os.walk(self.folder):
            for name in names:
                path = os.path.join(folder, name)
                if not os.path.islink(path):
                    os.chmod(path, 0o700)
        shutil.rmtree(self.folder)

    # Making files.

    def path(self, name):
        return os.path.join(self.folder, name)

    def write(self, name, content):
        """A file, with the folders above it. Text is written as UTF-8."""
        path = self.path(name)
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(path, 'wb') as file:
            file.write(content.encode() if isinstance(content, str) else content)
        return path

    def read(self, name):
        with open(self.path(name), 'rb') as file:
            return file.read()

    def shell(self, command):
        """Run a real tool, as `tar czf a.tar.gz dir`. It must be there, and succeed."""
        done = subprocess.run(['bash', '-e', '-o', 'pipefail', '-c', command], cwd=self.folder,
                              env=self.environment, timeout=SECONDS_MAX, check=False,
                              stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
        if done.returncode == 127:
            raise Missing(f'a tool of `{command}`')
        done.check_returncode()

    # Running the command.

    def command(self, arguments):
        """The whole command line of `grep -i a b`, or of a list."""
        words = shlex.split(arguments) if isinstance(arguments, str) else list(arguments)
        return [self.program, *words]

    def run(self, arguments, stdin=None, **options):
        """Run leat to its end. `stdin` is bytes, an open file, or nothing at all."""
        given = {'input': stdin} if isinstance(stdin, bytes) else {
            'stdin': subprocess.DEVNULL if stdin is None else stdin}
        try:
            done = subprocess.run(self.command(arguments), cwd=self.folder, env=self.environment,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  timeout=SECONDS_MAX, check=False, **given, **options)
        except subprocess.TimeoutExpired:
            self.fail(arguments, ['in time', f'an end within {SECONDS_MAX} s', 'none'])
            raise Hang from None
        return Result(done.returncode, done.stdout, done.stderr)

    def on_terminal(self, arguments, **environment):
        """Run leat with a terminal for all three streams. Returns its status and what was shown."""
        terminal, inside = pty.openpty()
        process = subprocess.Popen(self.command(arguments), cwd=self.folder,
                                   env={**self.environment, **environment}, stdin=inside,
                                   stdout=inside, stderr=inside)
        os.close(inside)
        shown = b''
        try:
            while chunk := os.read(terminal, 65536):
                shown += chunk
        except OSError:  # how Linux says that nobody has the other end open
            pass
        os.close(terminal)
        return process.wait(), shown.decode('utf-8', 'replace').replace('\r\n', '\n')

    def as_nobody(self):
        """Options of run() that take root's powers over rights away, where there are any."""
        if os.geteuid() != 0:
            return {}
        os.chmod(self.folder, 0o755)
        options = {'user': 65534, 'group': 65534, 'extra_groups': []}
        try:
            self.run('--version', **options)
        except PermissionError:
            raise Missing('a leat that others than root may run') from None
        return options

    # Saying what must be.

    def expect(self, arguments, out='', status=None, err='', stdin=None, in_any_order=False,
               **options):
        """Run leat; it must print `out` exactly, and to standard error a line for each pattern
        of `err`; `in_any_order` is said of the lines of both. The status
        is 0 unless said, or 1 for a grep that prints nothing."""
        result = self.run(arguments, stdin, **options)
        wanted_out = out.encode() if isinstance(out, str) else out
        got_out = result.out
        if in_any_order:
            wanted_out, got_out = sorted_lines(wanted_out), sorted_lines(got_out)
        words = shlex.split(arguments) if isinstance(arguments, str) else arguments
        if status is None:
            status = 1 if words[0] == 'grep' and not out else 0
        wrong = []
        if got_out != wanted_out:
            wrong.append(['on standard output', shown(wanted_out), shown(got_out)])
        if not lines_match(err, result.err, in_any_order):
            wrong.append(['on standard error', err or 'nothing', shown(result.err)])
        if result.status != status:
            wrong.append(['as the exit status', status, result.status])
        if wrong:
            self.fail(words, *wrong)
        return result

    def grep(self, arguments, out='', **options):
        """expect() of `leat grep`."""
        words = shlex.split(arguments) if isinstance(arguments, str) else list(arguments)
        return self.expect(['grep', *words], out, **options)

    def check(self, fact, arguments, what, got=''):
        """What expect() cannot say."""
        if not fact:
            self.fail(arguments, ['', what, got])

    matches = staticmethod(lines_match)

    def fail(self, arguments, *wrong):
        """Print what is wrong: lists of what is meant, what was expected there, and what came."""
        self.failures += 1
        words = [arguments] if isinstance(arguments, str) else map(shlex.quote, arguments)
        print(f'{self.name}: leat {" ".join(words)}')
        for what, wanted, got in wrong:
            print(f'  expected {what}\n{indented(wanted)}\n  got\n{indented(got)}', flush=True)
