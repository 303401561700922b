"""`leat cp` out of archives that mean harm, or are damaged: nothing is written outside of the
folder, whatever the archive says; each refusal is one line, the status is 2, the rest is copied."""

import gzip
import io
import os
import random
import stat
import struct
import tarfile
import zipfile
import zlib

LINES = ''.join(f'{n} {zlib.crc32(str(n).encode()):08x} two\n' for n in range(20_000))

LINK, HARD, FOLDER = tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE


def _tar(t, name, entries):
    """A tar of (name, content), or (name, target, type); None as content: see type."""
    with tarfile.open(t.path(name), 'w') as tar:
        for entry in entries:
            member = tarfile.TarInfo(entry[0])
            member.mode = 0o644
            member.mtime = 1_600_000_000
            if len(entry) == 2:
                content = entry[1].encode()
                member.size = len(content)
                tar.addfile(member, io.BytesIO(content))
                continue
            member.type = entry[2]
            member.linkname = entry[1] or ''
            member.mode = 0o755
            tar.addfile(member)


def _zip(t, name, entries):
    """The same as a zip: (name, content), or (name, target, 'link')."""
    with zipfile.ZipFile(t.path(name), 'w') as file:
        for entry in entries:
            about = zipfile.ZipInfo(entry[0])
            about.create_system = 3
            mode = 0o644 | stat.S_IFREG if len(entry) == 2 else 0o777 | stat.S_IFLNK
            about.external_attr = mode << 16
            file.writestr(about, entry[1])


def _unpack(t, name, there, err, *flags):
    """Unpack into box/out. Just the files `there` are in it, the messages come, and nothing around
    the box has changed."""
    t.shell('rm -rf box; mkdir -p box/out; echo safe >box/secret; echo safe >secret')
    before = sorted(os.listdir(t.folder))
    t.expect(['cp', *flags, f'{name}!', 'box/out/'], status=2 if err else 0, err=err)
    found = {}
    for folder, names, files in os.walk(t.path('box')):
        for each in names + files:
            path = os.path.join(folder, each)
            shown = os.path.relpath(path, t.path('box'))
            if os.path.islink(path):
                found[shown] = '-> ' + os.readlink(path)
            elif os.path.isfile(path):
                with open(path, errors='replace') as file:
                    found[shown] = file.read()
    wanted = {'secret': 'safe\n', **{f'out/{each}': what for each, what in there.items()}}
    t.check(found == wanted, f'cp {name}! box/out/', wanted, found)
    t.check(sorted(os.listdir(t.folder)) == before and t.read('secret') == b'safe\n',
            f'cp {name}! box/out/', 'nothing outside', os.listdir(t.folder))


def names_that_leave(t):
    """Names with `..`, absolute ones, and empty ones."""
    top = t.path('box/secret')
    entries = [('good', '1'), ('../secret', 'evil'), ('a/../../secret', 'evil'), ('a/..', 'evil'),
               (top, 'abs'), ('./x//y/./z', '2'), ('..', 'evil'), ('last', '3')]
    inside = {'good': '1', top.lstrip('/'): 'abs', 'x/y/z': '2', 'last': '3'}
    leaves = 'its name leads out of the folder: not copied'
    err = (f'leat: NAME!../secret: {leaves}\nleat: NAME!a/../../secret: {leaves}\n'
           f'leat: NAME!a/..: {leaves}\nleat: NAME!{top}: an absolute name.*\n'
           f'leat: NAME!..: {leaves}\n')
    _tar(t, 'x.tar', entries)
    _unpack(t, 'x.tar', inside, err.replace('NAME', 'x.tar'))
    _zip(t, 'x.zip', entries)
    _unpack(t, 'x.zip', inside, err.replace('NAME', 'x.zip'))


