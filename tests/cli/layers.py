"""Text inside archives, compressed files and encodings, one in the other: grep, cat, ls."""

import gzip
import json
import lzma
import os
import shutil
import struct
import subprocess
import threading
import zipfile
import zlib

TEXT = 'one\ntwo two\nthree\n'


def _nest(t):
    """outer.tar.gz, in it dir/inner.zip and plain.txt, in the zip file.txt and utf16.txt."""
    t.write('file.txt', TEXT)
    t.write('utf16.txt', b'\xff\xfe' + 'été\ntwo\n'.encode('utf-16-le'))
    t.write('plain.txt', 'two\n')
    os.mkdir(t.path('dir'))
    t.shell('zip -q dir/inner.zip file.txt utf16.txt; tar czf outer.tar.gz dir plain.txt;'
            'rm -r dir *.txt')


MATCHES = ('outer.tar.gz!dir/inner.zip!file.txt:2:two two\n'
           'outer.tar.gz!dir/inner.zip!utf16.txt:2:two\n'
           'outer.tar.gz!plain.txt:1:two\n')


def nested(t):
    """A match is printed with the whole way to it, found by walking or named."""
    _nest(t)
    t.grep('-n two', MATCHES, in_any_order=True)
    t.grep('-n two outer.tar.gz', MATCHES, in_any_order=True)
    t.grep('-nI two outer.tar.gz', '2:two two\n2:two\n1:two\n', in_any_order=True)
    t.grep('-l one', 'outer.tar.gz!dir/inner.zip!file.txt\n')
    t.grep('été', 'outer.tar.gz!dir/inner.zip!utf16.txt:été\n')
    t.grep('nothing')
    t.grep('--no-layers two')
    t.grep('--no-layers --layers one', 'outer.tar.gz!dir/inner.zip!file.txt:one\n')


def packages(t):
    """macOS's: a xar, and in that what is installed, a cpio that is packed by gzip."""
    if 'not in this build: xar' in t.run('formats').out.decode():
        return
    t.write('root/app/notes.txt', TEXT)
    t.write('Distribution', '<title>two</title>\n')
    t.shell('cd root; find . | cpio -o -H odc --quiet | gzip >../Payload; cd ..;'
            'bsdtar --format=xar --options xar:compression=none -cf x.pkg Distribution Payload;'
            'rm -r root Distribution')
    cpio = gzip.decompress(t.read('Payload'))
    os.remove(t.path('Payload'))
    want = 'x.pkg!Distribution:1:<title>two</title>\nx.pkg!Payload!app/notes.txt:2:two two\n'
    t.grep('-n two', want, in_any_order=True)
    t.grep('-n two -', want.replace('x.pkg', '<stdin>'), stdin=t.read('x.pkg'), in_any_order=True)
    t.expect(['cat', 'x.pkg!Payload!app/notes.txt'], TEXT)
    content = t.read('x.pkg')
    t.write('x.pkg', content.replace(b'<title>', b'<titel>'))
    t.grep('-c two', 'x.pkg!Distribution:1\nx.pkg!Payload!app/notes.txt:1\n', status=2,
           in_any_order=True, err='leat: x.pkg!Distribution: xar: wrong checksum, .*')
    if 'not in this build: pbzx' in t.run('formats').out.decode():
        return
    chunks = [cpio[:400], cpio[400:]]
    packed = [lzma.compress(chunk) for chunk in chunks]
    t.write('Payload', b'pbzx' + struct.pack('>Q', 400) + b''.join(
        struct.pack('>QQ', len(chunk), len(data)) + data for chunk, data in zip(chunks, packed)))
    t.shell('bsdtar --format=xar -cf new.pkg Payload; rm Payload')
    t.grep('-n two new.pkg', 'new.pkg!Payload!app/notes.txt:2:two two\n')


