"""`leat cp`: what cp, tar and zip do, through every layer; whole or not at all."""

import hashlib
import os
import pty
import signal
import subprocess
import tarfile
import time
import zipfile
import zlib

from trees import differences, make_tree, tree_of

LINES = ''.join(f'{n} {zlib.crc32(str(n).encode()):08x} two\n' for n in range(50_000))


def _same(t, arguments, one, other, **options):
    wrong = differences(tree_of(t.path(one), **options), tree_of(t.path(other), **options))
    t.check(not wrong, arguments, f'{other} as {one}', wrong)


def _nothing_left(t, arguments, folder, names):
    found = sorted(os.listdir(t.path(folder)))
    t.check(found == sorted(names), arguments, f'{names} in {folder}, and no more', found)


def _blocks(t, name):
    return os.stat(t.path(name)).st_blocks


def trees_as_cp_does(t):
    """A folder is copied as by cp -a, to a new name, into a folder, and over an older copy."""
    make_tree(t, 'src')
    t.shell('cp -a src want; mkdir in')
    for arguments, copy in (('cp src new', 'new'), ('cp src in', 'in/src'), ('cp src in', 'in/src'),
                            ('cp src fresh/', 'fresh/src'), ('cp -r src/ slash', 'slash')):
        t.expect(arguments)
        _same(t, arguments, 'want', copy)
    t.check(os.path.samefile(t.path('new/docs/b.bin'), t.path('new/docs/same')), 'cp src new',
            'two names of one file')
    t.check(_blocks(t, 'new/holes') <= _blocks(t, 'src/holes') + 8, 'cp src new', 'the holes',
            _blocks(t, 'new/holes'))
    t.expect('cp src/. dots/')
    _same(t, 'cp src/. dots/', 'want', 'dots')


def modes_and_umask(t):
    """Modes lose what the umask takes, unless -p; setuid is root's to keep."""
    t.write('a', 'a\n')
    os.chmod(t.path('a'), 0o4777)
    t.shell('umask 027; "$0" cp a b; "$0" cp -p a c'.replace('$0', t.program))
    modes = [os.stat(t.path(name)).st_mode & 0o7777 for name in 'bc']
    kept = 0o4777 if os.geteuid() == 0 else 0o777
    t.check(modes == [0o750, kept], 'cp a b; cp -p a c', f'0750 and {kept:o}',
            [f'{mode:o}' for mode in modes])


def tars_for_tar(t):
    """Tar reads what was packed, whatever it is compressed with, and gets the same tree."""
    make_tree(t, 'src')
    piped = {'x.tar.lz4': 'lz4', 'x.tzo': 'lzop'}
    for name in ('x.tar', 'x.tar.gz', 'x.tgz', 'x.tar.zst', 'x.tar.lz4', 'x.tzo'):
        t.expect(f'cp src {name}')
        unpack = f'{piped[name]} -dc {name} | tar x -C out' if name in piped else \
            f'tar xf {name} -C out'
        t.shell(f'rm -rf out; mkdir out; {unpack}')
        _same(t, f'cp src {name}', 'src', 'out/src', times_ns=False)
        t.check(os.path.samefile(t.path('out/src/docs/b.bin'), t.path('out/src/docs/same')),
                f'cp src {name}', 'two names of one file')
    t.expect('cp -p src y.tar')
    t.shell('rm -rf out; mkdir out; tar xpf y.tar -C out')
    _same(t, 'cp -p src y.tar', 'src', 'out/src')
    with tarfile.open(t.path('x.tar')) as tar:
        names = tar.getnames()
    t.check(len(names) == len(tree_of(t.path('src'))) + 1, 'cp src x.tar', 'all names, once',
            names)


def zips_for_unzip(t):
    """zip, unzip and python3 read what was packed; with --no-compress it is stored."""
    make_tree(t, 'src')
    for arguments in ('cp src x.zip', 'cp --no-compress src x.zip', 'cp --level 1 src x.zip'):
        t.expect(arguments)
        t.shell('rm -rf out; zip -qT x.zip; unzip -qX x.zip -d out')
        _same(t, arguments, 'src', 'out/src', times_ns=False)
        with zipfile.ZipFile(t.path('x.zip')) as file:
            t.check(file.testzip() is None, arguments, 'a zip that python3 reads')
            kinds = {each.compress_type for each in file.infolist()}
            t.check(kinds == ({0} if 'no-comp' in arguments else {0, 8}), arguments,
                    'files deflated, or stored', kinds)


