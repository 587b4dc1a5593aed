"""The simulator as an ASGI application: the joining of its parts."""

from starlette.responses import Response
from starlette.routing import Route, Router
from starlette.types import Receive, Scope, Send

from simulator.bot_api import BotApi
from simulator.changes import Change
from simulator.config import SimulatorConfig
from simulator.conversation import Conversation
from simulator.fault_api import FaultApi
from simulator.faults import Faults
from simulator.gate import Gate, handled
from simulator.objects import Objects
from simulator.operations import Call, Operation, Resource, routes
from simulator.page import Page
from simulator.partner_api import PartnerApi
from simulator.sim_api import SimApi
from simulator.statistics import Statistics
from simulator.subscriptions_api import SubscriptionsApi
from simulator.updates import BY_WEBHOOK_ONLY, UpdateLog, UpdateWriter
from simulator.webhooks import Webhooks
from simulator.wire import ApiError, error_answer
from simulator.world import World


class Simulator:
    """One simulated messenger; an ASGI application for HTTP.

    Replays the journal if one is set: ``JournalUnreadableError`` if that file is none of ours.
    """

    def __init__(self, config: SimulatorConfig) -> None:
        self.world = World(config)
        self.statistics = Statistics(config.monotonic)
        self.faults = Faults(config.fault_seed)
        objects = Objects(config, self.world.accounts.is_bot)
        self._log = UpdateLog(self.world.now())
        self._webhooks = Webhooks(config, self.world)
        self._writer = UpdateWriter(config, self.world, objects)
        self.world.observe(self._tell)
        bot_api = BotApi(config, self.world, objects)
        api = [
            *bot_api.operations(),
            *PartnerApi(config, self.world, bot_api).operations(),
            *SubscriptionsApi(config, self.world, objects, self._log).operations(),
            *Conversation(config, self.world, objects).operations(),
        ]
        levers = [
            *SimApi(config, self.world, self.statistics).operations(),
            *FaultApi(self.faults, api).operations(),
            *Page(self.world, self.statistics).operations(),
        ]
        gate = Gate(config, self.world, self.faults, self.statistics)
        self._router = Router(
            [
                *routes(api, gate.answer),
                *routes(levers, _pull),
                # What is not there is 404 here, without a token.
                Route("/sim", Resource(_pull)),
                Route("/sim/{rest:path}", Resource(_pull)),
            ],
            redirect_slashes=False,
            default=Resource(gate.answer),
        )

    def end_polls(self) -> None:
        """Let open polls return, so that a server can stop."""
        self._log.end()

    async def aclose(self) -> None:
        """Stop delivering updates and let go of the journal."""
        await self._webhooks.aclose()
        self.world.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Speak ASGI; only HTTP is understood."""
        if scope["type"] == "http":
            # Client libraries by others put a slash at the end of some paths, and MAX takes them.
            scope["path"] = scope["path"].removesuffix("/") or "/"
            await self._router(scope, receive, send)

    def _tell(self, change: Change) -> None:
        for update in self._writer.updates(change):
            if self.world.subscriptions:
                self._webhooks.publish(update)
            elif update["update_type"] not in BY_WEBHOOK_ONLY:
                self._log.append(update)


async def _pull(call: Call, found: Operation | ApiError) -> Response:
    """Answer what is none of the messenger's API: no token, no limit, no faults, no counting."""
    return error_answer(found) if isinstance(found, ApiError) else await handled(found, call)
