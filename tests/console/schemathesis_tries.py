"""Every operation of a described API asked by Schemathesis, in ways that it knows and in others.

A module of its own, since to load the library takes longer than most tests: for who asks it.
"""

from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from schemathesis import GenerationMode
from schemathesis.core.result import Ok


def try_everything(described: dict[str, object], url: str, headers: dict[str, str]) -> int:
    """How many operations were tried, each in each way; raises what was found."""
    api = schemathesis.openapi.from_dict(described)
    api.config.update(base_url=url)
    tried = 0
    for found in api.get_all_operations():
        assert isinstance(found, Ok)
        operation = found.ok()
        # What takes nothing cannot be asked wrongly.
        modes = GenerationMode if "{" in operation.path else [GenerationMode.POSITIVE]
        for mode in modes:

            @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck))
            @given(case=operation.as_strategy(generation_mode=mode))
            def attempt(case: schemathesis.Case[Any]) -> None:
                case.call_and_validate(headers=headers)

            attempt()
            tried += 1
    return tried
