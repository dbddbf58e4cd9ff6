"""DNS-SD over multicast on loopback: a responder answers, a stranger does not."""

import asyncio
import socket

from data_collector.announced import announced
from data_collector.core.announced import GROUP
from tests.support.device_sim import free_port
from tests.unit.test_data_collector_announced import reply


async def test_who_answers_the_question_is_heard_and_who_says_something_else_is_not() -> None:
    port = free_port()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as listening:
        listening.bind((GROUP, port))
        join = socket.inet_aton(GROUP) + socket.inet_aton("127.0.0.1")
        listening.setsockopt(socket.IPPROTO_IP, socket.IP_ADD_MEMBERSHIP, join)
        listening.setblocking(False)

        async def respond() -> None:
            asked, peer = await asyncio.get_running_loop().sock_recvfrom(listening, 9_000)
            number = int.from_bytes(asked[:2], "big")
            for address, answer in (("127.90.7.1", reply(number)), ("127.90.7.2", reply(number ^ 1))):
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as speaking:
                    speaking.bind((address, 0))
                    speaking.sendto(answer, peer)

        responding = asyncio.create_task(respond())
        heard = await announced(["127.0.0.1", "192.0.2.99"], port=port, wait_s=1.0)
        await responding

    assert heard == {"127.90.7.1"}
