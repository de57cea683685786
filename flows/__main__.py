"""The way in: the command `jixiao`, and `python -m flows`. Nothing is imported before signals are looked after."""

import signal
from typing import NoReturn


def main() -> NoReturn:
    """Run the command line and end the process with its exit code.

    Until it listens to signals itself, while its modules are being imported, Ctrl-C ends the process at once, without a
    traceback.
    """
    if signal.getsignal(signal.SIGINT) is signal.default_int_handler:
        signal.signal(signal.SIGINT, signal.SIG_DFL)
    from flows import cli

    cli.main()


if __name__ == "__main__":
    main()
