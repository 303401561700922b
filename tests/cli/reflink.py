"""`leat cp` where the file system lets files share their blocks: nothing is copied until one of
them is changed, and what cannot be shared is copied. Skipped elsewhere, unless LEAT_TEST_REFLINK is
set: so tests/kernel/run has it on a disk of its own."""

import ctypes
import fcntl
import hashlib
import json
import os
import random
import struct
import subprocess
import sys
import tarfile
import tempfile

from room import Missing

# From <linux/fs.h>, <linux/fiemap.h>.
FICLONE = 0x40049409
FS_IOC_FIEMAP = 0xc020660b
FIEMAP_FLAG_SYNC = 1
FIEMAP_EXTENT_UNWRITTEN = 0x800
FIEMAP_EXTENT_SHARED = 0x2000

BLOCK = 4096
EXTENTS_MAX = 512
SWAP_BLOCKS = 16

# No two blocks of it are alike, and its end lies within one.
BYTES = random.Random(1).randbytes(70 * BLOCK + 1234)


def _needs_sharing(t):
    t.write('probe', 'x')
    with open(t.path('probe'), 'rb') as one, open(t.path('probe.copy'), 'wb') as other:
        try:
            fcntl.ioctl(other, FICLONE, one.fileno())
        except OSError:
            if 'LEAT_TEST_REFLINK' in os.environ:
                raise
            raise Missing('a file system whose files share blocks') from None
    os.unlink(t.path('probe'))
    os.unlink(t.path('probe.copy'))


def _extents(path):
    """Where a file's bytes are on the disk: offset, place, length, and the flags above. What is
    kept behind its end, for it to grow into, is left out."""
    head = struct.pack('=QQLLLL', 0, (1 << 64) - 1, FIEMAP_FLAG_SYNC, 0, EXTENTS_MAX, 0)
    room = bytearray(head + bytes(56 * EXTENTS_MAX))
    with open(path, 'rb') as file:
        fcntl.ioctl(file, FS_IOC_FIEMAP, room)
    count = struct.unpack_from('=L', room, 20)[0]
    found = [struct.unpack_from('=QQQQQL', room, 32 + 56 * i) for i in range(count)]
    end = os.stat(path).st_size
    return [(at, place, min(size, end - at),
             flags & (FIEMAP_EXTENT_UNWRITTEN | FIEMAP_EXTENT_SHARED))
            for at, place, size, _, _, flags in found if at < end]


def _bytes_kept(path, flags=0):
    """How many bytes of the disk a file takes, or how many of those have the flags."""
    return sum(size for _, _, size, has in _extents(path) if has & flags == flags)


def _same_blocks(t, arguments, one, other):
    """All blocks of the two are the same ones; but for those that were never written."""
    both = [[extent for extent in _extents(t.path(name)) if not extent[3] & FIEMAP_EXTENT_UNWRITTEN]
            for name in (one, other)]
    t.check(both[0] == both[1] and all(extent[3] & FIEMAP_EXTENT_SHARED for extent in both[0]),
            arguments, f'{other} shares all blocks of {one}', both)