def flags_inside(t):
    """The flags mean inside what they mean outside, file by file."""
    _nest(t)
    place = 'outer.tar.gz!dir/inner.zip!file.txt'
    t.grep('-c two', f'{place}:1\nouter.tar.gz!dir/inner.zip!utf16.txt:1\n'
                     'outer.tar.gz!plain.txt:1\n', in_any_order=True)
    t.grep('--count-matches two -g file.txt', f'{place}:2\n')
    t.grep('-q two', status=0)
    t.grep('-m1 -v x -g *16.txt', 'outer.tar.gz!dir/inner.zip!utf16.txt:été\n')
    t.grep('-nC1 two -g file.txt', f'{place}-1-one\n{place}:2:two two\n{place}-3-three\n')
    t.grep('-ob two -g file.txt', f'{place}:4:two\n{place}:8:two\n')
    t.grep('--column two -g *.txt -g !plain*', f'{place}:2:1:two two\n'
           'outer.tar.gz!dir/inner.zip!utf16.txt:2:1:two\n', in_any_order=True)
    t.grep('-0l one', f'{place}\0')
    t.grep('--files-without-match one', 'outer.tar.gz!dir/inner.zip!utf16.txt\n'
           'outer.tar.gz!plain.txt\n', in_any_order=True)
    t.grep('--heading -n one', f'{place}\n1:one\n')
    t.grep('-j1 --sort path -l two', ''.join(line.split(':')[0] + '\n'
                                             for line in MATCHES.splitlines()))


def globs_inside(t):
    """-g is asked of the names inside; the archive itself is opened unless it is excluded."""
    _nest(t)
    place = 'outer.tar.gz!dir/inner.zip!'
    t.grep('-l two -g file.*', f'{place}file.txt\n')
    t.grep('-l two -g !utf16.txt -g !plain.txt', f'{place}file.txt\n')
    t.grep('-l two -g !*.gz')
    t.grep('-l two -g !*.zip', 'outer.tar.gz!plain.txt\n')
    t.grep('-l two -g *.c')


def whatever_the_name(t):
    """Layers are known by what they hold, not by what they are called."""
    _nest(t)
    os.rename(t.path('outer.tar.gz'), t.path('notes'))
    t.grep('-l one', 'notes!dir/inner.zip!file.txt\n')
    t.write('not.gz', 'two\n')
    t.grep('two not.gz', 'two\n')
    t.write('almost.gz', b'\x1f\x8b is how gzip begins\ntwo\n')
    t.write('pk.zip', 'PK two\n')
    t.grep('two pk.zip', 'PK two\n')


def compressed(t):
    """A compressed file keeps its own name; members that follow one another are one text."""
    t.write('a', TEXT)
    t.shell('gzip -k a; zstd -q a; cat a.gz a.gz >twice.gz; cat a.zst a.zst >twice.zst;'
            'gzip -c a.gz >b.gz.gz; zstd -qc a.gz >c.gz.zst; gzip -1c a >fast.gz; rm a')
    for name in ('a.gz', 'a.zst', 'b.gz.gz', 'c.gz.zst', 'fast.gz'):
        t.grep(f'-n two {name}', '2:two two\n')
        t.grep(f'-nH two {name}', f'{name}:2:two two\n')
        t.expect(f'cat --layers {name}', TEXT)
    for name in ('twice.gz', 'twice.zst'):
        t.grep(f'-n two {name}', '2:two two\n5:two two\n')
        t.expect(f'cat --layers {name}', TEXT + TEXT)
    t.expect('cat a.gz', t.read('a.gz'))
    t.grep('-l --sort path three', 'a.gz\na.zst\nb.gz.gz\nc.gz.zst\nfast.gz\ntwice.gz\ntwice.zst\n')


def codings(t):
    """Text in letters is read where a name says so and the text is that, and layers inside it."""
    t.write('a', TEXT)
    t.shell('base64 a >a.b64; xxd -p a >a.hex; uuencode a <a >a.uu; gzip -c a | base64 >b.gz.b64;'
            'tar c a | base64 -w0 >c.tar.base64; base64 a >d.txt; cp a e.b64; cp a f.hex')
    t.write('a.qp', TEXT.replace('t', '=74'))
    for name in ('a.b64', 'a.hex', 'a.uu', 'a.qp', 'b.gz.b64', 'e.b64', 'f.hex'):
        t.grep(f'-n two {name}', '2:two two\n')
        t.expect(f'cat --layers {name}', TEXT)
    t.grep('two c.tar.base64', 'c.tar.base64!a:two two\n')
    t.grep('two d.txt')
    t.write('g.b64', 'dHdv\ndH!v\n')
    t.grep('two g.b64', 'twot\n', status=2,
           err='leat: g.b64: base64: not a base64 digit, at input offset 7')


