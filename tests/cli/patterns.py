"""What matches: the flags of patterns, with ripgrep's meaning. Every expected output here is what
ripgrep 15 prints for the same arguments."""

POEM = 'The hare\nthe TORTOISE\n\nThe end, the hare\'s end\n'


def a_pattern_and_a_file(t):
    """Lines that match are printed as they are; none is status 1."""
    t.write('a', POEM)
    t.grep('hare a', "The hare\nThe end, the hare's end\n")
    t.grep('wolf a')
    t.grep(['', 'a'], POEM)
    t.grep('hare', stdin=b'a\nhare', out='hare\n')


def no_pattern(t):
    """Without a pattern the command line is wrong."""
    t.expect('grep', status=2, err='leat.*: .*pattern.*\n...')


def regexp(t):
    """-e, once or more; then every argument is a path."""
    t.write('a', POEM)
    t.grep('-e hare a', "The hare\nThe end, the hare's end\n")
    t.grep('-e hare -e TORTOISE a', "The hare\nthe TORTOISE\nThe end, the hare's end\n")
    t.grep('-e hare -e end --count-matches a', '4\n')
    t.write('b', '-x\n-e\n')
    t.grep(['-e', '-x', 'b'], '-x\n')
    t.grep(['-e-x', 'b'], '-x\n')
    t.grep(['--regexp=-x', 'b'], '-x\n')
    t.grep(['--', '-x', 'b'], '-x\n')
    t.grep(['-e', '', '-e', 'hare', 'a'], POEM)


def file_of_patterns(t):
    """-f: a pattern a line; an empty line matches everything, an empty file nothing."""
    t.write('a', POEM)
    t.write('p', 'hare\nTORT.*E\n')
    t.grep('-f p a', "The hare\nthe TORTOISE\nThe end, the hare's end\n")
    t.grep('-f p -e ^$ a', POEM)
    t.grep('-f - a', 'the TORTOISE\n', stdin=b'TORTOISE')
    t.write('empty', '')
    t.grep('-f empty a')
    t.write('blank', 'hare\n\n')
    t.grep('-f blank a', POEM)
    t.write('crlf', 'hare\r\nwolf\r\n')
    t.grep('-f crlf a', "The hare\nThe end, the hare's end\n")
    t.grep('-f missing a', status=2, err='leat.*missing.*')


def fixed_strings(t):
    """-F: no character is special; with -i, -w and -x as well."""
    t.write('a', 'a.c\nabc\n(a.c)\nA.C\na.c.d\n')
    t.grep('-F a.c a', 'a.c\n(a.c)\na.c.d\n')
    t.grep('-F -e (a -e .d a', '(a.c)\na.c.d\n')
    t.grep('-Fi a.c a', 'a.c\n(a.c)\nA.C\na.c.d\n')
    t.grep('-Fx a.c a', 'a.c\n')
    t.grep('-Fw a.c a', 'a.c\n(a.c)\na.c.d\n')
    t.grep('-F --no-fixed-strings a.c a', 'a.c\nabc\n(a.c)\na.c.d\n')
    t.grep(['-F', '\\E', 'a'])
    t.write('b', 'x\\Ey\n')
    t.grep(['-F', '\\E', 'b'], 'x\\Ey\n')


def ignore_case(t):
    """-i in all of Unicode, by simple folding; the last of -i, -s and -S decides."""
    t.write('a', 'straße\nSTRASSE\nΣΊΣΥΦΟΣ\nσίσυφος\nK\n\u212a\nk\n')
    t.grep('-i σίσυφοσ a', 'ΣΊΣΥΦΟΣ\nσίσυφος\n')
    t.grep('-i STRAßE a', 'straße\n')
    t.grep('-i k a', 'K\n\u212a\nk\n')
    t.grep('-i -s k a', 'k\n')
    t.grep('-i (?-i)k a', 'k\n')
    t.grep('(?i)k a', 'K\n\u212a\nk\n')
    t.grep('k(?i)$ a', 'k\n')


def smart_case(t):
    """-S ignores case unless a literal of the patterns is upper case."""
    t.write('a', 'foo\nFoo\nFOO \n')
    t.grep('-S foo a', 'foo\nFoo\nFOO \n')
    t.grep('-S Foo a', 'Foo\n')
    t.grep(['-S', 'foo\\S', 'a'])
    t.grep(['-S', 'fo\\So*', 'a'], 'foo\nFoo\nFOO \n')
    t.grep(['-S', '\\w+', 'a'], 'foo\nFoo\nFOO \n')
    t.grep(['-S', 'f\\S\\S', 'a'], 'foo\nFoo\nFOO \n')
    t.grep('-S -e foo -e Foo a', 'foo\nFoo\n')
    t.grep('-S [A-Z]oo a', 'Foo\n')


def word_regexp(t):
    """-w: the match itself begins and ends at a word's edge, and is looked for again."""
    t.write('a', 'foo foobar\nfoobar\nbar_foo\nfoo-bar\nfoo\nfoobar foo\nñfoo\n.foo.\n')
    t.grep('-w foo a', 'foo foobar\nfoo-bar\nfoo\nfoobar foo\n.foo.\n')
    t.grep('-w foo|foobar a', 'foo foobar\nfoobar\nfoo-bar\nfoo\nfoobar foo\n.foo.\n')
    t.grep('-wo foo a', 'foo\n' * 5)
    t.grep('-w -e bar -e .foo a', 'foo-bar\nñfoo\n.foo.\n')
    t.grep('-wc foo.* a', '6\n')


