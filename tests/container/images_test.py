#!/usr/bin/env python3
"""Images and archives made by real tools, of a tree that is read by leat as it is on the disk.

    images_test.py LIST FORMAT

A tool that is missing is left out; the exit status is 77 when there was none at all.
"""

import os
import re
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools_test import MTIME, SKIPPED, contents, make_tree, run

# Sources in pieces fork, which some archives need.
PIECES = '1000000', '1000'

RECORD = re.compile(rb'(\w+) (.*) (\d{4}) (-?\d+) \S+ [\d?]+ (?:-> (.*) )?'
                    rb'(".*"|\d+ bytes \w{16})', re.DOTALL)


def leat_says(lister, kind, archive, piece):
    """Kind, name, mode, time and contents of each entry; what a link leads to is its contents."""
    command = [lister, kind, archive, piece]
    found = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
    records = found.split(b' end\n')
    if records.pop() != b'end\n':
        return [found]
    entries = []
    for record in records:
        match = RECORD.fullmatch(record)
        if not match:
            return [record]
        what, name, mode, mtime, target, data = match.groups()
        entries.append((what, name, mode, mtime, contents(target) if target else data))
    return sorted(entries)


def disk_says(tree, modes=True):
    entries = []
    for path in tree.rglob('*'):
        status = path.lstat()
        what = b'link' if path.is_symlink() else b'folder' if path.is_dir() else b'file'
        data = b''
        if what == b'link':
            data = os.fsencode(os.readlink(path))
        elif what == b'file':
            data = path.read_bytes()
        mode = b'%04o' % (status.st_mode & 0o7777) if modes else b'0000'
        entries.append((what, os.fsencode(path.relative_to(tree)), mode,
                        b'%d' % int(status.st_mtime), contents(data)))
    return sorted(entries)


def make_plain_tree(root):
    """What names of every kind can name."""
    (root / 'folder').mkdir(parents=True)
    (root / 'folder' / 'caf\u00e9 \u65e5\u672c.txt').write_bytes(b'name in UTF-8')
    (root / 'large').write_bytes(bytes(i * 7 % 251 for i in range(100000)))
    (root / 'empty').write_bytes(b'')
    dated(root)


def make_deep_tree(root):
    """Deeper than plain images may be, and enough files for several sectors of a directory."""
    deep = root.joinpath(*'abcdefghijkl')
    deep.mkdir(parents=True)
    (deep / 'text').write_bytes(b'deep')
    (root / 'many').mkdir()
    for number in range(300):
        (root / 'many' / f'a name of some length {number}').write_bytes(b'%d' % number)
    dated(root)


def dated(root):
    for path in root.rglob('*'):
        os.utime(path, (MTIME, MTIME), follow_symlinks=False)


def zisofs(source, path, version):
    """Each file packed, where that is shorter."""
    if 'zlib' not in os.environ['LEAT_TEST_FORMATS'].split(','):
        return ['there is no such tool']
    return ['xorriso', '-zisofs', f'version_2={version}', '-outdev', path, '-map', source, '/',
            '-set_filter_r', '--zisofs', '/', '--', '-commit']


def iso_images(path, tree, plain, deep):
    for label, source, command in (
            ('genisoimage -R', tree, ['genisoimage', '-R', '-o', path, '.']),
            ('genisoimage -R -J', plain, ['genisoimage', '-R', '-J', '-o', path, '.']),
            ('genisoimage, deep', deep, ['genisoimage', '-R', '-o', path, '.']),
            ('genisoimage -J', plain, ['genisoimage', '-J', '-input-charset', 'utf-8',
                                       '-o', path, '.']),
            ('xorriso', tree, ['xorriso', '-as', 'mkisofs', '-o', path, '.']),
            ('xorriso, deep', deep, ['xorriso', '-as', 'mkisofs', '-o', path, '.']),
            ('xorriso, zisofs', tree, zisofs(tree, path, 'off')),
            ('xorriso, zisofs2', plain, zisofs(plain, path, 'on'))):
        if run(command, source):
            yield label, disk_says(source, modes='-J' not in command or '-R' in command)
        path.unlink(missing_ok=True)


def sevenz_filtered():
    """Each filter over each coder; some 7z have fewer filters."""
    formats = os.environ['LEAT_TEST_FORMATS'].split(',')
    coders = ['copy', 'deflate', 'deflate64', 'lzma', 'lzma2']
    coders += ['bzip2'] if 'bzip2' in formats else []
    coders += ['ppmd:mem=1m'] if 'cab' in formats else []  # by the same library
    for coder in coders:
        for filter_ in 'bcj', 'ppc', 'ia64', 'arm', 'armt', 'sparc', 'arm64', 'delta:3':
            yield ['-mf=off', f'-m0={filter_}', f'-m1={coder}']
        yield ['-mf=off', '-m0=delta:2', '-m1=bcj', '-m2=arm', f'-m3={coder}']


