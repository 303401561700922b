"""What is printed to a terminal, to a pipe and to one that is closed; hostile names in each."""

import os
import signal
import subprocess
import time

from room import END, LINE, MATCH, PATH

# A command whose reader went away and that takes longer goes on reading.
END_SECONDS_MAX = 5 * int(os.environ.get('LEAT_TEST_SLOWNESS', '1'))

BAD = 'a\x1b[31mred\x07\u202etxt'
SHOWN = 'a\\x1b[31mred\\x07\\u{202e}txt'


def _expect(t, arguments, wanted, status=0, **environment):
    got_status, got = t.on_terminal(arguments, **environment)
    t.check((got_status, got) == (status, wanted), f'{arguments} (on a terminal)',
            f'{status}, {wanted!r}', f'{got_status}, {got!r}')


def names_are_escaped(t):
    """On a terminal a name shows what it holds, and the terminal obeys none of it."""
    t.write(BAD, 'two\n')
    t.write('line\nbreak', 'two\n')
    t.shell('tar cf x.tar a*; rm a*')
    plain = '--color=never --no-heading -N --sort path'
    _expect(t, f'grep two {plain}', f'line\\x0abreak:two\nx.tar!{SHOWN}:two\n')
    _expect(t, f'grep -l two {plain}', f'line\\x0abreak\nx.tar!{SHOWN}\n')
    status, listing = t.on_terminal('ls x.tar')
    t.check(status == 0 and SHOWN in listing and '\x1b[31m' not in listing,
            'ls x.tar (on a terminal)', SHOWN, repr(listing))
    t.grep('two --sort path', f'line\nbreak:two\nx.tar!{BAD}:two\n')
    listing = t.run('ls x.tar').out
    t.check(b'txt' in listing, 'ls x.tar', 'the name', listing)


def not_utf8(t):
    """Bytes of a name that are no text come out as they are, or escaped on a terminal."""
    with open(os.path.join(t.folder.encode(), b'caf\xe9'), 'w', encoding='ascii') as file:
        file.write('two\n')
    t.grep('-l two', b'caf\xe9\n')
    _expect(t, 'grep -l two --color=never', 'caf\\xe9\n')


def messages_are_escaped(t):
    """A message is one line, whatever the name, terminal or not."""
    t.grep(['two', 'no\nsuch\x1b'], status=2, err=r'leat: no\\x0asuch\\x1b: .*')


def looks(t):
    """On a terminal: colours, headings and line numbers, unless NO_COLOR or TERM=dumb."""
    t.write('a', 'one\ntwo\n')
    t.write('b', 'two\n')
    name, line, match, end = PATH, LINE, MATCH, END
    _expect(t, 'grep two --sort path', f'{name}a{end}\n{line}2{end}:{match}two{end}\n\n'
                                       f'{name}b{end}\n{line}1{end}:{match}two{end}\n')
    plain = 'a\n2:two\n\nb\n1:two\n'
    _expect(t, 'grep two --sort path', plain, NO_COLOR='1')
    _expect(t, 'grep two --sort path', plain, TERM='dumb')
    _expect(t, 'grep two --sort path --color=never', plain)
    _expect(t, 'grep two a', f'{line}2{end}:{match}two{end}\n')
    _expect(t, 'grep nothing', '', status=1)
    _expect(t, 'grep two -N --no-heading --color=never b', 'two\n')


def closed_output(t):
    """`leat grep x big | head -1` ends at once, without a word."""
    t.write('a', 'two\n' * 3_000_000)
    t.write('b', 'two\n' * 3_000_000)
    t.shell('gzip -1 b')
    for arguments in ('grep two a', 'grep two', 'grep -c two b.gz', 'cat a', 'cat --layers b.gz'):
        start = time.monotonic()
        process = subprocess.Popen(t.command(arguments), cwd=t.folder, env=t.environment,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                   stderr=subprocess.PIPE)
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
        process.stderr.close()
        status = process.wait()
        t.check(err == b'' and status in (0, -signal.SIGPIPE), f'{arguments} | head -1',
                'no message, and no failure', f'{status} {err}')
        t.check(time.monotonic() - start < END_SECONDS_MAX, f'{arguments} | head -1',
                'an end at once')


def full_output(t):
    """An output that cannot be written is a failure that is told."""
    t.write('a', 'two\n' * 100_000)
    for arguments in ('grep two a', 'grep -c two a', 'cat a', 'ls a', 'grep --help'):
        with open('/dev/full', 'wb') as full:
            done = subprocess.run(t.command(arguments), cwd=t.folder, env=t.environment,
                                  stdout=full, stderr=subprocess.PIPE, check=False)
        t.check(done.returncode == 2 and t.matches('leat.*[Nn]o space left.*', done.stderr),
                f'{arguments} >/dev/full', 'status 2 and one message',
                f'{done.returncode} {done.stderr}')


def closed_streams(t):
    """Without a standard input, or any stream at all, nothing is opened in its place."""
    t.write('a', 'two\n')
    done = subprocess.run(['bash', '-c', '"$0" grep two a <&-', t.program], cwd=t.folder,
                          env=t.environment, stdout=subprocess.PIPE, check=False)
    t.check((done.returncode, done.stdout) == (0, b'two\n'), 'grep two a <&-', 'two', done.stdout)
    done = subprocess.run(['bash', '-c', '"$0" grep two a >&- 2>&-', t.program], cwd=t.folder,
                          env=t.environment, check=False)
    t.check(done.returncode in (0, 2) and t.read('a') == b'two\n', 'grep two a >&- 2>&-',
            'a status, and the file as it was', done.returncode)
