"""`leat explain`, and through it the copies: "zero copy" is a number here."""

import json

LINES = ''.join(f'{n} {n * 2654435761 % 4294967296:08x} two\n' for n in range(200_000)) * 4
SIZE = len(LINES)

# What may be moved so that a window goes on behind it: of all bytes, and once, at the beginning.
TAILS_MAX = 0.001
ONCE_MAX = 160 * 1024

# What a codec's library moves inside itself, as its part declares: ISA-L keeps a history of its
# own, 32 KiB for each call.
INSIDE_MAX = {'gzip': 0.25, 'deflate': 0.25}


def _account(t, arguments):
    """Run a command under explain. Returns the account, and its parts as one flat list."""
    result = t.run(f'explain --json {arguments}')
    account = json.loads(result.err)
    parts = []

    def gather(nodes):
        for node in nodes:
            parts.append(node)
            gather(node['above'])

    gather(account['readers'] + account['writers'])
    return account, parts


def _copies(t, arguments, part, part_out, copied_max):
    """`part` gave `part_out` bytes at least, and all parts together copied so many at most."""
    _, parts = _account(t, arguments)
    names = [each['part'] for each in parts]
    t.check(any(each['part'] == part and each['bytes_out'] >= part_out for each in parts),
            f'explain --json {arguments}', f'{part_out} bytes through {part}',
            [(each['part'], each['bytes_out']) for each in parts])
    inside = sum(each['causes']['codec'] for each in parts)
    moved = sum(each['copied'] for each in parts) - inside
    inside_max = INSIDE_MAX.get(part, 0) * part_out
    t.check(moved <= copied_max and inside <= inside_max, f'explain --json {arguments}',
            f'at most {copied_max:.0f} bytes copied by {names}, '
            f'and {inside_max:.0f} inside a codec',
            [(each['part'], each['causes']) for each in parts if each['copied']])


def mapped_file(t):
    """Nothing is copied of a mapped file, whatever is searched for, flat or in a tar."""
    t.write('a', LINES)
    t.shell('tar cf a.tar a')
    for flags in ('nothing', '-c two', '-vc 00', '-i FF9', '-n [0-9]+.9999', '-C2 7777'):
        _copies(t, f'grep {flags} a', 'map', SIZE, 0)
        _copies(t, f'grep {flags} a.tar', 'map', SIZE, 0)
    _copies(t, 'ls --json a.tar', 'map', 1024, 0)


def decoded_files(t):
    """Beyond a decoder's own output there is nothing but the tails of windows."""
    t.write('a', LINES)
    t.shell('gzip -k a; zstd -q a; tar czf a.tar.gz a; tar c a | zstd -qc >a.tar.zst;'
            'zip -q a.zip a')
    for flags in ('-c 777', '-n [0-9]+.9999'):
        for name, part in (('a.gz', 'gzip'), ('a.zst', 'zstd'), ('a.tar.gz', 'gzip'),
                           ('a.tar.zst', 'zstd'), ('a.zip', 'deflate')):
            _copies(t, f'grep {flags} {name}', part, SIZE, TAILS_MAX * SIZE + ONCE_MAX)


def utf16_file(t):
    """Neither does another encoding add a copy."""
    t.write('a', b'\xff\xfe' + LINES.encode('utf-16-le'))
    _copies(t, 'grep -c two a', 'map', 2 * SIZE, TAILS_MAX * SIZE + ONCE_MAX)


def account(t):
    """explain runs the command as it is, and accounts for it on standard error."""
    t.write('a', LINES)
    t.shell('gzip -k a')
    for arguments, status in (('grep -n 777 a.gz', 0), ('grep nothing a.gz', 1),
                              ('cat --layers a.gz', 0), ('ls a.gz', 0)):
        plain, explained = t.run(arguments), t.run(f'explain {arguments}')
        t.check(explained.out == plain.out and explained.status == plain.status == status,
                f'explain {arguments}', 'the same as without explain', explained.err)
        t.check(b'gzip' in explained.err, f'explain {arguments}', 'gzip in the tree', explained.err)
    whole, parts = _account(t, 'grep -c two a.gz')
    by_name = {each['part']: each for each in parts}
    gzip = by_name.get('gzip', {})
    t.check(gzip.get('bytes_out') == SIZE and gzip.get('bytes_in') == len(t.read('a.gz')),
            'explain --json grep -c two a.gz', f'{len(t.read("a.gz"))} bytes in, {SIZE} out', gzip)
    t.check(whole['wall_ns'] >= gzip.get('time_ns', 0) > 0, 'explain --json grep -c two a.gz',
            'a time for gzip within the whole', whole)
    t.expect('explain', status=2, err='leat.*explain.*\n...')
    t.expect('explain frobnicate', status=2, err='leat.*frobnicate.*\n...')
