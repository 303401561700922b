"""What hurts other tools: a file that is input and output, that grows or is written meanwhile,
damage far behind what is asked for, hostile names, and bombs, through each command."""

import io
import os
import resource
import struct
import subprocess
import tarfile
import zipfile

from room import SECONDS_MAX

MIB = 1 << 20
# A command at its limits, whatever it reads; a sanitizer's own memory is not counted.
PEAK_MAX = 200 * MIB
SANITIZED = os.environ.get('LEAT_TEST_SLOWNESS', '1') != '1'
COMMANDS = ('grep -ac two {}', 'cat --layers {}', 'ls {}', 'test {}')
LIMITS = ' --limit-memory 16M --limit-bytes 64M --limit-total 256M --limit-entries 1000'

SAME = r'.*: input and output are the same file'


def _shell(t, command):
    """Run a line of shell with leat as $0. Returns its status and standard error."""
    done = subprocess.run(['bash', '-c', command, t.program], cwd=t.folder, env=t.environment,
                          stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                          stderr=subprocess.PIPE, timeout=SECONDS_MAX, check=False)
    return done.returncode, done.stderr


def file_onto_itself(t):
    """What is written to its own input is refused before the first byte, whatever its size."""
    for lines in (3, 300_000):
        text = 'two two\n' * lines
        t.write('a', text)
        for command in ('"$0" cat a >>a', '"$0" cat a 1<>a', '"$0" cat - <a >>a',
                        '"$0" cat --layers a >>a', 'cat a | "$0" cat - a >>b',
                        '"$0" grep two a >>a', '"$0" grep two <a >>a', '"$0" grep two - <a >>a'):
            status, err = _shell(t, command)
            refused = '>>b' not in command
            t.check(t.matches(SAME if refused else '', err), command,
                    'a refusal' if refused else 'none', err)
            t.check(status == (2 if refused else 0), command, 'its status', status)
            t.check(t.read('a') == text.encode(), command, 'the file as it was')


def layers_onto_themselves(t):
    """What is decoded is not written into the file that it comes from."""
    t.write('a', 'two\n' * 100_000)
    t.shell('gzip a; tar cf b.tar a.gz')
    for command in ('"$0" cat --layers a.gz >>a.gz', '"$0" cat --layers b.tar!a.gz 1<>b.tar',
                    '"$0" grep two b.tar >>b.tar'):
        before = t.read('a.gz'), t.read('b.tar')
        status, err = _shell(t, command)
        t.check(status == 2 and t.matches(SAME, err), command, 'a refusal', (status, err))
        t.check((t.read('a.gz'), t.read('b.tar')) == before, command, 'the file as it was')


def output_in_the_folder(t):
    """A search whose output lies in the folder leaves it out, as ripgrep does."""
    t.write('a', 'two\n')
    status, err = _shell(t, '"$0" grep two >out')
    t.check((status, err, t.read('out')) == (0, b'', b'a:two\n'), 'grep two >out', 'one line',
            (status, err, t.read('out')))


def grows_and_is_written(t):
    """A file that grows and is written while it is searched: each line that stood is found."""
    lines = 400_000
    t.write('a', ''.join(f'two {n:08}\n' for n in range(lines)))
    for arguments in ('grep two a', 'grep two a -j1', 'grep two', 'cat a'):
        process = subprocess.Popen(t.command(arguments), cwd=t.folder, env=t.environment,
                                   stdin=subprocess.DEVNULL, stdout=subprocess.PIPE)
        first = process.stdout.readline()
        with open(t.path('a'), 'r+b') as file:
            file.seek(13 * (lines - 5))
            file.write(b'TWO')
            file.seek(0, os.SEEK_END)
            file.write(b'two more\n' * 1000)
        out = first + process.stdout.read()
        process.stdout.close()
        status = process.wait(SECONDS_MAX)
        found = {line.removeprefix(b'a:') for line in out.splitlines()}
        missing = [n for n in range(lines) if n != lines - 5 and b'two %08d' % n not in found]
        t.check(status == 0 and not missing, arguments, 'each line that stood',
                (status, missing[:5]))
        t.write('a', ''.join(f'two {n:08}\n' for n in range(lines)))


def fault_waits(t):
    """Damage behind what is asked for is not met; nor is a hole of a terabyte read."""
    t.write('a', 'two\n' + 'other\n' * 2_000_000)
    t.shell('gzip -1k a; zstd -q a')
    for name in ('a.gz', 'a.zst'):
        t.write(name, t.read(name)[:-600])
        t.grep(f'-m1 two {name}', 'two\n')
        t.grep(f'-q two {name}', status=0)
        t.grep(f'-c two {name}', '1\n', status=2, err=f'leat: {name}: .*')
    t.write('sparse', 'two\n')
    os.truncate(t.path('sparse'), 1 << 40)
    t.grep('-am1 two sparse', 'two\n')
    t.grep('-q two sparse', status=0)


# --- Names ---

NAMES = ('../up', '/abs', 'a/../../up', 'esc\x1b[31m', 'bell\x07', 'line\nbreak', '\u202etxt')