def unpacks_as_tar_does(t):
    """What tar and zip packed comes out as it went in."""
    make_tree(t, 'src')
    t.shell('tar cf x.tar src; tar cSf sparse.tar src; tar c --format=pax src | gzip >x.tar.gz;'
            'zip -qry x.zip src')
    for name in ('x.tar', 'sparse.tar', 'x.tar.gz', 'x.zip'):
        t.shell('rm -rf out')
        t.expect(['cp', f'{name}!', 'out/'])
        _same(t, f'cp {name}! out/', 'src', 'out/src', times_ns=False)
        t.check(name == 'x.zip' or os.path.samefile(t.path('out/src/docs/b.bin'),
                                                    t.path('out/src/docs/same')),
                f'cp {name}! out/', 'two names of one file')
    t.shell('rm -rf out')
    t.expect(['cp', 'sparse.tar!', 'out/'])
    t.check(_blocks(t, 'out/src/holes') <= 16, 'cp sparse.tar! out/', 'the holes of a sparse file',
            _blocks(t, 'out/src/holes'))
    t.expect(['cp', 'x.zip!src/docs', 'here/'])
    _same(t, 'cp x.zip!src/docs here/', 'src/docs', 'here/docs', times_ns=False)
    t.expect(['cp', 'x.tar!src/docs/', 'there'])
    _same(t, 'cp x.tar!src/docs/ there', 'src/docs', 'there', times_ns=False)
    t.expect(['cp', 'x.tar.gz!src/a.txt', 'one'])
    t.check(t.read('one') == t.read('src/a.txt'), 'cp x.tar.gz!src/a.txt one', 'its content')
    t.expect(['cp', 'x.tar!src/nowhere', 'two'], status=2,
             err='leat: x.tar!src/nowhere: nothing .*')
    t.check(not os.path.exists(t.path('two')), 'cp x.tar!src/nowhere two', 'no file')


def archives_of_archives(t):
    """One kind of archive becomes another without being unpacked; nests open where asked."""
    make_tree(t, 'src')
    t.shell('zip -qry in.zip src; tar cf nest.tar in.zip')
    t.expect(['cp', 'in.zip!', 'out.tar.zst'])
    t.shell('mkdir a; tar xf out.tar.zst -C a')
    _same(t, 'cp in.zip! out.tar.zst', 'src', 'a/src', times_ns=False)
    t.expect(['cp', 'nest.tar!in.zip!src', 'b'])
    _same(t, 'cp nest.tar!in.zip!src b', 'src', 'b', times_ns=False)
    t.expect(['cp', '--layers', 'nest.tar!', 'c/'])
    _same(t, 'cp --layers nest.tar! c/', 'src', 'c/in.zip/src', times_ns=False)


def compressed_by_ending(t):
    """Endings and flags say what is compressed, and what is copied as it is."""
    t.write('a', LINES)
    for ending, tool in (('gz', 'gzip'), ('zst', 'zstd'), ('lz4', 'lz4'), ('bz2', 'bzip2'),
                         ('xz', 'xz'), ('lz', 'lzip'), ('lzo', 'lzop')):
        t.expect(f'cp a a.{ending}')
        t.shell(f'{tool} -dc a.{ending} | cmp - a; rm -f b; {tool} -c a >by-tool.{ending}')
        t.expect(f'cp a.{ending} b.{ending}')
        t.check(t.read(f'a.{ending}') == t.read(f'b.{ending}'), f'cp a.{ending} b.{ending}',
                'the same bytes')
        t.expect(f'cp --decompress by-tool.{ending} b')
        t.check(t.read('b') == LINES.encode(), f'cp --decompress by-tool.{ending} b', 'the lines')
        t.expect(f'cp by-tool.{ending} c')
        t.check(t.read('c') == t.read(f'by-tool.{ending}'), f'cp by-tool.{ending} c',
                'as it is')
    t.expect('cp a.gz a2.zst')
    t.shell('zstd -dc a2.zst | cmp - a')
    t.expect('cp --no-compress a plain.gz')
    t.check(t.read('plain.gz') == LINES.encode(), 'cp --no-compress a plain.gz', 'as it is')
    t.expect('cp --compress zstd --level 19 a small')
    t.expect('cp --compress zstd --level 1 a large')
    t.shell('zstd -dc small | cmp - a')
    t.check(len(t.read('small')) < len(t.read('large')), 'cp --level', 'a level that counts')
    t.expect('cp --compress nothing a b', status=2, err='leat: nothing: no format .*')
    t.expect('cp --archive gzip a b', status=2, err='leat: gzip: no kind of archive .*')
    t.expect('cp --level 3 a b', status=2, err='leat: --level: .*')


