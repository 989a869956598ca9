"""Packages whose own code is run only when it is wanted: their submodules are imported without it."""

import sys
from importlib.util import find_spec, module_from_spec
from typing import Any


def leave_for_later(name: str) -> None:
    """Has the package `name` imported without running its `__init__`, until something is asked of it that is no
    submodule imported by then. Where it is loaded already, or not installed, nothing is done."""
    spec = None if name in sys.modules else find_spec(name)
    if spec is None or spec.loader is None:
        return
    package, loader = module_from_spec(spec), spec.loader

    def run(attribute: str) -> Any:
        del package.__dict__["__getattr__"]
        loader.exec_module(package)
        return getattr(package, attribute)

    package.__dict__["__getattr__"] = run
    sys.modules[name] = package
