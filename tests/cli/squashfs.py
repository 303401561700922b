"""Squashfs images as mksquashfs makes them: what unsquashfs reads of them is read the same, and
what is damaged is said to be."""

import os
import random

from trees import differences, make_tree, tree_of

QUIET = '-noappend -quiet -no-progress'
METHODS = 'gzip', 'xz', 'lzma', 'lzo', 'lz4', 'zstd'
FORMATS = {'gzip': 'zlib', 'lzo': 'lzop'}


def _words(seed, lines):
    chance = random.Random(seed)
    words = ['canal', 'mill', 'lock', 'weir', 'towpath', 'sluice']
    return ''.join(f'{n} {chance.choice(words)} {chance.getrandbits(30)}\n' for n in range(lines))


def _methods(t):
    """Those that this build has a library for."""
    said = t.run('formats').out.decode()
    return [name for name in METHODS
            if f'not in this build: {FORMATS.get(name, name)}:' not in said]


def unpacks_as_unsquashfs_does(t):
    """The same tree by each method, small and large blocks, ends of files alone and together."""
    make_tree(t, 'src')
    for n in range(400):
        t.write(f'src/many/a name that is long enough {n}', _words(n, n % 7 * 20))
    t.write('src/large', _words(1, 100_000))
    for switches in [f'-comp {name}' for name in _methods(t)] + [
            '-no-fragments', '-tailends -b 4K', '-noI -noD -noF', '-b 1M -no-sparse']:
        t.shell(f'rm -rf out theirs; mksquashfs src x.sqfs {QUIET} {switches};'
                'unsquashfs -quiet -no-progress -dest theirs x.sqfs')
        t.expect(['cp', '-p', 'x.sqfs!', 'out/'])
        wrong = differences(tree_of(t.path('out')), tree_of(t.path('theirs')))
        t.check(not wrong, f'cp x.sqfs! out/ ({switches})', 'what unsquashfs unpacks', wrong)
        blocks = os.stat(t.path('out/holes')).st_blocks
        t.check(blocks < 1000 or '-no-sparse' in switches, f'cp x.sqfs! out/ ({switches})',
                'a file with holes', blocks)
        t.check(t.run('test x.sqfs').status == 0, 'test x.sqfs', 'nothing wrong')


def names_as_unsquashfs_does(t):
    """All that is listed, and nothing else."""
    make_tree(t, 'src')
    t.shell(f'mkfifo src/pipe; mksquashfs src x.sqfs {QUIET}; unsquashfs -l x.sqfs >list')
    theirs = {line.removeprefix(b'squashfs-root/') for line in t.read('list').splitlines()}
    theirs.discard(b'squashfs-root')
    found = t.run(['ls', '--json', 'x.sqfs']).out
    t.check(found.count(b'\n') >= len(theirs), 'ls --json x.sqfs', f'{len(theirs)} names', found)
    for name in theirs:
        if name.isascii():
            t.check(b'"x.sqfs!' + name + b'"' in found, 'ls --json x.sqfs', f'{name!r}', found)


def searches(t):
    """In an image, in one that is within another archive, and in one that comes by a pipe."""
    t.write('src/old/notes.txt', 'one\ntwo canals\n')
    t.write('src/large', _words(1, 50_000) + 'the last canal boat\n')
    t.write('src/z.tar', 'not one')
    t.shell(f'mksquashfs src x.sqfs {QUIET}; gzip -k x.sqfs; tar cf x.tar x.sqfs')
    want = [b'large:the last canal boat', b'old/notes.txt:two canals']
    for place, arguments in (('x.sqfs', ['x.sqfs']), ('x.sqfs.gz', ['x.sqfs.gz']),
                             ('x.tar!x.sqfs', ['x.tar']), ('-', ['-'])):
        stdin = t.read('x.sqfs') if place == '-' else None
        found = t.run(['grep', '-a', 'canals|canal boat', *arguments], stdin=stdin)
        lines = sorted(line[line.index(b'!') + 1:].removeprefix(b'x.sqfs!')
                       for line in found.out.splitlines())
        t.check(lines == want and found.status == 0, ['grep', *arguments], want, found.out)
    t.expect(['cat', 'x.sqfs!old/notes.txt'], 'one\ntwo canals\n')


def searched_by_threads(t):
    """What is large is searched the same by one thread and by several, which cannot share it."""
    text = _words(5, 150_000)
    for n in range(4):
        t.write(f'src/{n}', text + f'found {n}\n')
    t.shell(f'mksquashfs src x.sqfs {QUIET} -noD -noF -no-duplicates;'
            'genisoimage -quiet -R -o x.iso src')
    for name in 'x.sqfs', 'x.iso':
        want = ''.join(f'{name}!{n}:found {n}\n' for n in range(4))
        for threads in '-j1', '-j2', '-j4':
            t.grep(f'{threads} found {name}', want, in_any_order=True)


