"""What is printed of a match: the flags of output, with ripgrep's meaning. Every expected output
here is what ripgrep 15 prints for the same arguments, but for -L, which is GNU grep's."""

import re
import subprocess
import threading

from room import END, LINE, MATCH, PATH

LINES = 'one\ntwo two\nthree\nfour\nfive two\nsix\n'


def _files(t):
    t.write('a', LINES)
    t.write('b', 'two\n')
    t.write('c', 'none\n')


def line_numbers(t):
    """-n and -N; without a terminal there are none."""
    _files(t)
    t.grep('two a', 'two two\nfive two\n')
    t.grep('-n two a', '2:two two\n5:five two\n')
    t.grep('-n -N two a', 'two two\nfive two\n')
    t.grep('-nv two a', '1:one\n3:three\n4:four\n6:six\n')
    t.grep('-n two', stdin=b'one\ntwo', out='2:two\n')


def file_names(t):
    """-H and -I: by default, names are there when more than one file may be searched."""
    _files(t)
    t.grep('-H two a', 'a:two two\na:five two\n')
    t.grep('-I two a b', 'two two\nfive two\ntwo\n', in_any_order=True)
    t.grep('two a b', 'a:two two\na:five two\nb:two\n', in_any_order=True)
    t.grep('-nH two a', 'a:2:two two\na:5:five two\n')
    t.grep('two b c', 'b:two\n')
    t.grep('-H two -', stdin=b'two\n', out='<stdin>:two\n')
    t.grep('two - b', stdin=b'two\n', out='<stdin>:two\nb:two\n', in_any_order=True)
    t.write('d/e', 'two\n')
    t.grep('two d', 'd/e:two\n')
    t.grep('two d/', 'd/e:two\n')
    t.grep('two ./d', './d/e:two\n')
    t.grep('two', 'a:two two\na:five two\nb:two\nd/e:two\n', in_any_order=True)


def count(t):
    """-c counts lines, --count-matches what matches in them; files without one are not named."""
    _files(t)
    t.grep('-c two a', '2\n')
    t.grep('--count-matches two a', '3\n')
    t.grep('-c two a b c', 'a:2\nb:1\n', in_any_order=True)
    t.grep('-co two a', '3\n')
    t.grep('-cv two a', '4\n')
    t.grep('-c none a')
    t.grep('-c -n two a', '2\n')
    t.grep('-c -A1 two a', '2\n')
    t.grep('--count-matches -v two a', '4\n')


def files_with_and_without(t):
    """-l and -L name files, and the status says whether there was one to name."""
    _files(t)
    t.grep('-l two a b c', 'a\nb\n', in_any_order=True)
    t.grep('-l nothing a b c')
    t.grep('--files-without-match two a b c', 'c\n')
    t.grep('--files-without-match nothing b', 'b\n')
    t.grep('--files-without-match two a b')
    t.grep('-lv two b c', 'c\n')
    t.grep('-l -c two b', '1\n')
    t.grep('-c -l two b', 'b\n')


def only_matching(t):
    """-o: a line for each match, with the line's number, and offsets of its own."""
    _files(t)
    t.grep('-o two a', 'two\ntwo\ntwo\n')
    t.grep('-on t[a-z]+ a', '2:two\n2:two\n3:three\n5:two\n')
    t.grep('-oH --column two a', 'a:2:1:two\na:2:5:two\na:5:6:two\n')
    t.grep('-ob two a', '4:two\n8:two\n28:two\n')
    t.grep(['-o', 'x*', 'b'], '\n\n\n\n')
    t.grep('-o .* b', 'two\n')
    t.grep('-ov two a', 'one\nthree\nfour\nsix\n')
    t.grep('-om1 two a', 'two\ntwo\n')


def quiet(t):
    """-q prints nothing; the status tells."""
    _files(t)
    t.grep('-q two a', status=0)
    t.grep('-q seven a', status=1)
    t.grep('-qc two a', status=0)
    t.grep('-q two missing a', status=0, err='...')
    t.grep('-q seven missing a', status=2, err='leat: missing: .*')


def context(t):
    """-A, -B and -C, with -- between pieces that do not touch, and - for : in what is context."""
    _files(t)
    t.grep('-A1 two a', 'two two\nthree\n--\nfive two\nsix\n')
    t.grep('-B1 two a', 'one\ntwo two\n--\nfour\nfive two\n')
    t.grep('-C1 two a', 'one\ntwo two\nthree\nfour\nfive two\nsix\n')
    t.grep('-nC1 four a', '3-three\n4:four\n5-five two\n')
    t.grep('-nHA1 three a', 'a:3:three\na-4-four\n')
    t.grep('-C9 four a', LINES)
    t.grep('-C2 -A0 four a', 'two two\nthree\nfour\n')
    t.grep('-A0 -C2 four a', 'two two\nthree\nfour\n')
    t.grep('-nvA1 t a', '1:one\n2-two two\n--\n4:four\n5-five two\n6:six\n')
    t.grep('-A1 two a b -j1', 'a:two two\na-three\n--\na:five two\na-six\n--\nb:two\n')
    t.grep('-A1 two - b --sort path', stdin=b'two\n', out='<stdin>:two\n--\nb:two\n',
           in_any_order=True)
    t.grep('-nb -B1 three a', '2-4-two two\n3:12:three\n')
    t.grep('-onA1 two a', '2:two\n2:two\n3-three\n--\n5:two\n6-six\n')


