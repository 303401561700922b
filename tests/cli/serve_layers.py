"""What `leat serve` gives of what is inside archives, whole ones and damaged ones."""

import bz2
import gzip
import html
import io
import os
import re
import tarfile
import threading
import time
import urllib.parse
import zipfile

from served import Asking, Server, request

TEXT = 'one\ntwo two\nthree\n'
LARGE = bytes(n * n % 253 for n in range(65536)) * 20


def _tree(t):
    t.write('tree/docs/a.html', '<p>a</p>')
    t.write('tree/docs/deep/b.txt', TEXT)
    t.write('tree/large', LARGE)
    t.write('tree/z.txt', 'last\n')


def _links(page):
    """Where a list leads to, but up."""
    links = [html.unescape(link) for link in re.findall(r'href="(\./[^"]+)"', page)]
    return [link for link in links if not link.startswith('./../')]


def archives(t):
    """A file inside is served as it is, however the archive is packed, with a list of folders."""
    _tree(t)
    os.makedirs(t.path('www'))
    t.shell('cd tree; tar cf ../www/a.tar *; tar czf ../www/a.tar.gz *; zip -qr ../www/a.zip *;'
            'tar cf - * | zstd -q > ../www/a.tar.zst; tar czf ../www/dots.tgz ./*;'
            'tar cJf ../www/dots.txz ./*')
    with Server(t) as server:
        ask = Asking(t, server)
        for name in ('a.tar', 'a.tar.gz', 'a.tar.zst', 'a.zip', 'dots.tgz', 'dots.txz'):
            for target, body, kind in (('docs/a.html', '<p>a</p>', 'text/html; charset=utf-8'),
                                       ('docs/deep/b.txt', TEXT, 'text/plain; charset=utf-8'),
                                       ('large', LARGE, 'application/octet-stream'),
                                       ('z.txt', 'last\n', 'text/plain; charset=utf-8')):
                answer = ask(f'/{name}!/{target}', body=body)
                t.check(answer['content-type'] == kind, target, kind, answer)
                head = ask(f'/{name}!/{target}', method='HEAD')
                t.check(head.is_headed_as(answer), target, answer, head)
                for version in ('1.0', '1.1'):
                    ask(f'/{name}!/{target}', version=version, body=body)
            for target, wanted in (('', {'./docs/', './large', './z.txt'}),
                                   ('docs/', {'./a.html', './deep/'}), ('docs/deep/', {'./b.txt'})):
                page = ask(f'/{name}!/{target}').body.decode()
                t.check(set(_links(page)) == wanted, f'{name}!/{target}', wanted, _links(page))
            for target in ('docs', 'docs/deep', 'docs?a=b'):
                where = ask(f'/{name}!/{target}', status=301)['location']
                path, *query = target.split('?')
                wanted = '?'.join([f'/{name}!/{path}/', *query])
                t.check(where == wanted, target, wanted, where)
            for target in ('nothing', 'docs/nothing', 'nothing/', 'large/', 'large/x', 'arge'):
                ask(f'/{name}!/{target}', status=404)
            page = ask('/').body.decode()
            t.check(f'./{name}!/' in _links(page), '/', f'a link into {name}', page)
    with Server(t, '--no-layers') as server:
        ask = Asking(t, server)
        ask('/a.tar!/z.txt', status=404)
        ask('/a.tar!/', status=404)
        t.check('!/' not in ask('/').body.decode(), '/', 'no links into archives')


