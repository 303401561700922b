"""Which files are searched, and as what: folders, ignore files, globs, binary files, encodings.
Every expected output here is what ripgrep 15 prints for the same arguments, but that --follow is
ripgrep's -L."""

import os
import socket


def _tree(t, *names):
    for name in names:
        t.write(name, 'two\n')


def ignore_files(t):
    """.gitignore in a repository, .ignore and .rgignore anywhere, each stronger than the last."""
    _tree(t, 'a.c', 'a.o', 'doc/b.txt', 'doc/keep.o', 'out/x', 'sub/out/y', 'sub/z.tmp', 'all/w')
    t.write('.gitignore', '*.o\n!keep.o\n/out/\n# a comment\nz.tmp \n')
    everything = ['a.c', 'a.o', 'all/w', 'doc/b.txt', 'doc/keep.o', 'out/x', 'sub/out/y',
                  'sub/z.tmp']

    def found(arguments, *left_out):
        names = [name for name in everything if name not in left_out]
        t.grep(f'-l --sort path two {arguments}', ''.join(name + '\n' for name in names))

    found('')
    os.mkdir(t.path('.git'))
    found('', 'a.o', 'out/x', 'sub/z.tmp')
    t.write('.ignore', 'sub/**\n!a.o\n')
    found('', 'out/x', 'sub/out/y', 'sub/z.tmp')
    t.write('.rgignore', 'all\n!sub/*\n')
    found('', 'all/w', 'out/x', 'sub/out/y')
    t.write('sub/.gitignore', '!z.tmp\n')
    t.write('.ignore', '')
    found('', 'a.o', 'all/w', 'out/x')
    found('--no-ignore')
    found('-u')
    found('--no-ignore --ignore', 'a.o', 'all/w', 'out/x')


def ignored_but_named(t):
    """What is named on the command line is searched, ignored or not; folders above count."""
    _tree(t, 'a.o', 'doc/b.o', 'doc/b.c')
    os.mkdir(t.path('.git'))
    t.write('.gitignore', '*.o\n')
    t.grep('two a.o', 'two\n')
    t.grep('two doc', 'doc/b.c:two\n')
    t.write('doc/.ignore', '*.c\n')
    t.grep('two doc')
    t.grep('two doc/b.c doc/b.o', 'doc/b.c:two\ndoc/b.o:two\n', in_any_order=True)


def globs(t):
    """-g selects, or with ! leaves out; the last that matches decides, over ignore files too."""
    _tree(t, 'a.c', 'a.h', 'sub/b.c', 'sub/b.txt', 'sub/deep/c.c', 'x/y.o')
    t.write('.ignore', '*.o\n')
    t.grep('-l --sort path -g *.c two', 'a.c\nsub/b.c\nsub/deep/c.c\n')
    t.grep('-l --sort path -g !*.c two', 'a.h\nsub/b.txt\n')
    t.grep('-l --sort path -g *.c -g !b.c two', 'a.c\nsub/deep/c.c\n')
    t.grep('-l --sort path -g !b.c -g *.c two', 'a.c\nsub/b.c\nsub/deep/c.c\n')
    t.grep('-l --sort path -g *.{h,txt} two', 'a.h\nsub/b.txt\n')
    t.grep('-l --sort path -g /*.c two', 'a.c\n')
    t.grep('-l --sort path -g sub/*.c two', 'sub/b.c\n')
    t.grep('-l --sort path -g sub/**/*.c two', 'sub/b.c\nsub/deep/c.c\n')
    t.grep('-l --sort path -g !sub/ two', 'a.c\na.h\n')
    t.grep('-l -g [xy].o two', 'x/y.o\n')
    t.grep('-l --sort path -g b.? two', 'sub/b.c\n')
    t.grep('-l -g !a.c two a.c', 'a.c\n')
    t.grep('-g {a two', status=2, err='leat.*\n...')


def hidden(t):
    """Names with a dot are left out of folders, unless --hidden; named, they are searched."""
    _tree(t, '.a', '.d/b', 'c')
    t.grep('-l two', 'c\n')
    t.grep('-l --sort path --hidden two', '.a\n.d/b\nc\n')
    t.grep('-l --sort path -. two', '.a\n.d/b\nc\n')
    t.grep('-l --hidden --no-hidden two', 'c\n')
    t.grep('-l --sort path two .a .d', '.a\n.d/b\n')


