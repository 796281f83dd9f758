"""The command line: it parses options, calls functions of other rooms, and prints.

It has no logic of its own. No other room names an option with two dashes: errors name the
arguments of Python, and `wording` turns these into options. Nothing imports this room but the
program `unweave` and the tests, which use `main`, `app` and `run_command`.
"""

from __future__ import annotations

import logging
import os
import sys
from typing import Annotated

import typer

from unweave.cli import choosing, data, editing, looking, scoring, studio, tables, training
from unweave.cli.signals import Terminated, listen
from unweave.cli.wording import in_options, options_of
from unweave.errors import UnweaveError, nearest, shown

app = typer.Typer(
    name="unweave",
    help="Learn disentangled representations, look inside them, and edit data with them.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
)
_INTERRUPTED = 130  # what typer makes of Ctrl-C


def main() -> None:
    """Run the command line; exit 0 when done, 2 where the request or the data is at fault."""
    logging.basicConfig(level=logging.WARNING, format="%(message)s", stream=sys.stderr)
    logging.getLogger("unweave").setLevel(logging.INFO)
    listen()
    sys.exit(run_command(sys.argv[1:]))


def run_command(arguments: list[str]) -> int:
    """Return the exit status of one command; errors are one line on standard error."""
    try:
        status = int(app(arguments, standalone_mode=False) or 0)
        if status != _INTERRUPTED:
            return status
        message, status = "interrupted; continue a run that was started with --resume", 1
    except Terminated as error:
        message, status = f"{error}; continue a run that was started with --resume", 1
    except UnweaveError as error:
        message, status = in_options(str(error), options_of(app, arguments)), error.exit_code
    except typer.TyperException as error:
        message, status = _usage(error), error.exit_code
    except MemoryError:
        message, status = "out of memory; use a smaller batch_size or less data", 1
    except BrokenPipeError:
        # The reader of the output is gone, as `head` is after some lines.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 1
    except OSError as error:
        message, status = f"{error.filename or 'a file'}: {error.strerror or error}", 1
    if int(os.environ.get("RANK", 0)) == 0:
        print(f"unweave: {' '.join(message.split())}", file=sys.stderr)
    return status


def _usage(error: typer.TyperException) -> str:
    """Return an error of usage in one line, which suggests the nearest command."""
    message = error.format_message()
    context = getattr(error, "ctx", None)
    if context is None:
        return message
    if message.startswith("No such command"):
        known = list(context.command.commands)
        name = message.split("'")[1]
        return (
            f"unknown command {shown(name)}{nearest(name, known)} (there are: {', '.join(known)})"
        )
    return f"{message} (see {context.command_path} --help)"


def _show_version(asked: bool) -> None:
    if asked:
        import unweave

        print(unweave.__version__)
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_show_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Learn disentangled representations, look inside them, and edit data with them."""


training.add_to(app)
choosing.add_to(app)
looking.add_to(app)
scoring.add_to(app)
tables.add_to(app)
editing.add_to(app)
data.add_to(app)
studio.add_to(app)
