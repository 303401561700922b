#!/usr/bin/env python3
"""Archives made by real tools, read by leat as Python's own modules read them.

    tools_test.py LIST FORMAT

A tool that is missing is left out; the exit status is 77 when there was none at all.
"""

import calendar
import functools
import os
import shutil
import stat
import struct
import subprocess
import sys
import tarfile
import tempfile
import zipfile
from pathlib import Path

SKIPPED = 77
SHOWN_MAX = 64
PIECES = [None, '1000']
MTIME = 1700000000


@functools.cache
def contents(data):
    if len(data) <= SHOWN_MAX:
        return b'"' + data + b'"'
    value = 0xcbf29ce484222325
    for byte in data:
        value = (value ^ byte) * 0x100000001b3 & 0xffffffffffffffff
    return b'%d bytes %016x' % (len(data), value)


def make_tree(root):
    """Files that try a format: long and strange names, links, holes, sizes around a block's."""
    deep = root / ('d' * 90) / ('e' * 90)
    deep.mkdir(parents=True)
    (deep / ('f' * 60)).write_bytes(b'in the prefix')
    (deep / ('g' * 150)).write_bytes(b'in an extended header')
    (root / 'empty').write_bytes(b'')
    for size in 1, 511, 512, 513, 10240:
        (root / f'size{size}').write_bytes(bytes(i * 7 % 251 for i in range(size)))
    (root / 'text').write_bytes(b'the same line again and again\n' * 3000)
    (root / 'caf\u00e9 \u65e5\u672c').write_bytes(b'name in UTF-8')
    (root / 'with space\nand newline').write_bytes(b'name with a newline')
    (root / 'soft').symlink_to('text')
    (root / 'long soft').symlink_to('l' * 180)
    os.link(root / 'text', root / 'the hard one')
    with open(root / 'holes', 'wb') as file:
        for at in range(0, 40):
            file.seek(at * 8192)
            file.write(b'data %d' % at)
        file.truncate(400000)
    for path in root.rglob('*'):
        os.utime(path, (MTIME, MTIME), follow_symlinks=False)


