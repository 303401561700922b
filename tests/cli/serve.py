"""What `leat serve` answers: files, folders and what is inside archives, over HTTP/1.1."""

import email.utils
import html
import os
import re
import socket
import time
import urllib.parse

from served import Asking, Server, metrics_of, request

TEXT = ''.join(f'line {n} of the text\n' for n in range(100))


def _site(t, arguments='', **options):
    """A folder with a text and a large file, and a server of it."""
    t.write('www/text.txt', TEXT)
    t.write('www/sub/page.html', '<p>page</p>')
    return Server(t, arguments, **options)


def _large(t, name='www/large', size=3_000_000):
    data = bytes(n * 7 % 251 for n in range(1000)) * (size // 1000)
    t.write(name, data)
    _age(t, name)
    return data


def _age(t, *names):
    """Their change was long ago: what changed just now may change again without showing it."""
    for name in names:
        os.utime(t.path(name), (1_000_000_000, 1_000_000_000))


def files(t):
    """GET gives a file whole, small or large; HEAD the same head alone; queries are let pass."""
    large = _large(t)
    t.write('www/empty', '')
    with _site(t) as server:
        ask = Asking(t, server)
        for target, body in (('/text.txt', TEXT), ('/large', large), ('/empty', ''),
                             ('/sub/page.html', '<p>page</p>'), ('/text.txt?a=b&/../', TEXT),
                             ('/%74ext%2Etxt', TEXT), ('//sub/.//page.html', '<p>page</p>'),
                             ('http://else.where/text.txt', TEXT)):
            answer = ask(target, body=body)
            head = ask(target, method='HEAD', body='')
            t.check(head.is_headed_as(answer), target, answer, head)
            t.check(int(head['content-length']) == len(body), target, len(body), head)
            t.check(head['x-content-type-options'] == 'nosniff', target, 'nosniff', head)
            date = email.utils.parsedate_to_datetime(head['date']).timestamp()
            t.check(abs(date - time.time()) < 30, target, 'the date of now', head)
        for target in ('/missing', '/missing/', '/text.txt/', '/text.txt/more', '/large/',
                       '/sub/page.html/x', '/' + 'x' * 300, '/a/' * 1000, '/text.txt!'):
            ask(target, status=404)
            ask(target, status=404, method='HEAD')


def connections(t):
    """A connection is kept by 1.1 and closed by 1.0, unless the client says otherwise."""
    with _site(t) as server:
        ask = Asking(t, server)
        for version, fields, kept in (
                ('1.1', [], True), ('1.1', ['Connection: close'], False), ('1.0', [], False),
                ('1.1', ['connection:  Foo ,CLOSE'], False),
                ('1.0', ['Connection: keep-alive'], True), ('1.1', ['Connection: x'], True),
                ('1.0', ['Connection: keep-alive', 'Connection: close'], False)):
            with server.client() as client:
                for target, status in (('/text.txt', 200), ('/missing', 404), ('/sub', 301)):
                    answer = ask(target, *fields, version=version, status=status, client=client)
                    if not kept:
                        t.check(answer.closes and client.ends(), fields, 'an end', answer)
                        break
                    t.check(answer['connection'] == ('keep-alive' if version == '1.0' else None),
                            fields, 'what keeps it', answer)
        with server.client() as client:
            client.send('GET /text.txt HTTP/1.0\r\n\r\n')
            t.check(client.answer().body == TEXT.encode(), '1.0', 'no Host is needed')
        with server.client() as client:
            client.send('\r\n' + 'GET /text.txt HTTP/1.9\r\nHost: a\r\n\r\n')
            answer = client.answer()
            t.check(answer.status == 200 and answer.version == 'HTTP/1.1', '1.9', 'as 1.1')


def pipelined(t):
    """Requests that come together are answered in their order, however they are cut."""
    large = _large(t)
    with _site(t) as server:
        kinds = [('GET', '/text.txt', 200, TEXT.encode()), ('HEAD', '/text.txt', 200, b''),
                 ('GET', '/missing', 404, None), ('GET', '/large', 200, large),
                 ('OPTIONS', '*', 204, b''), ('GET', '/sub', 301, b''), ('DELETE', '/', 405, None),
                 ('HEAD', '/large', 200, b''), ('GET', '/sub/', 200, None)]
        for deep, size in ((16, 1), (16, 7), (200, 40), (200, 1 << 20)):
            asked = [kinds[(n * n + n // 3) % len(kinds)] for n in range(deep)]
            if deep == 200:
                asked = [kind for kind in asked if kind[1] != '/large'] + [kinds[3]]
            data = b''.join(request(target, method=method) for method, target, *_ in asked)
            with server.client() as client:
                for at in range(0, len(data), size):
                    client.send(data[at:at + size])
                for n, (method, target, status, body) in enumerate(asked):
                    answer = client.answer(method)
                    good = answer is not None and answer.status == status and answer.whole
                    t.check(good and (body is None or answer.body == body),
                            f'{n} of {deep}: {method} {target}', status, answer)
                client.half_close()
                t.check(client.ends(), 'pipelined', 'an end')


def ranges(t):
    """One range, several, from the end, joined, outside, and what is ignored."""
    large = _large(t)
    t.write('www/empty', '')
    with _site(t) as server:
        ask = Asking(t, server)
        for target, data in (('/text.txt', TEXT.encode()), ('/large', large)):
            size = len(data)
            for given, first, end in (
                    ('0-0', 0, 1), ('5-9', 5, 10), ('-7', size - 7, size), ('100-', 100, size),
                    (f'3-{10 ** 30}', 3, size), (f'-{10 ** 30}', 0, size), ('0-', 0, size),
                    ('1-2,3-4', 1, 5), ('7-9, 2-8,,', 2, 10), (f'{size - 1}-', size - 1, size)):
                answer = ask(target, f'Range: bytes={given}', status=206, body=data[first:end])
                wanted = f'bytes {first}-{end - 1}/{size}'
                t.check(answer['content-range'] == wanted, given, wanted, answer)
                ask(target, f'Range: bytes={given}', method='HEAD')
            for given in (f'{size}-', '-0', f'{10 ** 30}-', f'{size}-{size + 5},-0'):
                answer = ask(target, f'Range: bytes={given}', status=416, body='')
                t.check(answer['content-range'] == f'bytes */{size}', given, size, answer)
            for given in ('bytes=5-4', 'bytes=', 'bytes=a-b', 'lines=1-2', 'bytes', 'bytes=1',
                          'bytes=--1', 'bytes=1-2-3', 'bytes=1-2;3-4', 'bytes= 0x1-2', '',
                          'bytes=' + ','.join(f'{n}-{n}' for n in range(0, 1000, 5))):
                ask(target, f'Range: {given}', body=data)
        ask('/empty', 'Range: bytes=0-0', status=416)
        ask('/empty', 'Range: bytes=-1', body='')
        ask('/sub/', 'Range: bytes=0-0')
        ask('/missing', 'Range: bytes=0-0', status=404)


def ranges_in_parts(t):
    """Several ranges that do not meet come as parts, in the order in which they were asked for."""
    large = _large(t)
    with _site(t) as server:
        ask = Asking(t, server)
        for target, data, kind in (('/text.txt', TEXT.encode(), 'text/plain; charset=utf-8'),
                                   ('/large', large, 'application/octet-stream')):
            size = len(data)
            asked = [(size - 9, size), (0, 1), (50, 90), (500, 1000)]
            given = 'bytes=-9,0-0,50-89,500-999'
            with server.client() as client:
                for _ in range(3):
                    answer = ask(target, f'Range: {given}', status=206, client=client)
                    boundary = re.fullmatch(r'multipart/byteranges; boundary=([0-9a-f]+)',
                                            answer['content-type'] or '')
                    parts = b''.join(
                        f'\r\n--{boundary and boundary[1]}\r\nContent-Type: {kind}\r\n'
                        f'Content-Range: bytes {first}-{end - 1}/{size}\r\n\r\n'.encode()
                        + data[first:end] for first, end in asked)
                    parts += f'\r\n--{boundary and boundary[1]}--\r\n'.encode()
                    t.check(answer.body == parts, target, parts[:300], answer)


def conditions(t):
    """ETag and Last-Modified, and each condition with those of the file and with others."""
    t.write('www/old', 'old\n')
    _age(t, 'www/old')
    large = _large(t)
    with _site(t) as server:
        ask = Asking(t, server)
        for target, body in (('/old', b'old\n'), ('/large', large)):
            answer = ask(target, body=body)
            tag, date = answer['etag'], answer['last-modified']
            t.check(re.fullmatch('"[^"]+"', tag or ''), target, 'a strong tag', answer)
            t.check(date == 'Sun, 09 Sep 2001 01:46:40 GMT', target, 'its date', answer)
            before, after = 'Sun, 09 Sep 2001 01:46:39 GMT', 'Sunday, 09-Sep-01 01:46:41 GMT'
            for fields, status in (
                    ([f'If-None-Match: {tag}'], 304), ([f'If-None-Match: "x", W/{tag}'], 304),
                    (['If-None-Match: *'], 304), (['If-None-Match: "x"'], 200),
                    ([f'If-Modified-Since: {date}'], 304), ([f'If-Modified-Since: {after}'], 304),
                    ([f'If-Modified-Since: {before}'], 200), (['If-Modified-Since: x'], 200),
                    (['If-None-Match: "x"', f'If-Modified-Since: {date}'], 200),
                    ([f'If-Match: {tag}'], 200), (['If-Match: *'], 200), (['If-Match: "x"'], 412),
                    ([f'If-Match: W/{tag}'], 412), ([f'If-Unmodified-Since: {date}'], 200),
                    ([f'If-Unmodified-Since: {before}'], 412),
                    ([f'If-Match: {tag}', f'If-Unmodified-Since: {before}'], 200),
                    ([f'If-None-Match: {tag}', 'Range: bytes=0-0'], 304)):
                for method in ('GET', 'HEAD'):
                    answer = ask(target, *fields, status=status, method=method)
                    if status == 304:
                        t.check(answer['etag'] == tag and answer['content-length'] is None,
                                fields, 'a head alone', answer)
            for value, status in ((tag, 206), ('"x"', 200), (f'W/{tag}', 200), (date, 206),
                                  (before, 200), (after, 200), ('nothing', 200)):
                ask(target, 'Range: bytes=1-2', f'If-Range: {value}', status=status,
                    body=body[1:3] if status == 206 else body)


def a_fresh_file(t):
    """The tag of what changed a moment ago is weak: it may change again unseen."""
    with _site(t, '--fresh 0') as server:
        ask = Asking(t, server)
        tag = ask('/text.txt')['etag']
        t.check(tag.startswith('W/"'), '/text.txt', 'a weak tag', tag)
        ask('/text.txt', f'If-None-Match: {tag}', status=304)
        ask('/text.txt', 'Range: bytes=0-3', f'If-Range: {tag}', body=TEXT)
        ask('/text.txt', f'If-Match: {tag}', status=412)
        _age(t, 'www/text.txt')
        tag = ask('/text.txt')['etag']
        t.check(tag.startswith('"'), '/text.txt', 'a strong tag', tag)


def media_types(t):
    """By the ending, which may be in capitals; what has none that is known is bytes."""
    wanted = {'a.html': 'text/html; charset=utf-8', 'a.PNG': 'image/png',
              'a.tar.gz': 'application/gzip', 'a.json': 'application/json', 'a.svg':
              'image/svg+xml', 'a': 'application/octet-stream', '.html': 'application/octet-stream',
              'a.unknown': 'application/octet-stream', 'a.js': 'text/javascript; charset=utf-8',
              'a.css': 'text/css; charset=utf-8', 'a.wasm': 'application/wasm'}
    for name in wanted:
        t.write(f'www/{name}', 'x')
    with _site(t) as server:
        for name, kind in wanted.items():
            answer = Asking(t, server)(f'/{name}')
            t.check(answer['content-type'] == kind, name, kind, answer)


def folders(t):
    """A folder is its index.html or a list; without its slash it is redirected, query and all."""
    t.write('www/home/index.html', 'the index')
    t.write('www/a b/%41/x', 'x')
    os.makedirs(t.path('www/odd/index.html'))
    os.makedirs(t.path('www/nothing'))
    deep = '/'.join(['ö' * 100] * 15)
    os.makedirs(t.path(f'www/{deep}'))
    with _site(t) as server:
        ask = Asking(t, server)
        ask('/home/', body='the index')
        t.check('index.html/' in ask('/odd/').body.decode(), '/odd/', 'a list')
        ask('/nothing/')
        long = urllib.parse.quote(deep)
        for target, location in (
                ('/home', '/home/'), ('/home?x=1&y=%0d?', '/home/?x=1&y=%0d?'),
                ('//home', '/home/'), ('/./home', '/home/'), ('/a%20b', '/a%20b/'),
                ('/a%20b/%2541', '/a%20b/%2541/'), ('http://other/home?q', '/home/?q'),
                ('/home?', '/home/?'), ('/home?' + 'q' * 7000, '/home/?' + 'q' * 7000),
                (f'/{deep}'.encode().decode('latin-1') + '?' + 'q' * 4000,
                 f'/{long}/?' + 'q' * 4000)):
            for method in ('GET', 'HEAD'):
                answer = ask(target, status=301, method=method)
                t.check(answer['location'] == location, target, location, answer)
    with _site(t, '--no-folders') as server:
        ask = Asking(t, server)
        ask('/home/', body='the index')
        for target in ('/', '/a%20b/', '/nothing/'):
            ask(target, status=404)


HOSTILE = ['<b>&amp;\'"', 'a b  c', '!', 'a!', '!b', '%41', 'a%2fb', '%', 'q?x#y', 'a:b', '\\',
           'line\nend', 'tab\tcr\r', '\x1b[31mred', '\x7f', 'é 東京', '\u202eabc', '-', 'x' * 255,
           'http:', '..a', 'a..', '...', '{}|^`', '+', '&', ';', '=', "it's", '\x01\x02']
HOSTILE_BYTES = [b'\xff\xfe', b'\xc3', b'a\x80b', b'\xed\xa0\x80', b'\xe2\x80\xaetxt']


def hostile_names(t):
    """Each name in a list leads to its file, as a browser would go, and none is more than text."""
    names = [name.encode() for name in HOSTILE] + HOSTILE_BYTES
    t.write('www/text.txt', TEXT)
    for number, name in enumerate(names):
        with open(os.path.join(os.fsencode(t.path('www')), name), 'wb') as file:
            file.write(str(number).encode())
        os.makedirs(os.path.join(os.fsencode(t.path('www/f')), name, b'in'))
    with _site(t) as server:
        ask = Asking(t, server)
        for base, behind in (('/', ''), ('/f/', '/')):
            page = ask(base).body.decode()
            links = [html.unescape(link) for link in re.findall(r'href="(\./[^"]*)"', page)]
            t.check(all(re.fullmatch(r'[-./_~%A-Za-z0-9!]+', link) for link in links), base,
                    'links of harmless characters', links)
            t.check(not re.search('[\0-\x09\x0b-\x1f\x7f\u202e]', page), base,
                    'no control characters', ascii(page))
            t.check('<b>' not in page, base, 'no tags of a name', page)
            for number, name in enumerate(names):
                link = './' + urllib.parse.quote(name, safe='') + behind
                t.check(link in links, base, link, links)
                target = urllib.parse.urljoin(f'http://here{base}', link)[len('http://here'):]
                if base == '/':
                    ask(target, body=str(number))
                else:
                    inner = ask(target).body.decode()
                    t.check('href="./in/"' in inner, target, 'its folder', inner)
                    where = ask(target[:-1], status=301)['location']
                    t.check(where == target, target, target, where)


def outside(t):
    """Nothing above the root is reached: not by `..` in any writing, nor by links."""
    t.write('secret', 'secret\n' * 732)
    _age(t, 'secret')
    t.write('www/in/file', 'inside\n')
    for name, to in (('up', '../secret'), ('above', '..'), ('absolute', t.path('secret')),
                     ('root', '/'), ('loop', 'loop'), ('broken', 'nowhere'),
                     ('in/there', '../in/file'), ('in/around', '../../www/in/file'),
                     ('sideways', 'in'), ('self', t.path('www/in/file'))):
        os.symlink(to, t.path(f'www/{name}'))
    with _site(t) as server:
        ask = Asking(t, server)
        for dots in ('..', '%2e%2e', '.%2E', '%2e.'):
            for target in (f'/{dots}/secret', f'/in/{dots}/{dots}/secret', f'/{dots}',
                           f'//{dots}/secret', f'/in/{dots}/in/file', f'/./{dots}/secret',
                           f'/text.txt!/{dots}/secret', f'/in/{dots}'):
                ask(target, status=400)
        for target in ('/..%2fsecret', '/in%2f..%2f..%2fsecret', '/%00', '/text.txt%00.html',
                       '/%', '/%4', '/%zz', '/%2', '/in%2ffile', '/%2Fetc%2Fpasswd'):
            ask(target, status=400)
        for target in ('/..%5csecret', '/..\\secret', '/%252e%252e/secret', '/....//secret',
                       '/%c0%ae%c0%ae/secret', '/..;/secret', '/.../secret', '/etc/passwd',
                       t.path('secret'), '//etc/passwd'):
            ask(target, status=404)
        for target in ('/up', '/absolute', '/above/', '/above', '/above/secret', '/root/',
                       '/root/etc/passwd', '/loop', '/loop/x', '/self', '/in/around'):
            ask(target, status=403)
        ask('/broken', status=404)
        ask('/in/there', body='inside\n')
        ask('/sideways/file', body='inside\n')
        ask('/sideways', status=301)
        page = ask('/').body.decode()
        t.check('secret' not in page and '2001' not in page and '5.0 KiB' not in page, '/',
                'nothing of what links lead to', page)
        t.check('href="./sideways/"' in page, '/', 'a link to a folder inside', page)


def special_files(t):
    """What is no file is refused at once: nobody waits for a pipe's writer."""
    os.makedirs(t.path('www/d'))
    os.mkfifo(t.path('www/pipe'))
    os.mkfifo(t.path('www/d/index.html'))
    os.symlink('/dev/zero', t.path('www/zero'))
    with socket.socket(socket.AF_UNIX) as listener, _site(t) as server:
        listener.bind(t.path('www/socket'))
        ask = Asking(t, server)
        ask('/pipe', status=403)
        ask('/zero', status=403)
        ask('/socket', status=404)
        for target in ('/pipe/', '/pipe!/', '/pipe!/x', '/socket!/x', '/zero!/'):
            t.check(ask.server.ask(target).status in (403, 404), target, 'a refusal')
        ask('/d/')
        page = ask('/').body.decode()
        t.check('pipe' in page and 'socket' in page, '/', 'their names', page)
        try:
            os.mknod(t.path('www/null'), 0o666 | 0o020000, os.makedev(1, 3))
        except PermissionError:
            return
        ask('/null', status=403)


def forbidden(t):
    """What the server may not read is 403."""
    t.write('www/secret', 'x')
    t.write('www/closed/x', 'x')
    t.write('www/half/index.html', 'x')
    nobody = t.as_nobody()
    os.chmod(t.path('www/secret'), 0)
    os.chmod(t.path('www/closed'), 0)
    os.chmod(t.path('www/half/index.html'), 0)
    with _site(t, **nobody) as server:
        ask = Asking(t, server)
        for target in ('/secret', '/closed/', '/closed/x', '/half/'):
            ask(target, status=403)
        ask('/text.txt', body=TEXT)
        ask('/')


def methods(t):
    """GET, HEAD and OPTIONS; what is known of none is 405 with those that are."""
    with _site(t) as server:
        ask = Asking(t, server)
        for target in ('*', '/', '/text.txt', '/missing'):
            answer = ask(target, method='OPTIONS', status=204, body='')
            t.check(answer['allow'] == 'GET, HEAD, OPTIONS', target, 'Allow', answer)
        for method in ('POST', 'PUT', 'DELETE', 'PATCH', 'TRACE', 'CONNECT', 'get', 'X-!'):
            answer = ask('/text.txt', method=method, status=405)
            t.check(answer['allow'] == 'GET, HEAD, OPTIONS', method, 'Allow', answer)
        ask('here:80', method='CONNECT', status=405)


def addresses(t):
    """At a socket in the file system, at IPv6, and at several at once; the path goes at the end."""
    with _site(t, '--listen unix:sock --listen 127.0.0.1:0') as server:
        t.check(len(server.places) == 3, 'serve', 'three places', server.places)
        for server.address in server.places:
            Asking(t, server)('/text.txt', body=TEXT)
        t.check(server.metrics()['connections_total'] == 4, 'serve', 'the counts of all')
    t.check(not os.path.exists(t.path('sock')), 'serve', 'the path removed')
    if socket.has_ipv6 and os.path.exists('/proc/net/if_inet6'):
        with _site(t, listen='[::]:0') as server:
            server.address = ('127.0.0.1', server.address[1])
            Asking(t, server)('/text.txt', body=TEXT)


def metrics(t):
    """They are well formed, and add up."""
    data = _large(t)
    with _site(t) as server:
        ask = Asking(t, server)
        answer = ask('/-/metrics')
        t.check(answer['content-type'].startswith('text/plain; version=0.0.4'), 'metrics',
                'its type', answer)
        before = metrics_of(answer.body)
        t.check(before['requests_total'] == 1 and before['connections_busy'] == 1
                and before[f'engine_info{{engine="{server.engine}"}}'] == 1, 'metrics', 'counts',
                before)
        for target, status in (('/text.txt', 200), ('/large', 200), ('/sub', 301), ('/no', 404)):
            ask(target, status=status)
        ask('/large', 'Range: bytes=0-9', status=206)
        ask('/large', method='HEAD')
        with server.client() as client:
            client.send('nonsense\r\n\r\n')
            t.check(client.answer().status == 400, 'nonsense', 400)
            t.check(client.ends(), 'nonsense', 'an end')
        after = server.until(lambda now: now['connections'] == 1)
        change = {name: after[name] - before[name] for name in before}
        t.check(change['responses_total{class="3xx"}'] == 1
                and change['responses_total{class="4xx"}'] == 2
                and change['responses_total{class="5xx"}'] == 0, 'metrics', 'classes', change)
        t.check(after['connections_total'] == after['requests_total'], 'metrics',
                'a connection each', after)
        t.check(sum(after[f'responses_total{{class="{n}xx"}}'] for n in (2, 3, 4, 5))
                == after['requests_total'] - 1, 'metrics', 'an answer each but the last', after)
        t.check(change['body_bytes_total'] > len(data) + len(TEXT) + 10,
                'metrics', 'bytes', change)
