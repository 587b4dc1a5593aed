"""``/sim/faults``: arming faults, looking at them, and taking them away."""

from collections.abc import Sequence

from simulator.faults import Faults, FaultSpec
from simulator.operations import Call, CallKind, Operation, normalised
from simulator.wire import ApiError, JsonObject, invalid


class FaultApi:
    """The handlers; ``api`` is what faults can be armed for."""

    def __init__(self, faults: Faults, api: Sequence[Operation]) -> None:
        self._faults = faults
        self._known = {(one.method, normalised(one.template)) for one in api}

    def operations(self) -> list[Operation]:
        """What this part offers."""
        one = "/sim/faults/{fault_id}"
        return [
            Operation("GET", "/sim/faults", CallKind.OTHER, self.list_all),
            Operation("POST", "/sim/faults", CallKind.OTHER, self.arm),
            Operation("DELETE", "/sim/faults", CallKind.OTHER, self.disarm_all),
            Operation("DELETE", one, CallKind.OTHER, self.disarm),
        ]

    async def list_all(self, _call: Call) -> JsonObject:
        """What may still strike."""
        return {
            "faults": [
                {"id": fault.fault_id, **fault.spec.model_dump(mode="json"), "count": fault.left}
                for fault in self._faults.armed()
            ]
        }

    async def arm(self, call: Call) -> JsonObject:
        """Arm a fault. A method or path the API does not have is an error, not a fault."""
        spec = call.body(FaultSpec)
        if "*" not in (spec.method, spec.path) and (spec.method, spec.path) not in self._known:
            raise invalid(f"the API has no {spec.method} {spec.path}")
        return {"id": self._faults.arm(spec)}

    async def disarm(self, call: Call) -> JsonObject:
        """Take one fault away."""
        if not self._faults.disarm(call.place("fault_id")):
            raise ApiError(404, "not.found", "no such fault, or it has struck out")
        return {"success": True}

    async def disarm_all(self, _call: Call) -> JsonObject:
        """Take all faults away."""
        self._faults.disarm_all()
        return {"success": True}
