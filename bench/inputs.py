"""The inputs of the benches, made from the Linux sources that Debian packs. Each is made once and
kept in build/bench; one that was not finished is made anew."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

PACKAGE = 'linux-source-6.1'
FOLDER = Path(__file__).resolve().parent.parent / 'build' / 'bench'

# Enough for the inputs together, and for unpacking them.
FREE_BYTES_MIN = 9 << 30
COMMAND_SECONDS_MAX = 900
# Of the 1.2 GB there are, enough to measure on and few enough to keep.
ONE_BYTES = 800_000_000
UTF16_FROM_BYTES = 256_000_000


def shell(command, **options):
    """Run a command in the folder of inputs. It has to succeed."""
    subprocess.run(['bash', '-e', '-o', 'pipefail', '-c', command], cwd=FOLDER, check=True,
                   timeout=COMMAND_SECONDS_MAX, stdin=subprocess.DEVNULL, **options)


def install(*packages):
    """Have Debian's packages, if that can be done here. Returns whether they are there."""
    root = [] if os.geteuid() == 0 else ['sudo', '-n']
    install_them = [*root, 'apt-get', 'install', '-qq', '-y', '--no-install-recommends', *packages]
    for command in (install_them, [*root, 'apt-get', 'update', '-qq'], install_them):
        print('bench:', *command, file=sys.stderr)
        try:
            done = subprocess.run(command, check=False, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.DEVNULL, timeout=COMMAND_SECONDS_MAX,
                                  env={**os.environ, 'DEBIAN_FRONTEND': 'noninteractive'})
        except FileNotFoundError:
            return False
        if command is install_them and done.returncode == 0:
            return True
    return False


def sources():
    """The archive with the sources: installed, or taken out of the package, which needs no root."""
    name = f'{PACKAGE}.tar.xz'
    for path in (Path('/usr/src') / name, FOLDER / name):
        if path.exists():
            return path
    for attempt in ('apt-get download -qq', 'apt-get update -qq; apt-get download -qq'):
        try:
            # _apt, who may not write here, is asked for no opinion.
            shell(f'{attempt} {PACKAGE} -o APT::Sandbox::User=root')
            break
        except subprocess.CalledProcessError:
            continue
    shell(f'dpkg-deb --fsys-tarfile {PACKAGE}_*.deb | tar x --strip-components=3 ./usr/src/{name};'
          f'rm {PACKAGE}_*.deb')
    return FOLDER / name


def make_tree(name):
    shell(f'mkdir {name}; tar xf {sources()} -C {name} --strip-components=1')


# What is made, from what, and how: {to} is where, {of} what it is made of. Both are sorted, so that
# every machine has the same bytes.
C_FILES = ("(find {of} -name '*.[ch]' -type f -print0 | LC_ALL=C sort -z | xargs -0 cat || true)"
           f' 2>/dev/null | head -c {ONE_BYTES} >{{to}}')
# Some of the sources are Latin-1: iconv leaves out what it cannot read, and then fails.
UTF16 = (f'head -c {UTF16_FROM_BYTES} {{of}} |'
         ' iconv -c -f UTF-8 -t UTF-16 >{to} || test -s {to}')
TAR = 'tar --sort=name --owner=0 --group=0 -cf {to} {of}'
MADE = {
    'tree': (None, make_tree),
    'one.c': ('tree', C_FILES),
    'one.c.gz': ('one.c', 'gzip -c {of} >{to}'),
    'one.c.zst': ('one.c', 'zstd -qc {of} >{to}'),
    'one.utf16': ('one.c', UTF16),
    'tree.tar': ('tree', TAR),
    'tree.tar.gz': ('tree.tar', 'gzip -c {of} >{to}'),
    'tree.tar.zst': ('tree.tar', 'zstd -qc {of} >{to}'),
    'tree.zip': ('tree', 'find {of} -type f | LC_ALL=C sort | zip -q {to} -@'),
}


def make(name):
    """Have an input. Returns its path, in the folder."""
    path = FOLDER / name
    if path.exists():
        return path
    FOLDER.mkdir(parents=True, exist_ok=True)
    if shutil.disk_usage(FOLDER).free < FREE_BYTES_MIN - used():
        sys.exit(f'bench: {FOLDER} needs {FREE_BYTES_MIN >> 30} GiB in all')
    of, how = MADE[name]
    if of:
        make(of)
    print(f'bench: making {name}', file=sys.stderr)
    # A zip insists on its ending.
    part = f'part.{name}'
    shell(f'rm -rf {part}')
    if callable(how):
        how(part)
    else:
        shell(how.format(of=of, to=part))
    os.rename(FOLDER / part, path)
    return path


def used():
    """Bytes that are there already. The tree is counted as its tar, roughly."""
    sizes = [path.stat().st_size for path in FOLDER.iterdir() if path.is_file()]
    return sum(sizes) + ((1 << 30) if (FOLDER / 'tree').exists() else 0)
