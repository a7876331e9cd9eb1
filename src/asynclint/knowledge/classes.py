"""Callables of libraries that make collections, and that describe fields of classes."""

from __future__ import annotations

from types import MappingProxyType
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

WEAK_COLLECTIONS: Final = frozenset({"weakref.WeakSet", "weakref.WeakValueDictionary", "weakref.WeakKeyDictionary"})
"""They keep nothing alive."""

EMPTY_COLLECTIONS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "collections.OrderedDict": "dict",
        "collections.defaultdict": "dict",
        "collections.deque": "list",
        "dict": "dict",
        "list": "list",
        "set": "set",
        "weakref.WeakValueDictionary": "dict",
    }
)
"""Called without a first argument they make an empty collection; by the display that it is used like."""

FIELD_MAKERS: Final = frozenset(
    {
        "attr.Factory",
        "attr.attrib",
        "attr.field",
        "attr.ib",
        "attrs.field",
        "dataclasses.field",
        "msgspec.field",
        "pydantic.Field",
        "pydantic.PrivateAttr",
        "pydantic.fields.Field",
        "pydantic.fields.PrivateAttr",
        "sqlalchemy.orm.column_property",
        "sqlalchemy.orm.mapped_column",
        "sqlalchemy.orm.relationship",
        "sqlmodel.Field",
        "sqlmodel.Relationship",
    }
)
"""What they return only describes the attribute of a class: the annotation says what instances hold."""
