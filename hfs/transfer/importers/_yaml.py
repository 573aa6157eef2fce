"""YAML from strangers as JSON values: no aliases, no tags, no deep nesting, and texts stay the texts they are.

The values are built from the parser's events. PyYAML's own loaders follow aliases, recurse, and take a plain ``12:30``
or ``2026-01-02`` for a number or a date.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from typing import Any, Final

import yaml

from hfs.persistence import exact_float
from hfs.transfer.importers._kinds import RefusedError

_DEPTH: Final = 32
_WORDS: Final = {"": None, "~": None, "null": None, "true": True, "false": False}
_INTEGER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)")
_NUMBER: Final = re.compile(r"-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][-+]?[0-9]+)?")
_LONGEST_NUMBER: Final = 40


def load_yaml(text: str) -> Any:
    """The value of a YAML document.

    Raises:
        RefusedError: It is none, or holds more than values of JSON.
    """
    try:
        events = _events(text)
        value = _Composer(events).value(next(events))
        if not isinstance(next(events), yaml.DocumentEndEvent) or not isinstance(next(events), yaml.StreamEndEvent):
            raise RefusedError("it holds several YAML documents")
        return value
    except yaml.MarkedYAMLError as error:
        place = f"line {error.problem_mark.line + 1}: " if error.problem_mark is not None else ""
        raise RefusedError(f"it is no YAML: {place}{error.problem}") from error
    except yaml.YAMLError as error:
        raise RefusedError(f"it is no YAML: {str(error).splitlines()[0]}") from error


def _events(text: str) -> Iterator[yaml.Event]:
    """The events from the first value on."""
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    for event in yaml.parse(text, Loader=loader):
        if isinstance(event, (yaml.StreamStartEvent, yaml.DocumentStartEvent)):
            continue
        if isinstance(event, yaml.AliasEvent):
            raise RefusedError("it holds YAML aliases, which could stand for more than there is memory")
        if isinstance(event, (yaml.ScalarEvent, yaml.CollectionStartEvent)) and event.tag:
            raise RefusedError(f"it holds the YAML tag {event.tag}, which is not followed")
        yield event


class _Composer:
    """Events as they become a value."""

    def __init__(self, events: Iterator[yaml.Event]) -> None:
        self._events = events

    def value(self, event: yaml.Event, depth: int = 0) -> Any:
        """The value that begins with an event."""
        if depth > _DEPTH:
            raise RefusedError(f"it is nested deeper than {_DEPTH} levels")
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        if isinstance(event, yaml.SequenceStartEvent):
            return [self.value(item, depth + 1) for item in _until(self._events, yaml.SequenceEndEvent)]
        if isinstance(event, yaml.MappingStartEvent):
            return self._mapping(depth)
        raise RefusedError("it holds no YAML value")

    def _mapping(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        for key in _until(self._events, yaml.MappingEndEvent):
            if not isinstance(key, yaml.ScalarEvent):
                raise RefusedError("it holds a key that is no text")
            found[key.value] = self.value(next(self._events), depth + 1)
        return found


def _until(events: Iterator[Any], end: type[yaml.Event]) -> Iterator[yaml.Event]:
    for event in events:
        if isinstance(event, end):
            return
        yield event


def _scalar(event: yaml.ScalarEvent) -> Any:
    text: str = event.value
    if event.style or len(text) > _LONGEST_NUMBER:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if _INTEGER.fullmatch(text):
        return int(text)
    return exact_float(text) if _NUMBER.fullmatch(text) and math.isfinite(float(text)) else text