def links_that_leave(t):
    """Links out of the folder are not made; those that stay in it are."""
    bad = ['/etc/passwd', '../secret', 'a/../../secret', '../../x', 'd/../../secret', '..']
    good = ['b', 'd/e', './b', 'd/./e']
    entries = [(f'bad{n}', target, LINK) for n, target in enumerate(bad)]
    entries += [(f'good{n}', target, LINK) for n, target in enumerate(good)]
    entries += [('d/up', '../b', LINK), ('d/high', '../../secret', LINK), ('last', '3')]
    there = {f'good{n}': '-> ' + target for n, target in enumerate(good)}
    there |= {'d/up': '-> ../b', 'last': '3'}
    line = 'leat: NAME!{}: a link that leads out of the folder: not made\n'
    err = ''.join(line.format(f'bad{n}') for n in range(len(bad))) + line.format('d/high')
    _tar(t, 'x.tar', entries)
    _unpack(t, 'x.tar', there, err.replace('NAME', 'x.tar'))
    all_made = there | {f'bad{n}': '-> ' + target for n, target in enumerate(bad)}
    all_made['d/high'] = '-> ../../secret'
    _unpack(t, 'x.tar', all_made, '', '--outside-links')
    zipped = [entry if len(entry) == 2 else (entry[0], entry[1], 'link') for entry in entries]
    _zip(t, 'x.zip', zipped)
    _unpack(t, 'x.zip', there, err.replace('NAME', 'x.zip'))


def written_through_links(t):
    """A link that was made, or was there, is never written through, nor changed into a folder."""
    entries = [('out', '..', LINK), ('out/secret', 'evil'), ('here', '.', LINK),
               ('here/file', 'evil'), ('here', 'plain'), ('f', '1'), ('f/g', 'evil'),
               ('last', '3')]
    stands = 'a link or a file stands where its folder would: not copied'
    _tar(t, 'x.tar', entries)
    refused = ''.join(f'leat: x.tar!{name}: {stands}\n' for name in ('here/file', 'f/g'))
    _unpack(t, 'x.tar', {'out/secret': 'evil', 'here': 'plain', 'f': '1', 'last': '3'},
            'leat: x.tar!out: a link that leads out of the folder: not made\n' + refused)
    there = {'here': 'plain', 'f': '1', 'last': '3', 'out': '-> ..'}
    _unpack(t, 'x.tar', there, f'leat: x.tar!out/secret: {stands}\n' + refused, '--outside-links')
    _tar(t, 'y.tar', [('a', '../secret', LINK), ('a', 'mine'), ('b', '.', LINK),
                      ('b', None, FOLDER), ('b/c', '1'), ('c', '/etc', LINK)])
    _unpack(t, 'y.tar', {'a': 'mine', 'b/c': '1', 'c': '-> /etc'}, '', '--outside-links')


def links_that_were_there(t):
    """What stands in the folder already is replaced, not followed."""
    _tar(t, 'x.tar', [('link', 'new'), ('to/file', 'evil'), ('last', '3')])
    t.shell('mkdir elsewhere out; echo safe >target; ln -s ../target out/link;'
            'ln -s ../elsewhere out/to')
    t.expect(['cp', 'x.tar!', 'out/'], status=2, err='leat: x.tar!to/file: a link or a file .*')
    t.check(t.read('target') == b'safe\n' and not os.listdir(t.path('elsewhere')),
            'cp x.tar! out/', 'nothing behind the links')
    t.check(t.read('out/link') == b'new' and not os.path.islink(t.path('out/link')),
            'cp x.tar! out/', 'a file in place of the link')


def hard_links(t):
    """A hard link reaches only what lies in the folder, and never changes it."""
    outside = t.path('secret')
    _tar(t, 'x.tar', [('a', '1'), ('b', 'a', HARD), ('c', '../secret', HARD), ('d', outside, HARD),
                      ('e', 'nowhere', HARD), ('f', 'f', HARD), ('b', 'new'), ('last', '3')])
    _unpack(t, 'x.tar', {'a': '1', 'b': 'new', 'last': '3'},
            'leat: x.tar!c: a link that leads out of the folder: not made\n'
            'leat: x.tar!d: a link to what is not there: not made\n'
            'leat: x.tar!e: a link to what is not there: not made\n'
            'leat: x.tar!f: a link to itself: not made\n')
    _tar(t, 'y.tar', [('in', '..', LINK), ('got', 'in/secret', HARD)])
    result = t.run(['cp', '--outside-links', 'y.tar!', 'box/out/'])
    t.check(result.status == 2 and not os.path.exists(t.path('box/out/got')),
            'cp --outside-links y.tar!', 'no link through a link', result.err)
    _tar(t, 'z.tar', [('x/a', '1'), ('x/d/b', 'x/a', HARD), ('x/d/c', 'x/d/b', HARD)])
    t.expect(['cp', 'z.tar!x', 'copy'])
    t.check(os.stat(t.path('copy/a')).st_nlink == 3, 'cp z.tar!x copy', 'three names of one file')
    t.expect(['cp', 'z.tar!x/d', 'part'], status=2,
             err='leat: z.tar!x/d/b: a link to what is not copied with it: not made\n'
                 'leat: z.tar!x/d/c: a link to what is not there: not made')