def unrestricted(t):
    """-u, -uu, -uuu: no ignore files, hidden files, binary files."""
    _tree(t, 'a', '.b', 'c.o')
    t.write('.ignore', '*.o\n')
    t.write('d', b'two\n\0two\n')
    t.grep('-l --sort path two', 'a\n')
    t.grep('-l --sort path -u two', 'a\nc.o\n')
    t.grep('-l --sort path -uu two', '.b\na\nc.o\n')
    t.grep('-l --sort path -uuu two', '.b\na\nc.o\nd\n')
    t.grep('-l --sort path -u -u two', '.b\na\nc.o\n')


def depth(t):
    """--max-depth counts folders below the paths given."""
    _tree(t, 'a', 'd/b', 'd/e/c')
    t.grep('-l --max-depth 1 two', 'a\n')
    t.grep('-l --sort path --max-depth 2 two', 'a\nd/b\n')
    t.grep('-l --sort path -d 3 two', 'a\nd/b\nd/e/c\n')
    t.grep('-l --max-depth 1 two d', 'd/b\n')
    t.grep('-l --max-depth 0 two d a', 'a\n')


def links(t):
    """Links in folders are followed only with --follow, and a loop is told; named, they are."""
    _tree(t, 'd/a', 'e/b')
    os.symlink('../d', t.path('e/link'))
    os.symlink('d/a', t.path('f'))
    os.symlink('nowhere', t.path('broken'))
    t.grep('-l --sort path two', 'd/a\ne/b\n')
    t.grep('two f', 'two\n')
    t.grep('-l two e/link', 'e/link/a\n')
    t.grep('-l --sort path --follow two', 'd/a\ne/b\ne/link/a\nf\n', status=2,
           err='leat: (./)?broken: .*')
    os.unlink(t.path('broken'))
    os.symlink('../e', t.path('e/loop'))
    t.grep('-l --sort path --follow two', 'd/a\ne/b\ne/link/a\nf\n', status=2,
           err='leat: (./)?e/loop: .*')


def threads(t):
    """-j and --sort change nothing but the order."""
    for n in range(200):
        t.write(f'd{n % 7}/f{n:03}', f'{n} two\n' * (n % 5))
    lines = [f'd{n % 7}/f{n:03}:{n} two\n' for n in range(200) for _ in range(n % 5)]
    for arguments in ('', '-j1', '-j2', '-j16', '--threads 0', '--sort none'):
        t.grep(f'two {arguments}', ''.join(lines), in_any_order=True)
    t.grep('two --sort path', ''.join(sorted(lines)))
    t.grep('two -j16 --sort path', ''.join(sorted(lines)))


def what_cannot_be_read(t):
    """A missing path, and one without the right to read, are told in a line; the rest is
    searched, and the status is 2."""
    _tree(t, 'a', 'secret', 'closed/b')
    t.grep('two a missing', 'a:two\n', status=2,
           err='leat: missing: .*[Nn]o such file or directory.*')
    t.grep('nothing missing', status=2, err='leat: missing: .*')
    t.grep('two a missing --no-messages', 'a:two\n', status=2)
    nobody = t.as_nobody()
    os.chmod(t.path('secret'), 0)
    os.chmod(t.path('closed'), 0)
    t.grep('two secret', status=2, err='leat: secret: .*[Pp]ermission denied.*', **nobody)
    t.grep('two', 'a:two\n', status=2, in_any_order=True, **nobody,
           err='leat: (./)?closed: .*[Pp]ermission denied.*\n'
               'leat: (./)?secret: .*[Pp]ermission denied.*')


def odd_files(t):
    """Folders are walked past pipes and sockets, which never hang a search."""
    _tree(t, 'a')
    os.mkfifo(t.path('pipe'))
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(t.path('socket'))
        t.grep('two', 'a:two\n')
    t.write('empty', '')
    t.grep('-c two empty')
    t.grep(['', 'empty'])
    t.grep('--files-without-match two empty', 'empty\n')
    # Its size says nothing.
    t.grep('-c Linux /proc/version', '1\n')


def binary(t):
    """A file with a NUL byte: found in a folder it is given up there; named, it is searched to
    its first match, which is told and not shown; with -a it is text."""
    t.write('d/early', b'\0two\n')
    t.write('d/late', b'two\n' + b'x\n' * 100_000 + b'\0two\n')
    t.write('d/text', 'two\n')
    told = 'binary file matches (found "\\0" byte around offset {})\n'
    t.grep('two d/early', told.format(0))
    t.grep('-H two d/early', 'd/early: ' + told.format(0))
    t.grep('-c two d/early', '1\n')
    t.grep('-l two d/early', 'd/early\n')
    t.grep('-q two d/early', status=0)
    t.grep('-a two d/early', b'\0two\n')
    t.grep('-ac two d/late', '2\n')
    t.grep('--binary -l --sort path two d', 'd/early\nd/late\nd/text\n')
    t.grep('--binary two d/early', told.format(0))
    t.grep('-o two d/early', told.format(0))
    t.grep('three d/early')
    t.grep('-a --no-text two d/early', told.format(0))
    t.grep('-l two d -g early')
    t.grep('-ca --sort path two d', 'd/early:1\nd/late:2\nd/text:1\n')


