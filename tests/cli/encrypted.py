"""What age encrypted is searched and read with the keys in files, and named where they are not."""

import os
import pty

PASSWORD = 'leat and mill'


def _identity(t, name):
    """A file of an identity, and its recipient."""
    t.shell(f'age-keygen -o {name} 2>/dev/null; age-keygen -y {name} > {name}.public')
    return t.read(f'{name}.public').decode().strip()


def _age_by_password(t, source, target):
    """age asks for passwords on its terminal alone."""
    child, terminal = pty.fork()
    if child == 0:
        os.execvp('age', ['age', '-p', '-o', t.path(target), t.path(source)])
    shown, answered = b'', 0
    while True:
        try:
            shown += os.read(terminal, 1000)
        except OSError:
            break
        if shown.count(b'assphrase') > answered:
            answered += 1
            os.write(terminal, PASSWORD.encode() + b'\n')
    os.close(terminal)
    assert os.waitpid(child, 0)[1] == 0, shown


def to_an_identity(t):
    """Through whatever is inside, in armor or without."""
    key = _identity(t, 'key')
    other = _identity(t, 'other')
    t.write('d/canal', 'the canal\nthe mill\n')
    t.shell(f'tar cz d | age -r {other} -r {key} > a.tar.gz.age')
    t.shell(f'tar cz d | age -a -r {key} > armored')
    t.grep('mill a.tar.gz.age --identity key', 'a.tar.gz.age!d/canal:the mill\n')
    t.grep('-c mill armored --identity key', 'armored!d/canal:1\n')
    t.expect('cat a.tar.gz.age!d/canal --identity key', 'the canal\nthe mill\n')
    t.grep('mill armored --identity other', status=2,
           err='leat: armored: age: no identity matches, at input offset 0.*')
    t.grep('mill armored', status=2,
           err='leat: armored: age: needs an identity, at input offset 0.*')


def by_a_password(t):
    """As age has it, and within the memory that is allowed."""
    t.shell('age --version')
    t.write('canal', 'the canal\nthe mill\n')
    t.write('password', PASSWORD + '\n')
    t.write('wrong', PASSWORD.upper() + '\n')
    _age_by_password(t, 'canal', 'canal.age')
    t.grep('mill canal.age --password-file password', 'the mill\n')
    t.grep('mill canal.age --password-file wrong', status=2,
           err='leat: canal.age: age: wrong password, at input offset 0.*')
    t.grep('mill canal.age', status=2,
           err='leat: canal.age: age: needs a password, at input offset 0.*')
    t.grep('mill canal.age --password-file password --limit-memory 200M', status=2,
           err='leat: canal.age: age: password takes more than the limit, at input offset 22.*')


def by_a_key(t):
    """Sealed by the key in a file, as bytes or as digits, and opened by it through each command."""
    key = bytes(range(0xe0, 0x100))
    t.write('d/canal', 'the canal\nthe mill\n')
    t.write('bytes', key)
    for name, digits in (('digits', key.hex()), ('upper', key.hex().upper() + '\r\n'),
                         ('line', key.hex() + '\n'), ('wrong', key[::-1].hex())):
        t.write(name, digits)
    t.expect('cp --key-file bytes d a.tar.sealed')
    t.expect('cp --key-file digits --compress seal d/canal b')
    t.check(b'canal' not in t.read('a.tar.sealed') + t.read('b'), 'cp --key-file',
            'nothing to be read')
    for name in ('bytes', 'digits', 'upper', 'line'):
        t.expect(f'cat a.tar.sealed!d/canal --key-file {name}', 'the canal\nthe mill\n')
    t.grep('mill a.tar.sealed --key-file line', 'a.tar.sealed!d/canal:the mill\n')
    t.grep('mill b --key-file bytes', 'the mill\n')
    t.check(b'd/canal\n' in t.run('ls a.tar.sealed --key-file digits').out, 'ls a.tar.sealed',
            'd/canal')
    t.expect('test a.tar.sealed --key-file digits',
             'a.tar.sealed: ok: 1 file, 19 bytes, 2 layers\n')
    t.expect('cp --key-file digits --decompress b c')
    t.check(t.read('c') == t.read('d/canal'), 'cp --key-file --decompress b c', 'as it was')
    t.grep('mill b', status=2, err='leat: b: seal: needs a key, at input offset 0.*')
    t.grep('mill b --key-file wrong', status=2, err='leat: b: seal: wrong key, or a damaged .*')
    result = t.run('cp d/canal e.sealed')
    t.check(result.status == 2 and t.matches('leat: e.sealed: seal: needs a key.*', result.err) and
            not os.path.exists(t.path('e.sealed')), 'cp d/canal e.sealed', 'no key, no file',
            result.err)


def no_keys(t):
    """What cannot be a key is told in one line, which shows nothing of it."""
    t.write('a', 'a\n')
    digits = '5eC2e7' * 10 + 'd00d'
    for content in (b'', b'5eC2e7' * 5, b'5eC2e7' * 5 + b'xyz', digits.encode() + b'0',
                    digits[:-1].encode(), digits[:-1].encode() + b'g', digits.encode() + b'\nx',
                    digits.encode() + b'\n\n', b'5eC2e7' * 170):
        t.write('key', content)
        for command in ('cat a', 'grep a a', 'ls a', 'test a', 'cp a b.sealed'):
            t.expect(f'{command} --key-file key', status=2,
                     err='leat: key: no key: neither 32 bytes nor 64 hexadecimal digits')
    t.expect('cat a --key-file /dev/zero', status=2, err='leat: /dev/zero: File too large')
    t.expect('cat a --key-file nowhere', status=2, err='leat: nowhere: No such file or directory')
    t.check(not os.path.exists(t.path('b.sealed')), 'cp a b.sealed --key-file key', 'no file')


def damaged(t):
    """All chunks but the damaged one are searched, and none that was changed."""
    key = _identity(t, 'key')
    lines = ''.join(f'{n:07d} mill\n' for n in range(20_000))  # 13 bytes each: four chunks
    t.write('lines', lines)
    t.shell(f'age -r {key} lines > lines.age')
    content = bytearray(t.read('lines.age'))
    head = len(content) - len(lines) - 4 * 16
    content[head + 65536 + 16 + 40000] ^= 4
    t.write('lines.age', content)
    result = t.run('cat --layers lines.age --identity key')
    there = lines[:65536].encode() + lines[2 * 65536:].encode()
    t.check(result.out == there, 'cat lines.age', f'{len(there)} bytes', len(result.out))
    t.check(result.status == 2, 'cat lines.age', 'status 2', result.status)
    t.check(t.matches('leat: lines.age: age: chunk damaged or out of place, at input offset '
                      f'{head + 65536 + 16}.*', result.err), 'cat lines.age', 'one line',
            result.err.decode())