def scattered(t):
    """Each name stands in a list once, in order, however an archive scatters them."""
    t.write('www/c.tar', b'')
    with tarfile.open(t.path('www/c.tar'), 'w') as archive:
        for name in ('b/2', 'c', 'a/1', 'b/1', 'B', 'a/2', 'b/deep/x', 'b/2'):
            archive.addfile(tarfile.TarInfo(name), io.BytesIO())
        deep = tarfile.TarInfo('d/deep')
        deep.type, deep.mtime = tarfile.DIRTYPE, 1_000_000_000
        archive.addfile(deep)
    with Server(t) as server:
        ask = Asking(t, server)
        t.check('2001' not in ask('/c.tar!/').body.decode(), 'd', 'no date of what is in it')
        t.check('2001' in ask('/c.tar!/d/').body.decode(), 'd/deep', 'its date')
        for target, wanted in (('', ['./B', './a/', './b/', './c', './d/']),
                               ('b/', ['./1', './2', './deep/'])):
            links = _links(ask(f'/c.tar!/{target}').body.decode())
            t.check(links == wanted, target, wanted, links)


def nested(t):
    """An archive in an archive; what is packed and holds no names has nothing inside."""
    _tree(t)
    os.makedirs(t.path('www'))
    t.shell('cd tree; zip -qr in.zip docs z.txt; gzip -k z.txt; tar czf ../www/out.tar.gz in.zip '
            'docs z.txt.gz')
    t.write('www/text.gz', gzip.compress(TEXT.encode()))
    t.write('www/text.bz2', bz2.compress(TEXT.encode()))
    with Server(t) as server:
        ask = Asking(t, server)
        ask('/out.tar.gz!/in.zip!/docs/deep/b.txt', body=TEXT)
        page = ask('/out.tar.gz!/in.zip!/').body.decode()
        t.check(set(_links(page)) == {'./docs/', './z.txt'}, 'in.zip!/', 'its list', page)
        page = ask('/out.tar.gz!/').body.decode()
        t.check('./in.zip!/' in _links(page), 'out.tar.gz!/', 'a link inside', page)
        for target in ('/text.gz!/', '/text.bz2!/text', '/out.tar.gz!/z.txt.gz!/'):
            ask(target, status=404)
        ask('/out.tar.gz!/in.zip!/nothing', status=404)
        ask('/out.tar.gz!/in.zip!/in.zip!/nothing', status=404)
        ask('/out.tar.gz' + '!/x' * 16, status=404)
        ask('/out.tar.gz' + '!/x' * 17, status=404)
        ask('/!/x', status=404)
        ask('/missing!/x', status=404)


def hostile_names(t):
    """Names of entries are no more than text, and each link of a list leads to its entry."""
    names = ['<b>&\'"', 'a b', '!', 'a!', '!b', '%41', '%', 'q?x#y', 'a:b', '\\', 'line\nend',
             '\x1b[31m', 'é 東京', '\u202eabc', 'x' * 500, '..a', '-/metrics', "it's", 'd/a!/b',
             'folder/']
    t.write('www/x', '')
    with tarfile.open(t.path('www/a.tar'), 'w', format=tarfile.PAX_FORMAT) as tar:
        for number, name in enumerate(names):
            entry = tarfile.TarInfo(name)
            entry.type = tarfile.DIRTYPE if name.endswith('/') else tarfile.REGTYPE
            entry.size = len(str(number)) if entry.isfile() else 0
            tar.addfile(entry, io.BytesIO(str(number).encode()))
    with Server(t) as server:
        ask = Asking(t, server)
        page = ask('/a.tar!/').body.decode()
        t.check('<b>' not in page and '\x1b' not in page and '\u202e' not in page, 'a.tar!/',
                'harmless text', ascii(page))
        for number, name in enumerate(names):
            if '/' in name:
                continue
            link = './' + urllib.parse.quote(name, safe='')
            t.check(link in _links(page), 'a.tar!/', link, _links(page))
            ask('/a.tar!/' + link[2:], body=str(number))


