"""The tables of formats in docs/, beside what the program says of itself."""

import re
from pathlib import Path

TABLES = Path(__file__).resolve().parents[2] / 'docs' / 'formats.md'
LINE = re.compile(r'(\S+) +([r-][w-]) +((?:\.[\w.]+ +)*)')
ROW = re.compile(r'\| (\S+) \| ([r-][w-]) \|([^|]*)\|')


def _said(t):
    """What is built in, each as its name, whether it is read and written, and its endings; and the
    names of what is not."""
    found, missing = [], set()
    for line in t.run('formats').out.decode().splitlines():
        if line.startswith('not in this build: '):
            missing.add(line.split(': ')[1])
        else:
            name, ways, endings = LINE.match(line).groups()
            found.append((name, ways, *endings.split()))
    return sorted(found), missing


def tables(t):
    """Each format has one row, which says of it what the program does."""
    said, missing = _said(t)
    rows = map(ROW.match, TABLES.read_text().splitlines())
    written = sorted((row[1], row[2], *row[3].split()) for row in rows
                     if row and row[1] not in missing)
    for row in said:
        t.check(written.count(row) == 1, 'formats', f'one row in docs/formats.md: {row}')
    for row in written:
        t.check(row in said, 'formats', f'a format of this row in docs/formats.md: {row}')