def byte_order_marks(t):
    """UTF-16 and UTF-32 are known by their mark, UTF-8's mark is no part of the text."""
    text = 'été\ntwo two\n東京'
    for name, mark in (('utf-16-le', b'\xff\xfe'), ('utf-16-be', b'\xfe\xff')):
        t.write(name, mark + text.encode(name))
    t.write('utf-8', b'\xef\xbb\xbf' + text.encode())
    for name in ('utf-16-le', 'utf-16-be', 'utf-8'):
        t.grep(f'-n two {name}', '2:two two\n')
        t.grep(f'-x été {name}', 'été\n')
        t.grep(f'-o .京 {name}', '東京\n')
        t.grep(f'-c ^ {name}', '3\n')
        t.grep(f'-i ÉTÉ {name}', 'été\n')
    t.grep('-l --sort path -w two', 'utf-16-be\nutf-16-le\nutf-8\n')


def encoding(t):
    """--encoding reads every text as said; none searches the raw bytes."""
    t.write('le', 'été two\n'.encode('utf-16-le'))
    t.write('be', 'été two\n'.encode('utf-16-be'))
    t.grep('--encoding utf-16le two le', 'été two\n')
    t.grep('-E utf-16le été le', 'été two\n')
    t.grep('-E utf-16be two be', 'été two\n')
    t.grep('two le be', 'be:été two\nle:été two\n', in_any_order=True)
    t.grep('-E utf-8 two le')
    t.write('marked', b'\xff\xfe' + 'two\n'.encode('utf-16-le'))
    t.grep('-E none -ac two marked')
    t.grep('-E none --no-encoding two marked', 'two\n')
    t.grep('-E auto two marked', 'two\n')
    t.grep('-E utf-8 two marked', 'two\n')
    t.grep('-E klingon two le', status=2, err='leat.*klingon.*\n...')
    t.write('koi', 'два канала\n'.encode('koi8-r'))
    t.write('sjis', '運河 two\n'.encode('shift_jis'))
    t.write('latin', 'canal é two\n'.encode('latin-1') + b'caf\xe9\n')
    t.grep('-E koi8-r канал koi', 'два канала\n')
    t.grep('-E KOI8R КАНАЛ -i koi', 'два канала\n')
    t.grep('-E sjis 運.*two sjis', '運河 two\n')
    t.grep('-E Latin1 café latin', 'café\n')
    t.grep('-E cp1252 é.two latin', 'canal é two\n')
    t.grep('-E cp1252//translit two latin', status=2, err='leat.*cp1252//translit.*\n...')
    t.grep('-E utf-16le two -', stdin='two\n'.encode('utf-16-le'), out='two\n')


RUSSIAN = ('В начале июля, в чрезвычайно жаркое время, под вечер, один молодой человек вышел из '
           'своей каморки на улицу и медленно, как бы в нерешимости, пошел.\n')
GUESSED = {
    'koi8-r': RUSSIAN,
    'windows-1251': RUSSIAN,
    'shift_jis': '吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。\n' * 3,
    'euc-jp': '吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。\n' * 3,
    'gb18030': '道可道，非常道。名可名，非常名。无名天地之始；有名万物之母。故常无欲以观其妙。\n' * 3,
    'big5': '道可道，非常道。名可名，非常名。無名天地之始；有名萬物之母。故常無欲以觀其妙。\n' * 3,
    'windows-1252': 'Longtemps, je me suis couché de bonne heure. Parfois, à peine ma bougie '
                    'éteinte, je n’avais pas le temps de me dire : « Je m’endors. » La pensée '
                    'qu’il était temps de chercher le sommeil m’éveillait.\n',
    'iso-8859-2': 'Když se Řehoř Samsa jednou ráno probudil z nepokojných snů, shledal, že se v '
                  'posteli proměnil v jakýsi nestvůrný hmyz. Ležel na hřbetě tvrdém jako '
                  'pancíř, uviděl své vyklenuté, hnědé břicho rozčleněné výztuhami.\n',
    'euc-kr': '모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다. 인간은 '
              '천부적으로 이성과 양심을 부여받았으며 서로 행동하여야 한다.\n',
}