def escaping_names(t):
    """Entries named as if they lay outside of the archive are never looked for on the disk."""
    t.write('secret', 'secret\n')
    t.write('www/x', '')
    with tarfile.open(t.path('www/a.tar'), 'w') as tar:
        for name, to in (('../secret', None), ('/etc/passwd', None), ('link', '../secret'),
                         ('absolute', t.path('secret')), ('good', None)):
            entry = tarfile.TarInfo(name)
            entry.type = tarfile.SYMTYPE if to else tarfile.REGTYPE
            entry.linkname = to or ''
            entry.size = 0 if to else 4
            tar.addfile(entry, io.BytesIO(b'mine'))
    with Server(t) as server:
        ask = Asking(t, server)
        ask('/a.tar!/good', body='mine')
        ask('/a.tar!/../secret', status=400)
        for target in ('link', 'absolute', 'etc/passwd', '/etc/passwd'):
            answer = server.ask(f'/a.tar!/{target}')
            t.check(b'secret' not in answer.body and b'root:' not in answer.body, target,
                    'nothing of the disk', answer)
        for target in ('link', 'absolute'):
            page = ask(f'/a.tar!/{target}', status=404).body
            t.check(b'Links in archives are not followed.' in page, target, 'why', page)
        ask('/a.tar!/')


# Names that a client would resolve, or that lie to each other in some odd way, and their paths.
ODD_NAMES = {
    '/etc/passwd': '%2F/etc/passwd', '//x': '%2F/%2F/x', '/': '%2F/%2F', 'a//b': 'a/%2F/b',
    'a/b': 'a/b', '../x': '..%2F/x', '../../x': '..%2F/..%2F/x', 'a/../b': 'a/..%2F/b',
    'a/./b': 'a/.%2F/b', './x': 'x', './/x': '.%2F/%2F/x', '..': '..%2F', '.': '.%2F',
    'a!/b': 'a%21/b', 'x!y': 'x%21y', 'both': 'both', 'both/in': 'both/in', '...': '...',
    '%2F': '%252F', 'a/%2E%2E/b': 'a/%252E%252E/b',
}


def _archive_of(path, names):
    """An archive of files whose content is their name."""
    if path.endswith('.zip'):
        with zipfile.ZipFile(path, 'w') as archive:
            for name in names:
                archive.writestr(zipfile.ZipInfo(name), name)
        return
    with tarfile.open(path, 'w') as archive:
        for name in names:
            entry = tarfile.TarInfo(name)
            entry.size = len(name)
            archive.addfile(entry, io.BytesIO(name.encode()))


def _crawl(server, top):
    """The files that are below a page, going by its links alone as a browser does: their bodies by
    their paths. The links up, and those of the heading, must lead to pages that are known."""
    found, todo, seen, up = {}, [top], set(), set()
    while todo:
        at = todo.pop()
        seen.add(at)
        page = server.ask(at).body.decode()
        links = [html.unescape(link) for link in re.findall(r'href="([^"]+)"', page)]
        heading = re.search('<h1>.*</h1>', page)[0].count('<a ')
        for number, link in enumerate(links):
            to = urllib.parse.urljoin(f'http://here{at}', link)[len('http://here'):]
            if number < heading or link == '../':
                up.add(to)
            elif to.endswith('/') and to not in seen:
                todo.append(to)
            elif not to.endswith('/'):
                assert to not in found, to
                found[to] = server.ask(to).body
    return found, [page for page in up - seen if server.ask(page).status != 200]


