"""Reading PERSON: an opaque id from the command line, an e-mail or phone only from a prompt."""

import getpass
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING, Annotated

import typer

from matchback.commands.common import say
from matchback.core.errors import ConfigError
from matchback.privacy.identifiers import is_contact

if TYPE_CHECKING:
    from matchback.privacy.person import Shared

PersonArgument = Annotated[
    str | None,
    typer.Argument(
        help="A customer, order, client, event or click id, or TYPE:VALUE such as order_id:1001. "
        "Leave it out to give an e-mail address or phone number at the prompt or on stdin.",
        show_default=False,
    ),
]


def read_person(argument: str | None) -> str:
    """Return the identifier; ConfigError when contact data stands on the command line."""
    if argument and argument != "-":
        if is_contact(argument):
            raise ConfigError(
                "An e-mail address or phone number on the command line ends up in shell history; "
                "leave the argument out and give it at the prompt or on stdin."
            )
        return argument
    if sys.stdin.isatty():
        person = getpass.getpass("E-mail address, phone number or id (not shown): ")
    else:
        person = sys.stdin.readline()
    if not person.strip():
        raise ConfigError("No person was given; name an id, or give a contact on stdin.")
    return person.strip()


def tell_of_search(shared: "Sequence[Shared]", notes: Sequence[str]) -> None:
    """Say what the search did not follow, and how the identifier was read."""
    for note in notes:
        say(note)
    for one in shared:
        say(
            f"An identifier of type {one.type} leads to {one.other_persons} other persons: it was "
            f"not followed, and {one.rows_left} rows that only it names stay."
        )