def tar_variants(t):
    """Every tar there is: formats, long names, sparse files, links, empty files."""
    long = 'd' * 90 + '/' + 'e' * 120 + '/' + 'f' * 60
    t.write(long, 'two\n')
    t.write('naïve.txt', 'two\n')
    t.write('empty', '')
    os.symlink('naïve.txt', t.path('link'))
    os.link(t.path('naïve.txt'), t.path('hard'))
    with open(t.path('sparse'), 'wb') as file:
        file.seek(1 << 20)
        file.write(b'two\n')
    names = f'{long.split("/")[0]} naïve.txt empty link hard'
    for form in ('gnu', 'pax', 'posix'):
        t.shell(f'tar --format={form} -cf {form}.tar {names}')
        t.grep(f'-l --sort path two {form}.tar',
               f'{form}.tar!{long}\n{form}.tar!naïve.txt\n')
    for form in ('v7', 'ustar'):
        t.shell(f'tar --format={form} -cf {form}.tar naïve.txt empty link')
        t.grep(f'two {form}.tar', f'{form}.tar!naïve.txt:two\n')
    t.shell('tar -Scf sparse.tar sparse naïve.txt')
    t.grep('-a -c two sparse.tar', 'sparse.tar!sparse:1\nsparse.tar!naïve.txt:1\n',
           in_any_order=True)
    t.expect('cat sparse.tar!sparse', t.read('sparse'))
    t.shell('tar -cf none.tar -T /dev/null')
    t.grep('two none.tar')


def zip_variants(t):
    """Every zip there is: stored, deflated, streamed, zip64, with words before it."""
    t.write('stored.txt', 'two\n')
    t.write('deflated.txt', 'two\n' + 'x\n' * 5000)
    t.write('d/é.txt', 'two\n')
    t.shell('zip -qr a.zip stored.txt deflated.txt d; cat deflated.txt | zip -q stream.zip -;'
            'zip -qfz- big.zip stored.txt; zip -q -fz piped64.zip deflated.txt;'
            '(printf "#!/bin/sh\\n"; cat a.zip) >sfx.zip; zip -q0 flat.zip a.zip')
    inside = ['d/é.txt:two\n', 'deflated.txt:two\n', 'stored.txt:two\n']
    t.grep('two a.zip', ''.join('a.zip!' + line for line in inside), in_any_order=True)
    t.grep('two stream.zip', 'stream.zip!-:two\n')
    t.grep('two big.zip', 'big.zip!stored.txt:two\n')
    t.grep('two piped64.zip', 'piped64.zip!deflated.txt:two\n')
    t.grep('two flat.zip', ''.join('flat.zip!a.zip!' + line for line in inside),
           in_any_order=True)
    with zipfile.ZipFile(t.path('py.zip'), 'w', zipfile.ZIP_DEFLATED) as file:
        with file.open('64', 'w', force_zip64=True) as entry:
            entry.write(b'two\n' * 9)
        file.comment = b'c' * 999
    t.grep('-c two py.zip', 'py.zip!64:9\n')
    t.write('secret.txt', 'two\n')
    t.shell('zip -q -P word locked.zip secret.txt stored.txt')
    t.grep('two locked.zip', status=2, err='leat: locked.zip!secret.txt: zip: .*encrypted.*\n'
                                           'leat: locked.zip!stored.txt: zip: .*encrypted.*')


