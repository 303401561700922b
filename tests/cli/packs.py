"""`leat cp` into archives of cpio and ar, and files with holes into tar: what cpio, ar, tar and
bsdtar make of them, and what leat makes of theirs."""

import os
import shutil
import stat

from trees import differences, make_tree, tree_of

EXTRACT = {
    'cpio': 'cpio -idm --quiet <',
    'bsdtar': 'bsdtar xf ',
    'tar': 'tar xf ',
}


def _same(t, arguments, one, other):
    wrong = differences(tree_of(t.path(one), times_ns=False, folder_times=False),
                        tree_of(t.path(other), times_ns=False, folder_times=False))
    t.check(not wrong, arguments, f'{other} as {one}', wrong)


def _names_one_file(t, arguments, *names):
    numbers = {os.stat(t.path(name)).st_ino for name in names}
    t.check(len(numbers) == 1, arguments, f'{names} are one file', numbers)


def _extract(t, tool, archive):
    """By `tool`, into the folder `out`. False: it is not there."""
    shutil.rmtree(t.path('out'), ignore_errors=True)
    os.mkdir(t.path('out'))
    if shutil.which(tool) is None:
        return False
    t.shell(f'cd out; {EXTRACT[tool]}../{archive}')
    return True


def _make_linked(t, name):
    """A tree in which files have several names, one of them nothing but that, and a pipe."""
    make_tree(t, name)
    t.shell(f'cd {name}; ln docs/b.bin zz; ln empty none/twin; mkfifo pipe')


def cpios_for_cpio(t):
    """cpio, bsdtar and leat read what was packed: links of both kinds, a pipe, long names."""
    _make_linked(t, 'src')
    t.expect('cp src x.cpio')
    t.expect('cp src x.cpio.zst')
    t.shell('zstd -dc x.cpio.zst | cmp - x.cpio')
    for tool in ('cpio', 'bsdtar'):
        if not _extract(t, tool, 'x.cpio'):
            continue
        _same(t, f'cp src x.cpio; {tool}', 'src', 'out/src')
        _names_one_file(t, f'cp src x.cpio; {tool}', 'out/src/docs/b.bin', 'out/src/docs/same',
                        'out/src/zz')
        t.check(stat.S_ISFIFO(os.lstat(t.path('out/src/pipe')).st_mode), 'cp src x.cpio',
                'a pipe')
    os.unlink(t.path('src/pipe'))
    for name in ('x.cpio', 'x.cpio.zst'):
        shutil.rmtree(t.path('out'), ignore_errors=True)
        t.expect(['cp', f'{name}!', 'out/'], status=2, err='leat: .*pipe or the like: not copied')
        _same(t, f'cp {name}! out/', 'src', 'out/src')
        _names_one_file(t, f'cp {name}! out/', 'out/src/docs/b.bin', 'out/src/docs/same',
                        'out/src/zz')


def cpios_of_cpio(t):
    """cpio keeps a file's bytes with the last of its names; all of them come out as one file, and
    go on into another archive as one. What lies elsewhere is told."""
    _make_linked(t, 'src')
    t.shell('rm src/pipe; find src -depth | cpio -o -H newc --quiet >by.cpio')
    t.expect(['cp', 'by.cpio!', 'in/'])
    _same(t, 'cp by.cpio! in/', 'src', 'in/src')
    for name in ('in/src', 'b/src', 'c/src'):
        if name == 'b/src':
            t.expect(['cp', 'by.cpio!', 'b.cpio'])
            t.shell('mkdir b; cd b; cpio -idm --quiet <../b.cpio')
        elif name == 'c/src':
            t.expect(['cp', 'by.cpio!', 'c.tar'])
            t.shell('mkdir c; tar xf c.tar -C c')
        _same(t, name, 'src', name)
        _names_one_file(t, name, f'{name}/docs/b.bin', f'{name}/docs/same', f'{name}/zz')
        _names_one_file(t, name, f'{name}/empty', f'{name}/none/twin')
    t.shell('echo 1 >one; ln one two; (echo one; echo two) | cpio -o -H newc --quiet >e.cpio')
    t.expect(['cp', 'e.cpio!one', 'd/'], status=2,
             err='leat: e.cpio!one: a link to what is not copied .*')
    t.shell('tar cf one.tar one; ln one.tar two.tar;'
            '(echo one.tar; echo two.tar) | cpio -o -H newc --quiet >n.cpio')
    t.expect(['cp', '--layers', 'n.cpio!', 'n/'], status=2,
             err='leat: n.cpio!one.tar: a link to what is not copied .*')
    t.check(t.read('n/two.tar/one') == b'1\n' and not os.path.exists(t.path('n/one.tar')),
            'cp --layers n.cpio! n/', 'what is in the archive, once')
    t.shell('head -c 200 e.cpio >cut.cpio')
    result = t.run(['cp', 'cut.cpio!', 'f/'])
    t.check(result.status == 2 and not os.path.exists(t.path('f/one')), 'cp cut.cpio! f/',
            'no file without its bytes', result.err)