def run(command, cwd):
    """Whether a tool did it; False where there is no such tool, or it has no such option."""
    if not shutil.which(command[0]):
        return False
    done = subprocess.run(command, cwd=cwd, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return done.returncode == 0


def compare(lister, kind, archive, expected, label):
    for piece in PIECES:
        command = [lister, kind, archive] + ([piece] if piece else [])
        found = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
        if found == expected:
            continue
        print(f'{label}, pieces of {piece}: leat says', found.decode(errors='replace'),
              'and Python', expected.decode(errors='replace'), sep='\n')
        sys.exit(1)
    print(label)


# tar

def tar_kind(member):
    if member.isdir():
        return b'folder'
    if member.issym():
        return b'link'
    if member.islnk():
        return b'hard-link'
    return b'file' if member.isfile() or member.issparse() else b'other'


def tar_line(archive, member):
    kind = tar_kind(member)
    data = archive.extractfile(member).read() if kind == b'file' else b''
    name = os.fsencode(member.name) + (b'/' if kind == b'folder' else b'')
    method = b'sparse' if member.issparse() else b'stored'
    target = b'-> %s ' % os.fsencode(member.linkname) if kind.endswith(b'link') else b''
    return b'%s %s %04o %d %s %d %s%s end\n' % (
        kind, name, member.mode, int(member.mtime), method, len(data), target, contents(data))


def tar_expected(path):
    with tarfile.open(path) as archive:
        return b''.join(tar_line(archive, member) for member in archive) + b'end\n'


def tar_python(path, tree, form):
    with tarfile.open(path, 'w', format=form) as archive:
        for child in sorted(tree.iterdir()):
            archive.add(child, child.name)


def tar_archives(folder, tree):
    """Makes archives one by one; yields what each is and where."""
    commands = {f'tar --format={form}': ['tar', f'--format={form}']
                for form in ('v7', 'ustar', 'gnu', 'oldgnu', 'pax')}
    commands['tar gnu -S'] = ['tar', '--format=gnu', '-S']
    for version in '0.0', '0.1', '1.0':
        commands[f'tar pax -S {version}'] = ['tar', '--format=pax', '-S',
                                             f'--sparse-version={version}']
    for form in 'ustar', 'pax', 'gnutar', 'v7tar':
        commands[f'bsdtar {form}'] = ['bsdtar', f'--format={form}']
    commands['busybox'] = ['busybox', 'tar']
    path = folder / 'archive.tar'
    for label, command in commands.items():
        made = run([*command, '-cf', path, *sorted(os.listdir(tree))], tree)
        # What a format has no room for is left out of the archive, and said so.
        if made or (shutil.which(command[0]) and path.exists() and path.stat().st_size > 10240):
            yield label, path
        path.unlink(missing_ok=True)
    for form in tarfile.USTAR_FORMAT, tarfile.GNU_FORMAT, tarfile.PAX_FORMAT:
        try:
            tar_python(path, tree, form)
        except ValueError:
            continue
        yield f'tarfile {form}', path


# zip

METHODS = {zipfile.ZIP_STORED: b'stored', zipfile.ZIP_DEFLATED: b'deflate',
           zipfile.ZIP_BZIP2: b'bzip2', zipfile.ZIP_LZMA: b'lzma', 93: b'zstd'}


def zip_utc(info):
    """The time of the extended timestamp, else NTFS's, else DOS's as if it were UTC."""
    extra = info.extra
    utc = calendar.timegm(info.date_time)
    while len(extra) >= 4:
        kind, size = struct.unpack('<HH', extra[:4])
        if kind == 0x5455 and extra[4] & 1:
            return struct.unpack('<i', extra[5:9])[0]
        if kind == 0x000a and extra[8:12] == b'\1\0\x18\0':
            utc = struct.unpack('<Q', extra[12:20])[0] // 10_000_000 - 11_644_473_600
        extra = extra[4 + size:]
    return utc


def zip_name(info):
    """UTF-8, said or not; else code page 437, which is what Python takes all the others for."""
    if info.flag_bits & 0x800:
        return info.orig_filename.encode()
    stored = info.orig_filename.encode('cp437')
    try:
        stored.decode('utf-8')
        return stored
    except UnicodeDecodeError:
        return info.orig_filename.encode()


def zip_line(archive, info):
    on_unix = info.create_system in (3, 19)
    mode = info.external_attr >> 16 if on_unix else 0
    kind = b'link' if stat.S_ISLNK(mode) else b'folder' if info.is_dir() else b'file'
    name = zip_name(info)
    method = METHODS[info.compress_type]
    head = b'%s %s %04o %d %s %d ' % (kind, name, mode & 0o7777, zip_utc(info), method,
                                      info.file_size)
    if info.flag_bits & 1:
        return head + b'"" fault encrypted: needs a password\n'
    return head + contents(archive.read(info)) + b' end\n'


def zip_expected(path):
    with zipfile.ZipFile(path) as archive:
        return b''.join(zip_line(archive, info) for info in archive.infolist()) + b'end\n'


def zip_python(path, tree, method, prefix=b''):
    path.write_bytes(prefix)
    with zipfile.ZipFile(path, 'a', method) as archive:
        archive.comment = b'a comment' if prefix else b''
        for child in sorted(filter(Path.exists, tree.rglob('*'))):
            archive.write(child, child.relative_to(tree))


def zip_unseekable(path, tree):
    """With data descriptors, as one that cannot go back writes them, and large numbers forced."""
    with open(path, 'wb') as file:
        class Pipe:
            def write(self, data):
                return file.write(data)

            def flush(self):
                file.flush()
        with zipfile.ZipFile(Pipe(), 'w', zipfile.ZIP_DEFLATED) as archive:
            for name in 'text', 'size513', 'empty':
                with archive.open(name, 'w', force_zip64=True) as entry:
                    entry.write((tree / name).read_bytes())


def zip_many(path, tree):
    """More entries than 16 bits count."""
    with zipfile.ZipFile(path, 'w') as archive:
        for number in range(66000):
            archive.writestr(zipfile.ZipInfo(str(number)), b'')


def zip_archives(folder, tree):
    """Makes archives one by one; yields what each is and where."""
    path = folder / 'archive.zip'
    commands = {'zip': ['zip', '-r'], 'zip -0': ['zip', '-r0'], 'zip -y': ['zip', '-ry9'],
                'zip -fz': ['zip', '-rfz'], 'zip -P': ['zip', '-rP', 'secret'],
                'zip -X': ['zip', '-rX'], 'bsdtar zip': ['bsdtar', '--format=zip', '-cf'],
                '7z': ['7z', 'a', '-tzip']}
    for label, command in commands.items():
        if run([*command, path, *sorted(os.listdir(tree))], tree):
            yield label, path
        path.unlink(missing_ok=True)
    for method, name in METHODS.items():
        if method != 93:
            zip_python(path, tree, method)
            yield f'zipfile {name.decode()}', path
    program = b'#!/bin/sh\nexec something\n' * 300
    zip_python(path, tree, zipfile.ZIP_DEFLATED, program)
    yield 'zipfile behind a program', path
    zip_python(path, tree, zipfile.ZIP_DEFLATED)
    path.write_bytes(program + path.read_bytes())
    yield 'zipfile behind a program it knows nothing of', path
    zip_unseekable(path, tree)
    yield 'zipfile into a pipe', path
    zip_many(path, tree)
    yield 'zipfile with 66000 entries', path


FORMATS = {'tar': (tar_archives, tar_expected), 'zip': (zip_archives, zip_expected)}


def main(lister, kind):
    archives, expected = FORMATS[kind]
    count = 0
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / 'tree'
        tree.mkdir()
        make_tree(tree)
        for label, path in archives(Path(folder), tree):
            compare(lister, kind, path, expected(path), label)
            count += 1
    return 0 if count else SKIPPED


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
