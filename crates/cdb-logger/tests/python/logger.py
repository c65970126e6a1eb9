"""Runs commands on a file with the official Python logger, and prints the logger's state as JSON.

The first argument is the file. Each further argument is a command: a JSON array of a method's name
and its arguments, or ["set", attribute, value], or ["clock", time]."""

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
            # The time of all datapoints that are logged afterwards, as if the clock stood still.
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
