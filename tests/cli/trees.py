"""Trees of files, to be copied and compared."""

import os
import stat


def tree_of(path, times_ns=True, folder_times=True):
    """What lies below `path`: for each name its kind, mode, time, and content or target."""
    found = {}
    for folder, names, files in os.walk(path):
        for name in names + files:
            full = os.path.join(folder, name)
            about = os.lstat(full)
            kind = stat.S_IFMT(about.st_mode)
            time = about.st_mtime_ns if times_ns else about.st_mtime_ns // 10**9
            if stat.S_ISLNK(about.st_mode):
                content, time = os.readlink(full), None
            elif stat.S_ISREG(about.st_mode):
                with open(full, 'rb') as file:
                    content = file.read()
            else:
                content, time = None, time if folder_times else None
            found[os.path.relpath(full, path)] = (kind, about.st_mode & 0o7777, time, content)
    return found


def differences(one, other):
    """The names that differ, each with both sides, shortened."""
    return [(name, str(one.get(name))[:80], str(other.get(name))[:80])
            for name in sorted(one.keys() | other.keys()) if one.get(name) != other.get(name)]


def make_tree(t, name):
    """A folder with all that is copied: modes, times, links, holes, names that need escapes."""
    t.write(f'{name}/a.txt', 'alpha\n' * 1000)
    t.write(f'{name}/empty', '')
    t.write(f'{name}/docs/b.bin', bytes(range(256)) * 700)
    t.write(f'{name}/docs/deep/er/c', 'c\n')
    t.write(f'{name}/docs/n\u00e4me \u202e', 'odd\n')
    t.write(f'{name}/{"long" * 40}/{"name" * 40}', 'long\n')
    t.shell(f'cd {name}; ln docs/b.bin docs/same; ln -s ../a.txt docs/link; mkdir none;'
            'chmod 600 a.txt; chmod 755 empty; chmod 750 docs/deep;'
            'truncate -s 3M holes; printf x | dd of=holes bs=1 seek=1M conv=notrunc 2>/dev/null;'
            'touch -d "2001-02-03 04:05:06.7" a.txt docs/b.bin; touch -d "1999-01-02" docs none')
