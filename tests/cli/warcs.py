"""Web archives, built here record by record as crawlers write them: each record and each header is
found, a gzip member for each record or not, and what is damaged is told and passed by."""

import base64
import gzip
import hashlib
import http.server
import shutil
import subprocess
import threading
import zlib

AT = r', at input offset \d+'
DATE = 'WARC-Date: 2014-06-10T11:31:38Z\r\n'


def _record(kind, uri, block, fields=''):
    block = block if isinstance(block, bytes) else block.encode()
    target = f'WARC-Target-URI: {uri}\r\n' if uri else ''
    return (f'WARC/1.0\r\nWARC-Type: {kind}\r\n{DATE}{target}{fields}'
            f'Content-Length: {len(block)}\r\n\r\n').encode() + block + b'\r\n\r\n'


def _digest(block, name='sha1'):
    value = base64.b32encode(hashlib.new(name, block).digest()).decode()
    return f'WARC-Block-Digest: {name}:{value}\r\n'


def _crawl():
    """Four records, of which two are of one URI."""
    page = b'HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\none\ntwo canals\n'
    return [_record('warcinfo', '', 'software: none\r\n'),
            _record('request', '<http://a.org/x>', 'GET /x HTTP/1.1\r\n\r\n'),
            _record('response', '<http://a.org/x>', page, _digest(page)),
            _record('metadata', '', 'fetched: canals\n')]


def finds_records_and_headers(t):
    """Those of one URI are told apart, and so is a header from what it is of."""
    t.write('x.warc', b''.join(_crawl()))
    t.grep('-n canals x.warc', 'x.warc!response/3/http://a.org/x:5:two canals\n'
                               'x.warc!metadata/4/block:1:fetched: canals\n')
    t.grep('-c a.org x.warc', 'x.warc!request/2/header:1\nx.warc!response/3/header:1\n')
    t.grep('-l WARC/1.0 x.warc', ''.join(
        f'x.warc!{name}/header\n' for name in ('warcinfo/1', 'request/2', 'response/3',
                                               'metadata/4')))
    t.expect('cat x.warc!response/3/http://a.org/x', _crawl()[2].split(b'\r\n\r\n', 1)[1][:-4])
    t.expect('cat x.warc!request/2/header', _crawl()[1].split(b'\r\n\r\n')[0] + b'\r\n\r\n')
    listed = t.run('ls --json x.warc').out
    t.check(listed.count(b'"mtime":1402399898') == 8, 'ls --json x.warc', 'a time for each',
            listed)


def members_of_gzip(t):
    """One for each record, as .warc.gz is; from a pipe, and with a byte of one wrong."""
    packed = [gzip.compress(record) for record in _crawl()]
    t.write('x.warc.gz', b''.join(packed))
    t.grep('-I canals x.warc.gz', 'two canals\nfetched: canals\n')
    t.grep('-I canals', 'two canals\nfetched: canals\n', stdin=b''.join(packed))
    t.check(t.run('test x.warc.gz').status == 0, 'test x.warc.gz', 'status 0')
    for bad in range(3):
        broken = list(packed)
        middle = len(broken[bad]) // 2
        broken[bad] = broken[bad][:middle] + b'\xff' * 9 + broken[bad][middle + 9:]
        t.write('bad.warc.gz', b''.join(broken))
        found = t.run('grep -I canals bad.warc.gz')
        t.check(b'fetched: canals\n' in found.out and found.status == 2, 'grep bad.warc.gz',
                f'what is behind member {bad}', found.out + found.err)
        t.check(bad == 2 or b'two canals\n' in found.out, 'grep bad.warc.gz',
                f'the member behind {bad}', found.out + found.err)
        t.check(b': gzip: ' in found.err, 'grep bad.warc.gz', 'the damage told', found.err)


def digests(t):
    """A block that is not what its header says is told, by each algorithm, and comes all the
    same."""
    block = b'canals\n'
    for name in 'sha1', 'sha256', 'md5':
        if f'not in this build: {name}' in t.run('formats').out.decode():
            continue
        for digest in _digest(block, name), f'WARC-Block-Digest: {name}:' + hashlib.new(
                name, block).hexdigest().upper() + '\r\n':
            t.write('x.warc', _record('resource', 'x:y', block, digest))
            t.expect('cat x.warc!resource/1/x:y', block)
            t.check(t.run('test x.warc').status == 0, f'test x.warc ({name})', 'status 0')
            t.write('x.warc', _record('resource', 'x:y', b'canalz\n', digest))
            t.expect('cat x.warc!resource/1/x:y', b'canalz\n', status=2,
                     err='leat: x.warc!resource/1/x:y: warc: wrong checksum' + AT)
            t.check(t.run('test x.warc').status == 2, f'test x.warc ({name})', 'status 2')


