#!/usr/bin/env python3
"""Archives of tar's rarer dialects, read by leat as GNU tar unpacks them.

    tar_variants_test.py LIST

Each is made by GNU tar, or built here of headers where no program at hand writes them any more.
The exit status is 77 where there is no GNU tar.
"""

import io
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from pathlib import Path

from tools_test import MTIME, PIECES, SKIPPED, contents

BLOCK = 512


# Headers

def octal(number, width):
    return b'%0*o\0' % (width - 1, number)


def base256(number, width):
    first = 0x80 if number >= 0 else 0xff
    return bytes([first]) + number.to_bytes(width - 1, 'big', signed=True)


def header(name, data=b'', kind=b'0', magic=b'ustar\x0000', **fields):
    """One header and the blocks of its data. `fields` replace what is written of a number."""
    block = bytearray(BLOCK)

    def put(at, what):
        block[at:at + len(what)] = what
    put(0, name)
    put(100, octal(0o644, 8) + octal(0, 8) + octal(0, 8))
    put(124, fields.get('size', octal(len(data), 12)))
    put(136, fields.get('mtime', octal(MTIME, 12)))
    put(156, kind)
    put(157, fields.get('link', b''))
    put(257, magic)
    put(345, fields.get('prefix', b''))
    put(148, b' ' * 8)
    total = sum(b - 256 if b > 127 and fields.get('signed') else b for b in block)
    put(148, b'%06o\0 ' % total)
    return bytes(block) + data + bytes(-len(data) % BLOCK)


def records(**pairs):
    """The body of an extended header."""
    body = b''
    for key, value in pairs.items():
        text = b' %s=%s\n' % (key.replace('__', '.').encode(), value)
        length = len(text)
        while length != len(b'%d' % length) + len(text):
            length = len(b'%d' % length) + len(text)
        body += b'%d' % length + text
    return body


END = bytes(2 * BLOCK)

BUILT = {
    'v7': header(b'v7', b'no magic', b'\0', b'') + header(b'folder/', b'', b'\0', b''),
    'signed sums': header('\u00e9\u00e8'.encode('latin-1'), b'old', signed=True),
    'base 256': header(b'big', b'12345', size=base256(5, 12), mtime=base256(2 ** 33 + 7, 12)) +
                header(b'early', b'', mtime=base256(-86400, 12)),
    'all digits': header(b'late', b'x', mtime=b'%012o' % 2 ** 33),
    'spaces': header(b'spaces', b'abc', size=b'          3 ', mtime=b'%11o ' % MTIME),
    'prefix': header(b'n' * 100, b'deep', prefix=b'p' * 90 + b'/' + b'q' * 64),
    'gnu names': header(b'././@LongLink', b'l' * 150 + b'\0', b'L', b'ustar  \0') +
                 header(b'l' * 100, b'long', magic=b'ustar  \0'),
    'pax': header(b'x', records(path=b'other', mtime=b'1600000000.5', size=b'3'), b'x') +
           header(b'name', b'abc', size=octal(0, 12)),
    'pax for all': header(b'g', records(mtime=b'1500000000', comment=b'for all'), b'g') +
                   header(b'one', b'1') + header(b'x', records(mtime=b'1400000000.25'), b'x') +
                   header(b'two', b'2') + header(b'three', b'3'),
    'pax, binary': header(b'x', records(hdrcharset=b'BINARY', path=b'not \xff UTF-8'), b'x') +
                   header(b'name', b'binary'),
    'pax, early': header(b'x', records(mtime=b'-1.5'), b'x') + header(b'early', b'e'),
    'Solaris': header(b'x', records(path=b'from X'), b'X') + header(b'name', b'solaris'),
    'contiguous': header(b'contiguous', b'seven', b'7'),
    'one block of zeros': header(b'a', b'one')[:],
    'sparse 0.0': header(b'x', records(GNU__sparse__size=b'700', GNU__sparse__numblocks=b'2') +
                         records(GNU__sparse__offset=b'0', GNU__sparse__numbytes=b'512') +
                         records(GNU__sparse__offset=b'690', GNU__sparse__numbytes=b'10'), b'x') +
                  header(b'holes', b'abc' * 170 + b'de' + b'0123456789'),
    'sparse 0.1': header(b'x', records(GNU__sparse__size=b'20', GNU__sparse__numblocks=b'2',
                                       GNU__sparse__name=b'holes',
                                       GNU__sparse__map=b'4,3,20,0'), b'x') +
                  header(b'GNUSparseFile.1/holes', b'abc'),
    'sparse 1.0': header(b'x', records(GNU__sparse__major=b'1', GNU__sparse__minor=b'0',
                                       GNU__sparse__name=b'holes', GNU__sparse__realsize=b'600'),
                         b'x') +
                  header(b'GNUSparseFile.1/holes',
                         b'2\n500\n3\n600\n0\n'.ljust(BLOCK, b'\0') + b'abc'),
}


# What is in them

