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