def sevenz_behind_programs(t):
    """A 7z behind a program, which is told by more than its signature, and not behind all else."""
    t.write('d/a.txt', 'two\n' * 99)
    t.shell('7z a -bd a.7z d >7z.out; (cat "$(type -P true)" a.7z) >elf;'
            '(echo "#!/bin/sh"; cat a.7z) >script; (printf MZ; seq 9999; cat a.7z) >setup.exe;'
            '(seq 9999; cat a.7z) >notes; cp notes notes.7z; tar cf around.tar elf setup.exe')
    for name in ('elf', 'script', 'setup.exe', 'notes.7z', 'around.tar!elf'):
        t.expect(['cat', f'{name}!d/a.txt'], 'two\n' * 99)
    t.grep('-c two elf script', 'elf!d/a.txt:99\nscript!d/a.txt:99\n', in_any_order=True)
    t.grep('-c two around.tar', 'around.tar!elf!d/a.txt:99\naround.tar!setup.exe!d/a.txt:99\n')
    t.grep('-c two', '<stdin>!d/a.txt:99\n', stdin=t.read('script'))
    t.expect('cat notes!d/a.txt', status=2, err='leat: notes!d/a.txt: .*')


def _rar_block(data, *fields):
    """A block of RAR 5, of fields that are less than 128, or bytes."""
    head = b''.join(field if isinstance(field, bytes) else bytes([field]) for field in fields)
    head = bytes([len(head)]) + head
    return zlib.crc32(head).to_bytes(4, 'little') + head + data


def _rar(name, text):
    """An archive of RAR 5 with one stored file."""
    crc = zlib.crc32(text).to_bytes(4, 'little')
    file = _rar_block(text, 2, 2, len(text), 4, len(text), 0, crc, 0, 1, len(name), name)
    return b'Rar!\x1a\x07\1\0' + _rar_block(b'', 1, 0, 0) + file + _rar_block(b'', 5, 4, 0)


def rar_behind_programs(t):
    """A RAR behind a program, and what the program holds itself; and not behind all else."""
    if b'not in this build: rar:' in t.run('formats').out:
        return
    t.write('a.rar', _rar(b'd.txt', b'two\n' * 9))
    t.shell('(cat "$(type -P true)" a.rar) >elf;'
            '(printf MZ; seq 9999; echo own two; cat a.rar) >a.exe;'
            '(seq 9999; cat a.rar) >notes; tar cf around.tar a.exe; gzip -k around.tar')
    for name in ('elf', 'a.exe', 'around.tar!a.exe', 'around.tar.gz!a.exe'):
        t.expect(['cat', f'{name}!d.txt'], 'two\n' * 9)
    t.grep('-c two a.exe elf', 'a.exe:1\na.exe!d.txt:9\nelf!d.txt:9\n', in_any_order=True)
    t.expect('cat notes!d.txt', status=2, err='leat: notes!d.txt: .*')


def lha_behind_programs(t):
    """An archive of lha behind a program, and what the program holds itself; and not behind all
    else, but where it is called one: there it is damaged."""
    t.write('a.lzh', _lzh(b'two\n' * 9, 1))
    t.shell('(cat "$(type -P true)" a.lzh) >elf;'
            '(printf MZ; seq 9999; echo own two; cat a.lzh) >a.exe;'
            '(seq 9999; cat a.lzh) >notes; cp notes notes.lzh; tar cf around.tar a.exe')
    for name in ('elf', 'a.exe', 'around.tar!a.exe'):
        t.expect(['cat', f'{name}!000'], 'two\n' * 9)
    t.grep('-c two a.exe elf', 'a.exe:1\na.exe!000:9\nelf!000:9\n', in_any_order=True)
    t.expect('cat notes!000', status=2, err='leat: notes!000: .*')
    t.expect('cat notes.lzh!000', 'two\n' * 9, status=2,
             err='leat: notes.lzh: lha: bad header, at input offset 0')