def lines_of(folder):
    """What GNU tar unpacked, each as leat's line says it, but for the method."""
    lines = []
    for path in sorted(folder.rglob('*')):
        info = path.lstat()
        name = os.fsencode(path.relative_to(folder))
        kind, data = b'file', b''
        if path.is_dir():
            # One that tar made for what is in it has no entry.
            if int(info.st_mtime) != MTIME:
                continue
            kind, name = b'folder', name + b'/'
        else:
            data = path.read_bytes()
        size = len(data)
        lines.append((b'%s %s %04o %d ' % (kind, name, info.st_mode & 0o7777,
                                           info.st_mtime_ns // 10 ** 9),
                      b' %d %s end\n' % (size, contents(data))))
    return lines


def unpack(archive, folder, *options):
    done = subprocess.run(['tar', '-xpf', archive, '-C', folder, *options],
                          stderr=subprocess.DEVNULL)
    return done.returncode == 0


def listed(lister, archive, piece):
    command = [lister, 'tar', archive] + ([piece] if piece else [])
    return subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout


def fail(label, found, why):
    print(f'{label}: leat says', found.decode(errors='replace'), why, sep='\n')
    sys.exit(1)


def compare(lister, label, archive, lines, others=0):
    """Each of the lines is there once, and besides them that many others and the end."""
    for piece in PIECES:
        found = listed(lister, archive, piece)
        for head, tail in lines:
            if not any(head + method + tail in found for method in (b'stored', b'sparse')):
                fail(label, found, (head + b'...' + tail).decode(errors='replace'))
        extra = found.count(b'\n') - sum((head + tail).count(b'\n') for head, tail in lines) - 1
        if extra != others or not found.endswith(b'end\n'):
            fail(label, found, f'{extra} other lines')
    print(label)


def test_built(lister, work):
    for label, data in BUILT.items():
        archive, folder = work / 'built.tar', work / label
        archive.write_bytes(data + (END if label != 'one block of zeros' else END[:BLOCK]))
        folder.mkdir()
        if not unpack(archive, folder):
            fail(label, b'', 'GNU tar does not unpack it')
        compare(lister, label, archive, lines_of(folder))


def make_tree(root):
    (root / 'folder').mkdir(parents=True)
    for number in range(4):
        data = bytes((i * 31 + number) % 251 for i in range(7000))
        (root / f'file{number}').write_bytes(data)
        os.utime(root / f'file{number}', ns=(0, (MTIME + number) * 10 ** 9 + 250000000))
    os.utime(root / 'file1', ns=(0, -3599750000000))
    os.utime(root / 'folder', (MTIME, MTIME))


def tar(*arguments, **more):
    subprocess.run(['tar', *arguments], check=True, stderr=subprocess.DEVNULL, **more)


def test_incremental(lister, work, tree):
    archive = work / 'incremental.tar'
    for form in 'gnu', 'pax':
        (work / 'snapshot').unlink(missing_ok=True)
        tar(f'--format={form}', '-g', work / 'snapshot', '-cf', archive, '.', cwd=tree)
        folder = work / f'incremental-{form}'
        folder.mkdir()
        unpack(archive, folder, '-g', '/dev/null')
        compare(lister, f'incremental {form}', archive, lines_of_tree(folder), others=1)


def lines_of_tree(folder):
    """As `tar -c .` names them."""
    return [(head.replace(b' ', b' ./', 1), tail) for head, tail in lines_of(folder)]


def test_label(lister, work, tree):
    archive = work / 'label.tar'
    for form, others in ('gnu', 1), ('pax', 0):
        tar(f'--format={form}', '-V', 'a label', '-cf', archive, *sorted(os.listdir(tree)),
            cwd=tree)
        compare(lister, f'label {form}', archive, lines_of(tree), others)


def test_volumes(lister, work, tree):
    """A file over two volumes: cut in the one, named as a rest in the other, and whole together."""
    volumes = [work / f'volume{number}.tar' for number in range(9)]
    change = work / 'change'
    change.write_text(f'#!/bin/sh\necho "{work}/volume$((TAR_VOLUME - 1)).tar" >&"$TAR_FD"\n')
    change.chmod(0o755)
    tar('--format=gnu', '-cM', '-L', '10', '-F', change, '-f', volumes[0],
        *sorted(os.listdir(tree)), cwd=tree)
    first, second = listed(lister, volumes[0], None), listed(lister, volumes[1], None)
    if b'fault unexpected end of input' not in first or b' end\n' not in first:
        fail('first volume', first, 'without a cut')
    rest = b'fault the rest of a file that begins on another volume\n'
    if second.count(rest) != 1 or b'\nend\n' in first:
        fail('second volume', second, 'without a rest')
    print('volumes')


def test_long_names(lister, work):
    """Names and targets up to the limit, whichever way tarfile writes them."""
    for form in tarfile.GNU_FORMAT, tarfile.PAX_FORMAT:
        archive, expected = work / 'long.tar', b''
        with tarfile.open(archive, 'w', format=form) as out:
            for length in 99, 100, 101, 255, 256, 5000:
                info = tarfile.TarInfo('n' * length)
                info.size, info.mtime, info.mode = 2, MTIME, 0o600
                out.addfile(info, io.BytesIO(b'hi'))
                expected += b'file %s 0600 %d stored 2 "hi" end\n' % (b'n' * length, MTIME)
        found = listed(lister, archive, None)
        if found != expected + b'end\n':
            fail(f'long names {form}', found, '')
        print(f'long names {form}')


def main(lister):
    if not shutil.which('tar') or 'GNU' not in subprocess.getoutput('tar --version'):
        return SKIPPED
    with tempfile.TemporaryDirectory() as folder:
        work = Path(folder)
        tree = work / 'tree'
        make_tree(tree)
        test_built(lister, work)
        test_label(lister, work, tree)
        test_incremental(lister, work, tree)
        test_volumes(lister, work, tree)
        test_long_names(lister, work)
    return 0


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
