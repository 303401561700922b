"""What ripgrep 15.0, ugrep 7.8 and GNU grep miss, misreport or die of: here each is found, and each
damage is told in one line, with status 2."""

import lzma
import os
import struct
import subprocess
import tarfile
import time
import zipfile
import zlib

SEVEN = ''.join(f'canal {n}\n{zlib.crc32(bytes([n]))}\n' for n in range(7))
FOUND = ''.join(f'canal {n}\n' for n in range(7))
PADDING = ''.join(f'{zlib.crc32(b"%d" % n):08x}\n' for n in range(5000))


def truncated_gzip(t):
    """ripgrep prints six of seven matches before the cut, and -c none; ugrep says nothing of it."""
    t.write('a', SEVEN + PADDING)
    t.shell('gzip a')
    t.write('a.gz', t.read('a.gz')[:-2000])
    err = r'leat: a.gz: gzip: unexpected end of input, at input offset \d+'
    t.grep('canal a.gz', FOUND, status=2, err=err)
    t.grep('-c canal a.gz', '7\n', status=2, err=err)


def bad_checksum(t):
    """ripgrep -c counts nothing."""
    t.write('a', SEVEN)
    t.shell('gzip a')
    content = bytearray(t.read('a.gz'))
    content[-8] ^= 1
    t.write('a.gz', content)
    t.grep('-c canal a.gz', '7\n', status=2, err='leat: a.gz: gzip: wrong checksum, .*')


def behind_the_end(t):
    """ripgrep loses the match before garbage; ugrep takes zeros for an error."""
    t.write('a', 'the canal\n')
    t.shell('gzip a; (cat a.gz; echo garbage) >garbage.gz; (cat a.gz; head -c 512 /dev/zero) >z.gz')
    t.grep('canal garbage.gz', 'the canal\n', status=2,
           err=r'leat: garbage.gz: gzip: bytes after the end, ignored, at input offset \d+')
    t.grep('canal z.gz', 'the canal\n')


def endings(t):
    """ripgrep misses a gzip on standard input or without its ending, and loses a text with it."""
    t.write('a', 'the canal\n')
    t.shell('gzip -k a; cp a.gz named; mv a text.gz')
    t.grep('canal', 'the canal\n', stdin=t.read('a.gz'))
    t.grep('canal named', 'the canal\n')
    t.grep('canal text.gz', 'the canal\n')


class _Pipe:
    """A file that cannot be gone back in: what is written to it has data descriptors."""

    def __init__(self, file):
        self.write = file.write

    def flush(self):
        pass


def zips(t):
    """ugrep reads no LZMA, no stored entry with a descriptor, and nothing behind a program."""
    with zipfile.ZipFile(t.path('lzma.zip'), 'w', zipfile.ZIP_LZMA) as made:
        made.writestr('a', SEVEN)
    with open(t.path('streamed.zip'), 'wb') as file, zipfile.ZipFile(_Pipe(file), 'w') as made:
        made.writestr('a', SEVEN)
    t.write('setup.exe', b'MZ' + os.urandom(10_000) + t.read('lzma.zip'))
    for name in 'lzma.zip', 'streamed.zip', 'setup.exe':
        t.grep(f'-c canal {name}', f'{name}!a:7\n')


def ghost(t):
    """ugrep reports an entry that was deleted from the directory."""
    with zipfile.ZipFile(t.path('a.zip'), 'w') as made:
        made.writestr('ghost', 'canal of the past\n')
        made.writestr('there', 'canal of today\n')
    content = t.read('a.zip')
    at = struct.unpack('<I', content[-6:-2])[0]
    first = 46 + len('ghost')
    end = struct.pack('<4s4H2IH', b'PK\5\6', 0, 0, 1, 1, len(content) - 22 - at - first, at, 0)
    t.write('a.zip', content[:at] + content[at + first:-22] + end)
    t.grep('canal a.zip', 'a.zip!there:canal of today\n')


def old_archives(t):
    """ripgrep and ugrep call a tar of the first form, and an iso, binary."""
    t.write('tree/a.txt', SEVEN)
    t.shell('tar --format=v7 -cf v7.tar tree; genisoimage -quiet -R -o disc.iso tree')
    t.grep('-c canal v7.tar', 'v7.tar!tree/a.txt:7\n')
    t.grep('-c canal disc.iso', 'disc.iso!a.txt:7\n')


def bomb(t):
    """Nine kilobytes that would be a hundred gigabytes: ugrep has no limit."""
    packer = lzma.LZMACompressor(lzma.FORMAT_XZ, lzma.CHECK_NONE)
    inner = b''.join(packer.compress(bytes(1 << 20)) for _ in range(256)) + packer.flush()
    t.write('bomb.xz', lzma.compress(inner * 400))
    size = os.path.getsize(t.path('bomb.xz'))
    t.check(size < 20_000, 'bomb.xz', 'a small file', size)
    start = time.monotonic()
    t.grep('-c canal bomb.xz', status=2,
           err='leat: bomb.xz: xz: expands more than the limit allows, .*')
    took = time.monotonic() - start
    t.check(took < 60, 'grep -c canal bomb.xz', 'an end in a minute', took)


def long_line(t):
    """In a line that no memory holds ugrep finds nothing."""
    with subprocess.Popen(['head', '-c', '20M', '/dev/zero'], stdout=subprocess.PIPE) as zeros:
        tr = subprocess.run(['tr', '\\0', 'x'], stdin=zeros.stdout, stdout=subprocess.PIPE,
                            check=True)
    line = tr.stdout[:12_000_000] + b'canal' + tr.stdout
    t.grep('-o --limit-memory 4M canal', 'canal\n', stdin=line, status=2,
           err='leat: <stdin>: grep: a line is too long for memory and was searched in pieces, .*')


def cut_while_read(t):
    """ripgrep dies of SIGBUS."""
    path = t.write('a', b'the canal\n' * 2_000_000)
    with subprocess.Popen(t.command('grep canal a'), cwd=t.folder, env=t.environment, bufsize=0,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE) as search:
        search.stdout.read(1000)
        os.truncate(path, 4096)
        _, err = search.communicate(timeout=60)
    t.check(search.returncode == 2 and t.matches('leat: a: .*', err), 'grep canal a, cut meanwhile',
            'status 2 and one message', (search.returncode, err))


def names(t):
    """Names that lead away or command the terminal are printed raw."""
    with tarfile.open(t.path('a.tar'), 'w') as made:
        for name in '../../etc/passwd', 'red\x1b[31m':
            member = tarfile.TarInfo(name)
            t.write('member', 'the canal\n')
            member.size = 10
            with open(t.path('member'), 'rb') as file:
                made.addfile(member, file)
    _, shown = t.on_terminal('grep --color=never canal a.tar')
    t.check('\x1b' not in shown and 'red' in shown, 'grep canal a.tar, on a terminal',
            'no escape of the name', shown)
    t.run(['cp', 'a.tar!', 'out/'])
    t.check(not os.path.exists(t.path('etc/passwd')) and os.listdir(t.folder).count('out') == 1,
            "cp 'a.tar!' out/", 'nothing outside', os.listdir(t.folder))
