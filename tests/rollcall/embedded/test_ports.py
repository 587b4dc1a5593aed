"""Ports: consecutive where a base is given, free and distinct where not."""

import socket

import pytest

from rollcall.embedded import EmbeddedError
from rollcall.embedded.ports import HOST, free_port, plan_ports


def test_ports_are_counted_from_the_base_in_the_order_of_the_names() -> None:
    base = _three_free()
    assert plan_ports(("kafka", "postgres", "console"), base) == {
        "kafka": base,
        "postgres": base + 1,
        "console": base + 2,
    }


def test_without_a_base_all_ports_differ() -> None:
    names = tuple(map(str, range(50)))
    assert len(set(plan_ports(names).values())) == len(names)


def test_a_taken_port_of_the_base_is_named_with_its_use() -> None:
    with socket.create_server((HOST, 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(EmbeddedError, match=f"port {port} for console is taken"):
            plan_ports(("console",), port)


@pytest.mark.parametrize("base", [0, -1, 65535, 70000])
def test_a_base_without_room_is_refused(base: int) -> None:
    with pytest.raises(EmbeddedError, match="leaves no room"):
        plan_ports(("kafka", "postgres"), base)


def _three_free() -> int:
    while True:
        base = free_port()
        try:
            plan_ports(("a", "b", "c"), base)
        except EmbeddedError:
            continue
        return base