def odd_names(t):
    """Each member is found by the links of the pages, at one path, whatever it is called; and every
    page leads back up by the same way."""
    t.write('www/x', '')
    for name in ('a.tar', 'a.zip'):
        names = [name for name in ODD_NAMES if not name.endswith('/')]
        _archive_of(t.path(f'www/{name}'), names)
        with Server(t) as server:
            ask = Asking(t, server)
            found, lost = _crawl(server, f'/{name}!/')
            wanted = {f'/{name}!/{ODD_NAMES[member]}': member.encode() for member in names}
            t.check(found == wanted, name, sorted(wanted), sorted(found))
            t.check(not lost, name, 'links up to pages that are there', lost)
            for path in ('etc/passwd', '/etc/passwd', 'a/%2F/', 'a!/b', 'x!/y', 'x!y/', '..%2F/y',
                         '%2F/', 'both/in/'):
                answer = server.ask(f'/{name}!/{path}')
                t.check(answer.status in (200, 404) and b'root:' not in answer.body, path,
                        'no file', answer)
            for path in ('%2Fetc/passwd', 'a%2Fb', '..%2Fx', '../x', '%2e%2e/x', 'a/../b',
                         '..%2F%2F/x'):
                ask(f'/{name}!/{path}', status=400)
            for path in ('both', 'x%21y'):
                ask(f'/{name}!/{path}')
            where = ask(f'/{name}!/..%2f/..%2F', status=301)['location']
            t.check(where == f'/{name}!/..%2F/..%2F/', name, 'the path of the folder', where)
            page = ask(f'/{name}!/').body.decode()
            for shown in ('<bdi>/etc</bdi>/', '<bdi>../x</bdi>', '<bdi>//x</bdi>'):
                t.check(shown in page, name, shown, page)


def empty(t):
    """An archive with nothing in it is a list of nothing, and so is an empty folder of one."""
    t.write('www/x', 'no archive')
    with tarfile.open(t.path('www/a.tar'), 'w') as archive:
        entry = tarfile.TarInfo('hollow/')
        entry.type = tarfile.DIRTYPE
        archive.addfile(entry)
    zipfile.ZipFile(t.path('www/a.zip'), 'w').close()
    with Server(t) as server:
        ask = Asking(t, server)
        for target in ('/a.zip!/', '/a.tar!/hollow/'):
            t.check(_links(ask(target).body.decode()) == [], target, 'nothing')
        where = ask('/a.tar!/hollow', status=301)['location']
        t.check(where == '/a.tar!/hollow/', 'hollow', 'with its slash', where)
        ask('/x!/', status=404)


def conditions(t):
    """A member is judged as a file is: by a tag of its own and the archive's date, and both change
    with the archive though the member keeps its date."""
    _tree(t)
    os.makedirs(t.path('www'))
    t.shell('cd tree; zip -qr in.zip docs; tar cf ../www/a.tar *; tar czf ../www/a.tar.gz *;'
            'zip -qr ../www/a.zip *')
    names = ('a.tar', 'a.tar.gz', 'a.zip')
    for name in names:
        os.utime(t.path(f'www/{name}'), (1_000_000_000, 1_000_000_000))
    with Server(t, '--fresh 0') as server:
        ask = Asking(t, server)
        for name in names:
            for target, body in ((f'/{name}!/docs/deep/b.txt', TEXT.encode()),
                                 (f'/{name}!/in.zip!/docs/a.html', b'<p>a</p>')):
                _conditions_of(t, ask, target, body)
            tags = {ask(target)['etag'] for target in (
                f'/{name}', f'/{name}!/z.txt', f'/{name}!/large', f'/{name}!/in.zip!/docs/a.html',
                f'/{name}!/docs/a.html')}
            t.check(len(tags) == 5, name, 'a tag each', tags)
            old = ask(f'/{name}!/z.txt')
            os.utime(t.path(f'www/{name}'), (1_000_000_000, 1_000_000_007))
            new = ask(f'/{name}!/z.txt', f'If-None-Match: {old["etag"]}',
                      f'If-Modified-Since: {old["last-modified"]}')
            t.check(new['etag'] != old['etag'] and new['last-modified'] != old['last-modified'],
                    name, 'others than before', new)
            for target in (f'/{name}!/nothing', f'/{name}!/docs/', f'/{name}!/docs/nothing'):
                status = 200 if target.endswith('/') else 404
                for field in ('If-None-Match: *', 'If-Match: "x"',
                              'If-Modified-Since: Sun, 06 Nov 2044 08:49:37 GMT'):
                    ask(target, field, status=status)
        os.utime(t.path('www/a.zip'))
        tag = ask('/a.zip!/z.txt')['etag']
        t.check(tag.startswith('W/"'), 'a.zip', 'a weak tag of what may change unseen', tag)
        ask('/a.zip!/z.txt', f'If-None-Match: {tag}', status=304)


