"""Peak memory: at most 64 MiB beyond what is mapped, whatever the size of the input."""

import os
import subprocess

MIB = 1 << 20
SIZE = 300 * MIB
BEYOND_MAX = 64 * MIB


def _peak(t, arguments, stdin=None):
    """The most memory that leat had, in bytes, as the kernel counts it."""
    process = subprocess.Popen(t.command(arguments), cwd=t.folder, env=t.environment,
                               stdin=stdin or subprocess.DEVNULL, stdout=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    t.check(process.returncode in (0, 1), arguments, 'status 0 or 1', process.returncode)
    return usage.ru_maxrss * 1024


def _holds(t, arguments, mapped=0, stdin=None):
    peak = _peak(t, arguments, stdin)
    t.check(peak <= mapped + BEYOND_MAX, arguments, f'at most {BEYOND_MAX // MIB} MiB more than '
            f'the {mapped // MIB} MiB mapped', f'{peak / MIB:.1f} MiB')


def _text(t):
    """300 MiB of lines that are not all the same to a compressor."""
    words = b'and one more line of those that make a file large, with a number'
    block = b''.join(b'%d two %s %x\n' % (n, words, n * 2654435761 % (1 << 32))
                     for n in range(20_000))
    with open(t.path('a'), 'wb') as file:
        for _ in range(SIZE // len(block)):
            file.write(block)
    return os.path.getsize(t.path('a'))


def large_file(t):
    """A file of 300 MiB, mapped, read, or through a pipe; searched, counted, printed, written."""
    size = _text(t)
    for arguments in ('deadbeef.*two', '-c two', 'two', '-v 9'):
        _holds(t, f'grep {arguments} a', mapped=size)
    _holds(t, 'grep -c two')
    _holds(t, 'cat a', mapped=size)
    with subprocess.Popen(['cat', 'a'], cwd=t.folder, stdout=subprocess.PIPE) as pipe:
        _holds(t, 'grep -c two', stdin=pipe.stdout)


def large_layers(t):
    """The same 300 MiB through each layer."""
    _text(t)
    t.shell('gzip -1c a >a.gz & tar c a | zstd -q1 >a.tar.zst; wait')
    for name in ('a.gz', 'a.tar.zst'):
        _holds(t, f'grep -c two {name}')
        with open(t.path(name), 'rb') as file:
            _holds(t, 'grep two', stdin=file)
    _holds(t, 'cat --layers a.gz')
