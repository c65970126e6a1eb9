"""Checks that the guide "Coming from Python" covers all of the Python client."""

import pathlib
import re

import connectordb
import pytest
from connectordb.logger import Logger
from connectordb.query.dataset import Dataset
from connectordb.query.merge import Merge

GUIDE = pathlib.Path(__file__).parents[2] / "src/guide/coming_from_python.md"

# The variables of the guide and their classes.
NAMES = {
    "cdb": connectordb.ConnectorDB,
    "user": connectordb._user.User,
    "device": connectordb.Device,
    "stream": connectordb.Stream,
    "data": connectordb.DatapointArray,
    "logger": Logger,
    "merge": Merge,
    "dataset": Dataset,
}

# The syntax that calls a special method.
FORMS = {
    "__getitem__": r"\b{}\[",
    "__len__": r"\blen\({}\)",
    "__call__": r"\b{}\(",
    "__add__": r"\b{} \+",
}


def comments():
    """The lines of Python in the comments of the Rust code."""
    text = GUIDE.read_text()
    blocks = re.findall(r"```rust\n(.*?)```", text, re.S)
    lines = [line for block in blocks for line in block.splitlines()]
    return "\n".join(line.split("// ", 1)[1] for line in lines if "// " in line)


def members(kind):
    """The public members of a class; for ConnectorDB without those it inherits from Device."""
    own = {}
    for base in kind.__mro__:
        if base.__module__.startswith("connectordb"):
            own.update(vars(base))
    if kind is connectordb.ConnectorDB:
        for name in dir(connectordb.Device):
            own.pop(name, None)
    return [name for name in own if not name.startswith("_") or name in FORMS]


@pytest.mark.parametrize(
    "name, member", [(name, member) for name, kind in NAMES.items() for member in members(kind)]
)
def test_the_guide_has(name, member):
    form = FORMS.get(member, r"\b{}\." + member + r"\b").format(name)
    assert re.search(form, comments()), f"{name}.{member} is not in {GUIDE.name}"


@pytest.mark.parametrize("error", ["AuthenticationError", "ServerError"])
def test_the_guide_has_the_error(error):
    assert error in GUIDE.read_text()
