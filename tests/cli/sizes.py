"""Each format both ways, beside its own tools, in every class of size: what a tool writes leat
reads, and what leat writes the tool reads. LEAT_TEST_LARGE=1 adds sizes of some megabytes."""

import os
import random
import shutil

SMALL = [0, 1, 2, 15, 16, 17, 255, 256, 511, 512, 513, 4095, 4096, 4097, 32767, 32768, 32769, 65535,
         65536, 65537]
MIB = 1 << 20
LARGE = [MIB - 1, MIB, MIB + 1, 8 * MIB + 7]

# What packs its input, and what unpacks it.
STREAMS = {
    'gz': ('gzip -c', 'gzip -dc'),
    'xz': ('xz -c', 'xz -dc'),
    'lzma': ('xz -c --format=lzma', 'xz -dc --format=lzma'),
    'lz': ('lzip -c', 'lzip -dc'),
    'zst': ('zstd -qc', 'zstd -dqc'),
    'bz2': ('bzip2 -c', 'bzip2 -dc'),
    'lz4': ('lz4 -qc', 'lz4 -dqc'),
    'lzo': ('lzop -qc', 'lzop -dqc'),
    'br': ('brotli -c', 'brotli -dc'),
}

# What packs `in` into ARCHIVE, and what unpacks ARCHIVE in a folder of its own; None: leat does not
# write it.
ARCHIVES = {
    'ustar.tar': ('tar -c --format=ustar -f {} in', 'tar -xf {}'),
    'pax.tar': ('tar -c --format=pax -f {} in', 'tar -xf {}'),
    'gnu.tar.gz': ('tar -cz --format=gnu -f {} in', 'tar -xzf {}'),
    'a.tar.zst': ('tar -c --zstd -f {} in', 'tar -x --zstd -f {}'),
    'a.zip': ('zip -qr {} in', 'unzip -q {}'),
    'stored.zip': ('zip -qr0 {} in', '7z x -y {}'),
    'a.7z': ('7z a {} in', None),
    'newc.cpio': ('find in | cpio -o --quiet -H newc >{}', None),
    'odc.cpio': ('find in | cpio -o --quiet -H odc >{}', None),
    'crc.cpio': ('find in | cpio -o --quiet -H crc >{}', None),
    'bin.cpio': ('find in | cpio -o --quiet -H bin >{}', None),
    'a.ar': ('ar rcS {} in/*', None),
}

ENCODINGS = ['UTF-16', 'UTF-16LE', 'UTF-16BE', 'UTF-32', 'UTF-32LE', 'UTF-32BE', 'ISO-8859-1',
             'WINDOWS-1252', 'KOI8-R', 'EUC-JP', 'SHIFT_JIS', 'GB18030', 'BIG5']
LETTERS = {'ISO-8859-1': 'é', 'WINDOWS-1252': '€', 'KOI8-R': 'щ', 'EUC-JP': '表', 'SHIFT_JIS': '表',
           'GB18030': '表𐍈', 'BIG5': '表'}


def _sizes():
    return SMALL + (LARGE if os.environ.get('LEAT_TEST_LARGE') else [])


