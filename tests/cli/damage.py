"""Damaged and hostile inputs: what is there is searched, what is wrong is told in one line, the
status is 2, and memory and time stay bounded."""

import io
import json
import os
import random
import re
import resource
import shutil
import struct
import subprocess
import tarfile
import time
import zipfile
import zlib

AT = r', at input offset \d+'
LINES = ''.join(f'{n} {zlib.crc32(str(n).encode()):08x} two\n' for n in range(50_000))


def _cut(t, name, size, cut=None):
    """`cut` is `name` to its first `size` bytes, or less the last -size."""
    content = t.read(name)[:size]
    t.write(cut or name, content)
    return content


def _flip(t, name, offset):
    content = bytearray(t.read(name))
    content[offset] ^= 0x55
    t.write(name, content)


def _whole_lines(text):
    return text[:text.rfind(b'\n') + 1]


def _finds_all(t, arguments, there, err):
    """The search prints the lines that are there, and at most a piece of one more."""
    result = t.run(arguments)
    lines = _whole_lines(there)
    t.check(result.out.startswith(lines) and (LINES.encode() + b'\n').startswith(result.out[:-1]),
            arguments, f'the {lines.count(10)} lines before the damage',
            f'{result.out.count(10)} lines')
    t.check(t.matches(err, result.err), arguments, err, result.err.decode(errors='replace'))
    t.check(result.status == 2, arguments, 'status 2', result.status)