def guessed_encodings(t):
    """What is not UTF-8 is found in whatever encoding it is in, without a name, also in layers."""
    for name, text in GUESSED.items():
        t.write(name, 'ASCII\n'.encode() + text.encode(name))
        word = text.split()[-1]
        t.grep(f'-nm1 {word} {name}', '2:' + text.splitlines()[0] + '\n')
        t.grep(f'-E guess -nom1 ^[^.。]+ {name}', '1:ASCII\n')
        t.grep(f'-E none -F {word} {name}')
        t.grep(f'-E utf-8 -F {word} {name}')
        result = t.run(f'cat -E guess {name}')
        t.check(result.out.decode() == 'ASCII\n' + text, f'cat -E guess {name}', text, result.out)
    t.shell('tar czf all.tar.gz koi8-r euc-kr')
    t.grep('-l июля all.tar.gz', 'all.tar.gz!koi8-r\n')
    t.grep('-c ASCII all.tar.gz', 'all.tar.gz!koi8-r:1\nall.tar.gz!euc-kr:1\n', in_any_order=True)
    t.grep(r"-o '^\w' koi8-r", 'A\n')
    t.grep(r"-oE guess '^\w' koi8-r", 'A\nВ\n')
    t.grep(r"-o '^\p{Cyrillic}' koi8-r", 'В\n')
    t.grep(r"-o '^\x{412}' koi8-r", 'В\n')
    t.grep('-bom1 --source-offset июля koi8-r', '15:июля\n')
    streamed = RUSSIAN.encode('koi8-r')
    t.grep('июля -', stdin=streamed)
    t.grep('-E guess июля -', stdin=streamed, out=RUSSIAN)


def guessed_large(t):
    """A large file, which is searched in pieces, is decoded as well, or is not."""
    line = RUSSIAN.encode('koi8-r')
    count = 34 * 1024 * 1024 // len(line)
    t.write('large', line * count)
    t.write('ascii', b'no such word here\n' * (2 * 1024 * 1024) + RUSSIAN.encode())
    t.grep('-c июля large', f'{count}\n')
    t.grep('-c июля ascii', '1\n')


def guesses_nothing(t):
    """UTF-8, what is broken in it, and what is no text are searched as they are."""
    t.write('utf-8', 'июля é\n'.encode() * 3 + b'\xe9t\xe9\n')
    t.write('binary', b'\x01\xff\xfe\xe9 \xef\xf0 two\n')
    t.grep('-c июля utf-8', '3\n')
    t.grep('-c é utf-8', '3\n')
    t.grep('-c -E guess two binary', '1\n')
    t.shell('cat utf-8 binary >both')
    result = t.run('cat -E guess both')
    t.check(result.out == t.read('both'), 'cat -E guess both', t.read('both'), result.out)


def source_offsets(t):
    """-b counts UTF-8 as ripgrep does; --source-offset counts the bytes that the file has."""
    text = 'é運河\ntwo é two\n'
    t.write('marked', b'\xff\xfe' + text.encode('utf-16-le'))
    t.write('latin', b'\xe9\xe9\ntwo \xe9 two\n')
    t.write('utf-8', b'\xef\xbb\xbf' + text.encode())
    t.grep('-b two marked', '9:two é two\n')
    t.grep('-b --source-offset two marked', '10:two é two\n')
    t.grep('-bo --source-offset two marked', '10:two\n22:two\n')
    t.grep('-bo --source-offset -E latin1 two latin', '3:two\n9:two\n')
    t.grep('-bo --source-offset -E iso-8859-2 two latin', '3:two\n9:two\n')
    for encoding in ('shift_jis', 'euc-jp', 'gb18030', 'big5', 'euc-kr'):
        letters = '漢字 two 漢\n' * 20_000
        t.write(encoding, (letters + 'four\n').encode(encoding))
        at = len(letters.encode(encoding))
        t.grep(f'-bo --source-offset -E {encoding} four {encoding}', f'{at}:four\n')
        t.grep(f'-bom3 --source-offset -E {encoding} two {encoding}',
               '5:two\n17:two\n29:two\n')
    t.grep('-bo two utf-8', '9:two\n16:two\n')
    t.grep('-bo --source-offset two utf-8', '12:two\n19:two\n')
    t.shell('printf two >plain; tar cf a.tar plain marked')
    t.grep('-b --source-offset two a.tar', 'a.tar!plain:0:two\na.tar!marked:10:two é two\n')


def invalid_utf16(t):
    """Half a pair and a last odd byte are shown as U+FFFD, and nothing is lost after them."""
    t.write('a', b'\xff\xfe' + 'one '.encode('utf-16-le') + b'\x00\xd8'
            + 'two\nthree'.encode('utf-16-le') + b'x')
    t.grep('two a', 'one \ufffdtwo\n')
    t.grep('three a', 'three\ufffd\n')