def two_cpios_in_one(t):
    """The numbers by which two archives tell their files are not mixed up in a third."""
    t.shell('mkdir a b; echo a >a/x; ln a/x a/y; echo b >b/x; ln b/x b/y;'
            'for i in a b; do find $i -type f | cpio -o -H newc --renumber-inodes --quiet >$i.cpio;'
            'done')
    t.expect(['cp', 'a.cpio!', 'b.cpio!', 'both.cpio'])
    t.shell('mkdir out; cd out; cpio -idm --quiet <../both.cpio')
    for name in 'ab':
        _names_one_file(t, 'cp a.cpio! b.cpio! both.cpio', f'out/{name}/x', f'out/{name}/y')
        t.check(t.read(f'out/{name}/x') == f'{name}\n'.encode(), 'both.cpio', f'{name}/x')


def ars_for_ar(t):
    """ar and bsdtar read what was packed, whatever the names; folders are told."""
    names = ['short', 'fifteen.letters', 'sixteen..letters', 'with space', 'a' * 200, 'odd.length']
    for i, name in enumerate(names):
        t.write(name, f'{name}\n' * (i + 1))
    for ending in ('a', 'ar'):
        t.expect(['cp', *names, f'x.{ending}'])
    t.shell('cmp x.a x.ar')
    t.shell('ar t x.a >listed')
    listed = t.read('listed').decode().splitlines()
    t.check(listed == names, 'cp ... x.a', f'ar t: {names}', listed)
    for name in names:
        t.shell(f'ar p x.a "{name}" | cmp - "{name}"')
    if _extract(t, 'bsdtar', 'x.a'):
        for name in names:
            t.check(t.read(f'out/{name}') == t.read(name), 'cp ... x.a; bsdtar', name)
    t.expect(['cp', 'x.a!', 'again/'])
    for name in names:
        t.check(t.read(f'again/{name}') == t.read(name), 'cp x.a! again/', name)
    t.write('d/file', 'file\n')
    t.expect('cp d y.a', status=2, err='leat: d: ar: no such kind of file is packed.*')
    t.shell('ar pP y.a d/file | cmp - d/file')


def holes_in_tars(t):
    """A file with holes goes into a tar as its data alone, and comes out of it with its holes, by
    tar, bsdtar and leat; in a zip it is filled."""
    t.shell('mkdir d; truncate -s 30M d/mid d/all;'
            'printf x | dd of=d/mid bs=1 seek=9M conv=notrunc 2>/dev/null;'
            'truncate -s 5M d/end; printf end >>d/end; head -c 70000 /dev/urandom >d/begin;'
            'truncate -s 4M d/begin; head -c 9000 /dev/urandom >d/dense')
    t.expect('cp d x.tar')
    t.check(os.path.getsize(t.path('x.tar')) < 200_000, 'cp d x.tar', 'no holes in it',
            os.path.getsize(t.path('x.tar')))
    for tool in ('tar', 'bsdtar', 'leat'):
        if tool == 'leat':
            shutil.rmtree(t.path('out'))
            t.expect(['cp', 'x.tar!', 'out/'])
        elif not _extract(t, tool, 'x.tar'):
            continue
        for name in os.listdir(t.path('d')):
            t.check(t.read(f'out/d/{name}') == t.read(f'd/{name}'), f'cp d x.tar; {tool}', name)
            had, has = (os.stat(t.path(f'{folder}/{name}')).st_blocks for folder in
                        ('d', 'out/d'))
            t.check(has <= had + 8, f'cp d x.tar; {tool}', f'{name} in {had} blocks', has)
    t.expect('cp --no-compress d x.zip')
    t.check(os.path.getsize(t.path('x.zip')) > 69 << 20, 'cp d x.zip', 'all of its bytes')
    t.shell('unzip -qo x.zip -d dense; cmp dense/d/mid d/mid')
