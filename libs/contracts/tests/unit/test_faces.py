"""What a service's package of contracts offers."""

import importlib
import pkgutil

import msgspec
import pytest

from contracts import catalog, orders, users


@pytest.mark.parametrize("package", [catalog, orders, users])
def test_every_struct_of_a_subject_can_be_had_from_its_package(package):
    subjects = [
        importlib.import_module(f"{package.__name__}.{one.name}") for one in pkgutil.iter_modules(package.__path__)
    ]
    structs = {
        (name, thing)
        for subject in subjects
        for name, thing in vars(subject).items()
        if isinstance(thing, type) and issubclass(thing, msgspec.Struct) and thing.__module__ == subject.__name__
        if not name.startswith("_")
    }
    assert structs
    assert {(name, getattr(package, name, None)) for name, _ in structs} == structs
