"""`leat explain --html`: the page is whole, well-formed, complete, and harmless."""

import json
import os
import re
import subprocess
import threading
import time
import xml.etree.ElementTree as ElementTree

LINES = ''.join(f'{n} {n * 2654435761 % 4294967296:08x} two\n' for n in range(100_000))

XHTML = '{http://www.w3.org/1999/xhtml}'

# What would have a browser fetch or run something.
ACTIVE = {'script', 'link', 'img', 'image', 'iframe', 'object', 'embed', 'base', 'form', 'use',
          'video', 'audio', 'foreignObject', 'animate', 'set', 'a'}


def _page(t, arguments, name='page.html'):
    """The page, as a tree. It must be XML, and have no part that does anything."""
    text = t.read(name)
    try:
        root = ElementTree.fromstring(text)
    except ElementTree.ParseError as error:
        t.fail(arguments, ['', 'well-formed XML', error])
        return None
    for element in root.iter():
        tag = element.tag.removeprefix(XHTML)
        t.check(tag not in ACTIVE, arguments, 'nothing active', tag)
        bad = [key for key in element.attrib if key.startswith('on') or key in ('href', 'src')]
        t.check(not bad, arguments, 'no attribute that acts', bad)
    t.check(b'url(' not in text and b'http-equiv="Content-Security-Policy"' in text, arguments,
            'a page that fetches nothing')
    return root


def _text(element):
    return ''.join(element.itertext())


def _rows(page):
    """The table of all parts, as lists of its cells' texts; digits are not grouped."""
    table = next(page.iter(f'{XHTML}table'))
    rows = [[_text(cell).replace('\u202f', '') for cell in row] for row in
            table.iter(f'{XHTML}tr')]
    return [row for row in rows if len(row) > 1]


def _explain(t, command, **options):
    """Run a command under --html and --json. Returns its result, the account, and the page."""
    arguments = ['explain', '--json', '--html', 'page.html', *command]
    result = t.run(arguments, **options)
    return result, json.loads(result.err), _page(t, arguments)


def same_numbers(t):
    """The table has every part of the account, with the same numbers, in the same order."""
    t.write('d/a', LINES)
    t.shell('gzip -k d/a; tar cf d.tar d; zstd -q d.tar; zip -qr d.zip d')
    for command in (['grep', '-c', '777', 'd.tar.zst'], ['cat', '--layers', 'd.zip', 'd/a.gz'],
                    ['ls', 'd.tar.zst', 'd.zip']):
        plain = t.run(command)
        result, account, page = _explain(t, command)
        t.check(result.out == plain.out and result.status == plain.status == 0, command,
                'the same as without explain', result.out[:200])
        wanted = []

        def gather(nodes, depth):
            for node in nodes:
                wanted.append([depth, node['part']] + [str(node[key]) for key in (
                    'instances', 'bytes_in', 'bytes_out', 'copied', 'allocations', 'allocated',
                    'fills', 'waits')] + [node['time_ns'], node['waited_ns']])
                gather(node['above'], depth + 1)

        gather(account['readers'], 1)
        gather(account['writers'], 1)
        rows = _rows(page)[1:]
        t.check(len(rows) == len(wanted) > 1, command, f'{len(wanted)} parts', len(rows))
        for number, (row, want) in enumerate(zip(rows, wanted), 1):
            depth, part, *numbers, time_ns, waited_ns = want
            t.check(re.match(rf'level {depth}: {number} {part}\b', row[0]), command,
                    f'{number} {part} at level {depth}', row[0])
            t.check(row[1:9] == numbers, command, numbers, row[1:9])
            t.check(abs(float(row[9]) - time_ns / 1e6) < 0.001, command, time_ns, row[9])
            t.check(row[10] in ('', f'{waited_ns / 1e6:.3f}') or
                    abs(float(row[10]) - waited_ns / 1e6) < 0.001, command, waited_ns, row[10])
        pictured = [element for element in page.iter(f'{XHTML}rect')
                    if element.get('class') == 'part']
        t.check(len(pictured) == len(wanted), command, f'{len(wanted)} boxes', len(pictured))


def what_is_written(t):
    """Writers are below the command: their bytes are counted once, and drawn upside down."""
    for n in range(3):
        t.write(f'd/{n}', LINES)
    _, account, page = _explain(t, ['cp', 'd', 'o.tar.gz'])
    sink = account['writers'][0]
    gzip = sink['above'][0]
    tar = gzip['above'][0]
    size = len(t.read('o.tar.gz'))
    t.check(sink['bytes_out'] == gzip['bytes_out'] == size, 'explain cp', f'{size} bytes out', sink)
    t.check(3 * len(LINES) <= tar['bytes_out'] <= gzip['bytes_in'], 'explain cp',
            f'the entries, within {gzip["bytes_in"]}', tar['bytes_out'])
    rows = [row[0] for row in _rows(page)[1:]]
    drawn = [float(element.get('y')) for element in page.iter(f'{XHTML}rect')
             if element.get('class') == 'part']
    t.check(len(drawn) == len(rows) and drawn[-1] < drawn[-2] < drawn[-3], 'explain cp',
            'the file below gzip below tar', [rows, drawn])