def encrypted_by_ending(t):
    """What is sealed for a recipient, an identity or a password, age(1) opens, and so do we."""
    t.write('d/a', LINES)
    t.write('password', 'correct horse\n')
    t.shell('age-keygen -o key 2>public')
    recipient = t.read('public').decode().split()[-1]
    t.expect(f'cp --recipient {recipient} d/a a.age')
    t.expect('cp --identity key d x.tar.zst.age')
    t.shell('age -d -i key a.age | cmp - d/a; age -d -i key x.tar.zst.age | tar x --zstd -O |'
            'cmp - d/a')
    t.expect(['cp', '--identity', 'key', 'x.tar.zst.age!d/a', 'b'])
    t.expect('cp --identity key --decompress a.age c')
    t.expect('cp --password-file password d/a p.age')
    t.expect('cp --password-file password --decompress p.age p')
    for name in 'bcp':
        t.check(t.read(name) == LINES.encode(), 'cp', f'{name} as it was', len(t.read(name)))
    result = t.run('cp d/a none.age')
    t.check(result.status == 2 and b'age' in result.err and
            not os.path.exists(t.path('none.age')), 'cp d/a none.age', 'no key, no file',
            result.err)


def recompressed_archive(t):
    """An archive in another compression is the same archive."""
    t.write('d/a', LINES)
    t.shell('tar cf x.tar d')
    t.expect('cp x.tar y.tar.zst')
    t.shell('zstd -dc y.tar.zst | cmp - x.tar')
    t.expect('cp y.tar.zst z.tar')
    t.check(t.read('z.tar') == t.read('x.tar'), 'cp y.tar.zst z.tar', 'the tar')
    t.expect('cp y.tar.zst w.tgz')
    t.shell('gzip -dc w.tgz | cmp - x.tar')
    t.expect('cp --archive tar x.tar around.tar')
    with tarfile.open(t.path('around.tar')) as tar:
        t.check(tar.getnames() == ['x.tar'], 'cp --archive tar', 'x.tar in it', tar.getnames())


def streams(t):
    """Pipes and standard streams on either side."""
    t.write('a', LINES)
    t.write('b', 'b\n')
    t.expect('cp a b -', LINES + 'b\n')
    t.expect('cp - c', stdin=LINES.encode())
    t.check(t.read('c') == LINES.encode(), 'cp - c', 'what came in')
    packed = t.run('cp --compress gzip a -').out
    t.check(zlib.decompress(packed, 31) == LINES.encode(), 'cp --compress gzip a -', 'the lines')
    t.expect('cp - d.tar', stdin=LINES.encode())
    t.shell('tar xf d.tar; cmp a stdin')
    about = os.stat(t.path('stdin'))
    t.check(about.st_mode & 0o777 == 0o644 and abs(about.st_mtime - time.time()) < 600,
            'cp - d.tar', 'an ordinary mode, and today', about)
    t.expect('cp --archive zip a b - e.zip', stdin=b'in\n')
    with zipfile.ZipFile(t.path('e.zip')) as file:
        t.check(file.read('stdin') == b'in\n' and file.testzip() is None, 'cp - e.zip', 'in')
    t.shell('mkfifo pipe; "$0" cp a pipe & cmp a pipe; wait'.replace('$0', t.program))
    t.shell('cat a | "$0" cp - - | cat | cmp a -'.replace('$0', t.program))
    t.shell('tar c a b | "$0" cp -- "-!b" got; cmp b got'.replace('$0', t.program))
    t.expect('cp a /dev/null')
    t.check(not os.path.isfile('/dev/null'), 'cp a /dev/null', 'a device still')


