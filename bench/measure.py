"""Running programs in turns, and what that took."""

import os
import signal
import statistics
import tempfile
import threading
import time


class Run:
    """One run: seconds on the clock, the most memory in bytes, and what was printed, as a number
    of lines. `status` is negative when it was ended for taking too long."""

    def __init__(self, seconds, peak, status, lines):
        self.seconds, self.peak, self.status, self.lines = seconds, peak, status, lines


def run(command, folder, seconds_max):
    """Run a command to its end, or to `seconds_max`. Output goes to a file: to /dev/null, some
    programs stop at the first match."""
    with tempfile.TemporaryFile() as out, open(os.devnull, 'r+b') as null:
        actions = [(os.POSIX_SPAWN_DUP2, null.fileno(), 0), (os.POSIX_SPAWN_DUP2, out.fileno(), 1),
                   (os.POSIX_SPAWN_DUP2, null.fileno(), 2)]
        here = os.getcwd()
        os.chdir(folder)
        # ripgrep believes it over the system.
        environment = {**os.environ, 'PWD': str(folder)}
        start = time.perf_counter()
        process = os.posix_spawn(command[0], command, environment, file_actions=actions,
                                 setpgroup=0)
        # The group: some programs start others.
        clock = threading.Timer(seconds_max, os.killpg, (process, signal.SIGKILL))
        clock.start()
        _, status, usage = os.wait4(process, 0)
        seconds = time.perf_counter() - start
        clock.cancel()
        os.chdir(here)
        out.seek(0)
        lines = sum(chunk.count(b'\n') for chunk in iter(lambda: out.read(1 << 20), b''))
    return Run(seconds, usage.ru_maxrss * 1024, os.waitstatus_to_exitcode(status), lines)


class Figures:
    """The runs of one program in one case, as medians."""

    def __init__(self, runs):
        self.seconds = statistics.median(run.seconds for run in runs)
        self.fastest = min(run.seconds for run in runs)
        self.peak = max(run.peak for run in runs)
        self.lines = runs[-1].lines
        self.status = runs[-1].status
        self.runs = len(runs)

    @property
    def ended(self):
        return self.status >= 0


def measure(commands, folder, rounds, seconds_max, case_seconds_max):
    """Run each command `rounds` times, in turns, after a run that only warms up. Before all of them
    the first command brings the input into the cache, which may take long, and counts for nothing.

    Every other round goes backwards, so that none is always behind the same other. A command gets
    `case_seconds_max` for all its rounds; one that needs longer gets fewer, but one at least: the
    warm one, if that says enough. Returns Figures in the order of the commands."""
    run(commands[0], folder, seconds_max)
    runs = [[run(command, folder, seconds_max)] for command in commands]
    for turn in range(rounds):
        order = range(len(commands)) if turn % 2 == 0 else reversed(range(len(commands)))
        for which in order:
            warm, *timed = runs[which]
            spent = sum(each.seconds for each in timed)
            if warm.status >= 0 and spent + warm.seconds <= case_seconds_max:
                runs[which].append(run(commands[which], folder, seconds_max))
    return [Figures(each[1:] or each) for each in runs]
