"""The official Python logger: does to a file what it is told, one JSON array an argument, and
prints what the file says of itself then."""

import json
import sys

from connectordb.logger import Logger


def main(file, *commands):
    logger = Logger(file)
    for command in map(json.loads, commands):
        name, *rest = command
        if name == "set":
            setattr(logger, *rest)
        elif name == "clock":
            # The time of what is logged from now on, as a clock that was set may give it.
            import connectordb.logger as module

            module.time.time = lambda now=rest[0]: now
        else:
            getattr(logger, name)(*rest)
    print(json.dumps({
        "length": len(logger),
        "streams": logger.streams,
        "apikey": logger.apikey,
        "serverurl": logger.serverurl,
        "syncperiod": logger.syncperiod,
        "data": logger.data,
    }))
    logger.close()


main(*sys.argv[1:])