def _hostile_archives(t):
    with tarfile.open(t.path('x.tar'), 'w') as tar, zipfile.ZipFile(t.path('x.zip'), 'w') as zip_:
        for name in NAMES:
            member = tarfile.TarInfo(name)
            member.size = 4
            tar.addfile(member, io.BytesIO(b'two\n'))
            zip_.writestr(name, 'two\n')


def hostile_names(t):
    """Names that lead away or hold escapes: read, shown escaped on a terminal, never opened."""
    t.write('up', 'the one outside\n')
    _hostile_archives(t)
    for archive in ('x.tar', 'x.zip'):
        for command in (f'ls {archive}', f'grep --color=never two {archive}',
                        f'cat --layers {archive}', f'test --verbose {archive}'):
            status, shown = t.on_terminal(command)
            t.check(status == 0, f'{command} (on a terminal)', 'status 0', status)
            t.check(not any(bad in shown for bad in ('\x1b[31m', '\x07', '\u202e')),
                    f'{command} (on a terminal)', 'nothing that a terminal obeys', shown)
            result = t.run(command)
            t.check(result.status == 0 and b'outside' not in result.out, command,
                    'what is inside', result.out)
        for name in NAMES:
            t.expect(['cat', f'{archive}!{name}'], 'two\n')
        result = t.run(f'grep two {archive}')
        t.check(result.out.count(b':two\n') == len(NAMES), f'grep two {archive}',
                f'{len(NAMES)} lines', result.out)
    t.check(sorted(os.listdir(t.folder)) == ['up', 'x.tar', 'x.zip'], 'all of these',
            'no new file', os.listdir(t.folder))


# --- Bombs ---

def _store(entries):
    """A zip, as bytes, of stored entries."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, 'w', zipfile.ZIP_DEFLATED) as file:
        for name, content in entries:
            file.writestr(name, content)
    return out.getvalue()


def _zip_of_zips():
    """Ten zips in each of ten zips, and so on: 10^12 files of a MiB."""
    inner = _store([('0', b'\0' * MIB)])
    for _ in range(12):
        inner = _store([(f'{n}.zip', inner) for n in range(10)])
    return inner


def _overlapping(count):
    """Entries that are all the same bytes, which are an archive."""
    content = bytearray(_store([('a.zip', _store([('a', b'two\n' * 10_000)]))]))
    directory, end = content.index(b'PK\1\2', 100), content.rindex(b'PK\5\6')
    directory = content.rindex(b'PK\1\2', 0, end)
    record = content[directory:end]
    return bytes(content[:directory] + record * count
                 + b'PK\5\6' + struct.pack('<HHHHIIH', 0, 0, count, count, len(record) * count,
                                           directory, 0))


def _holds_itself():
    """A stored entry that begins with a header and runs to the end of the file that it is in, its
    own directory included."""
    name = b'a.zip'
    local = struct.pack('<4sHHHIIIIHH', b'PK\3\4', 20, 0, 0, 33 << 16, 0, 0, 0, len(name), 0) + name
    record_len = 46 + len(name)
    size = len(local) + record_len + 22
    local2 = struct.pack('<4sHHHIIIIHH', b'PK\3\4', 20, 0, 0, 33 << 16, 0, size, size,
                         len(name), 0) + name
    record = struct.pack('<4sHHHHIIIIHHHHHII', b'PK\1\2', 20, 20, 0, 0, 33 << 16, 0, size, size,
                         len(name), 0, 0, 0, 0, 0, 0) + name
    end = b'PK\5\6' + struct.pack('<HHHHIIH', 0, 0, 1, 1, record_len, len(local) + len(local2), 0)
    return local2 + local + record + end


def _peak(t, arguments):
    """Run; the status and the most memory, in bytes, that this run had."""
    process = subprocess.Popen(t.command(arguments), cwd=t.folder, env=t.environment,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                               stderr=subprocess.DEVNULL,
                               preexec_fn=lambda: resource.setrlimit(
                                   resource.RLIMIT_CPU, (SECONDS_MAX, SECONDS_MAX)))
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    return process.returncode, usage.ru_maxrss * 1024


def bombs_through_each(t):
    """Bombs end at a limit, through each command, in bounded memory and time."""
    t.write('zips.zip', _zip_of_zips())
    t.write('overlap.zip', _overlapping(500))
    t.write('itself.zip', _holds_itself())
    t.shell('head -c 300M /dev/zero | gzip -1 >line.gz')
    for name in ('zips.zip', 'overlap.zip', 'itself.zip', 'line.gz'):
        for command in COMMANDS:
            arguments = command.format(name) + LIMITS
            status, peak = _peak(t, arguments)
            # What only lists reads no entry, and need not meet its limit.
            t.check(status == 2 or (status == 0 and command.startswith('ls')), arguments,
                    'status 2', status)
            t.check(peak < PEAK_MAX or SANITIZED, arguments,
                    f'at most {PEAK_MAX // MIB} MiB', f'{peak / MIB:.0f} MiB')