def waits(t):
    """What a part waits for its input is told as waiting, and of the whole time."""
    def feed(pipe):
        with os.fdopen(pipe, 'wb') as out:
            out.write(LINES.encode())
            out.flush()
            time.sleep(0.3)
            out.write(b'777\n')

    reads, writes = os.pipe()
    feeder = threading.Thread(target=feed, args=(writes,))
    feeder.start()
    with os.fdopen(reads, 'rb') as stdin:
        _, account, page = _explain(t, ['grep', '-c', '777', '-'], stdin=stdin)
    feeder.join()
    source = account['readers'][0]
    t.check(3e8 <= source['waited_ns'] <= source['time_ns'] <= account['wall_ns'],
            'explain grep -', 'a wait of 0.3 s, within the whole', source)
    kinds = [element.get('class') for element in page.iter(f'{XHTML}path')]
    t.check('wait' in kinds and 'work' in kinds, 'explain grep -', 'work and waits drawn', kinds)


def instead_of_text(t):
    """The page comes instead of the text; with --json both are made, and alone no page is."""
    t.write('a', LINES)
    t.expect('explain --html page.html grep -c 777 a', out=t.run('grep -c 777 a').out)
    t.check(os.stat(t.path('page.html')).st_mode & 0o777 == 0o666 & ~_umask(),
            'explain --html', 'the rights of a new file')
    os.unlink(t.path('page.html'))
    t.expect('explain grep -c 777 a', out=t.run('grep -c 777 a').out, err='part .*\n...')
    t.check(os.listdir(t.folder) == ['a'], 'explain', 'no file', os.listdir(t.folder))


def _umask():
    mask = os.umask(0)
    os.umask(mask)
    return mask


def hostile_names(t):
    """File names and patterns are text, whatever they hold."""
    names = ['<script>alert(1)<', 'a"b\' onload="x', '&amp;&#x3c;', ']]>', 'a\nb\x1b[2J', '\u202eb',
             '\ufffe', b'\xff\xfe'.decode('utf-8', 'surrogateescape'), 'x' * 200]
    for name in names:
        t.write(name, 'two\n')
        arguments = ['grep', '-c', '<&">two', './' + name]
        t.run(['explain', '--html', 'page.html', *arguments])
        page = _page(t, arguments)
        t.check('<&">two' in _text(next(page.iter(f'{XHTML}h1'))), arguments, 'its command line')
    shown = _text(page)
    t.check('x' * 200 in shown, arguments, 'the whole name in a table')


def damaged_input(t):
    """A run that fails is accounted for like any other, and keeps its status."""
    t.write('a', LINES)
    t.shell('gzip a; head -c 5000 a.gz >b.gz')
    t.expect('explain --html page.html grep nothing b.gz', status=2, err='leat: b.gz: .*')
    t.check(_rows(_page(t, 'damaged'))[1:], 'explain --html', 'a page with parts')


def where_it_cannot_be_written(t):
    """Then the account is printed, the status is 2, and what stood there stays."""
    t.write('a', LINES)
    t.expect('explain --html no/page.html grep -c 777 a', out=t.run('grep -c 777 a').out, status=2,
             err='leat: no/page.html: No such file or directory\npart .*\n...')
    t.expect('explain --html - grep two a', status=2, err='leat: --html -: .*standard output.*')
    t.expect('explain --html page.html frobnicate', status=2, err='leat: frobnicate: .*')
    t.check(os.listdir(t.folder) == ['a'], 'explain --html', 'no file', os.listdir(t.folder))
    t.write('old', 'what stood there')
    os.mkdir(t.path('old.d'))
    t.expect('explain --html old.d grep -c 777 a', out=t.run('grep -c 777 a').out, status=2,
             err='leat: old.d: .*\npart .*\n...')
    t.check(t.read('old') == b'what stood there', 'explain --html', 'no other file touched')


def nothing_read(t):
    """A command that reads nothing has a page that says so."""
    t.run('explain --html page.html formats')
    t.check('No byte went through' in _text(_page(t, 'explain formats')), 'explain formats',
            'a page that says so')


def many_threads(t):
    """Searches on many threads are one account: nothing is lost, and no time is made up."""
    for n in range(40):
        t.write(f'd/{n}', LINES[:50_000])
    t.shell('cd d; gzip [0-9]')
    _, account, page = _explain(t, ['grep', '-c', '-j8', 'two', 'd'])
    t.check(account['wall_ns'] > 0 and len(_rows(page)) > 2, 'explain grep -j8', 'parts')
    last = max(float(row[12]) for row in _rows(page)[1:] if row[12])
    t.check(last <= account['wall_ns'] / 1e6 + 0.001, 'explain grep -j8', 'times within the run',
            last)


def in_the_manual(t):
    """The flag is where people look for it."""
    for arguments in ('explain -h', 'explain --help'):
        t.check(b'--html' in t.run(arguments).out, arguments, '--html')
    done = subprocess.run([t.program, '--man', 'explain'], stdout=subprocess.PIPE, check=False)
    t.check(b'page.html' in done.stdout, '--man explain', 'the example')