def _contents(size):
    """Of one size: what packs well, what does not, and zeros."""
    chance = random.Random(size)
    lines = ''.join(f'{n} {chance.choice(("canal", "mill", "lock"))}\n' for n in range(20_000))
    text = (lines * (size // len(lines) + 1)).encode()
    return {'text': text[:size], 'noise': chance.randbytes(size), 'zeros': bytes(size)}


def _fill(t):
    """A folder `in` with a file of each content and size; those that are not empty, by name."""
    files = {f'{kind}-{size}': content for size in _sizes()
             for kind, content in _contents(size).items()}
    for name, content in files.items():
        t.write(f'in/{name}', content)
    return files


def _same(t, files, folder, what):
    """All files came out in a folder, as they went in."""
    for name, content in files.items():
        path = os.path.join(t.folder, folder, name)
        got = t.read(path) if os.path.isfile(path) else None
        t.check(got == content, what, f'{folder}/{name}: {len(content)} bytes as they were',
                'none' if got is None else f'{len(got)} bytes')
    shutil.rmtree(t.path(folder), ignore_errors=True)


def _streams(t, ending):
    """Of every file a packed one by either, each unpacked by the other."""
    pack, unpack = STREAMS[ending]
    files = _fill(t)
    t.shell(f'mkdir theirs; for f in in/*; do {pack} <$f >theirs/${{f#in/}}.{ending}; done')
    t.expect(['cp', '--decompress', *(f'theirs/{name}.{ending}' for name in files), 'ours/'])
    _same(t, files, 'ours', f'cp --decompress theirs/*.{ending}')
    for name in files:
        t.expect(['cp', f'in/{name}', f'packed-{name}.{ending}'])
    t.shell(f'mkdir back; for f in in/*; do '
            f'{unpack} <packed-${{f#in/}}.{ending} >back/${{f#in/}}; done')
    _same(t, files, 'back', f'cp in/FILE FILE.{ending}')


def gzip(t):
    """gzip"""
    _streams(t, 'gz')


def xz(t):
    """xz"""
    _streams(t, 'xz')


def lzma(t):
    """.lzma, by xz"""
    _streams(t, 'lzma')


def lzip(t):
    """lzip"""
    _streams(t, 'lz')


def zstd(t):
    """zstd"""
    _streams(t, 'zst')


def bzip2(t):
    """bzip2"""
    _streams(t, 'bz2')


def lz4(t):
    """lz4"""
    _streams(t, 'lz4')


def lzop(t):
    """lzop"""
    _streams(t, 'lzo')


def brotli(t):
    """brotli"""
    _streams(t, 'br')


def _archive(t, name):
    """One archive of all files by either, unpacked by the other."""
    pack, unpack = ARCHIVES[name]
    files = _fill(t)
    t.shell(pack.format(name))
    flat = 'ours' if name.endswith('.ar') else 'ours/in'
    t.expect(['cp', f'{name}!', 'ours/'])
    _same(t, files, flat, f'cp {name}! ours/')
    if unpack is not None:
        t.expect(['cp', 'in', f'packed-{name}'])
        t.shell(f'mkdir back; cd back; {unpack.format(f"../packed-{name}")}')
        _same(t, files, 'back/in', f'cp in packed-{name}')


def ustar(t):
    """tar --format=ustar"""
    _archive(t, 'ustar.tar')


def pax(t):
    """tar --format=pax"""
    _archive(t, 'pax.tar')


def gnu_gzip(t):
    """tar -z --format=gnu"""
    _archive(t, 'gnu.tar.gz')


def tar_zstd(t):
    """tar --zstd"""
    _archive(t, 'a.tar.zst')


def zip_deflated(t):
    """zip, and unzip"""
    _archive(t, 'a.zip')


def zip_stored(t):
    """zip -0, and 7z"""
    _archive(t, 'stored.zip')


def sevenz(t):
    """7z, which leat reads"""
    _archive(t, 'a.7z')


def cpio(t):
    """cpio in all its forms, which leat reads"""
    for name in 'newc.cpio', 'odc.cpio', 'crc.cpio', 'bin.cpio':
        _archive(t, name)


def ar(t):
    """ar, which leat reads"""
    _archive(t, 'a.ar')


def age(t):
    """age to an identity"""
    t.shell('age-keygen -o key 2>/dev/null; age-keygen -y key >public')
    public = t.read('public').decode().strip()
    files = _fill(t)
    t.shell(f'mkdir theirs; cd in; for f in *; do age -r {public} -o ../theirs/$f.age $f; done')
    t.expect(['cp', '--decompress', '--identity', 'key',
              *(f'theirs/{name}.age' for name in files), 'ours/'])
    _same(t, files, 'ours', 'cp --decompress theirs/*.age')
    for name in files:
        t.expect(['cp', '--recipient', public, f'in/{name}', f'packed-{name}.age'])
    t.shell('mkdir back; cd in; for f in *; do age -d -i ../key ../packed-$f.age >../back/$f; done')
    _same(t, files, 'back', 'cp --recipient in/FILE FILE.age')


def _lines(encoding, size):
    """Text with letters of an encoding, so many characters long, whose last line has an end."""
    line = f'the canal {LETTERS.get(encoding, "é表𐍈")} mill\n'
    return (line * (size // len(line) + 1))[:max(size - 1, 0)] + '\n' * (size > 0)


def iconv(t):
    """Text in other encodings is read as iconv has it; UTF-16 and UTF-32 are written for it."""
    sizes = _sizes()
    for encoding in ENCODINGS:
        for size in sizes:
            t.write(f'{encoding}-{size}', _lines(encoding, size))
        t.shell(f'for f in {encoding}-*; do iconv -f UTF-8 -t {encoding} $f >packed-$f; done')
        for size in sizes:
            t.grep(['--encoding', encoding, '', f'packed-{encoding}-{size}'],
                   _lines(encoding, size))
    for encoding in 'UTF-16LE', 'UTF-16BE', 'UTF-32LE', 'UTF-32BE':
        form = encoding.lower().replace('-', '')
        for size in sizes:
            t.expect(['cp', '--compress', form, f'{encoding}-{size}', f'{form}-{size}'])
        t.shell(f'for n in {" ".join(map(str, sizes))}; do '
                f'iconv -f {encoding[:6]} -t UTF-8 {form}-$n | cmp - {encoding}-$n; done')
