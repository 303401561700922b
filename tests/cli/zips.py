"""Zip archives as real tools make them: however packed, encrypted, prefixed, split or damaged; what
unzip and 7z read of them is read the same."""

import os
import random
import struct
import subprocess
import zipfile

NO_DIRECTORY = 'leat: {}: zip: read by its local headers, not by its directory, at input offset .*'


def _text(seed, lines):
    chance = random.Random(seed)
    words = ['canal', 'mill', 'lock', 'weir', 'towpath', 'sluice']
    return ''.join(f'{n} {chance.choice(words)} {chance.getrandbits(30)}\n' for n in range(lines))


def _files(t):
    """Three files, of which the last one packs into a long match or none."""
    files = {'a.txt': _text(1, 20_000), 'b/c.txt': _text(2, 500), 'same': 'x' * 300_000}
    for name, text in files.items():
        t.write(name, text)
    return files


def _reads(t, archive, files, *flags):
    """Each file comes out as it went in, and all of it is seen to be whole."""
    for name, text in files.items():
        t.expect(['cat', f'{archive}!{name}', *flags], text)
    result = t.run(['test', archive, *flags])
    t.check(result.status == 0, ['test', archive], 'status 0', result.out + result.err)


def _records_at(data):
    """Where the directory is."""
    return struct.unpack('<I', data[-6:-2])[0]


def methods(t):
    """Every method that a library has, and the others by name."""
    files = _files(t)
    methods = ['Copy', 'Deflate', 'Deflate64', 'BZip2', 'LZMA', 'XZ']
    listed = t.run('formats')
    methods += ['PPMd'] if b'cab' in listed.out else []  # by libarchive, both
    for method in methods:
        t.shell(f'7z a -tzip -mm={method} {method}.zip a.txt b same')
        _reads(t, f'{method}.zip', files)
    with zipfile.ZipFile(t.path('odd.zip'), 'w') as made:
        made.writestr('a.txt', 'canal')
    odd = bytearray(t.read('odd.zip'))
    odd[odd.index(b'PK\1\2') + 10] = 97
    t.write('odd.zip', odd)
    t.grep('canal odd.zip', status=2,
           err='leat: odd.zip!a.txt: zip: packed by a method that is not known, .*')
    listed = t.run('ls odd.zip')
    t.check(b'wavpack' in listed.out, 'ls odd.zip', 'wavpack', listed.out)


def methods_streamed(t):
    """With data descriptors, as one that cannot go back writes them."""
    class Pipe:
        def __init__(self, file):
            self.write = file.write

        def flush(self):
            pass
    files = _files(t)
    for method in zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED, zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA:
        with open(t.path('s.zip'), 'wb') as file, zipfile.ZipFile(Pipe(file), 'w', method) as made:
            for name, text in files.items():
                made.writestr(name, text)
        _reads(t, 's.zip', files)
        for name, text in files.items():
            for source in ({}, {'stdin': t.read('s.zip')}):
                archive = '-' if source else 's.zip'
                t.expect(['cat', '--recover', '--', f'{archive}!{name}'], text, status=2,
                         err=NO_DIRECTORY.format(archive), **source)


def passwords(t):
    """By PKWARE's encryption and WinZip's; a wrong password is said to be one."""
    files = _files(t)
    t.write('word', 'secret\n')
    t.write('other', 'Secret\n')
    made = [f'7z a -tzip -psecret -mem={kind} -mm={method} {kind}-{method}.zip a.txt b same'
            for kind in ('ZipCrypto', 'AES128', 'AES192', 'AES256')
            for method in ('Copy', 'Deflate')]
    t.shell('; '.join(made) + '; zip -qr -P secret zip-Deflate.zip a.txt b same')
    for archive in sorted(os.listdir(t.folder)):
        if not archive.endswith('.zip'):
            continue
        _reads(t, archive, files, '--password-file', 'word')
        t.grep(f'canal {archive}', status=2,
               err=f'leat: {archive}!.*: zip: encrypted: needs a password, .*\n' * 3)
        # One in 256 wrong passwords looks right, and is told by the data.
        result = t.run(f'grep canal {archive} --password-file other')
        t.check(result.status == 2 and not result.out, f'grep canal {archive}', 'status 2',
                result.status)
        if 'AES' in archive:
            t.check(result.err.count(b'wrong password') == 3, archive, 'wrong password',
                    result.err)


def password_code(t):
    """A changed byte is told by the code behind the bytes, whatever unpacks them."""
    t.write('a.txt', _text(1, 2000))
    t.write('word', 'secret\n')
    for method in 'Copy', 'Deflate':
        t.shell(f'7z a -tzip -psecret -mem=AES256 -mm={method} {method}.zip a.txt')
        data = bytearray(t.read(f'{method}.zip'))
        data[_records_at(data) - 1] ^= 1
        t.write('changed.zip', bytes(data))
        t.expect('cat changed.zip!a.txt --password-file word', t.read('a.txt'), status=2,
                 err='leat: changed.zip!a.txt: aes: wrong authentication code, .*')


