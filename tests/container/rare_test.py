#!/usr/bin/env python3
"""Cabinets and LHA archives made by real tools, read by leat as the files are that went in, and as
the tools read them.

    rare_test.py LIST FORMAT

A tool that is missing is left out; the exit status is 77 when there was none at all.
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from tools_test import MTIME, PIECES, SKIPPED, contents

FILES = {
    'empty': b'',
    'one': b'1',
    'text': b'the same line again and again\n' * 3000,
    'bytes': bytes(i * i // 7 % 251 for i in range(70000)),
    'block': b'x' * 32768,
    'd/deep/note': b'in a folder\n',
}

# What makes an archive, and what prints all of its files in their order.
TOOLS = {
    'cab': ([['gcab', '-c'], ['gcab', '-c', '-z']], ['cabextract', '-qp']),
    'lha': ([['jlha', 'c0'], ['jlha', 'c1'], ['jlha', 'c2'], ['jlha', 'cz'], ['jlha', 'co6'],
             ['jlha', 'co7']], ['lhasa', 'pq2']),
}


def make_tree(root):
    for name, data in FILES.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        os.utime(path, (MTIME, MTIME))


def expect(found, lines, label):
    missing = [line for line in lines if line not in found]
    if missing or not found.endswith(b' end\nend\n'):
        print(f'{label}: leat says', found.decode(errors='replace'), 'without',
              b''.join(missing).decode(errors='replace'), sep='\n')
        sys.exit(1)


def compare(lister, kind, archive, label):
    lines = [b' %d %s end\n' % (len(data), contents(data)) for data in FILES.values()]
    lines += [b'file %s 0666 %d ' % (name.encode(), MTIME) for name in FILES]
    for piece in PIECES:
        command = [lister, kind, archive] + ([piece] if piece else [])
        found = subprocess.run(command, stdout=subprocess.PIPE, check=True).stdout
        expect(found, lines, f'{label}, pieces of {piece}')
    reader = TOOLS[kind][1]
    if shutil.which(reader[0]):
        printed = subprocess.run([*reader, archive], stdout=subprocess.PIPE, check=True).stdout
        if printed != b''.join(FILES.values()):
            sys.exit(f'{label}: {reader[0]} prints something else')
    print(label)


def main(lister, kind):
    os.environ['TZ'] = 'UTC'
    count = 0
    with tempfile.TemporaryDirectory() as folder:
        tree = Path(folder) / 'tree'
        make_tree(tree)
        path = Path(folder) / f'archive.{kind}'
        for command in TOOLS[kind][0]:
            path.unlink(missing_ok=True)
            if shutil.which(command[0]):
                subprocess.run([*command, path, *FILES], cwd=tree, check=True,
                               stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL)
                compare(lister, kind, path, ' '.join(command))
                count += 1
    return 0 if count else SKIPPED


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
