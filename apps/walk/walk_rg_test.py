#!/usr/bin/env python3
"""Shows that a walk finds the files that ripgrep finds, on random trees with random ignore files.

walk_rg_test.py LISTER [SEED [TREES]]: ripgrep is $RG or `rg`, version 14 or later; without it the
test is skipped. A failure prints the seed that makes it again and leaves its tree."""

import os
import random
import re
import shutil
import subprocess
import sys
import tempfile
import time

SKIPPED = 77
NAMES = ["a", "b", "ab", "foo", "bar", "foo.c", "bar.c", "x.h", "a.o", "b.o", "ab.tar.gz", ".dot",
         ".foo", "a b", "x[y", "foo~", "#h", "!n", "é", "Foo"]
PIECES = NAMES + ["*", "**", "*.c", "*.o", "f*", "?", "[ab]", "[a-f]*", "*.tar.gz", ".*", "*~",
                  "{a,b}", "*.{c,h}", "{foo,b*}", "x[[]y", "\\#h", "\\!n", "**a", "a**", "\\*",
                  "?oo", "f?o.c", "[a"]
IGNORES = [".gitignore", ".ignore", ".rgignore"]


def pattern(rng):
    text = "/".join(rng.choice(PIECES) for _ in range(rng.choice([1, 1, 1, 2, 2, 3])))
    text = rng.choice(["", "", "", "/", "**/"]) + text + rng.choice(["", "", "", "/", "/**"])
    return rng.choice(["", "", "!"]) + text + rng.choice(["", "", "", " "])


def ignore_file(rng, path):
    with open(path, "w") as out:
        for _ in range(rng.randint(1, 6)):
            out.write(rng.choice(["", "", "", "# note\n", "\n"]) + pattern(rng) + "\n")


def tree(rng, top, depth):
    for name in rng.sample(NAMES, rng.randint(2, 9)):
        path = os.path.join(top, name)
        kind = rng.random()
        if depth and kind < 0.45:
            os.mkdir(path)
            tree(rng, path, depth - 1)
        elif kind < 0.9:
            open(path, "w").close()
        else:
            os.symlink(rng.choice(["a", "..", "foo", "bar.c", "../b"]), path)
    for name in IGNORES:
        if rng.random() < 0.15:
            ignore_file(rng, os.path.join(top, name))
    if rng.random() < 0.08:
        os.makedirs(os.path.join(top, ".git", "info"))
        if rng.random() < 0.5:
            ignore_file(rng, os.path.join(top, ".git", "info", "exclude"))
    elif rng.random() < 0.03:
        os.mkdir(os.path.join(top, ".jj"))


def options(rng):
    """The same options for both: ours and ripgrep's."""
    ours, theirs = [], []
    for chance, mine, other in [(0.2, "-u", "--no-ignore"), (0.4, "-H", "--hidden"),
                                (0.2, "-L", "--follow")]:
        if rng.random() < chance:
            ours.append(mine)
            theirs.append(other)
    if rng.random() < 0.2:
        depth = str(rng.randint(0, 3))
        ours += ["-d", depth]
        theirs += ["--max-depth", depth]
    if rng.random() < 0.4:
        for _ in range(rng.randint(1, 3)):
            glob = pattern(rng)
            ours += ["-g", glob]
            theirs += ["-g", glob]
    in_order = rng.random() < 0.3
    ours += ["-s"] if in_order else ["-j", str(rng.randint(1, 4))]
    theirs += ["--sort", "path"] if in_order else []
    return ours, theirs, in_order


def folders(top):
    return [os.path.relpath(path, top) for path, _, _ in os.walk(top) if "/.git" not in path]


def arguments(rng, top):
    """Where to start, and the paths to give."""
    below = folders(top)
    start = rng.choice(below)
    paths = []
    for _ in range(rng.choice([0, 0, 1, 1, 2])):
        path = os.path.join(top, rng.choice(below))
        form = rng.randint(0, 4)
        if form == 0:
            paths.append(path)
        elif form == 1:
            paths.append(os.path.relpath(path, os.path.join(top, start)))
        elif form == 2:
            paths.append(os.path.relpath(path, os.path.join(top, start)) + "/")
        elif form == 3:
            paths.append(rng.choice([".", "./", "..", "../"]))
        else:
            name = rng.choice(os.listdir(path) or ["none"])
            paths.append(os.path.join(os.path.relpath(path, os.path.join(top, start)), name))
    return start, paths


def run(command, where, env):
    done = subprocess.run(command, cwd=where, env=env, stdout=subprocess.PIPE,
                          stderr=subprocess.PIPE)
    return done.stdout.decode(errors="surrogateescape").splitlines(), done.stderr.decode()


def one(rng, lister, rg, top, home):
    env = dict(os.environ, HOME=home, XDG_CONFIG_HOME=os.path.join(home, "xdg"),
               RIPGREP_CONFIG_PATH="")
    for _ in range(8):
        start, paths = arguments(rng, top)
        ours, theirs, in_order = options(rng)
        where = os.path.join(top, start)
        mine, mine_said = run([lister, *ours, "--", *paths], where, env)
        other, other_said = [], ""
        for path in paths or [None]:  # one at a time: given several, it loses rules now and then
            named = [path] if path else []
            listed, said = run([rg, "--files", *theirs, "--", *named], where, env)
            other += listed
            other_said += said
        if "sanitizer" in mine_said.lower() or "Assertion" in mine_said:
            print(mine_said)
            return False
        # A glob that is malformed ends both.
        if not mine and "error parsing glob" in other_said and not other:
            continue
        if not in_order:
            mine.sort()
            other.sort()
        if mine != other:
            print(f"in {where}: {ours} {paths}\n ours only: {sorted(set(mine) - set(other))}\n"
                  f" ripgrep's only: {sorted(set(other) - set(mine))}\n{mine_said}\n{other_said}")
            return False
    return True


def main():
    lister = os.path.abspath(sys.argv[1])
    rg = os.environ.get("RG") or shutil.which("rg")
    said = subprocess.run([rg, "--version"], stdout=subprocess.PIPE).stdout.decode() if rg else ""
    version = re.match(r"ripgrep (\d+)", said)
    if not version or int(version.group(1)) < 14:
        print("no ripgrep 14 or later")
        return SKIPPED
    seed = int(sys.argv[2]) if len(sys.argv) > 2 else int(time.time())
    trees = int(sys.argv[3]) if len(sys.argv) > 3 else 20
    for number in range(seed, seed + trees):
        rng = random.Random(number)
        top = tempfile.mkdtemp(prefix="leat-walk-")
        home = os.path.join(top, "home")
        work = os.path.join(top, "work")
        os.makedirs(os.path.join(home, "xdg", "git"))
        os.mkdir(work)
        if rng.random() < 0.5:
            own = os.path.join(home, "xdg", "git", "ignore")
            if rng.random() < 0.5:
                own = os.path.join(home, "my-ignores")
                with open(os.path.join(home, ".gitconfig"), "w") as config:
                    config.write("[user]\n\tname = x\n[core]\n\texcludesFile = ~/my-ignores\n")
            ignore_file(rng, own)
        tree(rng, work, 4)
        if not one(rng, lister, rg, work, home):
            print(f"seed {number}")
            return 1
        shutil.rmtree(top)
    return 0


sys.exit(main())