def routes(t):
    """--verbose says the route, and explain how many bytes were copied."""
    t.write('a', LINES)
    result = t.run('cp -v a b')
    t.check(t.matches('a -> b: (reflink|copy_file_range|sendfile)', result.err), 'cp -v a b',
            'a route past memory', result.err)
    explained = t.run('explain --json cp a c')
    t.check(b'"copied":0' in explained.err, 'explain cp a c', 'no copies', explained.err)
    explained = t.run('explain --json cp a c.tar')
    t.check(t.read('c.tar')[512:512 + len(LINES)] == LINES.encode(), 'cp a c.tar', 'the lines')
    t.shell('mkfifo p; "$0" cp -v - p <a 2>err & cat p >/dev/null; wait'.replace('$0', t.program))
    t.check(t.matches('<stdin> -> p: (splice|sendfile)', t.read('err')), 'cp -v - p',
            'a route past memory', t.read('err'))


def refusals(t):
    """What would destroy its source, or cannot be meant, is refused."""
    t.write('a', 'a\n')
    t.write('d/b', 'b\n')
    t.shell('ln a hard; ln -s a soft; tar cf x.tar a d')
    for arguments in ('cp a a', 'cp a hard', 'cp a soft', 'cp a ./a', 'cp d/b d'):
        t.expect(arguments, status=2, err='leat: .*: the source and the target are the same file')
    t.expect('cp d d', status=2, err='leat: d: the folder that is copied to.*')
    t.expect('cp d d/e', status=2, err='leat: d/e: the folder that is copied to.*')
    t.check(sorted(os.listdir(t.path('d/e'))) == ['b'], 'cp d d/e', 'b', os.listdir(t.path('d/e')))
    t.shell('rm -rf d/e')
    t.expect('cp a d', out='')
    t.expect('cp d d/x.tar', status=2, err='leat: d/\\.leat-.*: this is what is being written.*')
    t.expect(['cp', 'a', 'x.tar!b'], status=2, err='leat: x.tar!b: an archive is written as .*')
    t.expect('cp a hard nowhere', status=2, err='leat: nowhere: no folder: .*')
    t.expect('cp a', status=2, err='leat: no destination.*')
    t.expect('cp', status=2, err='leat: no source.*')
    t.expect('cp missing b', status=2, err='leat: missing: No such file or directory')
    t.expect('cp a missing/b', status=2, err='leat: missing: No such file or directory')
    t.expect('cp d -', status=2, err='leat: d: a folder.*')
    t.expect('cp d d.gz', status=2, err='leat: d: a folder.*')
    t.check(t.read('a') == b'a\n' and not os.path.exists(t.path('d.gz')), 'cp', 'no harm done')


def onto_itself(t):
    """Nor by another way to it: a link to its folder, its layers taken off, standard streams."""
    t.write('d/a', LINES)
    t.shell('ln d/a d/b; ln -s a d/l; ln -s d there; ln -s . here; gzip -c d/a >d/z; cp d/z n;'
            'cp -a d before')
    same = 'leat: .*: the source and the target are the same '
    for arguments, what in (('cp d .', 'folder'), ('cp d here/', 'folder'), ('cp d/ ./', 'folder'),
                            ('cp --decompress d here', 'folder'), ('cp d/a there', 'file'),
                            ('cp --decompress d/z d', 'file'), ('cp --decompress n .', 'file')):
        t.expect(arguments, status=2, err=same + what)
        _same(t, arguments, 'before', 'd')
    t.check(t.read('n') == t.read('d/z'), 'cp --decompress n .', 'as it was')
    t.expect('cp d there/e', status=2, err='leat: d/e: the folder that is copied to: .*')
    t.shell('rm -r d/e')
    t.expect('cp - d/a', stdin=b'')
    t.check(t.read('d/a') == b'' and t.read('d/b') == LINES.encode(), 'cp - d/a', 'a new a')
    t.shell('cp d/b a')
    written = 'leat: .*: this is what is being written: not copied into itself'
    for command, err in (('cp - a <a', same + 'file'), ('cp -- - - <a >>a', written),
                         ('cp a - >>a', written)):
        t.shell(f'"{t.program}" {command} 2>err && exit 1; cmp a d/b')
        t.check(t.matches(err, t.read('err')), command, err, t.read('err'))
    t.write('file', 'file\n')
    t.expect('cp d file', status=2, err='leat: d: a folder: what it is to be called is no folder')
    t.check(t.read('file') == b'file\n', 'cp d file', 'the file')