def image_in_image(t):
    """What is packed twice is read as what is packed once."""
    t.write('in/deep/text', _words(3, 3000))
    t.shell(f'mkdir out; mksquashfs in out/in.sqfs {QUIET} -comp gzip;'
            f'mksquashfs out x.sqfs {QUIET} -b 4K')
    t.expect('cat x.sqfs!in.sqfs!deep/text', _words(3, 3000))


def damaged(t):
    """A byte is wrong, or the end is missing: a file that comes without a fault is as it was, and
    one with a fault up to the block that is damaged. The others come whole."""
    block = 8192
    files = {f'{n:02}': _words(n, 700 * (n % 3) + 1) for n in range(12)}
    for name, text in files.items():
        t.write(f'src/{name}', text)
    for method in [name for name in _methods(t) if name in ('gzip', 'xz')]:
        t.shell(f'mksquashfs src x.sqfs {QUIET} -comp {method} -b {block}')
        data = t.read('x.sqfs')
        data_end = int.from_bytes(data[64:72], 'little')
        chance = random.Random(method)
        for number in range(6):
            bad = bytearray(data)
            bad[chance.randrange(96, data_end)] ^= 1 << chance.randrange(8)
            t.write('bad.sqfs', bytes(bad))
            whole = 0
            for name, text in files.items():
                found = t.run(['cat', f'bad.sqfs!{name}'])
                right = found.out == text.encode()
                if found.status == 2:
                    whole_blocks = max(len(found.out) - 1, 0) // block * block
                    right = text.encode().startswith(found.out[:whole_blocks])
                t.check(right, f'cat bad.sqfs!{name} ({method}, {number})', 'what is right',
                        found.err)
                whole += found.status == 0
            t.check(whole > 0, f'cat bad.sqfs ({method}, {number})', 'some of them whole')
            t.check(whole == len(files) or t.run('test bad.sqfs').status == 2,
                    f'test bad.sqfs ({method}, {number})', 'status 2')
        for cut in (50, 96, len(data) // 2, data_end, data_end + 10):
            t.write('cut.sqfs', data[:cut])
            found = t.run('test cut.sqfs')
            t.check(found.status == 2 or cut < 96, f'test cut.sqfs ({method}, {cut})', 'status 2',
                    found.out + found.err)


def behind_programs(t):
    """An image behind a program, aligned or not, or a script, as in an AppImage of type 2; what is
    before it is searched as well. Behind all else it is looked for where the name says so."""
    t.write('src/usr/a.txt', 'two\n' * 99)
    t.write('src/large', _words(1, 50_000))
    t.shell(f'mksquashfs src x.sqfs {QUIET} -b 4K; (cat "$(type -P true)"; cat x.sqfs) >elf;'
            'cp "$(type -P true)" App; truncate -s %4096 App; cat x.sqfs >>App;'
            '(printf "#!/bin/sh\\necho own two\\n"; cat x.sqfs) >script;'
            '(seq 9999; cat x.sqfs) >notes; cp notes notes.AppImage;'
            'tar cf around.tar App script; gzip -k around.tar')
    for name in ('elf', 'App', 'script', 'notes.AppImage', 'around.tar!App', 'around.tar.gz!App'):
        t.expect(['cat', f'{name}!usr/a.txt'], 'two\n' * 99)
        t.expect(['cat', f'{name}!large'], _words(1, 50_000))
    t.grep('-c two elf script', 'elf!usr/a.txt:99\nscript:1\nscript!usr/a.txt:99\n',
           in_any_order=True)
    t.grep('-c two', '1\n<stdin>!usr/a.txt:99\n', stdin=t.read('script'))
    t.expect('cat notes!usr/a.txt', status=2, err='leat: notes!usr/a.txt: .*')
    for name, folder in (('App', 'behind/'), ('x.sqfs', 'alone/')):
        t.expect(['cp', '-p', f'{name}!', folder])
    wrong = differences(tree_of(t.path('behind')), tree_of(t.path('alone')))
    t.check(not wrong, 'cp -p App! behind/', 'what comes of the image alone', wrong)


def appimage_of_type_1(t):
    """A CD-ROM image, with a program where a disk's boot record would be."""
    t.write('src/usr/a.txt', 'two\n' * 99)
    t.shell('genisoimage -quiet -R -o App src')
    program = bytearray(t.read('/bin/true')[:32768])
    program[8:11] = b'AI\1'
    t.write('App', bytes(program) + t.read('App')[len(program):])
    t.expect('cat App!usr/a.txt', 'two\n' * 99)
    t.grep('-c two App', 'App!usr/a.txt:99\n')