def special_files(t):
    """Devices and pipes are told, not made; from a folder they go into what has room for them."""
    _tar(t, 'x.tar', [('null', None, tarfile.CHRTYPE), ('pipe', None, tarfile.FIFOTYPE),
                      ('last', '3')])
    line = 'leat: x.tar!{}: a device, a pipe or the like: not copied\n'
    _unpack(t, 'x.tar', {'last': '3'}, line.format('null') + line.format('pipe'))
    t.shell('mkdir d; mkfifo d/pipe; echo a >d/a')
    t.expect('cp d e', status=2, err='leat: d/pipe: a device, .*')
    t.expect('cp d e.zip', status=2, err='leat: d/pipe: .*')
    t.shell('unzip -p e.zip d/a | cmp - d/a')
    t.expect('cp d e.tar')
    t.shell('tar tvf e.tar >listed; grep -q "^-.* d/a" listed; grep -q "^p.* d/pipe" listed')


def dangerous_modes(t):
    """No setuid out of an archive without -p, and folders can be written into until the end."""
    with tarfile.open(t.path('x.tar'), 'w') as tar:
        for name, kind, mode in (('d', FOLDER, 0o555), ('d/suid', tarfile.REGTYPE, 0o6755)):
            member = tarfile.TarInfo(name)
            member.type, member.mode, member.mtime = kind, mode, 1_000_000_000
            tar.addfile(member)
    options = t.as_nobody()
    os.mkdir(t.path('out'))
    os.chmod(t.path('out'), 0o777)
    t.expect(['cp', 'x.tar!', 'out/'], **options)
    modes = [stat.S_IMODE(os.stat(t.path(name)).st_mode) for name in ('out/d', 'out/d/suid')]
    t.check(modes == [0o555, 0o755], 'cp x.tar! out/', '0555 and 0755', [oct(m) for m in modes])
    t.check(os.stat(t.path('out/d')).st_mtime == 1_000_000_000, 'cp x.tar! out/',
            "the folder's own time")


def hostile_names_shown(t):
    """Names are escaped in what is said."""
    _tar(t, 'x.tar', [('../\x1b[31mred\n', 'evil'), ('\x1b[31m', '1')])
    result = t.run(['cp', '-v', 'x.tar!', 'out/'])
    t.check(b'\x1b' not in result.err and result.err.count(b'\n') == 2, 'cp -v x.tar!',
            'two lines without an escape', result.err)


