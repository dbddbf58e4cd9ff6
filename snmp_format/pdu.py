"""Numbers of the SNMP messages: versions, kinds of PDU, error statuses.

Source: RFC 3416, 3; RFC 1157, 4.1; RFC 3412, 6.
"""

from typing import Final

VERSION_1: Final = 0
VERSION_2C: Final = 1
VERSION_3: Final = 3

GET: Final = 0xA0
GET_NEXT: Final = 0xA1
RESPONSE: Final = 0xA2
SET: Final = 0xA3
GET_BULK: Final = 0xA5
INFORM: Final = 0xA6
REPORT: Final = 0xA8

TOO_BIG: Final = 1
NO_SUCH_NAME: Final = 2
BAD_VALUE: Final = 3
NO_ACCESS: Final = 6
WRONG_TYPE: Final = 7
WRONG_LENGTH: Final = 8
WRONG_VALUE: Final = 10
NO_CREATION: Final = 11
INCONSISTENT_VALUE: Final = 12
AUTHORIZATION_ERROR: Final = 16
NOT_WRITABLE: Final = 17