def archive_onto_itself(t):
    """An archive that is read is not written to meanwhile, nor packed into what replaces it, nor
    replaced by what is in it."""
    t.write('d/a', LINES)
    t.shell('tar cf x.tar d; tar cf y.tar --transform s:d/a:y.tar: d/a; cp y.tar yy;'
            'ln x.tar hard; ln -s x.tar soft')
    before = t.read('x.tar')
    for arguments in (['cp', 'x.tar!d', 'x.tar'], ['cp', 'x.tar!d/a', 'x.tar'],
                      ['cp', 'x.tar!d/a', 'hard'], ['cp', 'soft!d/a', 'x.tar'],
                      ['cp', 'hard!d', 'soft']):
        t.expect(arguments, status=2, err='leat: .*: the source and the target .*')
        t.check(t.read('x.tar') == before, arguments, 'the archive as it was')
    for arguments in (['cp', 'y.tar!', '.'], ['cp', 'y.tar!y.tar', './']):
        t.expect(arguments, status=2, err='leat: y.tar!y.tar: the source and the target .*')
        t.check(t.read('y.tar') == t.read('yy'), arguments, 'the archive as it was')
    t.shell(f'"{t.program}" cp "x.tar!d/a" - >>x.tar 2>err && exit 1; grep -q "being written" err')
    t.check(t.read('x.tar') == before, 'cp x.tar!d/a - >>x.tar', 'the archive as it was')
    for _ in range(2):
        t.run('cp d d/in.tar')
    with tarfile.open(t.path('d/in.tar')) as tar:
        t.check(tar.getnames() == ['d', 'd/a'], 'cp d d/in.tar', 'no older in.tar', tar.getnames())


def overwriting(t):
    """What is there is replaced as a name; --no-clobber leaves it."""
    t.write('new', 'new\n')
    t.write('out/a', 'old\n')
    t.shell('ln out/a other; tar cf x.tar --transform s/new/a/ new; ln -s other out/link;'
            'tar cf y.tar --transform s/new/link/ new')
    t.expect(['cp', '-n', 'x.tar!', 'out/'])
    t.expect('cp -n new out/a')
    t.check(t.read('out/a') == b'old\n', 'cp -n', 'the old')
    t.expect(['cp', 'x.tar!', 'out/'])
    t.expect(['cp', 'y.tar!', 'out/'])
    t.check(t.read('out/a') == b'new\n' and t.read('other') == b'old\n', 'cp x.tar! out/',
            'new at the name, old at the other name')
    t.check(not os.path.islink(t.path('out/link')), 'cp y.tar! out/', 'a file, no link')
    t.shell('ln -s other named')
    t.expect('cp new named')
    t.check(os.path.islink(t.path('named')) and t.read('other') == b'new\n', 'cp new named',
            'written where the link leads')
    t.shell('mkdir out/new')
    t.expect('cp new out', status=2, err='leat: out/new: Is a directory')


def _written(process, folder):
    """The file in the folder that a process has open, as the system calls it; '' for none."""
    descriptors = f'/proc/{process.pid}/fd'
    names = [os.readlink(f'{descriptors}/{number}') for number in os.listdir(descriptors)]
    return next((name for name in names if name.startswith(folder + '/')), '')