def prefixes(t):
    """Behind a program, a script, or anything where the name says zip."""
    files = {'a.txt': _text(1, 200)}
    t.write('a.txt', files['a.txt'])
    t.shell('zip -q a.zip a.txt')
    data = t.read('a.zip')
    noise = random.Random(3).randbytes(100_000)
    t.write('program', b'\x7fELF' + noise + data)
    t.write('setup.exe', b'MZ' + bytes(5000) + data)
    t.write('script', b'#!/bin/sh\nexit 0\n' + data)
    t.write('noise.zip', noise + data)
    t.write('noise.JAR', noise[:10] + data)
    t.write('between.zip', noise[:50] + data + noise[:70])
    for name in 'program', 'setup.exe', 'script', 'noise.zip', 'noise.JAR', 'between.zip':
        _reads(t, name, files)
    # The script's own lines, counted from its first, and the program's bytes, are searched as well.
    t.grep('-n exit script', '2:exit 0\n')
    t.grep('-c exit --recover script', '1\n', status=2,
           err='leat: script: zip: read by its local headers, .*\n')
    t.grep('-c ELF program', '1\n')
    t.expect('cat --layers script', '#!/bin/sh\nexit 0\n' + files['a.txt'])
    t.shell('zip -q -A program || true; tar cf around.tar program setup.exe; unzip -tq program')
    _reads(t, 'program', files)
    t.expect('cat around.tar!setup.exe!a.txt', files['a.txt'])
    # In a stream its end comes last: it is read as it is, and entered then.
    t.shell('gzip -k script; tar czf streamed.tgz setup.exe script')
    t.expect('cat streamed.tgz!setup.exe!a.txt', files['a.txt'])
    t.expect('cat streamed.tgz!script!a.txt', files['a.txt'])
    _reads(t, 'script.gz', files)
    t.grep('-c canal script.gz', f'script.gz!a.txt:{files["a.txt"].count("canal")}\n')
    t.grep('-c canal', f'<stdin>!a.txt:{files["a.txt"].count("canal")}\n', stdin=t.read('script'))
    t.grep('-a -o -n exit.0 streamed.tgz', 'streamed.tgz!script:2:exit 0\n')
    # What only has bytes of one at its end, or is an archive under another name, is not entered.
    t.write('text', 'canal PK\n' + data[-22:].decode('latin-1'))
    t.write('notes', b'canal\n' + data)
    t.write('empty.sh', b'#!/bin/sh\n# canal\n' + b'PK\5\6' + bytes(18))
    t.grep('-a -c canal text notes empty.sh', 'text:1\nnotes:1\nempty.sh:1\n',
           in_any_order=True)


def split(t):
    """A part of a split archive is said to be one."""
    t.write('noise', random.Random(4).randbytes(200_000))
    t.shell('zip -q -s 64k a.zip noise')
    for part in 'a.zip', 'a.z01':
        t.grep(f'x {part}', status=2, err=f'leat: {part}: zip: split archive, .*')