def shared_archives(t):
    """A large archive is searched by several threads, of each kind, and all of it once: what has
    places to begin at by each, and the rest by one."""
    names = [f'd/{n % 3}/{"long name of a member " * (n % 2)}{n}' for n in range(30)]
    for n, name in enumerate(names):
        t.write(name, ''.join(f'{i} {zlib.crc32(b"%d %d" % (n, i)):08x}\n' for i in range(12_000)))
    t.shell('tar cf x.tar d; find d -type f | cpio -o -H newc --quiet >x.cpio;'
            'find d -type f -print0 | xargs -0 ar rcS x.a; zip -qr0 x.zip d;'
            'genisoimage -quiet -R -o x.iso d;'
            '7z a -bd -mx0 -ms=off x.7z d >7z.out; 7z a -bd -mx0 -ms=7f blocks.7z d >7z.out;'
            '7z a -bd -mx0 -ms=on solid.7z d >7z.out')
    t.write('x.lzh', _lzh(t.read(names[0]), 30))
    for name in ('x.tar', 'x.cpio', 'x.a', 'x.zip', 'x.iso', 'x.7z', 'blocks.7z', 'solid.7z',
                 'x.lzh'):
        alone, shared = (t.run(f'grep -j{threads} "1171 .*7" {name}') for threads in (1, 8))
        t.check(alone.status == 0 and shared.status == 0 and shared.err == b'', f'grep {name}',
                'status 0', shared.err)
        t.check(sorted(alone.out.splitlines()) == sorted(shared.out.splitlines()), f'grep {name}',
                'the same lines by eight threads as by one', len(shared.out))
        t.check(len({line.split(b':')[0] for line in shared.out.splitlines()}) > 20,
                f'grep {name}', 'lines of most files')


def _lzh(data, members):
    """An archive of lha, with the same stored in each member; headers of level 0."""
    crc = 0
    for byte in data:
        crc ^= byte
        for _ in range(8):
            crc = crc >> 1 ^ (0xA001 if crc & 1 else 0)
    archive = b''
    for n in range(members):
        body = b'-lh0-' + struct.pack('<IIIBB', len(data), len(data), 0x58000000, 0x20, 0)
        body += b'\x03%03d' % n + struct.pack('<H', crc)
        archive += bytes((len(body), sum(body) & 0xff)) + body + data
    return archive + b'\0'


def pipes(t):
    """An archive is searched on its way through a pipe."""
    _nest(t)
    packed = t.read('outer.tar.gz')
    t.grep('-n two', MATCHES.replace('outer.tar.gz', '<stdin>'), stdin=packed, in_any_order=True)
    t.grep('-l one -', '<stdin>!dir/inner.zip!file.txt\n', stdin=packed)
    t.expect('cat -- -!dir/inner.zip!file.txt', TEXT, stdin=packed)
    t.expect('cat --layers', TEXT + 'été\ntwo\ntwo\n', stdin=packed)
    t.expect('cat', packed, stdin=packed)
    t.shell('gzip -dc outer.tar.gz >outer.tar')
    t.grep('one', '<stdin>!dir/inner.zip!file.txt:one\n', stdin=t.read('outer.tar'))
    with open(t.path('outer.tar.gz'), 'rb') as file:
        t.grep('one', '<stdin>!dir/inner.zip!file.txt:one\n', stdin=file)