def nothing_half(t):
    """A copy that fails or is ended leaves nothing that looks whole, and no rubbish."""
    t.write('a', LINES)
    t.shell('mkdir full')
    for arguments in ('cp a full/a', 'cp a full/a.gz', 'cp a full/a.tar', 'cp a full/a.zip'):
        done = subprocess.run(['bash', '-c', 'ulimit -f 8; trap "" XFSZ; exec "$@"', '-',
                               *t.command(arguments)], cwd=t.folder, env=t.environment,
                              stderr=subprocess.PIPE, check=False)
        t.check(done.returncode == 2 and t.matches('leat: full/a.*: .*File too large', done.stderr),
                arguments, 'status 2, and why', done)
        _nothing_left(t, arguments, 'full', [])
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGKILL):
        process = subprocess.Popen(t.command('cp - full/b'), cwd=t.folder, env=t.environment,
                                   stdin=subprocess.PIPE)
        process.stdin.write(LINES.encode())
        process.stdin.flush()
        deadline = time.monotonic() + 10
        while not (writes := _written(process, t.path('full'))) and time.monotonic() < deadline:
            time.sleep(0.01)
        process.send_signal(number)
        status = process.wait()
        process.stdin.close()
        t.check(status == -number, 'cp - full/b', f'an end by signal {number}', status)
        if number == signal.SIGKILL and not writes.endswith(' (deleted)'):
            t.shell('rm full/.leat-*')  # the file system has no files without a name
        _nothing_left(t, 'cp - full/b', 'full', [])


def checked(t):
    """--check: the name is taken only with the right digest."""
    t.write('a', LINES)
    digest = f'{zlib.crc32(LINES.encode()):08x}'
    t.expect(f'cp --check sha256:{hashlib.sha256(LINES.encode()).hexdigest()} a s')
    t.expect(f'cp --check crc32:{digest} a b')
    t.expect(f'cp --check CRC32:{digest.upper()} a b')
    t.check(t.read('b') == LINES.encode(), 'cp --check', 'the copy')
    wrong = f'{zlib.crc32(b"other"):08x}'
    t.shell('mkdir d')
    for arguments in (f'cp --check crc32:{wrong} a d/b', f'cp --check crc32:{wrong} a d/b.gz',
                      f'cp --resume --check crc32:{wrong} a d/b'):
        t.expect(arguments, status=2, err='leat: d/b.*: .*checksum.*')
        _nothing_left(t, arguments, 'd', [])
    t.expect('cp --check crc32:12 a d/b', status=2, err='leat: crc32:12: .*')
    t.expect('cp --check md0:12 a d/b', status=2, err='leat: md0:12: .*')
    t.expect(f'cp --check sha256:{"0" * 64} a d/b', status=2, err='leat: d/b: .*checksum.*')
    _nothing_left(t, 'cp --check sha256:', 'd', [])
    t.expect(f'cp --check crc32:{digest} a d', status=2, err='leat: d: --check is for one file')


def resumed(t):
    """--resume goes on where a copy stopped, and notices another source."""
    t.write('a', LINES)
    t.write('b.part', LINES[:300_000])
    result = t.run('explain --json cp --resume a b')
    t.check(t.read('b') == LINES.encode() and result.status == 0, 'cp --resume a b', 'the copy')
    t.check(not os.path.exists(t.path('b.part')), 'cp --resume a b', 'no part left')
    for part in (LINES[:299_990] + 'another 10', 'x' * 100_000 + LINES[100_000:300_000],
                 LINES + 'more'):
        t.write('b.part', part)
        t.expect('cp --resume a b', err='leat: b.*: the source has changed.*')
        t.check(t.read('b') == LINES.encode(), 'cp --resume a b', 'the copy')
    done = subprocess.run(['bash', '-c', 'ulimit -f 200; trap "" XFSZ; exec "$@"', '-',
                           *t.command('cp --resume a c')], cwd=t.folder, env=t.environment,
                          stderr=subprocess.PIPE, check=False)
    t.check(done.returncode == 2 and 0 < len(t.read('c.part')) < len(LINES), 'cp --resume a c',
            'a part that is kept', done)
    t.expect('cp --resume a c')
    t.check(t.read('c') == LINES.encode(), 'cp --resume a c', 'the copy')
    t.shell('tar czf x.tgz a')
    t.write('d.part', LINES[:200_000])
    t.expect(['cp', '--resume', 'x.tgz!a', 'd'])
    t.check(t.read('d') == LINES.encode(), 'cp --resume x.tgz!a d', 'the copy')
    t.write('d.part', 'x' * 200_000)
    t.expect(['cp', '--resume', 'x.tgz!a', 'd'], status=2,
             err='leat: d: the source has changed .* read only once')
    t.expect('cp --resume a c.gz', status=2, err='leat: c.gz: --resume is for one file.*')