def _conditions_of(t, ask, target, body):
    answer = ask(target, body=body)
    tag, date = answer['etag'], answer['last-modified']
    t.check(re.fullmatch('"[^"]+"', tag or ''), target, 'a strong tag', answer)
    t.check(date == 'Sun, 09 Sep 2001 01:46:40 GMT', target, 'its date', answer)
    before = 'Sun, 09 Sep 2001 01:46:39 GMT'
    for fields, status in (
            ([f'If-None-Match: {tag}'], 304), (['If-None-Match: *'], 304),
            (['If-None-Match: "x"'], 200), ([f'If-Modified-Since: {date}'], 304),
            ([f'If-Modified-Since: {before}'], 200), ([f'If-Match: {tag}'], 200),
            (['If-Match: "x"'], 412), (['If-Match: *'], 200),
            ([f'If-Match: "x"', f'If-None-Match: {tag}'], 412),
            ([f'If-Unmodified-Since: {before}'], 412), ([f'If-None-Match: {tag}',
                                                        'Range: bytes=0-0'], 304)):
        for method in ('GET', 'HEAD'):
            answer = ask(target, *fields, status=status, method=method)
            if status == 304:
                t.check(answer['etag'] == tag and answer['last-modified'] == date
                        and answer['content-length'] is None, fields, 'a head alone', answer)
    for value, status in ((tag, 206), ('"x"', 200), (date, 206), (before, 200)):
        ask(target, 'Range: bytes=1-2', f'If-Range: {value}', status=status,
            body=body[1:3] if status == 206 else body)


def ranges(t):
    """Ranges of members, packed and stored; several come as parts where they are in order."""
    _tree(t)
    os.makedirs(t.path('www'))
    t.shell('cd tree; : > none; tar cf ../www/a.tar *; tar czf ../www/a.tar.gz *;'
            'zip -qr ../www/a.zip *; zip -qr0 ../www/stored.zip *')
    with Server(t) as server:
        ask = Asking(t, server)
        for name in ('a.tar', 'a.tar.gz', 'a.zip', 'stored.zip'):
            for target, data in ((f'/{name}!/large', LARGE), (f'/{name}!/docs/deep/b.txt',
                                                              TEXT.encode())):
                size = len(data)
                t.check(ask(target, method='HEAD')['accept-ranges'] == 'bytes', target, 'ranges')
                for given, first, end in (
                        ('0-0', 0, 1), ('5-9', 5, 10), ('-7', size - 7, size), ('3-', 3, size),
                        (f'{size - 1}-', size - 1, size), ('0-', 0, size), ('1-2,3-4', 1, 5),
                        (f'-{size + 1}', 0, size), (f'{size - 9}-{size - 2}', size - 9, size - 1)):
                    with server.client() as client:
                        for _ in range(2):
                            answer = ask(target, f'Range: bytes={given}', status=206,
                                         body=data[first:end], client=client)
                        wanted = f'bytes {first}-{end - 1}/{size}'
                        t.check(answer['content-range'] == wanted, given, wanted, answer)
                answer = ask(target, f'Range: bytes={size}-', status=416, body='')
                t.check(answer['content-range'] == f'bytes */{size}', target, size, answer)
                for given in ('bytes=5-4', 'lines=1-2', 'bytes=9-10,0-0'):
                    ask(target, f'Range: {given}', body=data)
                answer = ask(target, f'Range: bytes=0-0,3-4,{size - 2}-', status=206)
                parts = re.findall(rb'\r\n\r\n(.*?)\r\n--', answer.body, re.DOTALL)
                t.check(parts == [data[:1], data[3:5], data[-2:]], target, 'three parts', answer)
            ask(f'/{name}!/none', 'Range: bytes=0-0', status=416)
            ask(f'/{name}!/none', body='')
            ask(f'/{name}!/docs/', 'Range: bytes=0-0')