def damaged(t):
    """A length that is wrong, and an end that is missing."""
    records = _crawl()
    records[1] = records[1].replace(b'Content-Length: 19', b'Content-Length: 12')
    t.write('x.warc', b''.join(records))
    t.grep('-I canals x.warc', 'two canals\nfetched: canals\n', status=2,
           err='leat: x.warc: warc: no header where one is due' + AT)
    whole = b''.join(_crawl())
    t.write('first.warc', b'X' + whole)
    t.grep('-I canals first.warc', 'two canals\nfetched: canals\n', status=2,
           err='leat: first.warc: warc: no header where one is due' + AT)
    t.write('cut.warc', whole[:-7])
    t.grep('-I cana cut.warc', 'two canals\nfetched: cana\n', status=2,
           err=f'leat: cut.warc!metadata/4/block: warc: unexpected end of input{AT}\n'
               f'leat: cut.warc: warc: unexpected end of input{AT}')


def layers_within(t):
    """What is packed in a block is unpacked; a web archive in one is entered; no header is."""
    inner = _record('resource', 'x:y', 'canals\n')
    t.write('x.warc', _record('resource', 'http://a.org/x.gz', gzip.compress(b'canals\n')) +
            _record('resource', 'http://a.org/in.warc', inner))
    t.grep('canals x.warc', 'x.warc!resource/1/http://a.org/x.gz:canals\n'
                            'x.warc!resource/2/http://a.org/in.warc!resource/1/x:y:canals\n')
    t.check(t.run('test x.warc').status == 0, 'test x.warc', 'status 0')


def copied(t):
    """A URI that would lead out of the folder does not, and one that is a folder of another is no
    hindrance."""
    t.write('x.warc', _record('resource', 'http://a.org/', 'the page\n') +
            _record('resource', 'http://a.org/x', 'below it\n') +
            _record('resource', 'x:/../../../../out', 'away\n'))
    result = t.run('cp x.warc! to/')
    t.check(result.status == 2 and b'out' in result.err, 'cp x.warc! to/', 'what leads out, told',
            result.err)
    t.check(t.read('to/resource/1/http:/a.org') == b'the page\n', 'cp x.warc! to/', 'the page')
    t.check(t.read('to/resource/2/http:/a.org/x') == b'below it\n', 'cp x.warc! to/', 'the other')


def shared(t):
    """A large one is searched by several threads, all of it once."""
    blocks = [''.join(f'{i} {zlib.crc32(b"%d %d" % (n, i)):08x}\n' for i in range(12_000))
              for n in range(30)]
    t.write('x.warc', b''.join(_record('resource', f'http://a.org/{n}', block)
                               for n, block in enumerate(blocks)))
    alone, many = (t.run(f'grep -j{threads} "1171 .*7|a.org" x.warc') for threads in (1, 8))
    t.check(alone.status == 0 and many.status == 0 and many.err == b'', 'grep x.warc', 'status 0',
            many.err)
    t.check(sorted(alone.out.splitlines()) == sorted(many.out.splitlines()), 'grep x.warc',
            'the same lines by eight threads as by one', len(many.out))
    t.check(len({line.split(b':')[0] for line in many.out.splitlines()}) > 20, 'grep x.warc',
            'lines of most records')


def crawled_by_wget(t):
    """What wget fetches and writes, plain and packed."""
    if shutil.which('wget') is None:
        return
    t.write('site/index.html', '<a href="b.txt">canals</a>\n')
    t.write('site/b.txt', 'two canals\n')

    class Handler(http.server.SimpleHTTPRequestHandler):
        def __init__(self, *arguments):
            super().__init__(*arguments, directory=t.path('site'))

        def log_message(self, *_):
            pass

    with http.server.ThreadingHTTPServer(('127.0.0.1', 0), Handler) as server:
        threading.Thread(target=server.serve_forever).start()
        url = f'http://127.0.0.1:{server.server_address[1]}/'
        for name, flags in (('plain', ['--no-warc-compression']), ('packed', [])):
            subprocess.run(['wget', '-q', '--no-proxy', '-r', '-P', t.path('got'), *flags,
                            f'--warc-file={t.path(name)}', url], check=False)
        server.shutdown()
    for name in 'plain.warc', 'packed.warc.gz':
        result = t.run(f'test {name}')
        t.check(result.status == 0, f'test {name}', 'status 0', result.out + result.err)
        found = t.run(f'grep "canals" {name}').out.decode()
        for line in (f'{url}:<a href="b.txt">canals</a>\n', f'{url}b.txt:two canals\n'):
            t.check(line in found, f'grep canals {name}', line, found)