def without_a_directory(t):
    """Cut short it is one fault, that says what helps; and with that, all that is there comes."""
    t.write('a.txt', _text(1, 3000))
    t.write('b.txt', _text(2, 3000))
    t.shell('zip -q a.zip a.txt b.txt')
    data = t.read('a.zip')
    t.write('cut.zip', data[:len(data) * 3 // 4])
    t.grep('-c canal cut.zip', status=2,
           err='leat: cut.zip: zip: no central directory: --recover reads without it, .*')
    t.expect('cat --recover cut.zip!a.txt', t.read('a.txt'), status=2,
             err='leat: cut.zip: zip: .*')
    result = t.run('cat --recover cut.zip!b.txt')
    t.check(result.status == 2 and result.out and t.read('b.txt').startswith(result.out),
            'cat --recover cut.zip!b.txt', 'its beginning', result.out)
    whole = t.run(['test', '--recover', 'a.zip'])
    t.check(whole.status == 2 and whole.err.count(b'\n') + whole.out.count(b'local headers') <= 2,
            'test --recover a.zip', 'one line', whole.out + whole.err)


def longer_than_memory(t):
    """Of a pipe that is longer than what is kept the directory cannot be had."""
    t.write('noise', random.Random(5).randbytes(3_000_000))
    t.write('z.txt', 'canal\n')
    t.shell('zip -q0 a.zip noise z.txt')
    data = t.read('a.zip')
    t.expect('cat --limit-memory 1M -- -!z.txt', status=2, stdin=data, err='leat: .*')
    t.expect('cat --limit-memory 1M --recover -- -!z.txt', 'canal\n', status=2, stdin=data,
             err=NO_DIRECTORY.format('-'))


def deleted(t):
    """What the directory lists no more is not there, but for --recover."""
    t.write('ghost', 'canal\n')
    t.write('kept', 'canal\n')
    t.shell('zip -q0 -X a.zip ghost kept')
    data = t.read('a.zip')
    at = _records_at(data)
    record_len = 46 + len('ghost')
    end = bytearray(data[-22:])
    end[8:16] = struct.pack('<HHI', 1, 1, len(data) - 22 - at - record_len)
    t.write('a.zip', data[:at] + data[at + record_len:-22] + end)
    t.grep('canal a.zip', 'a.zip!kept:canal\n')
    t.grep('canal a.zip --recover', 'a.zip!ghost:canal\na.zip!kept:canal\n', status=2,
           err=NO_DIRECTORY.format('a.zip'))


def damaged_directory(t):
    """Behind a damaged record the next one is found."""
    for name in 'one', 'two', 'three':
        t.write(name, 'canal\n')
    t.shell('zip -q0 -X a.zip one two three')
    data = bytearray(t.read('a.zip'))
    data[_records_at(data) + 46 + len('one') + 1] ^= 1
    t.write('a.zip', bytes(data))
    t.grep('canal a.zip', 'a.zip!one:canal\na.zip!three:canal\n', status=2,
           err='leat: a.zip: zip: bad directory entry, .*')
    t.grep('-c canal a.zip --recover', 'a.zip!one:1\na.zip!two:1\na.zip!three:1\n', status=2,
           err=NO_DIRECTORY.format('a.zip'))


def damaged_between(t):
    """Where a local header is broken, or says too much, the next one is found."""
    for name in 'one', 'two', 'three':
        t.write(name, f'canal {name}\n' * 100)
    t.shell('zip -q -X a.zip one two three')
    data = t.read('a.zip')
    second = data.index(b'PK\3\4', 4)
    broken = bytearray(data)
    broken[second] ^= 1
    t.write('header.zip', bytes(broken))
    result = t.run('grep -c canal header.zip --recover')
    t.check(result.out == b'header.zip!one:100\nheader.zip!three:100\n' and result.status == 2,
            'grep -c canal header.zip --recover', 'the first and the last', result.out)
    t.grep('-c canal header.zip', 'header.zip!one:100\nheader.zip!three:100\n', status=2,
           err='leat: header.zip!two: zip: no local header where it should be, .*')
    for claimed in 10, 100, 100_000:
        wrong = bytearray(data)
        wrong[second + 18:second + 22] = struct.pack('<I', claimed)
        t.write('length.zip', bytes(wrong))
        for stdin in None, bytes(wrong):
            name = 'length.zip' if stdin is None else '-'
            result = t.run(['ls', name, '--recover'], stdin)
            t.check(b'one' in result.out and (b'three' in result.out or stdin is not None),
                    f'ls {name} --recover', 'three', result.out)


def disagreeing(t):
    """A local header that differs from the directory is told, and the bytes come."""
    t.write('name', 'canal\n')
    t.shell('zip -q0 -X a.zip name')
    data = t.read('a.zip')
    changes = {'name': (30, b'n'), 'size': (22, bytes([7])), 'flags': (6, b'\1')}
    for what, (at, change) in changes.items():
        wrong = bytearray(data)
        wrong[at:at + 1] = change if what != 'name' else b'N'
        t.write(f'{what}.zip', bytes(wrong))
        t.grep(f'canal {what}.zip', f'{what}.zip!name:canal\n', status=2,
               err=f'leat: {what}.zip!name: zip: local header differs from the directory, .*')


def broken_link(t):
    """A link whose target cannot be read is told, though it is no file."""
    link = zipfile.ZipInfo('link')
    link.create_system, link.external_attr = 3, 0o120777 << 16
    with zipfile.ZipFile(t.path('a.zip'), 'w') as made:
        made.writestr(link, 'target')
        made.writestr('name', 'canal\n')
    data = bytearray(t.read('a.zip'))
    for at in data.index(b'PK\3\4') + 8, data.index(b'PK\1\2') + 10:
        data[at] = 200
    t.write('a.zip', bytes(data))
    fault = 'a.zip!link: zip: packed by a method that is not known, at input offset .*'
    t.grep('canal a.zip', 'a.zip!name:canal\n', status=2, err=f'leat: {fault}')
    tested = t.run('test a.zip')
    t.check(t.matches(f'{fault}\n...', tested.out), 'test a.zip', fault, tested.out)


def mutated(t):
    """What unzip says is whole is whole here, and what comes out then is the same."""
    t.write('a.txt', _text(1, 300))
    t.write('b.txt', _text(2, 300))
    t.shell('zip -q a.zip a.txt b.txt; unzip -v > /dev/null')
    data = t.read('a.zip')
    chance = random.Random(6)
    for _ in range(40):
        wrong = bytearray(data)
        wrong[chance.randrange(len(wrong))] ^= 1 << chance.randrange(8)
        t.write('m.zip', bytes(wrong))
        told = subprocess.run(['unzip', '-tqq', 'm.zip'], cwd=t.folder, check=False,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        ours = t.run('test m.zip')
        t.check(ours.status in (0, 1, 2), 'test m.zip', 'an end', ours.status)
        if told.returncode > 1:
            t.check(ours.status != 0, 'test m.zip', 'what unzip says: ' + str(told.stdout),
                    ours.out)