def wrong_checksums(t):
    """A member whose checksum is wrong does not come whole, though all of its bytes are there."""
    os.makedirs(t.path('www'))
    for name, method in (('stored.zip', zipfile.ZIP_STORED), ('packed.zip', zipfile.ZIP_DEFLATED)):
        with zipfile.ZipFile(t.path(f'www/{name}'), 'w', method) as archive:
            archive.writestr('text', TEXT * 100)
            checksum = archive.getinfo('text').CRC.to_bytes(4, 'little')
        with open(t.path(f'www/{name}'), 'rb') as file:
            bytes_now = file.read()
        t.write(f'www/{name}', bytes_now.replace(checksum, b'oops'))
    with Server(t) as server:
        for name in ('stored.zip', 'packed.zip'):
            answer = server.ask(f'/{name}!/text')
            t.check(answer.status == 200 and not answer.whole and len(answer.body) > 0, name,
                    'not all of it', answer)


def wrong_sizes(t):
    """A member that is longer than its archive says does not come as if it were whole, and not as
    an empty one."""
    os.makedirs(t.path('www'))
    for name, size in (('shorter.zip', 100), ('empty.zip', 0)):
        with zipfile.ZipFile(t.path('made.zip'), 'w', zipfile.ZIP_DEFLATED) as archive:
            archive.writestr('text', TEXT * 100)
        right = len(TEXT * 100).to_bytes(4, 'little')
        t.write(f'www/{name}', t.read('made.zip').replace(right, size.to_bytes(4, 'little')))
    with Server(t) as server:
        answer = server.ask('/shorter.zip!/text')
        t.check(answer.status == 200 and not answer.whole, 'shorter.zip', 'not all of it', answer)
        answer = Asking(t, server)('/empty.zip!/text', status=502)
        t.check(b'more of it' in answer.body, 'empty.zip', 'more of it', answer)


def damaged(t):
    """Of a cut archive the good entries are served, and the list says what is wrong; of the cut one
    comes what there is, and the client can tell."""
    t.write('tree/first', 'first\n')
    t.write('tree/second', os.urandom(400_000))
    t.write('tree/third', 'third\n')
    os.makedirs(t.path('www'))
    t.shell('cd tree; tar czf a.tar.gz first second third; tar cf a.tar first second third;'
            'head -c 200000 a.tar.gz > ../www/a.tar.gz; head -c 200000 a.tar > ../www/a.tar;'
            'gzip < second > second.gz; head -c 100000 second.gz > ../www/plain.gz')
    t.write('www/not.zip', 'PK\x03\x04 and nothing of the kind' * 10)
    with Server(t) as server:
        ask = Asking(t, server)
        for name in ('a.tar', 'a.tar.gz'):
            with server.client() as client:
                ask(f'/{name}!/first', body='first\n', client=client)
                client.send(f'GET /{name}!/second HTTP/1.1\r\nHost: a\r\n\r\n')
                answer = client.answer()
                t.check(answer.status == 200 and not answer.whole
                        and 100_000 < len(answer.body) < 400_000
                        and t.read('tree/second').startswith(answer.body),
                        f'{name}!/second', 'what there is', answer)
                t.check(client.ends(), f'{name}!/second', 'an end')
            answer = ask(f'/{name}!/third', status=502)
            t.check(not answer.closes and b'in' in answer.body, 'third', 'what is wrong', answer)
            page = ask(f'/{name}!/').body.decode()
            t.check(_links(page)[:2] == ['./first', './second'] and '<p>' in page, name,
                    'what there is, and what is wrong', page)
        for target in ('/not.zip!/x', '/not.zip!/'):
            t.check(server.ask(target).status in (404, 502), target, 'a refusal')
        broken = server.metrics()['responses_broken_total']
        t.check(broken == 2, 'metrics', 'two broken', broken)