def columns_and_offsets(t):
    """--column counts bytes from 1 and brings line numbers; -b from the file's start."""
    t.write('a', 'é two\ntwo two\n')
    t.grep('--column two a', '1:4:é two\n2:1:two two\n')
    t.grep('--column -N two a', '4:é two\n1:two two\n')
    t.grep('-b two a', '0:é two\n7:two two\n')
    t.grep('-nb --column two a', '1:4:0:é two\n2:1:7:two two\n')
    t.grep('--column --no-column two a', 'é two\ntwo two\n')
    t.grep('-bv x a', '0:é two\n7:two two\n')


def null(t):
    """-0: a NUL byte after names, in place of what else stands there."""
    _files(t)
    t.grep('-0l --sort path two a b', 'a\0b\0')
    t.grep('-0c two b -H', 'b\x001\n')
    t.grep('-0H two b', 'b\0two\n')
    t.grep('-0nH two b', 'b\x001:two\n')
    t.grep('-0nHA1 three a', 'a\x003:three\na\x004-four\n')
    t.grep('-0 --files-without-match two b c', 'c\0')


def heading(t):
    """--heading names a file once, above its matches; files are apart by an empty line."""
    _files(t)
    t.grep('--heading -n two a b --sort path', 'a\n2:two two\n5:five two\n\nb\n1:two\n')
    t.grep('--heading two b', 'two\n')
    t.grep('--heading -H two b', 'b\ntwo\n')
    t.grep('--heading -A1 -H two a', 'a\ntwo two\nthree\n--\nfive two\nsix\n')
    t.grep('--heading -0 -H two b', 'b\0two\n')
    t.grep('--heading --no-heading -H two b', 'b:two\n')
    t.grep('--heading -c two a b --sort path', 'a:2\nb:1\n')


def colour(t):
    """--color=always, sequence for sequence; auto has none here."""
    _files(t)
    path, line, match, end = PATH, LINE, MATCH, END
    t.grep('--color=always -nH one a', f'{path}a{end}:{line}1{end}:{match}one{end}\n')
    t.grep('--color=always two a',
           f'{match}two{end} {match}two{end}\nfive {match}two{end}\n')
    t.grep('--color=ansi -c two b -H', f'{path}b{end}:1\n')
    t.grep('--color=always -l two b', f'{path}b{end}\n')
    t.grep('--color=always -o two b', f'{match}two{end}\n')
    t.grep('--color=always -v two c', 'none\n')
    t.grep('--color=always -nB1 three a',
           f'{line}2{end}-two two\n{line}3{end}:{match}three{end}\n')
    t.grep('--color=auto two b', 'two\n')
    t.grep('--color=never two b', 'two\n')
    t.grep('-p two b -H', f'{path}b{end}\n{line}1{end}:{match}two{end}\n')
    t.grep('--color=often two b', status=2, err='leat grep: .*often.*\n...')


def last_line(t):
    """A last line without its end is printed with one."""
    t.write('a', 'one\ntwo')
    t.write('b', 'two')
    t.grep('two a', 'two\n')
    t.grep('-A1 one a', 'one\ntwo\n')
    t.grep('-o two a', 'two\n')
    t.grep('two a b', 'a:two\nb:two\n', in_any_order=True)
    t.write('crlf', 'one\r\ntwo\r\n')
    t.grep('one crlf', 'one\r\n')


def long_lines(t):
    """A line of many megabytes is a line like others."""
    long = 'x' * 9_000_000
    t.write('a', f'{long}two{long}\nthree\n')
    t.grep('-c two a', '1\n')
    t.grep('-o two a', 'two\n')
    t.grep('-n three a', '2:three\n')
    t.grep('two a', f'{long}two{long}\n')
    t.grep('-ob two a', '9000000:two\n')


def streams(t):
    """What is piped in is shown as it comes, not when it ends."""
    search = subprocess.Popen(t.command('grep -n two'), cwd=t.folder, env=t.environment,
                              stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0)
    deadline = threading.Timer(20, search.kill)
    deadline.start()
    for number in (1, 2, 3):
        search.stdin.write(b'two\n')
        got = search.stdout.read(100)
        t.check(got == b'%d:two\n' % number, 'grep -n two, piped in', 'the line at once', got)
    search.stdin.close()
    t.check(search.wait() == 0, 'grep -n two, piped in', 'status 0', search.returncode)
    deadline.cancel()


def stats(t):
    """--stats prints totals after the matches."""
    _files(t)
    result = t.run('grep --stats two a b c')
    text = result.out.decode()
    t.check(text.count('two') == 4, 'grep --stats two a b c', 'the matches', text)
    for total in ('4 matche(s|d)', '3 matched lines', '2 files contained matches',
                  '3 files searched'):
        t.check(re.search(total, text), 'grep --stats two a b c', total, text)


def help_and_version(t):
    """-h, --help and --version go to standard output, with status 0; wrong flags are 2."""
    short, long = t.run('grep -h'), t.run('grep --help')
    t.check(short.status == 0 and b'--ignore-case' in short.out, 'grep -h', 'the flags', short.out)
    t.check(len(long.out) > len(short.out), 'grep --help', 'more than -h', long.out)
    version = t.run('--version')
    t.check(version.status == 0 and re.match(rb'leat \d+\.\d+', version.out), '--version',
            'leat and a number', version.out)
    t.grep('--no-such two', status=2, err='leat grep: .*--no-such.*\n...')
    t.grep('-A x two', status=2, err='leat grep: .*\n...')
    t.expect('frobnicate', status=2, err='leat: .*frobnicate.*\n...')
    t.expect('', status=2, err='...')