def truncated_gzip(t):
    """All matches before the cut, one message, status 2, wherever it is cut."""
    t.write('a', LINES)
    t.shell('gzip -k a')
    whole = t.read('a.gz')
    for size in (len(whole) * 2 // 3, len(whole) - 8, len(whole) - 4, len(whole) - 1):
        cut = _cut(t, 'a.gz', size, 'cut.gz')
        there = zlib.decompressobj(31).decompress(cut)
        _finds_all(t, 'grep two cut.gz', there,
                   'leat: cut.gz: gzip: unexpected end of input' + AT)
    t.write('head.gz', whole[:5])
    t.grep('two head.gz', status=2, err='leat: head.gz: gzip: unexpected end of input' + AT)
    t.grep('-c two cut.gz', '50000\n', status=2, err='leat: cut.gz: gzip: .*')
    t.grep('-q two cut.gz', status=0)
    t.grep('-l two cut.gz', 'cut.gz\n', status=0)
    t.expect('cat --layers cut.gz', LINES, status=2, err='leat: cut.gz: gzip: .*')


def wrong_checksums(t):
    """Everything is searched, and the wrong sum is told with its place."""
    t.write('a', LINES)
    t.shell('gzip -k a; zstd -q --check a; zip -q a.zip a')
    _flip(t, 'a.gz', -5)
    t.grep('two a.gz', LINES, status=2, err='leat: a.gz: gzip: wrong checksum' + AT)
    _flip(t, 'a.gz', -5)
    _flip(t, 'a.gz', -1)
    t.grep('two a.gz', LINES, status=2, err='leat: a.gz: gzip: wrong length' + AT)
    _flip(t, 'a.zst', -1)
    t.grep('two a.zst', LINES, status=2, err='leat: a.zst: zstd: wrong checksum' + AT)
    with zipfile.ZipFile(t.path('a.zip')) as file:
        start = file.start_dir
    # What the directory says, and what stands before the data.
    _flip(t, 'a.zip', start + 16)
    _flip(t, 'a.zip', 14)
    t.grep('-I two a.zip', LINES, status=2,
           err='leat: a.zip!a: zip: wrong checksum.*')


def corrupted_inside(t):
    """Data that breaks the format's rules ends the file there, not before."""
    t.write('a', LINES)
    t.shell('gzip -k a; zstd -q a')
    for name, part in (('a.gz', 'gzip'), ('a.zst', 'zstd')):
        size = len(t.read(name))
        for offset in range(size // 2, size // 2 + 8):
            t.write('b', t.read(name)[:offset] + b'\xff' * 64 + t.read(name)[offset + 64:])
            result = t.run('grep -c two b')
            count = int(result.out or 0)
            t.check(result.status == 2 and 10_000 < count <= 50_000, f'grep -c two {name}',
                    'half of the lines at least, and status 2', result.out + result.err)
            t.check(t.matches(f'leat: b: {part}: .*{AT}', result.err), f'grep -c two {name}',
                    'one message', result.err)


def text_behind_damage(t):
    """UTF-16, and what is in a code page, go on behind damage in the layer below them. What the
    damaged block itself gave is anything, NUL bytes too."""
    lines = [f'{n} {zlib.crc32(str(n).encode()):08x} строка' for n in range(60_000)]
    packers = {'a.gz': 'for n in 1 2 3; do gzip -c $n; done >a.gz',
               'a.zst': 'for n in 1 2 3; do zstd -qc $n; done >a.zst',
               'a.xz': 'xz -kf --block-size=99999 a', 'a.bz2': 'bzip2 -1kf a'}
    for encoding, mark, flags in (('utf-16-le', b'\xff\xfe', ''), ('utf-16-be', b'\xfe\xff', ''),
                                  ('windows-1251', b'', ''), ('koi8-r', b'', '-E koi8-r')):
        text = mark + '\n'.join(lines + ['']).encode(encoding)
        third = len(text) // 3 | 1
        t.write('a', text)
        for name, begin, end in (('1', 0, third), ('2', third, -third), ('3', -third, None)):
            t.write(name, text[begin:end])
        for name, packer in packers.items():
            t.shell(packer)
            _flip(t, name, len(t.read(name)) // 2)
            arguments = f'grep -a {flags} строка {name}'
            result = t.run(arguments)
            found = result.out.decode().splitlines()
            t.check(result.status == 2 and b'input offset' in result.err, arguments,
                    'a word of the damage', result.err)
            t.check(found[:19_000] == lines[:19_000], arguments, 'all lines before', len(found))
            t.check(found[-19_000:] == lines[-19_000:], arguments, 'all lines behind', len(found))


def behind_the_end(t):
    """Zeros behind the last member are padding; anything else was not read, which is told."""
    t.write('a', 'two\n')
    t.shell('gzip -k a; zstd -q a')
    t.write('padded.gz', t.read('a.gz') + bytes(512))
    t.grep('two padded.gz', 'two\n')
    for name, part in (('a.gz', 'gzip'), ('a.zst', 'zstd')):
        t.write('b', t.read(name) + b'garbage\n')
        t.grep('two b', 'two\n', status=2, err=f'leat: b: {part}: .*{AT}')


def damaged_archives(t):
    """One bad file in an archive hides no other; a cut archive gives what is before the cut."""
    for name in 'abc':
        t.write(name, f'{name} two\n')
    t.shell('gzip -k b')
    _flip(t, 'b.gz', -5)
    t.shell('tar cf x.tar a b.gz c; zip -q x.zip a b.gz c')
    for name in ('x.tar', 'x.zip'):
        t.grep(f'two {name}', f'{name}!a:a two\n{name}!b.gz:b two\n{name}!c:c two\n', status=2,
               in_any_order=True, err=f'leat: {name}!b.gz: gzip: wrong checksum{AT}')
    _cut(t, 'x.tar', 2048 + 100, 'cut.tar')
    t.grep('two cut.tar', 'cut.tar!a:a two\ncut.tar!b.gz:b two\n', status=2,
           err=f'leat: cut.tar!b.gz: gzip: wrong checksum{AT}\n'
               f'leat: cut.tar: tar: unexpected end of input{AT}')
    _flip(t, 'x.tar', 1024 + 20)
    t.grep('a.two x.tar', 'x.tar!a:a two\n', status=2, err='leat: x.tar: tar: bad header.*' + AT)
    t.shell('tar cf first.tar a c')
    _flip(t, 'first.tar', 20)
    t.grep('c.two first.tar', 'first.tar!c:c two\n', status=2,
           err='leat: first.tar: tar: bad header.*' + AT)
    for form in 'newc', 'odc':
        t.shell(f'(echo a; echo c) | cpio -o -H {form} --quiet >first.cpio')
        _flip(t, 'first.cpio', 20)
        t.grep('c.two first.cpio', 'first.cpio!c:c two\n', status=2,
               err='leat: first.cpio: cpio: bad header' + AT)
    _cut(t, 'x.zip', -60, 'cut.zip')
    result = t.run('grep two cut.zip')
    t.check(result.status == 2 and result.err.count(b'\n') == 1, 'grep two cut.zip',
            'status 2 and one message', result.out + result.err)
    t.shell('tar czf y.tar.gz a c')
    _flip(t, 'y.tar.gz', -5)
    t.grep('two y.tar.gz', 'y.tar.gz!a:a two\ny.tar.gz!c:c two\n', status=2,
           err='leat: y.tar.gz: gzip: wrong checksum' + AT)


def damaged_among_many(t):
    """Of a zip with many members, which are decoded at once, a bad one gives what is before the
    damage, and hides no other."""
    lines = LINES.splitlines(keepends=True)
    texts = [''.join(lines[n * 100:(n + 1) * 100]) for n in range(200)]
    with zipfile.ZipFile(t.path('many.zip'), 'w', zipfile.ZIP_DEFLATED) as file:
        for n, text in enumerate(texts):
            file.writestr(f'{n}', text)
        at = file.getinfo('150').header_offset
        size = file.getinfo('150').compress_size
    content = bytearray(t.read('many.zip'))
    middle = at + 30 + len('150') + size // 2
    content[middle:middle + 64] = b'\xff' * 64
    t.write('many.zip', content)
    result = t.run('grep -c two many.zip')
    counts = dict(line.split('!')[1].split(':') for line in result.out.decode().splitlines())
    bad = int(counts.pop('150'))
    t.check(set(counts.values()) == {'100'} and len(counts) == 199 and 30 < bad < 100,
            'grep -c two many.zip', '100 lines of each but one', (bad, counts))
    t.check(t.matches(f'leat: many.zip!150: (deflate|zip): .*{AT}\n', result.err),
            'grep -c two many.zip', 'one message', result.err)
    t.expect('cat many.zip!199', texts[199])


def ls_of_damage(t):
    """ls lists what is there and tells the problem."""
    t.write('a', 'two\n' * 1000)
    t.shell('gzip -k a; tar cf x.tar a.gz a')
    _flip(t, 'x.tar', 512 + len(t.read('a.gz')) - 5)
    result = t.run('ls x.tar')
    told = result.out + result.err
    t.check(b'a.gz' in result.out and b'wrong checksum' in told and result.status == 2, 'ls x.tar',
            'a.gz with its wrong checksum, and status 2', told)


def tested(t):
    """test reads everything, says what is wrong and where, and gives each file a verdict."""
    t.write('a', 'two\n' * 1000)
    t.shell('mkdir d; gzip -k a; tar cf d/sound.tar a.gz a; cp d/sound.tar d/bad.tar; cp a d/plain')
    _flip(t, 'd/bad.tar', 512 + len(t.read('a.gz')) - 5)
    ok = 'd/sound.tar: ok: 2 files, 8000 bytes, 2 layers\n'
    bad = f'd/bad.tar!a.gz: gzip: wrong checksum{AT}\n'
    verdict = 'd/bad.tar: 1 problem; 2 files, 8000 bytes, 2 layers\n'
    for arguments, out, status in (
            ('test d/sound.tar', ok, 0), ('test d/bad.tar', bad + verdict, 2),
            ('test -j1 d', None, 2), ('test -q d', bad, 2), ('test -q d/sound.tar', '', 0),
            ('test d/plain', '', 0),
            ('test -v d/plain', 'd/plain: 4000 bytes\n'
             'd/plain: ok: no layer that could be checked\n', 0)):
        result = t.run(arguments)
        lines = result.out.decode()
        if out is None:
            t.check(ok in lines and verdict in lines and lines.count('\n') == 3, arguments,
                    'each verdict', lines)
        else:
            t.check(re.fullmatch(out, lines), arguments, out, lines)
        t.check(result.status == status and result.err == b'', arguments, status,
                (result.status, result.err))
    result = t.run('test --json -v d/bad.tar')
    told = [json.loads(line) for line in result.out.splitlines()]
    kinds = [each['kind'] for each in told]
    t.check(kinds == ['problem', 'leaf', 'leaf', 'verdict'], 'test --json', 'four objects', told)
    t.check(told[0]['place'] == 'd/bad.tar!a.gz' and told[0]['part'] == 'gzip' and
            told[1]['ok'] is False and told[2]['ok'] is True and told[3]['problems'] == 1,
            'test --json', 'what is wrong', told)
    result = t.run('test absent')
    t.check(result.status == 2 and b'No such file' in result.out + result.err, 'test absent',
            'status 2', result.out + result.err)


def depth_limit(t):
    """Layers deeper than the limit are told, not opened."""
    t.write('a', 'two\n')
    t.shell('for i in $(seq 20); do gzip -c a >b; mv b a; done')
    t.grep('two a', status=2, err='leat: a.*: .*(layers|deep).*')
    t.grep('two a --limit-depth 20', 'two\n')
    t.grep('two a --limit-depth 19', status=2, err='leat: a.*: .*')


def entries_limit(t):
    """An archive of more entries than the limit is read as far as that."""
    for n in range(20):
        t.write(f'd/{n}', 'two\n')
    t.shell('tar cf d.tar d; zip -qr d.zip d')
    for name in ('d.tar', 'd.zip'):
        result = t.run(f'grep two {name} --limit-entries 10')
        t.check(0 < result.out.count(b'\n') <= 10 and result.status == 2
                and t.matches(f'leat: {name}.*: .*entries.*', result.err),
                f'grep two {name} --limit-entries 10', 'ten lines at most, and one message',
                result.out + result.err)


def endless_lines(t):
    """A line too long for memory is searched in pieces, across their cuts, and that is told."""
    size = 5 << 20
    told = 'leat: <stdin>: grep: a line is too long for memory and was searched in pieces' + AT
    for at in (0, 1000, (1 << 20) - 9, (1 << 20) - 5, (1 << 20) - 1, 1 << 20, size - 9):
        line = bytearray(b'x' * size)
        line[at:at + 9] = b'Canalboat'
        for flags, out in (('-c', b'1\n'), ('-o', b'Canalboat\n'), ('-ob', None)):
            arguments = f'grep {flags} --limit-memory 1M Canalboat -'
            result = t.run(arguments, stdin=bytes(line))
            wanted = out if out is not None else f'{at}:Canalboat\n'.encode()
            t.check(result.out == wanted, arguments, wanted, result.out[:100])
            t.check(t.matches(told + '\n', result.err) and result.status == 2, arguments, told,
                    (result.status, result.err))


def bombs(t):
    """What grows without end is stopped at the limit, with the place, in bounded memory."""
    t.write('two', 'two\n' * 50_000_000)
    t.shell('head -c 300M /dev/zero | gzip -1c >zeros.gz; gzip -1 two;'
            'head -c 200M /dev/zero | zstd -qc >zeros.zst')
    t.grep('-c two two.gz --limit-bytes 1M', '262144\n', status=2,
           err='leat: two.gz: gzip: .*limit.*' + AT)
    t.grep('-ac two zeros.gz --limit-ratio 10', status=2, err='leat: zeros.gz: gzip: .*' + AT)
    t.grep('-ac two zeros.zst --limit-ratio 10', status=2, err='leat: zeros.zst: zstd: .*' + AT)
    start = time.monotonic()
    t.run('grep -ac x zeros.gz --limit-memory 4M')
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    t.check(usage.ru_maxrss < 512 * 1024 or 'ASAN_OPTIONS' in os.environ, 'grep -ac x zeros.gz',
            'bounded memory for a line without end', f'{usage.ru_maxrss} KiB')
    t.check(time.monotonic() - start < 20, 'grep -ac x zeros.gz', 'an end in 20 s')


def overlapping_zip(t):
    """Entries of a zip that share their bytes are a bomb: told, and not read twice."""
    with zipfile.ZipFile(t.path('a.zip'), 'w', zipfile.ZIP_DEFLATED) as file:
        file.writestr('a', 'two\n' * 1000)
    content = t.read('a.zip')
    directory = content.index(b'PK\1\2')
    end = content.index(b'PK\5\6')
    record = content[directory:end]
    count = 50
    t.write('a.zip', content[:directory] + record * count
            + b'PK\5\6' + struct.pack('<HHHHIIH', 0, 0, count, count, len(record) * count,
                                      directory, 0))
    result = t.run('grep -c two a.zip')
    t.check(result.status == 2 and b'overlap' in result.err and result.out.count(b'\n') <= 1,
            'grep -c two a.zip', 'one file at most, and a message of overlap',
            result.out + result.err)


def any_byte_wrong(t):
    """Whatever byte is wrong, the search ends, with a status and not a signal."""
    t.write('a.txt', 'two\n' * 300)
    t.write('b.bin', os.urandom(3000))
    t.shell('zip -q a.zip a.txt b.bin; tar cf a.tar a.txt a.zip; gzip -k a.tar; zstd -q a.tar')
    rng = random.Random(1)
    for name in ('a.zip', 'a.tar', 'a.tar.gz', 'a.tar.zst'):
        content = t.read(name)
        for _ in range(40):
            bad = bytearray(content)
            for _ in range(rng.randint(1, 3)):
                bad[rng.randrange(len(bad))] = rng.randrange(256)
            t.write('bad', bad[:rng.randint(len(bad) // 2, len(bad))])
            result = t.run('grep -c two bad')
            if result.status not in (0, 1, 2):
                t.fail('grep -c two bad', [f'of {name}', 'a status', result.err],
                       ['the file', name, t.read('bad').hex()])
                return


def nested_damage_shared(t):
    """Threads that share an archive's entries each tell of the broken archives among theirs."""
    inner = io.BytesIO()
    with tarfile.open(fileobj=inner, mode='w') as tar:
        member = tarfile.TarInfo('good.txt')
        member.size = 4
        tar.addfile(member, io.BytesIO(b'two\n'))
    broken = inner.getvalue()[:1024] + b'x' * 200_000
    with tarfile.open(t.path('a.tar'), 'w') as tar:
        for number in range(60):
            member = tarfile.TarInfo(f'{number}.tar')
            member.size = len(broken)
            tar.addfile(member, io.BytesIO(broken))
    for threads in (1, 2, 4):
        result = t.run(f'grep -c two a.tar -j{threads}')
        t.check(result.status == 2 and len(result.err.splitlines()) == 60 and
                len(result.out.splitlines()) == 60, f'grep -c two a.tar -j{threads}',
                'status 2, 60 lines and 60 messages',
                (result.status, len(result.out.splitlines()), len(result.err.splitlines())))


def cut_while_mapped(t):
    """A file that is cut while it is read is a message and status 2, not a dead process."""
    line = b'x' * 99 + b'\n'
    path = t.write('a', line * 1_000_000)
    search = subprocess.Popen(t.command('grep x a -j1'), cwd=t.folder, env=t.environment,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              bufsize=0)
    # The pipe is full long before the file's end; then the rest is gone.
    first = search.stdout.read(1_000)
    time.sleep(0.2)
    os.truncate(path, 4096)
    rest, err = search.communicate(timeout=60)
    lines = (first + rest).splitlines(keepends=True)
    t.check(set(lines[:-1]) <= {line} and len(lines) < 1_000_000, 'grep x a, cut meanwhile',
            'true lines only, and not all', f'{len(lines)} lines, {set(lines[:-1])}'[:300])
    t.check(search.returncode == 2 and t.matches('leat: a: .*', err), 'grep x a, cut meanwhile',
            'status 2 and one message', f'{search.returncode} {err}')


def no_less_than_the_tool(t):
    """However a file is cut or damaged, what its own tool reads right of it is read here too."""
    rng = random.Random(7)
    text = ''.join(f'{n} {rng.choice(("canal", "mill", "lock"))} {rng.getrandbits(30)}\n'
                   for n in range(400))
    t.write('text', text)
    # Code, or what a filter of code takes for it: calls, and the addresses that they go to.
    t.write('code', b''.join(b'\xe8' + rng.getrandbits(12).to_bytes(4, 'little') + b'call'
                             for _ in range(1000)))
    for name, of, packs, unpacks in (
            ('a.gz', 'text', 'gzip -c', 'gzip -dc'),
            ('b.gz', 'code', 'gzip -1c', 'gzip -dc'),
            ('a.xz', 'text', 'xz -c', 'xz -dc'),
            ('b.xz', 'code', 'xz -c --x86 --lzma2=preset=1', 'xz -dc'),
            ('c.xz', 'code', 'xz -c --delta=dist=4 --arm --lzma2=preset=1', 'xz -dc'),
            ('a.lzma', 'text', 'lzma -c', 'lzma -dc'),
            ('a.br', 'text', 'brotli -c', 'brotli -dc')):
        if shutil.which(packs.split()[0]) is None:
            continue
        t.shell(f'{packs} {of} >{name}')
        plain, packed = t.read(of), t.read(name)
        for turn in range(24):
            bad = bytearray(packed)
            if turn % 2:
                bad = bad[:rng.randrange(1, len(bad))]
            else:
                bad[rng.randrange(len(bad))] ^= 1 << rng.randrange(8)
            t.write(name, bad)
            tool = subprocess.run([*unpacks.split(), t.path(name)], stdout=subprocess.PIPE,
                                  stderr=subprocess.DEVNULL, check=False).stdout
            ours = t.run(f'cat --layers {name}').out
            # What stands in both, of what was packed.
            right = len(os.path.commonprefix([tool, plain]))
            found = len(os.path.commonprefix([ours, plain]))
            if found < right:
                t.check(False, f'cat --layers {name}',
                        f'{right} right bytes, as {unpacks} has them', f'{found}: {bad.hex()}')
                return