def encrypted(t):
    """What is encrypted is said to be."""
    t.write('www/open', 'open\n')
    t.write('secret', 'secret\n' * 100)
    t.shell('zip -q -P word www/a.zip secret; cd www; zip -q a.zip open')
    with Server(t) as server:
        ask = Asking(t, server)
        answer = ask('/a.zip!/secret', status=502)
        t.check(b'encrypted' in answer.body, 'a.zip!/secret', 'encrypted', answer)
        for field in ('If-None-Match: *', 'If-Match: "x"', 'Range: bytes=0-0'):
            ask('/a.zip!/secret', field, status=502)
        ask('/a.zip!/open', body='open\n')
        t.check(_links(ask('/a.zip!/').body.decode()) == ['./open', './secret'], 'a.zip!/',
                'both names')


def limited(t):
    """What needs more memory than --limit-memory is refused, and what needs none is not."""
    t.write('in/large', os.urandom(3 << 20))
    os.makedirs(t.path('www'))
    t.shell('cd in; zip -q0 in.zip large; tar czf ../www/a.tar.gz in.zip large; cp in.zip ../www')
    large = t.read('in/large')
    with Server(t, '--limit-memory 2M') as server:
        ask = Asking(t, server)
        for target in ('/a.tar.gz!/in.zip!/large', '/a.tar.gz!/in.zip!/'):
            answer = ask(target, status=502)
            t.check(b'limit' in answer.body, target, 'why', answer)
        ask('/a.tar.gz!/large', body=large)
        ask('/in.zip!/large', body=large)
    with Server(t, '--limit-memory 8M') as server:
        Asking(t, server)('/a.tar.gz!/in.zip!/large', body=large)


def limited_layers(t):
    """What one layer may be is the operator's to say: each limit refuses what is beyond, and
    nothing else."""
    t.write('in/few', 'few\n')
    t.write('in/zeros', bytes(1 << 20))
    t.write('in/' + 'n' * 90, 'named\n')
    os.makedirs(t.path('www'))
    t.shell('cd in; seq 20 | xargs touch; tar cf ../www/a.tar few zeros n* 1* 2*;'
            'gzip -k ../www/a.tar; cp ../www/a.tar .; tar czf ../www/nest.tar.gz few a.tar;'
            'truncate -s 70M zeros; tar c zeros 19 | gzip -1 >../www/bomb.tar.gz')
    beyond = {'--limit-depth 1': ('/nest.tar.gz!/a.tar!/few', '/a.tar!/few'),
              '--limit-entries 3': ('/a.tar!/19', '/a.tar!/few'),
              '--limit-name 80': ('/a.tar!/19', '/a.tar!/few'),
              '--limit-ratio 20': ('/bomb.tar.gz!/19', '/a.tar!/few'),
              '--limit-bytes 1000K': ('/a.tar.gz!/19', '/a.tar!/few')}
    with Server(t, '') as server:
        for refused, _ in beyond.values():
            Asking(t, server)(refused, status=200)
    for flags, (refused, answered) in beyond.items():
        with Server(t, flags) as server:
            Asking(t, server)(refused, status=502)
            Asking(t, server)(answered, body='few\n')


