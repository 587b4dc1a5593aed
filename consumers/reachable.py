"""Which of Kafka's addresses answers and lets us in, and if none does, why.

aiokafka's clients say of a failed start only that there was none: a certificate that we do
not trust, a wrong password and a broker that is away all look alike. So each address is
tried by a connection of its own first, all at the same time.
"""

import asyncio

from aiokafka.conn import collect_hosts, create_conn

from consumers.errors import ConsumersError, KafkaRefused, translated
from consumers.kafka_config import KafkaConfig, client_options


async def reach(config: KafkaConfig) -> str:
    """The first address that answers and lets us in; the caller bounds how long that may take.

    Raises:
        KafkaRefused: an address answers, and none lets us in.
        KafkaUnavailable: none answers.
    """
    failures: list[ConsumersError] = []
    hosts = collect_hosts(config.servers)
    knocks = [asyncio.ensure_future(_knock(config, host, port)) for host, port, _ in hosts]
    try:
        for knock in asyncio.as_completed(knocks):
            try:
                return await knock
            except ConsumersError as failure:
                failures.append(failure)
    finally:
        for each in knocks:
            each.cancel()
        await asyncio.gather(*knocks, return_exceptions=True)
    # A refusal is for a person to mend, so it is the one to tell.
    raise next((each for each in failures if isinstance(each, KafkaRefused)), failures[0])


async def _knock(config: KafkaConfig, host: str, port: int) -> str:
    options = client_options(config)
    del options["bootstrap_servers"]
    with translated():
        connection = await create_conn(host, port, **options)
    connection.close()
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"
