"""``/sim/faults``: arming faults, looking at them, and taking them away."""

from collections.abc import Mapping

from simulator import fields
from simulator.faults import Fault, FaultKind, Faults
from simulator.operations import Call, CallKind, Operation, Operations
from simulator.wire import Answer, ApiError, JsonObject, invalid, parse_object

_DEFAULT_SECONDS = 5.0
_LONGEST_SECONDS = 3600.0


class FaultApi:
    """The handlers; ``api`` is what faults can be armed for."""

    def __init__(self, faults: Faults, api: Operations) -> None:
        self._faults = faults
        self._api = api

    def operations(self) -> list[Operation]:
        """What this part offers."""
        one = "/sim/faults/{fault_id}"
        return [
            Operation("GET", "/sim/faults", CallKind.OTHER, self.list_all),
            Operation("POST", "/sim/faults", CallKind.OTHER, self.arm),
            Operation("DELETE", "/sim/faults", CallKind.OTHER, self.disarm_all),
            Operation("DELETE", one, CallKind.OTHER, self.disarm),
        ]

    async def list_all(self, _call: Call) -> Answer:
        """What may still strike."""
        return Answer({"faults": [_shown(fault) for fault in self._faults.armed()]})

    async def arm(self, call: Call) -> Answer:
        """Arm a fault. A method or path the API does not have is an error, not a fault."""
        body = parse_object(call.request.body)
        method = fields.text(body, "method", 1, 10).upper()
        path = fields.text(body, "path", 1, 200)
        if "*" not in (method, path) and not self._api.has(method, path):
            raise invalid(f"the API has no {method} {path}")
        kind = _kind(body)
        fault_id = self._faults.arm(
            method,
            path,
            kind,
            status=_status(body, 200 if kind is FaultKind.HTML else 503),
            seconds=fields.number(body, "seconds", _DEFAULT_SECONDS, _LONGEST_SECONDS),
            probability=fields.number(body, "probability", 1.0, 1.0),
            count=_optional(body, "count"),
            headers=_headers(body),
            code=fields.optional_text(body, "code", 1, 100),
            user_id=_optional(body, "user_id"),
        )
        return Answer({"id": fault_id})

    async def disarm(self, call: Call) -> Answer:
        """Take one fault away."""
        if not self._faults.disarm(fields.integer(call.params["fault_id"], "fault_id")):
            raise ApiError(404, "not.found", "no such fault, or it has struck out")
        return Answer({"success": True})

    async def disarm_all(self, _call: Call) -> Answer:
        """Take all faults away."""
        self._faults.disarm_all()
        return Answer({"success": True})


def _kind(body: JsonObject) -> FaultKind:
    try:
        return FaultKind(body.get("kind"))
    except ValueError:
        words = ", ".join(kind.value for kind in FaultKind)
        raise invalid(f"kind must be one of: {words}") from None


def _status(body: JsonObject, default: int) -> int:
    value = body.get("status")
    if value is None:
        return default
    if isinstance(value, bool) or not isinstance(value, int) or not 200 <= value <= 599:
        raise invalid("status must be an integer from 200 to 599")
    return value


def _optional(body: JsonObject, name: str) -> int | None:
    """A positive integer, if it is there."""
    value = body.get(name)
    return None if value is None else fields.account(value, name)


def _headers(body: JsonObject) -> dict[str, str]:
    value = body.get("headers")
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise invalid("headers must be an object")
    found = {name: str(content) for name, content in value.items()}
    for name, content in found.items():
        if not (name.isascii() and name.replace("-", "").isalnum()):
            raise invalid("headers must have names of letters, digits and '-'")
        if not (content.isascii() and content.isprintable()):
            raise invalid("headers must have printable ASCII values")
    return found


def _shown(fault: Fault) -> JsonObject:
    return {
        "id": fault.fault_id,
        "method": fault.method,
        "path": fault.template,
        "kind": fault.kind.value,
        "status": fault.status,
        "headers": dict(fault.headers),
        "seconds": fault.seconds,
        "probability": fault.probability,
        "count": fault.left,
        "code": fault.code,
        "user_id": fault.user_id,
    }