def limited_output(t):
    """What one request may take out of layers is its own: others before it and beside it do not
    count. What needs more is refused, or cut off where the answer has begun."""
    large = os.urandom(3 << 20)
    t.write('in/first', bytes(300_000))
    t.write('in/large', large)
    t.write('in/last', 'last\n')
    os.makedirs(t.path('www'))
    t.shell('cd in; tar czf a.tgz first large last; cp a.tgz ../www; tar czf ../www/b.tgz a.tgz')
    with Server(t, '--limit-total 1M') as server:
        ask = Asking(t, server)
        for _ in range(8):
            ask('/a.tgz!/first', body=bytes(300_000))
        ask('/a.tgz!/last', status=502, method='HEAD')
        answer = ask('/a.tgz!/last', status=502)
        t.check(b'more output in all than the limit allows' in answer.body, 'a.tgz!/last', 'why',
                answer)
        with server.client() as client:
            answer = client.ask('/a.tgz!/large')
            t.check(answer.status == 200 and not answer.whole and client.ends()
                    and large.startswith(answer.body), '/a.tgz!/large', 'what there may be', answer)
        ask('/a.tgz!/first', body=bytes(300_000))
        page = ask('/a.tgz!/').body
        t.check(b'./first' in page and b'limit' in page, 'a.tgz!/', 'a part, and why', page)
    with Server(t, '--limit-total 5M') as server:
        ask = Asking(t, server)
        ask('/a.tgz!/large', body=large)
        # Both layers count.
        answer = ask('/b.tgz!/a.tgz!/last', status=502)
        t.check(b'more output in all than the limit allows' in answer.body, '/b.tgz!/a.tgz!/last',
                'why', answer)
    with Server(t) as server:
        Asking(t, server)('/b.tgz!/a.tgz!/last', body='last\n')


def limited_time(t):
    """What takes long is ended by what it took of the processor, and not by what passed while it
    waited for its client or for others."""
    large = os.urandom(1 << 20) * 64
    entry = tarfile.TarInfo('large')
    entry.size = len(large)
    t.write('www/a.tgz', gzip.compress(entry.tobuf() + large + bytes(1024), 0))
    entry.size = 40_000 << 20
    t.write('www/slow.tgz', gzip.compress(entry.tobuf()) + gzip.compress(bytes(1 << 20)) * 40_000)
    with Server(t, '--limit-time 1') as server, server.client(receive_bytes=4096) as patient:
        ask = Asking(t, server)
        patient.send(request('/a.tgz!/large'))
        head = patient.head()
        first = patient.take(len(large) // 2)
        began = time.monotonic()
        answer = ask('/slow.tgz!/nothing', status=502)
        took = time.monotonic() - began
        t.check(b'takes longer than the limit allows' in answer.body and took >= 1,
                '/slow.tgz!/nothing', 'a second, and why', (took, answer))
        with server.client() as client:
            client.send(request('/slow.tgz!/large'))
            client.drop()
            t.check(1000 < client.dropped < entry.size, '/slow.tgz!/large', 'a part',
                    client.dropped)
        # All that while this one was under way, and waited.
        rest = patient.take(len(large) - len(first))
        t.check(head.status == 200 and first + rest == large, '/a.tgz!/large', 'all of it', head)


def _gzip_of(mibs):
    """So many MiB of little, in as many members, which are made fast."""
    return gzip.compress(os.urandom(64 << 10) + bytes((1 << 20) - (64 << 10))) * mibs


def others_meanwhile(t):
    """While one asks for what is far inside, others are answered all the time."""
    t.write('www/small', 'small\n')
    entry = tarfile.TarInfo('large')
    entry.size = 400 << 20
    t.write('www/large.tar.gz', gzip.compress(entry.tobuf()) + _gzip_of(400)
            + gzip.compress(bytes(10240)))
    with Server(t) as server:
        ask = Asking(t, server)
        for target, version, wanted in (('/large.tar.gz!/large', '1.0', entry.size),
                                        ('/large.tar.gz!/large', '1.1', entry.size),
                                        ('/large.tar.gz!/nothing', '1.1', 0)):
            with server.client() as client:
                client.send(request(target, 'Connection: close', version=version))
                thread = threading.Thread(target=client.drop)
                thread.start()
                asked = 0
                while thread.is_alive():
                    ask('/small', body='small\n')
                    asked += 1
                t.check(wanted <= client.dropped < wanted + 2000, target, wanted, client.dropped)
                # Who does not give way answers those that came meanwhile at the end.
                t.check(asked > 5, target, 'others answered', asked)