def durable(t):
    """--durable asks for stable storage: files, folders and names."""
    make_tree(t, 'src')
    t.expect('cp --durable src d')
    _same(t, 'cp --durable src d', 'src', 'd')
    t.expect('cp --durable src d.tar')


def sparse(t):
    """Holes stay holes, between files, and by --sparse where there were none."""
    t.shell('truncate -s 20M holes; printf x | dd of=holes bs=1 seek=9M conv=notrunc;'
            'head -c 5M /dev/zero >zeros; printf end >>zeros')
    for arguments, copy in (('cp holes b', 'b'), ('cp --sparse zeros c', 'c')):
        t.expect(arguments)
        t.check(t.read(copy) == t.read(arguments.split()[-2]) and _blocks(t, copy) <= 64,
                arguments, 'the same, with holes', _blocks(t, copy))
    t.shell('truncate -s 7M all; touch -d @0 all')
    t.expect('cp all d')
    about = os.stat(t.path('d'))
    t.check((about.st_size, about.st_blocks, about.st_mtime) == (7 << 20, 0, 0), 'cp all d',
            'one hole, of 1970', about)


def many_files(t):
    """More entries than fit in 16 bits take zip64, and a tar as they come."""
    t.shell('mkdir d; cd d; seq 66000 | xargs touch')
    t.expect('cp d x.zip')
    with zipfile.ZipFile(t.path('x.zip')) as file:
        t.check(len(file.namelist()) == 66001, 'cp d x.zip', '66001 names', len(file.namelist()))
    t.expect(['cp', 'x.zip!d', 'e'])
    t.check(len(os.listdir(t.path('e'))) == 66000, 'cp x.zip!d e', '66000 files')
    t.shell('unzip -qqt x.zip >/dev/null')


def large_source_digest(t):
    """A large file goes through every kind of output as it is."""
    t.shell('head -c 40M /dev/urandom >a')
    want = hashlib.sha256(t.read('a')).hexdigest()
    for name, back in (('b', 'cat b'), ('b.zst', 'zstd -dc b.zst'), ('b.tar', 'tar xOf b.tar'),
                       ('b.zip', 'unzip -p b.zip')):
        t.expect(f'cp a {name}')
        t.shell(f'{back} | sha256sum | grep -q {want}')


def _progress(t, arguments):
    """What a copy from a slow pipe shows on a terminal that is its standard error."""
    master, slave = pty.openpty()
    process = subprocess.Popen(t.command(arguments), cwd=t.folder, env=t.environment,
                               stdin=subprocess.PIPE, stderr=slave)
    os.close(slave)
    for _ in range(4):
        process.stdin.write(b'x' * 100_000)
        process.stdin.flush()
        time.sleep(0.3)
    process.stdin.close()
    shown = b''
    try:
        while chunk := os.read(master, 65536):
            shown += chunk
    except OSError:  # how Linux says that nobody has the other end open
        pass
    os.close(master)
    t.check(process.wait() == 0, arguments, 'status 0')
    return shown.decode()


def progress_line(t):
    """One line on a terminal that is redrawn, and taken away; none elsewhere, or when unwanted."""
    shown = _progress(t, 'cp --progress --compress gzip - a')
    draws = [each for each in shown.split('\r') if 'iB' in each or ' B' in each]
    t.check(len(draws) >= 2 and all('/s' in each and '\n' not in each for each in draws) and
            shown.endswith('\r\x1b[K'), 'cp --progress - a', 'lines that give way to each other',
            repr(shown))
    for arguments in ('cp - b', 'cp --no-progress - b'):
        shown = _progress(t, arguments)
        t.check(shown == '', arguments, 'no line before two seconds', repr(shown))
    t.write('a', 'a')
    t.expect('cp --progress a b')
