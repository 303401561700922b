#!/usr/bin/env python3
"""Archives of cpio and ar made by real tools, read by leat as the files are that went in.

    streams_test.py LIST FORMAT

A tool that is missing is left out; the exit status is 77 when there was none at all.
"""

import os
import shutil
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

from tools_test import PIECES, SKIPPED, contents, make_tree


def line(kind, name, info, data):
    return b'%s %s %04o %d stored %d %s end\n' % (
        kind, os.fsencode(name), info.st_mode & 0o7777, int(info.st_mtime), len(data),
        contents(data))


def make(command, names, tree, path):
    """Whether the tool made an archive of the names, which it reads where it wants no arguments."""
    if not shutil.which(command[0]):
        return False
    listed = b'\0'.join(os.fsencode(name) for name in names) + b'\0'
    with open(path, 'wb') as out:
        done = subprocess.run(command, cwd=tree, input=listed, stdout=out,
                              stderr=subprocess.DEVNULL)
    return done.returncode == 0


# cpio

def cpio_line(tree, name, form, last_links):
    path = tree / name
    info = path.lstat()
    if stat.S_ISDIR(info.st_mode):
        return line(b'folder', name, info, b'')
    if stat.S_ISLNK(info.st_mode):
        return line(b'link', name, info, os.fsencode(os.readlink(path)))
    if form in ('newc', 'crc') and info.st_nlink > 1 and name not in last_links:
        return line(b'hard-link', name, info, b'')
    return line(b'file', name, info, path.read_bytes())


def cpio_archives(folder, tree):
    path = folder / 'archive.cpio'
    names = sorted(str(each.relative_to(tree)) for each in tree.rglob('*'))
    commands = {f'cpio {form}': (['cpio', '-o0', '--quiet', '-H', form], form)
                for form in ('newc', 'crc', 'odc', 'bin')}
    commands |= {f'bsdtar {form}': (['bsdtar', '-cn', '--null', '-T', '-', f'--format={form}'],
                                    form) for form in ('newc', 'odc')}
    commands['busybox'] = ['busybox', 'cpio', '-o0', '-H', 'newc'], 'newc'
    for label, (command, form) in commands.items():
        # Numbers of nodes that 16 bits have no room for make bsdtar complain, and cpio not.
        if make(command, names, tree, path):
            last = {'text'} if command[0] == 'busybox' else {'the hard one'}
            yield label, path, [cpio_line(tree, name, form, last) for name in names]


# ar

def ar_archives(folder, tree):
    path = folder / 'archive.a'
    names = sorted(each.name for each in tree.iterdir()
                   if each.is_file() and not each.is_symlink() and '\n' not in each.name)
    lines = [line(b'file', name, (tree / name).stat(), (tree / name).read_bytes())
             for name in names]
    commands = {
        'ar': ['ar', 'qcSU', path],
        'ar with symbols': ['ar', 'qcsU', path],
        'llvm-ar gnu': ['llvm-ar', '--format=gnu', 'qcU', path],
        'llvm-ar bsd': ['llvm-ar', '--format=bsd', 'qcU', path],
        'bsdtar bsd': ['bsdtar', '--format=arbsd', '-cf', path],
    }
    for label, command in commands.items():
        path.unlink(missing_ok=True)
        if not shutil.which(command[0]):
            continue
        done = subprocess.run([*command, *names], cwd=tree, stderr=subprocess.DEVNULL)
        if done.returncode == 0:
            yield label, path, lines


FORMATS = {'cpio': cpio_archives, 'ar': ar_archives}


def compare(lister, kind, archive, lines, label):
    """Each line is there once, in whatever order the tool put them."""
    for piece in PIECES:
        command = [lister, kind, archive] + ([piece] if piece else [])
        found = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
        missing = [each for each in lines if each not in found]
        if missing or len(found) != sum(map(len, lines)) + len(b'end\n'):
            print(f'{label}, pieces of {piece}: leat says', found.decode(errors='replace'),
                  'without', b''.join(missing).decode(errors='replace'), sep='\n')
            sys.exit(1)
    print(label)


def main(lister, kind):
    count = 0
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / 'tree'
        tree.mkdir()
        make_tree(tree)
        for label, path, lines in FORMATS[kind](Path(folder), tree):
            compare(lister, kind, path, lines, label)
            count += 1
    return 0 if count else SKIPPED


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