def sevenz_archives(path, tree, plain, deep):
    program = Path(shutil.which('python3')).resolve().read_bytes()[:1 << 20]
    (plain / 'program').write_bytes(program)
    dated(plain)
    switches = [['-m0=lzma'], ['-m0=lzma2'], ['-m0=deflate'], ['-m0=copy'], ['-ms=off'],
                ['-mhc=off'], ['-m0=delta:4', '-m1=lzma'], ['-m0=bcj', '-m1=lzma2'],
                ['-m0=arm', '-m1=lzma'],
                ['-m0=bcj2', '-m1=lzma:d20', '-m2=lzma:d19', '-m3=lzma:d19', '-mb0:1', '-mb0s1:2',
                 '-mb0s2:3'], ['-ms=50k'], ['-mx=1'], ['-mx=9', '-mf=bcj']]
    for switch in switches:
        for source in tree, plain, deep:
            if run(['7z', 'a', *switch, path, '.'], source):
                yield f'7z {" ".join(switch)} {source.name}', disk_says(source)
            path.unlink(missing_ok=True)
    (plain / 'program').write_bytes(program[:100000])
    dated(plain)
    for switch in sevenz_filtered():
        if run(['7z', 'a', *switch, path, '.'], plain):
            yield f'7z {" ".join(switch)}', disk_says(plain)
        path.unlink(missing_ok=True)


def squashfs_images(path, tree, plain, deep):
    """Every method that there is a format for, and what moves blocks, files' ends and metadata."""
    formats = os.environ['LEAT_TEST_FORMATS'].split(',')
    switches = [['-comp', method] for method in ('xz', 'lzma', 'lz4', 'zstd') if method in formats]
    switches += [['-no-fragments'], ['-tailends'], ['-no-sparse'], ['-no-duplicates'], ['-noI'],
                 ['-noD'], ['-noF'], ['-no-exports'], ['-b', '4K'], ['-b', '1M', '-tailends'],
                 ['-noI', '-noD', '-noF', '-b', '8K'], ['-nopad'],
                 ['-comp', 'gzip', '-Xwindow-size', '8', '-Xcompression-level', '1']]
    for switch in switches:
        for source in tree, plain, deep:
            if run(['mksquashfs', '.', path, '-noappend', '-quiet', '-no-progress', *switch],
                   source):
                yield f'mksquashfs {" ".join(switch)} {source.name}', disk_says(source)
            path.unlink(missing_ok=True)


def xar_archives(path, tree, plain, deep):
    """Packed in each way that there is a format for, and digested."""
    formats = os.environ['LEAT_TEST_FORMATS'].split(',')
    (tree / 'the hard one').unlink()  # it is told as a link, and not once more as a file
    kinds = (('none', 'zlib'), ('gzip', 'zlib'), ('bzip2', 'bzip2'), ('lzma', 'lzma'), ('xz', 'xz'))
    # Level 1 for a small dictionary, since each file has one of its own.
    runs = [(f'compression={name},compression-level=1', (tree, plain, deep))
            for name, stage in kinds if stage in formats]
    runs += [(option, (tree,)) for option in ('checksum=md5', 'checksum=none', 'toc-checksum=md5',
                                              'toc-checksum=none')]
    for options, sources in runs:
        for source in sources:
            if run(['bsdtar', '--format=xar', '--options', options, '-cf', path, '.'], source):
                yield f'bsdtar, {options} {source.name}', disk_says(source)
            path.unlink(missing_ok=True)


FORMATS = {'iso9660': iso_images, '7z': sevenz_archives, 'squashfs': squashfs_images,
           'xar': xar_archives}


def compare(lister, kind, archive, expected, label):
    for piece in PIECES:
        found = leat_says(lister, kind, archive, piece)
        # Where genisoimage keeps what lies too deep.
        found = [entry for entry in found if entry[1:2] != (b'rr_moved',)]
        if found == expected:
            continue
        print(f'{label}, pieces of {piece}: leat says', *(e for e in found if e not in expected),
              'and the disk', *(e for e in expected if e not in found), sep='\n')
        sys.exit(1)
    print(label)


def main(lister, kind):
    os.environ['LC_ALL'] = 'C.UTF-8'
    count = 0
    with tempfile.TemporaryDirectory() as folder:
        trees = [Path(folder) / name for name in ('tree', 'plain', 'deep')]
        trees[0].mkdir()
        for make, tree in zip((make_tree, make_plain_tree, make_deep_tree), trees):
            make(tree)
        path = Path(folder) / ('archive.' + kind)
        for label, expected in FORMATS[kind](path, *trees):
            compare(lister, kind, path, expected, label)
            count += 1
    return 0 if count else SKIPPED


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