def _write_sparse(path):
    """A file with holes between its bytes, and behind them. Returns how many bytes its blocks
    have."""
    with open(path, 'wb') as file:
        for at in (10 * BLOCK, 1000 * BLOCK + 17, 3000 * BLOCK):
            file.seek(at)
            file.write(BYTES)
        file.truncate(5000 * BLOCK + 3)
    return 3 * (len(BYTES) // BLOCK + 2) * BLOCK


def whole_files(t):
    """Of any length, under a new name and over what is there; a change is of one of the two."""
    _needs_sharing(t)
    for size in (0, 1, BLOCK - 1, BLOCK, BLOCK + 1, len(BYTES)):
        t.write('a', BYTES[:size])
        for _ in range(2):  # the second replaces the first
            t.expect('cp -v a b', err='a -> b: reflink')
            t.check(t.read('b') == BYTES[:size], 'cp a b', f'the {size} bytes')
            _same_blocks(t, 'cp a b', 'a', 'b')
    t.expect('cp -v --layers a c', err='a -> c: reflink')
    _same_blocks(t, 'cp --layers a c', 'a', 'c')
    with open(t.path('b'), 'r+b') as file:
        file.write(b'changed')
    t.check(t.read('a') == BYTES and t.read('b') == b'changed' + BYTES[7:], 'cp a b',
            'a change of b that a does not show')


def nothing_is_copied(t):
    """What it counts: all bytes moved, none copied; and the disk is no fuller than before."""
    _needs_sharing(t)
    t.write('a', BYTES * 30)
    os.sync()
    free = os.statvfs(t.folder).f_bfree
    result = t.run('explain --json cp a b')
    t.check(t.read('b') == BYTES * 30, 'explain --json cp a b', 'the bytes')
    counts = json.loads(result.err)['readers']
    t.check([(each['bytes_out'], each['copied']) for each in counts] == [(len(BYTES) * 30, 0)],
            'explain --json cp a b', 'no copies', counts)
    os.sync()
    taken = free - os.statvfs(t.folder).f_bfree
    t.check(taken < 30, 'cp a b', 'a few blocks for the name at most', taken)


def sparse_files(t):
    """Holes stay, whatever the lengths."""
    _needs_sharing(t)
    _write_sparse(t.path('a'))
    t.expect('cp -v a b', err='a -> b: reflink')
    t.check(t.read('b') == t.read('a'), 'cp a b', 'the bytes')
    _same_blocks(t, 'cp a b', 'a', 'b')


def holes_of_copies(t):
    """Where they are not shared, no blocks are kept for the holes either: this file system keeps
    some behind the end of each file that grows."""
    _needs_sharing(t)
    with tempfile.TemporaryDirectory(dir='/dev/shm') as other:
        data = _write_sparse(f'{other}/a')
        t.expect(['cp', '-v', f'{other}/a', 'b'], err=f'{other}/a -> b: around the holes')
        with open(f'{other}/a', 'rb') as file:
            t.check(file.read() == t.read('b'), 'cp /dev/shm/a b', 'the bytes')
    kept = _bytes_kept(t.path('b'))
    t.check(kept <= data, 'cp /dev/shm/a b', f'{data} bytes on the disk at most', kept)
    t.write('zeros', BYTES + bytes(100 * BLOCK) + BYTES + bytes(100 * BLOCK))
    t.expect('cp -v --sparse zeros c', err='zeros -> c: without zeros')
    t.check(t.read('c') == t.read('zeros'), 'cp --sparse zeros c', 'the bytes')
    kept = _bytes_kept(t.path('c'))
    t.check(kept <= 2 * len(BYTES) + 3 * BLOCK, 'cp --sparse zeros c', 'holes for the zeros', kept)


def folders(t):
    """Every file of a folder; those that have two names once."""
    _needs_sharing(t)
    names = [f'src/{folder}{n}' for folder in ('', 'in/') for n in range(8)]
    for number, name in enumerate(names):
        t.write(name, BYTES[number * 777:])
    os.link(t.path('src/0'), t.path('src/same'))
    os.symlink('0', t.path('src/link'))
    t.expect('cp src dst')
    for name in names:
        t.check(t.read(name.replace('src', 'dst')) == t.read(name), 'cp src dst', name)
        _same_blocks(t, 'cp src dst', name, name.replace('src', 'dst'))
    t.check(os.path.samefile(t.path('dst/0'), t.path('dst/same')), 'cp src dst', 'two names')
    t.check(os.readlink(t.path('dst/link')) == '0', 'cp src dst', 'the link')


def other_file_systems(t):
    """To another, and from it, the bytes are copied, and nothing is said of that; what can be
    shared in the same run still is."""
    _needs_sharing(t)
    t.write('a', BYTES)
    with tempfile.TemporaryDirectory(dir='/dev/shm') as other:
        result = t.run(['cp', '-v', 'a', f'{other}/b'])
        t.check(result.status == 0 and t.matches(f'a -> {other}/b: (copy_file_range|sendfile)',
                                                 result.err), 'cp -v a /dev/shm/b',
                'a route without blocks that are shared', result.err)
        with open(f'{other}/b', 'rb') as file:
            t.check(file.read() == BYTES, 'cp a /dev/shm/b', 'the bytes')
        t.write('d/x', 'x')
        result = t.run(['cp', '-v', f'{other}/b', 'a', 'd'])
        t.check(t.matches(f'{other}/b -> d/b: (copy_file_range|sendfile)\na -> d/a: reflink',
                          result.err), 'cp -v /dev/shm/b a d', 'one shared, one not', result.err)
        t.check(t.read('d/b') == BYTES and t.read('d/a') == BYTES, 'cp /dev/shm/b a d', 'both')
        _same_blocks(t, 'cp /dev/shm/b a d', 'a', 'd/a')


def checked(t):
    """--check reads back what is shared, and what is not right does not stay."""
    _needs_sharing(t)
    t.write('a', BYTES)
    digest = hashlib.sha256(BYTES).hexdigest()
    t.expect(f'cp -v --check sha256:{digest} a b', err='a -> b: reflink')
    _same_blocks(t, 'cp --check a b', 'a', 'b')
    wrong = hashlib.sha256(BYTES + b'x').hexdigest()
    t.expect(f'cp --check sha256:{wrong} a c', status=2, err='leat: c: .*checksum.*')
    t.check(not os.path.exists(t.path('c')), f'cp --check sha256:{wrong} a c', 'no c')


def resumed(t):
    """--resume shares all where there is nothing yet, and the rest where there is a part; a part
    that ends within a block is gone on with too, if by copying."""
    _needs_sharing(t)
    t.write('a', BYTES)
    t.expect('cp -v --resume a b', err='a -> b: reflink')
    _same_blocks(t, 'cp --resume a b', 'a', 'b')
    for part in (16 * BLOCK, 16 * BLOCK + 77):
        t.write('c.part', BYTES[:part])
        t.expect('cp --resume a c')
        t.check(t.read('c') == BYTES and not os.path.exists(t.path('c.part')), 'cp --resume a c',
                f'the bytes, behind a part of {part}')
        shared = _bytes_kept(t.path('c'), FIEMAP_EXTENT_SHARED)
        rest = len(BYTES) - part if part % BLOCK == 0 else 0
        t.check(rest <= shared < len(BYTES), 'cp --resume a c', f'{rest} bytes shared', shared)
    for part in (BYTES + b'more', BYTES[:-1] + b'x', BYTES[:9] + b'x'):
        t.write('c.part', part)
        t.expect('cp -v --resume a c', err='leat: c: the source has changed.*\na -> c: reflink')
        t.check(t.read('c') == BYTES, 'cp --resume a c', 'the bytes')
        _same_blocks(t, 'cp --resume a c', 'a', 'c')


def unaligned(t):
    """Members of a tar begin where blocks do not, and are copied there and back."""
    _needs_sharing(t)
    t.write('a', BYTES)
    t.expect('cp a x.tar')
    with tarfile.open(t.path('x.tar')) as tar:
        t.check(tar.extractfile('a').read() == BYTES, 'cp a x.tar', 'the bytes')
    t.expect(['cp', 'x.tar!a', 'b'])
    t.check(t.read('b') == BYTES, 'cp x.tar!a b', 'the bytes')


def swap_files(t):
    """A file that the system swaps to shares nothing with any other: it is copied."""
    _needs_sharing(t)
    head = bytearray(BLOCK)
    struct.pack_into('=LL', head, 1024, 1, SWAP_BLOCKS - 1)  # version, last page
    head[-10:] = b'SWAPSPACE2'
    t.write('swap', bytes(head) + BYTES[:(SWAP_BLOCKS - 1) * BLOCK])
    os.chmod(t.path('swap'), 0o600)
    system = ctypes.CDLL(None, use_errno=True)
    os.sync()
    if system.swapon(t.path('swap').encode(), 0) != 0:
        raise Missing(f'a right to swap ({os.strerror(ctypes.get_errno())})')
    try:
        result = t.run('cp -v swap b')
        t.check(result.status == 0 and t.matches('swap -> b: (?!reflink).*', result.err),
                'cp -v swap b', 'a copy, without a word', result.err)
        t.check(t.read('b') == t.read('swap'), 'cp swap b', 'the bytes')
        t.check(_bytes_kept(t.path('b'), FIEMAP_EXTENT_SHARED) == 0, 'cp swap b',
                'nothing shared')
    finally:
        system.swapoff(t.path('swap').encode())


# Writes all of its file again and again, each time with another letter, and longer now and then.
WRITER = """
import itertools, os, sys
fd = os.open(sys.argv[1], os.O_WRONLY)
for n in itertools.count():
    os.pwrite(fd, b'%c' % (97 + n % 26) * (int(sys.argv[2]) + n % 1000), 0)
    print(flush=True) if n == 0 else None
"""


def source_that_changes(t):
    """A copy is what the source was at one moment, however it is written meanwhile."""
    _needs_sharing(t)
    size = 64 * BLOCK
    t.write('a', b'a' * size)
    writer = subprocess.Popen([sys.executable, '-c', WRITER, t.path('a'), str(size)],
                              stdout=subprocess.PIPE)
    try:
        writer.stdout.readline()
        letters = set()
        for _ in range(20):
            t.expect('cp -v a b', err='a -> b: reflink')
            copy = t.read('b')
            letters.add(copy[0])
            # What an earlier write left behind a shorter one, it is true, stays.
            t.check(copy[:size] == copy[:1] * size and len(copy) <= size + 999, 'cp a b',
                    'one letter', set(copy[:size]))
        t.check(len(letters) > 1, 'cp a b', 'a source that changes')
    finally:
        writer.kill()
        writer.wait()
