"""Reading PERSON: an opaque id from the command line, an e-mail or phone only from a prompt."""

import getpass
import sys
from typing import Annotated

import typer

from matchback.core.errors import ConfigError
from matchback.privacy.person import EMAIL, PHONE

PersonArgument = Annotated[
    str | None,
    typer.Argument(
        help="A customer, client, order or journey id. Leave it out to give an e-mail address or "
        "phone number at the prompt or on stdin.",
        show_default=False,
    ),
]


def read_person(argument: str | None) -> str:
    """Return the identifier; ConfigError when contact data stands on the command line."""
    if argument and argument != "-":
        if EMAIL.fullmatch(argument) or (PHONE.fullmatch(argument) and not argument.isdigit()):
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