def cat_at_once(t):
    """A line that is typed is written when it ends, however it begins."""
    for line in (b'two\n', b'ERROR: two\n', b'PK two\n', b'MZ two\n', b'BZ\n', 'é\n'.encode()):
        cat = subprocess.Popen(t.command('cat --layers'), cwd=t.folder, env=t.environment,
                               stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
        deadline = threading.Timer(20, cat.kill)
        deadline.start()
        cat.stdin.write(line)
        got = cat.stdout.read(100)
        t.check(got == line, 'cat --layers, piped in', 'the line at once', got)
        cat.stdin.close()
        t.check(cat.wait() == 0, 'cat --layers, piped in', 'status 0', cat.returncode)
        deadline.cancel()


def cat(t):
    """cat takes one thing out, from any depth, and says what it did not find."""
    _nest(t)
    t.expect('cat outer.tar.gz!plain.txt', 'two\n')
    t.expect('cat outer.tar.gz!dir/inner.zip!file.txt', TEXT)
    t.expect('cat outer.tar.gz!plain.txt outer.tar.gz!dir/inner.zip!file.txt', 'two\n' + TEXT)
    t.shell('mkdir out; tar xzf outer.tar.gz -C out')
    t.expect('cat outer.tar.gz!dir/inner.zip', t.read('out/dir/inner.zip'))
    t.expect('cat --layers outer.tar.gz!dir/inner.zip', TEXT + 'été\ntwo\n')
    t.expect('cat outer.tar.gz!nothing', status=2, err='leat: outer.tar.gz!nothing: .*')
    t.expect('cat missing', status=2, err='leat: missing: .*[Nn]o such file.*')
    t.expect('cat out/dir/inner.zip!a!b out/plain.txt', 'two\n', status=2,
             err='leat: out/dir/inner.zip!a(!b)?: .*')
    t.write('a!b', 'strange\n')
    t.expect('cat a!b', 'strange\n')


def raw_cat(t):
    """Without layers, cat is cat: every byte, from every kind of source."""
    content = os.urandom(3_000_000)
    t.write('a', content)
    t.write('b', b'')
    t.expect('cat a b a', content * 2)
    t.expect('cat', content, stdin=content)
    t.expect('cat b - b', content, stdin=content)
    t.expect('cat /dev/null', '')


def ls(t):
    """ls prints the tree inside: names, sizes, methods."""
    _nest(t)
    text = t.run('ls outer.tar.gz').out.decode()
    for name in ('outer.tar.gz', 'inner.zip', 'file.txt', 'utf16.txt', 'plain.txt'):
        t.check(name in text, 'ls outer.tar.gz', name, text)
    shallow = t.run('ls --depth 1 outer.tar.gz').out.decode()
    t.check('inner.zip' in shallow and 'file.txt' not in shallow, 'ls --depth 1 outer.tar.gz',
            'inner.zip without what is in it', shallow)
    inner = t.run('ls outer.tar.gz!dir/inner.zip').out.decode()
    t.check('file.txt' in inner and 'plain.txt' not in inner, 'ls outer.tar.gz!dir/inner.zip',
            'the zip alone', inner)
    t.expect('ls missing', status=2, err='leat: missing: .*')


def ls_json(t):
    """ls --json prints an object a line, with a name and a size that python agrees with."""
    _nest(t)
    result = t.run('ls --json outer.tar.gz')
    entries = [json.loads(line) for line in result.out.splitlines()]
    sizes = {(entry.get('path') or entry.get('name')): entry.get('size') for entry in entries}
    t.check(any(str(path).endswith('file.txt') and size == len(TEXT)
                for path, size in sizes.items()), 'ls --json outer.tar.gz',
            f'file.txt of {len(TEXT)} bytes', result.out)
    t.check(result.status == 0, 'ls --json outer.tar.gz', 'status 0', result.status)


def whole_tree(t):
    """A tree of some hundred files, its archives, and archives of those: the same lines."""
    for n in range(300):
        t.write(f'tree/d{n % 9}/f{n:03}.txt', ''.join(f'{i} {n * i % 97} two\n' for i in range(n)))
    t.shell('tar cf a.tar tree; tar czf a.tar.gz tree; zip -qr a.zip tree;'
            'tar c tree | zstd -qc >a.tar.zst; tar czf b.tar.gz a.zip a.tar.zst')
    plain = t.run('grep -n 13.two tree').out
    t.check(plain.count(b'\n') > 100, 'grep -n 13.two tree', 'a hundred lines', plain)
    for name in ('a.tar', 'a.tar.gz', 'a.zip', 'a.tar.zst'):
        prefixed = plain.replace(b'tree/', name.encode() + b'!tree/')
        t.grep(f'-n 13.two {name}', prefixed, in_any_order=True)
    both = [plain.replace(b'tree/', b'b.tar.gz!' + name + b'!tree/')
            for name in (b'a.zip', b'a.tar.zst')]
    t.grep('-n 13.two b.tar.gz', b''.join(both), in_any_order=True)
    shutil.rmtree(t.path('tree'))
