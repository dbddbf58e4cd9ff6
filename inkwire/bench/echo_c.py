"""A yardstick: what the kernel alone costs. An echo in C, compiled when it is needed.

It does what the simulator's socket does, and nothing else: recvmmsg, IP_PKTINFO, the reply from the dialled address
by sendmmsg, 32 at a time.
"""

import shutil
import subprocess
from pathlib import Path
from typing import Final

from inkwire.bench.errors import BenchError

COMPILERS: Final = ("cc", "gcc", "clang")

SOURCE: Final = r"""
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BATCH = 32, OCTETS = 8192, CONTROL = 64 };
static char boxes[BATCH][OCTETS];
static char controls[BATCH][CONTROL] __attribute__((aligned(8)));

int main(int count, char **words) {
    int number = socket(AF_INET, SOCK_DGRAM, 0), on = 1, room = 4 * 1024 * 1024;
    struct sockaddr_in local = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_ANY)};
    struct sockaddr_in peers[BATCH];
    struct iovec vectors[BATCH];
    struct mmsghdr messages[BATCH];
    if (count != 2) return 2;
    local.sin_port = htons(atoi(words[1]));
    setsockopt(number, SOL_SOCKET, SO_RCVBUF, &room, sizeof room);
    setsockopt(number, IPPROTO_IP, IP_PKTINFO, &on, sizeof on);
    if (bind(number, (struct sockaddr *)&local, sizeof local)) { perror("bind"); return 1; }
    for (;;) {
        memset(messages, 0, sizeof messages);
        for (int i = 0; i < BATCH; i++) {
            vectors[i] = (struct iovec){boxes[i], OCTETS};
            messages[i].msg_hdr = (struct msghdr){&peers[i], sizeof peers[i], &vectors[i], 1, controls[i], CONTROL, 0};
        }
        int received = recvmmsg(number, messages, BATCH, MSG_WAITFORONE, NULL);
        if (received < 0) { perror("recvmmsg"); return 1; }
        for (int i = 0; i < received; i++) {
            struct cmsghdr *head = CMSG_FIRSTHDR(&messages[i].msg_hdr);
            struct in_pktinfo *info = (struct in_pktinfo *)CMSG_DATA(head);
            info->ipi_ifindex = 0;
            vectors[i].iov_len = messages[i].msg_len;
            messages[i].msg_hdr.msg_controllen = CMSG_SPACE(sizeof *info);
        }
        for (int sent = 0; sent < received;) {
            int now = sendmmsg(number, messages + sent, received - sent, 0);
            sent += now > 0 ? now : 1;
        }
    }
}
"""


def compile_echo(folder: Path) -> Path | None:
    """The echo as a program in that folder, or None where there is no compiler. Raises BenchError when it fails."""
    compiler = next((path for name in COMPILERS if (path := shutil.which(name))), None)
    if compiler is None:
        return None
    source, program = folder / "echo.c", folder / "echo"
    source.write_text(SOURCE)
    done = subprocess.run(
        [compiler, "-O2", "-o", str(program), str(source)], capture_output=True, text=True, check=False, timeout=60
    )
    if done.returncode:
        raise BenchError(f"{compiler} does not compile the echo: {done.stderr.strip()[:300]}")
    return program