def truncated_member(t):
    """What could be read of a cut member is left as NAME.part, and told."""
    t.write('a', 'a\n')
    t.write('b', LINES)
    t.shell('tar cf x.tar a b; tar czf x.tgz a b; zip -q x.zip a b')
    t.write('cut.tar', t.read('x.tar')[:1024 + 512 + 100_000])
    t.expect(['cp', 'cut.tar!', 'out/'], status=2, in_any_order=True,
             err='leat: cut.tar!b: tar: unexpected end of input, .*\n'
                 'leat: out/b.part: the first 100000 bytes, as far as it could be read\n'
                 'leat: cut.tar: tar: unexpected end of input, .*')
    t.check(sorted(os.listdir(t.path('out'))) == ['a', 'b.part'] and
            t.read('out/b.part') == LINES[:100_000].encode(), 'cp cut.tar! out/',
            'a, and the part of b', os.listdir(t.path('out')))
    t.write('cut.tgz', t.read('x.tgz')[:len(t.read('x.tgz')) // 2])
    result = t.run(['cp', 'cut.tgz!', 'gz/'])
    part = t.read('gz/b.part')
    t.check(result.status == 2 and LINES.encode().startswith(part) and len(part) > 1000,
            'cp cut.tgz! gz/', 'the beginning of b as b.part', result.err)
    t.shell('gzip -k b')
    t.write('cut.gz', t.read('b.gz')[:-20_000])
    result = t.run('cp --decompress cut.gz c')
    t.check(result.status == 2 and not os.path.exists(t.path('c')) and
            LINES.encode().startswith(t.read('c.part')), 'cp --decompress cut.gz c',
            'c.part, and no c', result.err)
    t.expect('cp --decompress cut.gz d.zst', status=2,
             err='leat: cut.gz: gzip: .*\nleat: .*d.zst.part: as far as it could be read')


def damage_within(t):
    """What lies before damage and behind it is in NAME.part, as cat gives it, with one line that
    says where something is missing; never under the name, and never as what --resume may go on
    with."""
    pieces = [LINES, LINES.upper(), LINES[::-1]]
    members = [gzip.compress(piece.encode()) for piece in pieces]
    bad = bytearray(members[1])
    bad[len(bad) // 2] ^= 0xff
    t.write('x.gz', members[0] + bad + members[2])
    t.write('sound.gz', b''.join(members))
    shown = t.run('cat --layers x.gz')
    behind = len(shown.out) - len(pieces[2])
    for flags, name in (('', 'a'), ('--sparse', 'b')):
        t.expect(f'cp {flags} --decompress x.gz {name}', status=2,
                 err=f'leat: x.gz: gzip: .*\nleat: {name}.part: {len(shown.out)} bytes, all that '
                     f'could be read, with damage at byte {behind}')
        part = t.read(name + '.part')
        t.check(part == shown.out and part.startswith(pieces[0].encode()) and
                part.endswith(pieces[2].encode()), f'cp {flags} --decompress x.gz',
                'what cat gives', len(part))
        t.check(not os.path.exists(t.path(name)), f'cp {flags} --decompress x.gz', 'no name')
    t.shell('mkdir d')
    t.expect('cp --decompress x.gz d/c.zst', status=2,
             err='leat: x.gz: gzip: .*\nleat: d/c.zst.part: as far as it could be read, with '
                 f'damage at byte {behind}')
    t.shell('zstd -dc <d/c.zst.part | cmp - a.part')
    for name, read in (('x.tar', 'tar xOf x.tar'), ('x.zip', 'unzip -p x.zip')):
        t.expect(f'cp --decompress x.gz {name}', status=2,
                 err='leat: x.gz: gzip: .*\nleat: x.gz: packed all the same, as far as it could be '
                     f'read, with damage at byte {behind}')
        t.shell(f'{read} | cmp - a.part')
    t.expect('cp --resume --decompress sound.gz a', status=2,
             err='leat: a: the source has changed .* read only once')
    t.shell('rm a.part')
    t.expect('cp --resume --decompress x.gz a', status=2,
             err='leat: x.gz: gzip: .*\nleat: a.part: the first .* bytes, as far as .*')
    t.check(t.read('a.part') == shown.out[:behind], 'cp --resume --decompress x.gz a',
            'what lies before the damage, and no more', len(t.read('a.part')))


def goes_on_behind_members(t):
    """After a damaged member comes the next one, and after a damaged source the next source."""
    bad = bytearray(gzip.compress(LINES.encode()))
    bad[len(bad) // 2] ^= 0xff
    t.write('in/a.gz', bad)
    t.write('in/b', 'b\n')
    t.write('in/c', 'c\n')
    t.shell('tar cf x.tar -C in a.gz b c; tar cf y.tar -C in c; cp x.tar z.tar')
    head = bytearray(t.read('x.tar'))
    head[head.index(b'b\0\0\0') + 148] ^= 0xff
    t.write('z.tar', head)
    t.expect(['cp', '--layers', 'x.tar!', 'out/'], status=2,
             err='leat: x.tar!a.gz: gzip: .*\nleat: out/a.part: the first .*')
    t.check(sorted(os.listdir(t.path('out'))) == ['a.part', 'b', 'c'], 'cp --layers x.tar! out/',
            'b and c', os.listdir(t.path('out')))
    t.expect(['cp', 'z.tar!', 'y.tar!', 'in/b', 'more/'], status=2, err='leat: z.tar: tar: .*')
    t.check(sorted(os.listdir(t.path('more'))) == ['a.gz', 'b', 'c'], 'cp z.tar! y.tar! in/b more/',
            'all but what lost its header', os.listdir(t.path('more')))
    t.expect('cp --layers missing in/a.gz in/b more/', status=2, in_any_order=True,
             err='leat: missing: No such.*\nleat: in/a.gz: gzip: .*\n'
                 'leat: more/a.part: the first.*')


def wrong_checksum(t):
    """A member whose checksum is wrong does not get its name, and the others do."""
    for name in 'abc':
        t.write(name, f'{name}\n' * 5000)
    t.shell('zip -q x.zip a b c')
    content = bytearray(t.read('x.zip'))
    with zipfile.ZipFile(t.path('x.zip')) as file:
        start = file.start_dir
    second = content.index(b'PK\1\2', start + 4)
    content[second + 16] ^= 1
    content[file.getinfo('b').header_offset + 14] ^= 1
    t.write('bad.zip', content)
    t.expect(['cp', 'bad.zip!', 'out/'], status=2,
             err='leat: bad.zip!b: zip: wrong checksum, .*\n'
                 'leat: out/b.part: the first 10000 bytes, .*')
    t.check(sorted(os.listdir(t.path('out'))) == ['a', 'b.part', 'c'], 'cp bad.zip! out/',
            'a and c', os.listdir(t.path('out')))
    for target in ('y.tar', 'y.zip'):
        t.expect(['cp', 'bad.zip!', target], status=2,
                 err='leat: bad.zip!b: zip: wrong checksum, .*\nleat: bad.zip!b: packed all the .*')


def damaged_source_packed(t):
    """What cannot be read whole is packed with zeros, so that the archive is one, and told."""
    t.write('a', 'a\n')
    t.write('b', LINES)
    t.shell('tar cf x.tar a b')
    t.write('cut.tar', t.read('x.tar')[:1024 + 512 + 100_000])
    t.expect(['cp', 'cut.tar!', 'y.tar'], status=2, in_any_order=True,
             err='leat: cut.tar!b: tar: unexpected end of input, .*\n'
                 'leat: cut.tar!b: packed with zeros at its end for what is missing\n'
                 'leat: cut.tar: tar: unexpected end of input, .*')
    t.shell('mkdir out; tar xf y.tar -C out')
    t.check(t.read('out/b') == LINES[:100_000].encode() + bytes(len(LINES) - 100_000),
            'cp cut.tar! y.tar', 'the beginning, and zeros')


def any_byte_wrong(t):
    """Whatever byte is wrong, it ends with a status, and nothing is written outside."""
    t.write('a.txt', 'two\n' * 300)
    t.write('d/b.bin', os.urandom(3000))
    t.shell('ln -s a.txt l; zip -qry a.zip a.txt d l; tar cf a.tar a.txt d l a.zip; gzip -k a.tar')
    rng = random.Random(1)
    for name in ('a.zip', 'a.tar', 'a.tar.gz'):
        content = t.read(name)
        for _ in range(40):
            bad = bytearray(content)
            for _ in range(rng.randint(1, 3)):
                bad[rng.randrange(len(bad))] = rng.randrange(256)
            t.write('bad', bad[:rng.randint(len(bad) // 2, len(bad))])
            t.shell('rm -rf box; mkdir box')
            before = set(os.listdir(t.folder))
            result = t.run(['cp', '--layers', 'bad!', 'box/out/'])
            strays = set(os.listdir(t.folder)) - before
            if result.status not in (0, 2) or strays or os.listdir(t.path('box')) not in \
                    ([], ['out']):
                t.fail('cp bad! box/out/', [f'of {name}', 'a status', result.err],
                       ['the file', name, t.read('bad').hex()])
                return


def bombs(t):
    """Limits hold: bytes out of one layer, entries of an archive; memory for what is spooled."""
    t.shell('head -c 50M /dev/zero | gzip -1c >zeros.gz; mkdir d; cd d; touch $(seq 20); cd ..;'
            'tar cf d.tar d')
    t.expect('cp --layers --limit-bytes 1M zeros.gz a', status=2,
             err='leat: zeros.gz: gzip: .*limit.*\nleat: a.part: the first 1048576 bytes.*')
    t.check(os.stat(t.path('a.part')).st_size == 1 << 20, 'cp --limit-bytes 1M', '1 MiB')
    t.expect(['cp', '--limit-entries', '10', 'd.tar!', 'out/'], status=2,
             err='leat: d.tar: tar: more entries.*')
    t.expect('cp --layers --limit-memory 2M zeros.gz b.tar', status=2,
             err='leat: zeros.gz: spool: .*')


def lying_sizes(t):
    """A zip whose directory lies about an entry's size."""
    with zipfile.ZipFile(t.path('a.zip'), 'w', zipfile.ZIP_DEFLATED) as file:
        file.writestr('a', LINES)
    content = bytearray(t.read('a.zip'))
    at = content.index(b'PK\1\2')
    content[at + 24:at + 28] = struct.pack('<I', 10)
    t.write('bad.zip', content)
    result = t.run(['cp', 'bad.zip!', 'out/'])
    t.check(result.status == 2 and os.listdir(t.path('out')) == ['a.part'], 'cp bad.zip! out/',
            'a part, and status 2', result.err)