def line_regexp(t):
    """-x: the whole line; the last of -w and -x decides."""
    t.write('a', 'foo\nfoo \nfoobar\n\nbar\n')
    t.grep('-x foo a', 'foo\n')
    t.grep('-x foo|bar a', 'foo\nbar\n')
    t.grep('-x -e foo -e foo.* a', 'foo\nfoo \nfoobar\n')
    t.grep(['-x', '', 'a'], '\n')
    t.grep('-x -w foo a', 'foo\nfoo \n')
    t.grep('-w -x foo a', 'foo\n')


def invert(t):
    """-v selects the other lines, with every way to print them."""
    t.write('a', POEM)
    t.grep('-v hare a', 'the TORTOISE\n\n')
    t.grep('-vn hare a', '2:the TORTOISE\n3:\n')
    t.grep('-vc hare a', '2\n')
    t.grep('-v --no-invert-match TORT a', 'the TORTOISE\n')
    t.grep(['-v', '', 'a'])
    t.grep('-vx the.* a', "The hare\n\nThe end, the hare's end\n")
    t.grep('-vwi hare a', 'the TORTOISE\n\n')


def max_count(t):
    """-m stops a file after so many lines; context after the last is shown still."""
    t.write('a', 'x1\ny\nx2\ny\nx3\nz\n')
    t.write('b', 'x4\nx5\n')
    t.grep('-m2 x a', 'x1\nx2\n')
    t.grep('-m1 x a b', 'a:x1\nb:x4\n', in_any_order=True)
    t.grep('-m0 x a')
    t.grep('-c -m2 x a', '2\n')
    t.grep('-m1 -A1 x a', 'x1\ny\n')
    t.grep('-m1 -A2 x a', 'x1\ny\nx2\n')
    t.grep('-m2 -v x a', 'y\ny\n')
    t.grep('-o -m1 [x1] a', 'x\n1\n')


def lines(t):
    """A match never leaves its line, whatever the pattern."""
    t.write('a', 'one\ntwo\n\nthree')
    t.grep(['one\\s+two', 'a'])
    t.grep(['-o', '[^x]+', 'a'], 'one\ntwo\nthree\n')
    t.grep(['-c', '$', 'a'], '4\n')
    t.grep(['-c', '^', 'a'], '4\n')
    t.grep(['-n', '^$', 'a'], '3:\n')
    t.grep(['\\Aone', 'a'], 'one\n')
    t.grep('three a', 'three\n')
    t.write('crlf', 'one\r\ntwo\r\n')
    t.grep('one$ crlf')
    t.grep(['o.$', 'crlf'], 'two\r\n')
    t.grep(['-o', 'one.', 'crlf'], 'one\r\n')
    t.grep(['\n', 'a'], status=2, err='leat.*\n...')


def unicode(t):
    """Letters, digits and words are Unicode's; what is not UTF-8 is bytes that . does not match."""
    t.write('a', 'naïve\n東京\n٣\nна\n')
    t.grep(['-o', '^na.ve$', 'a'], 'naïve\n')
    t.grep(['-x', '\\w\\w', 'a'], '東京\nна\n')
    t.grep(['-x', '\\d', 'a'], '٣\n')
    t.grep(['-x', '[α-я]+', 'a'], 'на\n')
    t.grep(['\\p{Han}', 'a'], '東京\n')
    t.grep(['-o', '\\b..\\b', 'a'], '東京\nна\n')
    t.write('b', b'caf\xe9 noir\nna\xefve \xff\n')
    t.grep('noir b', b'caf\xe9 noir\n')
    t.grep(['-o', 'f. noir', 'b'])
    t.grep(['-o', 'v.*', 'b'], 've \n')


def syntax(t):
    """The usual forms of Perl, and a message for what is no pattern."""
    t.write('a', 'aab\n2024-05-06\nfoo(bar)\nx{3}\nxxx\n')
    t.grep(['(\\d{4})-(\\d\\d)', 'a'], '2024-05-06\n')
    t.grep(['-o', 'a+?', 'a'], 'a\na\na\n')
    t.grep(['-o', '(?:x){2,3}', 'a'], 'xxx\n')
    t.grep(['[[:digit:]]+-', 'a'], '2024-05-06\n')
    t.grep(['\\(b', 'a'], 'foo(bar)\n')
    t.grep(['x\\{', 'a'], 'x{3}\n')
    t.grep(['-o', '(?P<y>\\d+)$', 'a'], '06\n')
    t.grep(['(', 'a'], status=2, err='leat.*\n...')
    t.grep(['a**[', 'a'], status=2, err='leat.*\n...')


def alternatives(t):
    """Many words at once, leftmost first and then in the order of the pattern."""
    t.write('a', 'samwise\nsam\nfrodo baggins\nmerry\n')
    t.grep('-o sam|samwise a', 'sam\nsam\n')
    t.grep('-o samwise|sam a', 'samwise\nsam\n')
    t.grep('-o -e frodo -e baggins -e merry a', 'frodo\nbaggins\nmerry\n')
    t.grep('-c (s|m)(am|erry) a', '3\n')
    words = '\n'.join(f'word{n}x' for n in range(1000))
    t.write('words', words)
    t.write('text', ' '.join(f'word{n}' for n in range(2000)) + '\nis word999x here\n')
    t.grep('-F -f words text', 'is word999x here\n')
