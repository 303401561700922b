#!/usr/bin/env python3
"""Packages as rpmbuild makes them, with each way to pack the payload, read through the command as
rpm2cpio and cpio unpack them.

    rpm_test.py LEAT FORMATS

FORMATS are the names of the formats that this leat has. The exit status is 77 where a tool is
missing.
"""

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

SKIPPED = 77
# How the payload is packed, and the format that must be there to read it.
PAYLOADS = {'w9.gzdio': 'gzip', 'w6.xzdio': 'xz', 'w19.zstdio': 'zstd', 'w9.bzdio': 'bzip2',
            'w.ufdio': None}
FILE = './usr/share/leat/mill.txt'
SPEC = '''Name: leat-sample
Version: 1
Release: 1
Summary: a sample
License: none
BuildArch: noarch
%description
a sample
%install
mkdir -p %{buildroot}/usr/share/leat
for i in $(seq 2000); do echo "the mill $i"; done > %{buildroot}/usr/share/leat/mill.txt
ln -s mill.txt %{buildroot}/usr/share/leat/soft
%files
/usr/share/leat
'''


def build(work, payload):
    (work / 'sample.spec').write_text(SPEC)
    top = work / payload
    done = subprocess.run(
        ['rpmbuild', '-bb', '--quiet', '--define', f'_topdir {top}', '--define',
         f'_binary_payload {payload}', '--define', f'_tmppath {work}', work / 'sample.spec'],
        stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    packages = list(top.rglob('*.rpm'))
    return packages[0] if done.returncode == 0 and packages else None


def unpacked(package):
    archive = subprocess.run(['rpm2cpio', package], stdout=subprocess.PIPE, check=True).stdout
    return subprocess.run(['cpio', '-i', '--quiet', '--to-stdout', FILE], input=archive,
                          stdout=subprocess.PIPE, check=True).stdout


def main(leat, formats):
    tools = 'rpmbuild', 'rpm2cpio', 'cpio'
    if not all(map(shutil.which, tools)):
        return SKIPPED
    count = 0
    with tempfile.TemporaryDirectory() as folder:
        for payload, needs in PAYLOADS.items():
            if needs and needs not in formats.split(','):
                continue
            package = build(Path(folder), payload)
            if package is None:
                continue
            found = subprocess.run([leat, 'cat', f'{package}!{FILE}'], stdout=subprocess.PIPE,
                                   check=True).stdout
            if found != unpacked(package) or not found:
                print(f'{payload}: leat gives {len(found)} bytes')
                return 1
            print(payload)
            count += 1
    return 0 if count else SKIPPED


if __name__ == '__main__':
    sys.exit(main(*sys.argv[1:]))
